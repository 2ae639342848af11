/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "schemas/error.h"
#include "store/keys.h"
#include "store/value.h"
#include "store/verify.h"

static bool has_text(struct rph_verify *verify, const struct rph_id *formulation)
{
	struct rph_span value;
	return rph_txn_get(&verify->txn, RPH_TABLE_formulation, rph_id_span(formulation), &value);
}

static bool is_indexed(struct rph_verify *verify, rph_week week, uint64_t user,
		       const struct rph_id *formulation)
{
	struct rph_span value;
	struct rph_key key;
	rph_key_said(&key, week, user);
	return rph_txn_get(&verify->txn, RPH_TABLE_user_index, rph_key_span(&key), &value) &&
	       rph_value_said_has(value, rph_id_prefix(formulation));
}

/* A fault of the bytes is told here; memory is the caller's to report. */
static int undecodable(struct rph_verify *verify, int error)
{
	if (error == RPH_E_NO_MEMORY)
		return error;
	rph_verify_fault(verify, "%s", rph_strerror(error));
	return 0;
}

static void check_vote(struct rph_verify *verify, const struct rph_vote *vote)
{
	uint64_t count = 0;
	for (unsigned i = 0; i < RPH_EDGE_COUNT; i++)
		count += vote->edges[i];
	if (count == 0 && vote->arm.turns == 0)
		rph_verify_fault(verify, "counts no transition and no turn of a rewrite");
	if (vote->days == 0)
		rph_verify_fault(verify, "has no day");
	if ((uint64_t)vote->arm.wins + vote->arm.losses > vote->arm.turns &&
	    vote->arm.turns != UINT32_MAX)
		rph_verify_fault(verify, "more wins and losses of a rewrite than turns");
	if (rph_vote_count(vote) == UINT32_MAX)
		return; /* saturated: the sums no longer compare */
	if (vote->mass > count * 256)
		rph_verify_fault(verify, "its probability mass is more than its transitions");
	if ((uint64_t)vote->wins + vote->losses > count)
		rph_verify_fault(verify, "more wins and losses than transitions");
}

int rph_verify_vote(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	struct rph_vote_key at;
	struct rph_vote vote;
	if (!rph_key_read_vote(key, &at))
		return 0;
	int error = rph_value_decode_vote(value, &vote);
	if (error)
		return undecodable(verify, error);
	check_vote(verify, &vote);
	if (at.user == 0)
		rph_verify_fault(verify, "the user is 0");
	if (!has_text(verify, &at.source))
		rph_verify_fault(verify, "the source has no text");
	if (!has_text(verify, &at.target))
		rph_verify_fault(verify, "the target has no text");
	if (rph_verify_is_excused(verify, at.user, at.week))
		return 0;
	if (!is_indexed(verify, at.week, at.user, &at.source))
		rph_verify_fault(verify, "the user index does not lead to the source");
	if (!is_indexed(verify, at.week, at.user, &at.target))
		rph_verify_fault(verify, "the user index does not lead to the target");
	return 0;
}

static bool has_fewer(const struct rph_usage_counts *a, const struct rph_usage_counts *b)
{
	uint32_t left[sizeof(*a) / sizeof(uint32_t)], right[RPH_ARRAY_LEN(left)];
	memcpy(left, a, sizeof(left));
	memcpy(right, b, sizeof(right));
	for (size_t i = 0; i < RPH_ARRAY_LEN(left); i++)
		if (left[i] < right[i])
			return true;
	return false;
}

static void check_totals(struct rph_verify *verify, const struct rph_usage *usage)
{
	struct rph_usage_counts sum = {0};
	uint8_t days = 0;
	for (uint32_t i = 0; i < usage->user_count; i++) {
		const struct rph_usage_user *user = &usage->users[i];
		const struct rph_usage_counts *counts = &user->counts;
		rph_usage_counts_add(&sum, counts);
		days |= user->days;
		if (!counts->successes && !counts->failures && !counts->unknown)
			rph_verify_fault(verify, "user %016" PRIx64 " has no turn", user->user);
		if (!user->days)
			rph_verify_fault(verify, "user %016" PRIx64 " has no day", user->user);
	}
	if (rph_usage_is_empty(usage))
		rph_verify_fault(verify, "has no user");
	if (has_fewer(&usage->total, &sum) || (days & ~usage->days))
		rph_verify_fault(verify, "the totals are less than the users' sum");
	if (!usage->more_users && (has_fewer(&sum, &usage->total) || days != usage->days))
		rph_verify_fault(verify, "the totals are more than the users' sum");
}

static void check_wordings(struct rph_verify *verify, const struct rph_usage *usage)
{
	struct rph_wording wording;
	for (uint32_t i = 0; i < usage->wording_count; i++)
		if (rph_wording_decode(usage->wordings[i].encoded, &wording))
			rph_verify_fault(verify, "wording %016" PRIx64 " is damaged",
					 usage->wordings[i].hash);
}

static int check_usage_references(struct rph_verify *verify, const struct rph_usage_key *at,
				  const struct rph_usage *usage)
{
	struct rph_span value;
	if (!has_text(verify, &at->formulation))
		rph_verify_fault(verify, "the formulation has no text");
	if (!rph_id_is_zero(&at->goal) &&
	    !rph_txn_get(&verify->txn, RPH_TABLE_goal, rph_id_span(&at->goal), &value))
		rph_verify_fault(verify, "the goal is not there");
	for (uint32_t i = 0; i < usage->user_count; i++) {
		uint64_t user = usage->users[i].user;
		if (!rph_verify_is_excused(verify, user, at->week) &&
		    !is_indexed(verify, at->week, user, &at->formulation))
			rph_verify_fault(verify,
					 "the index of user %016" PRIx64 " does not lead here",
					 user);
	}
	return rph_id_set_add(&verify->goals, &at->goal);
}

int rph_verify_usage(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	struct rph_usage_key at;
	struct rph_usage usage;
	if (!rph_key_read_usage(key, &at))
		return 0;
	int error = rph_value_decode_usage(value, &verify->arena, &usage);
	if (error)
		return undecodable(verify, error);
	check_totals(verify, &usage);
	check_wordings(verify, &usage);
	return check_usage_references(verify, &at, &usage);
}

/* Most look-ups meet the rows of what everybody says: those are not decoded again. */
static bool may_have_user(struct rph_verify *verify, struct rph_span value, uint64_t user)
{
	struct rph_usage usage;
	if (rph_value_usage_has_more(value))
		return true;
	rph_arena_reset(&verify->other);
	int error = rph_value_decode_usage(value, &verify->other, &usage);
	if (error) {
		/* Damage is told when the row itself is checked. */
		if (error == RPH_E_NO_MEMORY)
			rph_txn_fail(&verify->txn, error);
		return false;
	}
	for (uint32_t i = 0; i < usage.user_count; i++)
		if (usage.users[i].user == user)
			return true;
	return false;
}

/* Some usage row of the formulation and week has the user, or may have. */
static bool is_in_usage(struct rph_verify *verify, uint64_t formulation, rph_week week,
			uint64_t user)
{
	struct rph_span key, value;
	struct rph_key prefix, wanted;
	struct rph_usage_key at;
	rph_key_prefix(&prefix, formulation);
	bool found =
		rph_txn_seek(&verify->txn, RPH_TABLE_usage, rph_key_span(&prefix), &key, &value);
	while (found && rph_has_prefix(key, rph_key_span(&prefix)) &&
	       rph_key_read_usage(key, &at)) {
		at.week = week;
		rph_key_usage(&wanted, &at);
		if (rph_txn_get(&verify->txn, RPH_TABLE_usage, rph_key_span(&wanted), &value) &&
		    may_have_user(verify, value, user))
			return true;
		wanted.len = RPH_KEY_PAIR_BYTES;
		found = rph_txn_seek_past(&verify->txn, RPH_TABLE_usage, rph_key_span(&wanted),
					  &key, &value);
	}
	return false;
}

/* The user voted in the week with the formulation as source, said in the week before. */
static bool is_in_votes(struct rph_verify *verify, uint64_t formulation, rph_week week,
			uint64_t user)
{
	struct rph_span key, value;
	struct rph_key prefix, wanted;
	struct rph_vote_key at;
	rph_key_prefix(&prefix, formulation);
	bool found =
		rph_txn_seek(&verify->txn, RPH_TABLE_vote, rph_key_span(&prefix), &key, &value);
	while (found && rph_has_prefix(key, rph_key_span(&prefix)) && rph_key_read_vote(key, &at)) {
		at.user = user;
		at.week = week;
		rph_key_vote(&wanted, &at);
		if (rph_txn_get(&verify->txn, RPH_TABLE_vote, rph_key_span(&wanted), &value))
			return true;
		wanted.len = RPH_KEY_PAIR_BYTES;
		found = rph_txn_seek_past(&verify->txn, RPH_TABLE_vote, rph_key_span(&wanted), &key,
					  &value);
	}
	return false;
}

int rph_verify_said(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	struct rph_said_row row;
	rph_week week;
	uint64_t user;
	if (!rph_key_read_said(key, &week, &user))
		return 0;
	int error = rph_value_decode_said(value, &verify->arena, &row);
	if (error)
		return undecodable(verify, error);
	if (user == 0)
		rph_verify_fault(verify, "the user is 0");
	if (rph_verify_is_excused(verify, user, week))
		return 0;
	for (size_t i = 0; i < row.count && !verify->txn.error; i++) {
		if (!is_in_usage(verify, row.formulations[i], week, user) &&
		    !is_in_votes(verify, row.formulations[i], week, user))
			rph_verify_fault(verify, "formulation %016" PRIx64 " leads to nothing",
					 row.formulations[i]);
	}
	return 0;
}
