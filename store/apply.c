/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "schemas/error.h"
#include "store/keys.h"
#include "store/txn.h"
#include "store/value.h"

/* Deltas are sorted by key, so every table is swept once by its own cursor; and most rows of a
 * batch are new or end up changed, so each is first put as if it were new: LMDB then either adds it
 * or says what is there, in one descent. */
struct apply {
	struct rph_txn txn;
	struct rph_arena *arena; /* reset before each row */
	struct rph_said_delta *more_saids;
	size_t more_count, more_size;
};

/* A text never changes under its id. Another one there means a damaged store, or an id computed
 * with another secret. */
static void put_text(struct apply *apply, enum rph_table table, const struct rph_id *id,
		     struct rph_span value)
{
	struct rph_span existing;
	if (rph_txn_insert(&apply->txn, table, rph_id_span(id), value, &existing))
		return;
	if (!apply->txn.error && !rph_span_equal(existing, value))
		rph_txn_fail(&apply->txn, RPH_E_STATE_CORRUPT);
}

static void apply_formulations(struct apply *apply, const struct rph_deltas *deltas)
{
	for (size_t i = 0; i < deltas->formulation_count && !apply->txn.error; i++) {
		const struct rph_formulation_delta *delta = &deltas->formulations[i];
		struct rph_span value;
		rph_arena_reset(apply->arena);
		int error = rph_value_encode_formulation(delta, apply->arena, &value);
		if (!rph_txn_fail(&apply->txn, error))
			put_text(apply, RPH_TABLE_formulation, &delta->id, value);
	}
}

static void apply_goals(struct apply *apply, const struct rph_deltas *deltas)
{
	for (size_t i = 0; i < deltas->goal_count && !apply->txn.error; i++) {
		const struct rph_goal_delta *delta = &deltas->goals[i];
		struct rph_span value;
		rph_arena_reset(apply->arena);
		int error = rph_value_encode_goal(delta->canonical, apply->arena, &value);
		if (!rph_txn_fail(&apply->txn, error))
			put_text(apply, RPH_TABLE_goal, &delta->id, value);
	}
}

static int apply_vote(struct apply *apply, const struct rph_vote_delta *delta)
{
	struct rph_span value, existing;
	struct rph_vote sum;
	struct rph_key key;
	rph_arena_reset(apply->arena);
	rph_key_vote(&key, &delta->key);
	int error = rph_value_encode_vote(&delta->vote, apply->arena, &value);
	if (error)
		return error;
	if (rph_txn_insert(&apply->txn, RPH_TABLE_vote, rph_key_span(&key), value, &existing) ||
	    apply->txn.error)
		return apply->txn.error;
	error = rph_value_decode_vote(existing, &sum);
	if (error)
		return error;
	rph_vote_merge(&sum, &delta->vote);
	error = rph_value_encode_vote(&sum, apply->arena, &value);
	if (!error)
		rph_txn_replace(&apply->txn, RPH_TABLE_vote, rph_key_span(&key), value);
	return error;
}

static int apply_usage(struct apply *apply, const struct rph_usage_delta *delta)
{
	struct rph_span value, existing;
	struct rph_usage stored, sum;
	struct rph_key key;
	rph_arena_reset(apply->arena);
	rph_key_usage(&key, &delta->key);
	int error = rph_value_encode_usage(&delta->usage, apply->arena, &value);
	if (error)
		return error;
	if (rph_txn_insert(&apply->txn, RPH_TABLE_usage, rph_key_span(&key), value, &existing) ||
	    apply->txn.error)
		return apply->txn.error;
	error = rph_value_decode_usage(existing, apply->arena, &stored);
	if (!error)
		error = rph_usage_merge(&stored, &delta->usage, apply->arena, &sum);
	if (!error)
		error = rph_value_encode_usage(&sum, apply->arena, &value);
	if (!error)
		rph_txn_replace(&apply->txn, RPH_TABLE_usage, rph_key_span(&key), value);
	return error;
}

static int merge_saids(const struct rph_said_row *a, const struct rph_said_row *b,
		       struct rph_arena *arena, struct rph_said_row *ret)
{
	uint64_t *sum = RPH_ARENA_ARRAY(arena, uint64_t, a->count + b->count);
	if (!sum)
		return RPH_E_NO_MEMORY;
	size_t i = 0, j = 0, count = 0;
	while (i < a->count || j < b->count) {
		bool left =
			j == b->count || (i < a->count && a->formulations[i] <= b->formulations[j]);
		uint64_t next = left ? a->formulations[i] : b->formulations[j];
		i += i < a->count && a->formulations[i] == next;
		j += j < b->count && b->formulations[j] == next;
		sum[count++] = next;
	}
	*ret = (struct rph_said_row){sum, count};
	return 0;
}

static int apply_said_row(struct apply *apply, const struct rph_key *key,
			  const struct rph_said_row *row)
{
	struct rph_span value, existing;
	struct rph_said_row stored, sum;
	int error = rph_value_encode_said(row, apply->arena, &value);
	if (error)
		return error;
	if (rph_txn_insert(&apply->txn, RPH_TABLE_user_index, rph_key_span(key), value,
			   &existing) ||
	    apply->txn.error)
		return apply->txn.error;
	error = rph_value_decode_said(existing, apply->arena, &stored);
	if (!error)
		error = merge_saids(&stored, row, apply->arena, &sum);
	if (error || sum.count == stored.count)
		return error;
	error = rph_value_encode_said(&sum, apply->arena, &value);
	if (!error)
		rph_txn_replace(&apply->txn, RPH_TABLE_user_index, rph_key_span(key), value);
	return error;
}

static void apply_saids(struct apply *apply, const struct rph_said_delta *saids, size_t count)
{
	for (size_t i = 0; i < count && !apply->txn.error;) {
		size_t end = i + 1;
		while (end < count && saids[end].week == saids[i].week &&
		       saids[end].user == saids[i].user)
			end++;
		struct rph_key key;
		rph_arena_reset(apply->arena);
		struct rph_said_row row = {.count = end - i};
		row.formulations = RPH_ARENA_ARRAY(apply->arena, uint64_t, row.count);
		if (!row.formulations) {
			rph_txn_fail(&apply->txn, RPH_E_NO_MEMORY);
			return;
		}
		for (size_t j = 0; j < row.count; j++)
			row.formulations[j] = saids[i + j].formulation;
		rph_key_said(&key, saids[i].week, saids[i].user);
		rph_txn_fail(&apply->txn, apply_said_row(apply, &key, &row));
		i = end;
	}
}

static int compare_saids(const void *left, const void *right)
{
	const struct rph_said_delta *a = left, *b = right;
	if (a->week != b->week)
		return a->week < b->week ? -1 : 1;
	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return (a->formulation > b->formulation) - (a->formulation < b->formulation);
}

static int add_said(struct apply *apply, const struct rph_said_delta *said)
{
	if (apply->more_count == apply->more_size) {
		size_t size = apply->more_size ? apply->more_size * 2 : 256;
		struct rph_said_delta *grown =
			realloc(apply->more_saids, size * sizeof(*apply->more_saids));
		if (!grown)
			return RPH_E_NO_MEMORY;
		apply->more_saids = grown;
		apply->more_size = size;
	}
	apply->more_saids[apply->more_count++] = *said;
	return 0;
}

/* `forget` finds a user's votes through what the user said in the vote's week. Where the earlier
 * turn lies before midnight of Sunday and the later one after, the source was not said in that
 * week; it is put into the index all the same. */
static void index_sources(struct apply *apply, const struct rph_deltas *deltas)
{
	for (size_t i = 0; i < deltas->vote_count && !apply->txn.error; i++) {
		const struct rph_vote_key *key = &deltas->votes[i].key;
		struct rph_said_delta said = {key->week, key->user, rph_id_prefix(&key->source)};
		if (deltas->said_count &&
		    bsearch(&said, deltas->saids, deltas->said_count, sizeof(said), compare_saids))
			continue;
		rph_txn_fail(&apply->txn, add_said(apply, &said));
	}
	if (apply->txn.error || !apply->more_count)
		return;
	qsort(apply->more_saids, apply->more_count, sizeof(*apply->more_saids), compare_saids);
	size_t kept = 1;
	for (size_t i = 1; i < apply->more_count; i++)
		if (compare_saids(&apply->more_saids[i], &apply->more_saids[kept - 1]) != 0)
			apply->more_saids[kept++] = apply->more_saids[i];
	apply_saids(apply, apply->more_saids, kept);
}

static int apply_offset(struct apply *apply, const struct rph_offset *offset)
{
	struct rph_span value, existing;
	struct rph_offset stored = {0};
	struct rph_key key;
	rph_arena_reset(apply->arena);
	int error = rph_key_offset(&key, offset->topic, offset->partition);
	if (!error)
		error = rph_value_encode_offset(offset, apply->arena, &value);
	if (error)
		return error;
	if (rph_txn_insert(&apply->txn, RPH_TABLE_offset, rph_key_span(&key), value, &existing) ||
	    apply->txn.error)
		return apply->txn.error;
	error = rph_value_decode_offset(existing, apply->arena, &stored);
	if (error)
		return error;
	/* Going back would count again what is counted. */
	if (offset->next < stored.next)
		return RPH_E_BAD_INPUT;
	rph_txn_replace(&apply->txn, RPH_TABLE_offset, rph_key_span(&key), value);
	return 0;
}

static rph_week lowest_week(const struct rph_deltas *deltas)
{
	rph_week lowest = UINT16_MAX;
	for (size_t i = 0; i < deltas->vote_count; i++)
		if (deltas->votes[i].key.week < lowest)
			lowest = deltas->votes[i].key.week;
	for (size_t i = 0; i < deltas->usage_count; i++)
		if (deltas->usages[i].key.week < lowest)
			lowest = deltas->usages[i].key.week;
	return lowest;
}

/* An export of a week is a function of the weeks up to it: with other evidence there now, the
 * directory no longer is what an export would write. The row stays, for `forget` names the exports
 * that may hold a user's words. */
static void outdate_exports(struct apply *apply, rph_week from)
{
	static const struct rph_export_row outdated = {0};
	struct rph_key wanted;
	struct rph_span key, value;
	rph_key_week(&wanted, from);
	bool found =
		rph_txn_seek(&apply->txn, RPH_TABLE_export, rph_key_span(&wanted), &key, &value);
	while (found) {
		rph_week week;
		if (!rph_key_read_week(key, &week)) {
			rph_txn_fail(&apply->txn, RPH_E_STATE_CORRUPT);
			return;
		}
		rph_key_week(&wanted, week);
		rph_arena_reset(apply->arena);
		int error = rph_value_encode_export(&outdated, apply->arena, &value);
		if (!rph_txn_fail(&apply->txn, error))
			rph_txn_replace(&apply->txn, RPH_TABLE_export, rph_key_span(&wanted),
					value);
		found = rph_txn_next(&apply->txn, RPH_TABLE_export, &key, &value);
	}
}

/* What was made of the evidence there was before. */
static void outdate(struct apply *apply, rph_week from)
{
	outdate_exports(apply, from);
	rph_meta_unpublish_from(&apply->txn, from);
}

static void apply_all(struct apply *apply, const struct rph_deltas *deltas,
		      const struct rph_offset *offsets, size_t offset_count)
{
	apply_formulations(apply, deltas);
	apply_goals(apply, deltas);
	for (size_t i = 0; i < deltas->vote_count && !apply->txn.error; i++)
		rph_txn_fail(&apply->txn, apply_vote(apply, &deltas->votes[i]));
	for (size_t i = 0; i < deltas->usage_count && !apply->txn.error; i++)
		rph_txn_fail(&apply->txn, apply_usage(apply, &deltas->usages[i]));
	apply_saids(apply, deltas->saids, deltas->said_count);
	index_sources(apply, deltas);
	if (deltas->vote_count || deltas->usage_count)
		outdate(apply, lowest_week(deltas));
	for (size_t i = 0; i < offset_count && !apply->txn.error; i++)
		rph_txn_fail(&apply->txn, apply_offset(apply, &offsets[i]));
}

int rph_store_apply(struct rph_store *store, const struct rph_deltas *deltas,
		    const struct rph_offset *offsets, size_t offset_count)
{
	int error = rph_store_begin_writing(store);
	if (error)
		return error;
	RPH_STORE_WRITING struct rph_store *writing = store;
	struct apply apply = {.arena = &writing->scratch};
	int dead;
	/* A reader that was killed would keep pages from being used again until somebody looks. */
	error = rph_store_error(mdb_reader_check(store->env, &dead));
	if (!error)
		error = rph_txn_begin(store, true, &apply.txn);
	if (error)
		return error;
	apply_all(&apply, deltas, offsets, offset_count);
	free(apply.more_saids);
	return rph_txn_commit(&apply.txn);
}
