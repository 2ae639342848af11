/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/usage.h"

#include "schemas/error.h"

/* Every counter once: adding and taking away cannot disagree about which there are. */
#define COUNTERS(X)       \
	X(successes)      \
	X(failures)       \
	X(unknown)        \
	X(friction)       \
	X(treated_wins)   \
	X(treated_losses) \
	X(holdout_wins)   \
	X(holdout_losses)

#define COUNT_FIELD(field) +sizeof(((struct rph_usage_counts *)0)->field)
_Static_assert(sizeof(struct rph_usage_counts) == 0 COUNTERS(COUNT_FIELD), "a counter is missing");

void rph_usage_counts_add(struct rph_usage_counts *into, const struct rph_usage_counts *from)
{
#define ADD(field) into->field = rph_saturating_add_u32(into->field, from->field);
	COUNTERS(ADD)
#undef ADD
}

static void counts_subtract(struct rph_usage_counts *into, const struct rph_usage_counts *from)
{
	/* A saturated total no longer knows what it is made of, so the difference may be too
	 * small: it must not wrap. */
#define SUBTRACT(field) into->field = into->field > from->field ? into->field - from->field : 0;
	COUNTERS(SUBTRACT)
#undef SUBTRACT
}

static uint64_t smaller_wording(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a | b;
	return a < b ? a : b;
}

void rph_usage_user_add(struct rph_usage_user *into, const struct rph_usage_user *from)
{
	rph_usage_counts_add(&into->counts, &from->counts);
	into->days |= from->days;
	into->wording = smaller_wording(into->wording, from->wording);
}

/* The RPH_USAGE_USERS smallest of both sets; returns true when somebody did not fit. */
static bool merge_users(const struct rph_usage *a, const struct rph_usage *b, struct rph_usage *ret)
{
	uint32_t i = 0, j = 0, count = 0;
	while (count < RPH_USAGE_USERS && (i < a->user_count || j < b->user_count)) {
		bool from_a = i < a->user_count &&
			      (j == b->user_count || a->users[i].user <= b->users[j].user);
		bool from_b = j < b->user_count &&
			      (i == a->user_count || b->users[j].user <= a->users[i].user);
		ret->users[count] = from_a ? a->users[i] : b->users[j];
		if (from_a && from_b)
			rph_usage_user_add(&ret->users[count], &b->users[j]);
		i += from_a;
		j += from_b;
		count++;
	}
	ret->user_count = count;
	return i < a->user_count || j < b->user_count;
}

/* The hashes that the users name, ascending, each once; returns how many. */
static uint32_t named_wordings(const struct rph_usage *usage, uint64_t hashes[RPH_USAGE_USERS])
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < usage->user_count; i++) {
		uint64_t hash = usage->users[i].wording;
		uint32_t at = count;
		while (at > 0 && hashes[at - 1] > hash)
			at--;
		if (!hash || (at > 0 && hashes[at - 1] == hash))
			continue;
		memmove(hashes + at + 1, hashes + at, (count - at) * sizeof(*hashes));
		hashes[at] = hash;
		count++;
	}
	return count;
}

static const struct rph_usage_wording *seek(const struct rph_usage *usage, uint64_t hash,
					    uint32_t *at)
{
	while (*at < usage->wording_count && usage->wordings[*at].hash < hash)
		(*at)++;
	if (*at < usage->wording_count && usage->wordings[*at].hash == hash)
		return &usage->wordings[*at];
	return NULL;
}

static int choose_wordings(const struct rph_usage *a, const struct rph_usage *b,
			   struct rph_arena *arena, struct rph_usage *ret)
{
	uint64_t hashes[RPH_USAGE_USERS];
	uint32_t count = named_wordings(ret, hashes);
	ret->wordings = NULL;
	ret->wording_count = 0;
	if (!count)
		return 0;
	ret->wordings = RPH_ARENA_ARRAY(arena, struct rph_usage_wording, count);
	if (!ret->wordings)
		return RPH_E_NO_MEMORY;
	uint32_t at_a = 0, at_b = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct rph_usage_wording *left = seek(a, hashes[i], &at_a);
		const struct rph_usage_wording *right = b ? seek(b, hashes[i], &at_b) : NULL;
		/* Two texts with one hash: take the same one whichever side it came from. */
		if (!left || (right && rph_span_compare(right->encoded, left->encoded) < 0))
			left = right;
		RPH_ASSERT(left);
		ret->wordings[ret->wording_count++] = *left;
	}
	return 0;
}

int rph_usage_merge(const struct rph_usage *a, const struct rph_usage *b, struct rph_arena *arena,
		    struct rph_usage *ret)
{
	struct rph_usage sum = {.total = a->total,
				.days = (uint8_t)(a->days | b->days),
				.more_users = a->more_users || b->more_users};
	rph_usage_counts_add(&sum.total, &b->total);
	uint32_t most = a->user_count + b->user_count;
	if (most > RPH_USAGE_USERS)
		most = RPH_USAGE_USERS;
	if (most) {
		sum.users = RPH_ARENA_ARRAY(arena, struct rph_usage_user, most);
		if (!sum.users)
			return RPH_E_NO_MEMORY;
		if (merge_users(a, b, &sum))
			sum.more_users = true;
	}
	int error = choose_wordings(a, b, arena, &sum);
	if (error)
		return error;
	*ret = sum;
	return 0;
}

/* With every user at hand the totals are their sum: exact even where a total has saturated. */
static void sum_up(struct rph_usage *usage)
{
	usage->total = (struct rph_usage_counts){0};
	usage->days = 0;
	for (uint32_t i = 0; i < usage->user_count; i++) {
		rph_usage_counts_add(&usage->total, &usage->users[i].counts);
		usage->days |= usage->users[i].days;
	}
}

static uint32_t find_user(const struct rph_usage *usage, uint64_t user)
{
	uint32_t at = 0;
	while (at < usage->user_count && usage->users[at].user != user)
		at++;
	return at;
}

bool rph_usage_without(const struct rph_usage *a, uint64_t user, struct rph_arena *arena,
		       struct rph_usage *ret, int *ret_error)
{
	*ret_error = 0;
	uint32_t at = find_user(a, user);
	if (at == a->user_count)
		return false;
	struct rph_usage rest = {.total = a->total, .days = a->days, .more_users = a->more_users};
	rest.user_count = a->user_count - 1;
	if (rest.user_count) {
		rest.users = RPH_ARENA_ARRAY(arena, struct rph_usage_user, rest.user_count);
		if (!rest.users) {
			*ret_error = RPH_E_NO_MEMORY;
			return false;
		}
		memcpy(rest.users, a->users, at * sizeof(*rest.users));
		memcpy(rest.users + at, a->users + at + 1,
		       (rest.user_count - at) * sizeof(*rest.users));
	}
	if (rest.more_users)
		counts_subtract(&rest.total, &a->users[at].counts);
	else
		sum_up(&rest);
	*ret_error = choose_wordings(a, NULL, arena, &rest);
	if (*ret_error)
		return false;
	*ret = rest;
	return true;
}

bool rph_usage_is_empty(const struct rph_usage *usage)
{
	return usage->user_count == 0 && !usage->more_users;
}

int rph_usage_key_compare(const struct rph_usage_key *a, const struct rph_usage_key *b)
{
	int order = rph_id_compare(&a->formulation, &b->formulation);
	if (order)
		return order;
	order = rph_id_compare(&a->goal, &b->goal);
	if (order)
		return order;
	return (a->week > b->week) - (a->week < b->week);
}
