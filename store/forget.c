/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/keys.h"
#include "store/sweep.h"
#include "store/value.h"

/* Formulations per transaction; nearly every user's week fits in one. */
enum { CHUNK = 4096 };

/* One week of one user. Votes go before usage: as long as a vote is there, the texts it names must
 * be. The index row shrinks with what it led to and goes last, so that an interrupted run can find
 * the rest. */
struct forget {
	struct rph_store *store;
	uint64_t user;
	rph_week week;
	struct rph_arena row; /* of the index row */
	size_t votes_done;    /* formulations of the row whose votes are gone */
	struct rph_forgotten total, step;
};

/* Goes from one target to the next: a popular source has many votes, few targets. */
static void remove_votes(struct forget *forget, struct rph_txn *txn, uint64_t formulation)
{
	struct rph_span key, value;
	struct rph_key prefix, wanted;
	rph_key_prefix(&prefix, formulation);
	bool found = rph_txn_seek(txn, RPH_TABLE_vote, rph_key_span(&prefix), &key, &value);
	while (found && rph_has_prefix(key, rph_key_span(&prefix))) {
		struct rph_vote_key vote;
		if (!rph_key_read_vote(key, &vote)) {
			rph_txn_fail(txn, RPH_E_STATE_CORRUPT);
			return;
		}
		vote.user = forget->user;
		vote.week = forget->week;
		rph_key_vote(&wanted, &vote);
		forget->step.votes += rph_txn_delete(txn, RPH_TABLE_vote, rph_key_span(&wanted));
		wanted.len = RPH_KEY_PAIR_BYTES;
		found = rph_txn_seek_past(txn, RPH_TABLE_vote, rph_key_span(&wanted), &key, &value);
	}
}

/* The row the cursor is on. */
static int remove_from_usage(struct forget *forget, struct rph_txn *txn, const struct rph_key *key,
			     struct rph_span value)
{
	struct rph_arena *arena = &forget->store->scratch;
	struct rph_usage usage, rest;
	rph_arena_reset(arena);
	int error = rph_value_decode_usage(value, arena, &usage);
	if (error)
		return error;
	forget->step.beyond += usage.more_users;
	if (!rph_usage_without(&usage, forget->user, arena, &rest, &error))
		return error;
	forget->step.usages++;
	if (rph_usage_is_empty(&rest)) {
		rph_txn_delete_current(txn, RPH_TABLE_usage);
		return txn->error;
	}
	error = rph_value_encode_usage(&rest, arena, &value);
	if (!error)
		rph_txn_replace(txn, RPH_TABLE_usage, rph_key_span(key), value);
	return error ? error : txn->error;
}

/* Goes from one goal to the next. */
static void remove_usage(struct forget *forget, struct rph_txn *txn, uint64_t formulation)
{
	struct rph_span key, value;
	struct rph_key prefix, wanted;
	rph_key_prefix(&prefix, formulation);
	bool found = rph_txn_seek(txn, RPH_TABLE_usage, rph_key_span(&prefix), &key, &value);
	while (found && rph_has_prefix(key, rph_key_span(&prefix))) {
		struct rph_usage_key usage;
		if (!rph_key_read_usage(key, &usage)) {
			rph_txn_fail(txn, RPH_E_STATE_CORRUPT);
			return;
		}
		usage.week = forget->week;
		rph_key_usage(&wanted, &usage);
		if (rph_txn_get(txn, RPH_TABLE_usage, rph_key_span(&wanted), &value))
			rph_txn_fail(txn, remove_from_usage(forget, txn, &wanted, value));
		wanted.len = RPH_KEY_PAIR_BYTES;
		found = rph_txn_seek_past(txn, RPH_TABLE_usage, rph_key_span(&wanted), &key,
					  &value);
	}
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The first formulations of the row: their usage, their texts, and the row itself so far. */
static int remove_texts(struct forget *forget, struct rph_txn *txn, struct rph_span index_key,
			const struct rph_said_row *row)
{
	struct rph_key prefix;
	struct rph_span value;
	size_t count = least(row->count, CHUNK);
	for (size_t i = 0; i < count && !txn->error; i++) {
		remove_usage(forget, txn, row->formulations[i]);
		rph_key_prefix(&prefix, row->formulations[i]);
		rph_sweep_prefix(txn, rph_key_span(&prefix), &forget->step.formulations);
	}
	struct rph_said_row rest = {row->formulations + count, row->count - count};
	if (!rest.count) {
		rph_txn_delete(txn, RPH_TABLE_user_index, index_key);
		return txn->error;
	}
	int error = rph_value_encode_said(&rest, &forget->row, &value);
	if (!error)
		rph_txn_put(txn, RPH_TABLE_user_index, index_key, value);
	return error;
}

/* Inside one transaction. *ret_more: the row is not finished. */
static int forget_chunk(struct forget *forget, struct rph_txn *txn, bool *ret_more)
{
	struct rph_key index_key;
	struct rph_said_row row;
	struct rph_span value;
	rph_arena_reset(&forget->row);
	rph_key_said(&index_key, forget->week, forget->user);
	*ret_more = false;
	if (!rph_txn_get(txn, RPH_TABLE_user_index, rph_key_span(&index_key), &value))
		return txn->error;
	int error = rph_value_decode_said(value, &forget->row, &row);
	if (error)
		return error;
	if (forget->votes_done < row.count) {
		size_t end = forget->votes_done + least(row.count - forget->votes_done, CHUNK);
		while (forget->votes_done < end)
			remove_votes(forget, txn, row.formulations[forget->votes_done++]);
		*ret_more = true;
		if (row.count > CHUNK)
			return txn->error;
	}
	error = remove_texts(forget, txn, rph_key_span(&index_key), &row);
	*ret_more = row.count > CHUNK;
	/* The row became shorter, and the votes of what is left are gone already. */
	forget->votes_done = row.count;
	return error;
}

static void add_up(struct rph_forgotten *total, const struct rph_forgotten *step)
{
	total->votes += step->votes;
	total->usages += step->usages;
	total->formulations += step->formulations;
	total->goals += step->goals;
	total->beyond += step->beyond;
}

static int forget_week(struct forget *forget)
{
	bool more = true;
	forget->votes_done = 0;
	while (more) {
		RPH_TXN_CLEANUP struct rph_txn txn = {0};
		forget->step = (struct rph_forgotten){0};
		int error = rph_txn_begin(forget->store, true, &txn);
		if (error)
			return error;
		rph_meta_put_number(&txn, RPH_META_FORGETTING, forget->user);
		rph_meta_unpublish_from(&txn, 0);
		rph_txn_fail(&txn, forget_chunk(forget, &txn, &more));
		error = rph_txn_commit(&txn);
		if (error)
			return error;
		add_up(&forget->total, &forget->step);
	}
	return 0;
}

/* The first week from `from` on in which the user has an index row; false when there is none. */
static bool next_week(struct rph_txn *txn, uint64_t user, unsigned from, rph_week *ret)
{
	struct rph_span key, value;
	struct rph_key wanted;
	while (from <= UINT16_MAX) {
		rph_week week;
		uint64_t found;
		rph_key_said(&wanted, (rph_week)from, user);
		if (!rph_txn_seek(txn, RPH_TABLE_user_index, rph_key_span(&wanted), &key, &value))
			return false;
		if (!rph_key_read_said(key, &week, &found)) {
			rph_txn_fail(txn, RPH_E_STATE_CORRUPT);
			return false;
		}
		if (found == user) {
			*ret = week;
			return true;
		}
		from = found < user ? week : week + 1U;
	}
	return false;
}

static int find_week(struct rph_store *store, uint64_t user, unsigned from, bool *ret_found,
		     rph_week *ret)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	int error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	*ret_found = next_week(&txn, user, from, ret);
	return txn.error;
}

static int forget_all(struct forget *forget)
{
	bool found = true;
	unsigned from = 0;
	uint64_t rewrites = 0;
	int error = 0;
	while (!error && found) {
		error = find_week(forget->store, forget->user, from, &found, &forget->week);
		if (!error && found)
			error = forget_week(forget);
		from = forget->week + 1U;
	}
	/* Also when nothing was found: an earlier run may have been interrupted just before. */
	if (!error)
		error = rph_sweep_goals(forget->store, NULL, &forget->total.goals);
	if (!error)
		error = rph_sweep_rewrites(forget->store, &rewrites);
	return error ? error : rph_meta_remove(forget->store, RPH_META_FORGETTING);
}

int rph_store_forget(struct rph_store *store, uint64_t user, struct rph_forgotten *ret)
{
	int error = rph_store_begin_writing(store);
	if (error)
		return error;
	RPH_STORE_WRITING struct rph_store *writing = store;
	struct forget forget = {.store = writing, .user = user};
	rph_arena_init(&forget.row, SIZE_MAX);
	error = forget_all(&forget);
	rph_arena_free(&forget.row);
	*ret = forget.total;
	return error;
}
