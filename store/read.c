/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/keys.h"
#include "store/txn.h"
#include "store/value.h"

/* Copies the value before the transaction ends: what is decoded from the copy borrows from the
 * caller's arena. */
static int copy_value(struct rph_store *store, enum rph_table table, struct rph_span key,
		      struct rph_arena *arena, struct rph_span *ret)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_span value;
	int error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	if (!rph_txn_get(&txn, table, key, &value))
		return txn.error ? txn.error : RPH_E_NOT_FOUND;
	return rph_arena_copy(arena, value, ret);
}

int rph_store_get_formulation(struct rph_store *store, const struct rph_id *id,
			      struct rph_arena *arena, struct rph_formulation_delta *ret)
{
	struct rph_formulation_delta formulation = {.id = *id};
	struct rph_span value;
	int error = copy_value(store, RPH_TABLE_formulation, rph_id_span(id), arena, &value);
	if (!error)
		error = rph_value_decode_formulation(value, &formulation);
	if (!error)
		*ret = formulation;
	return error;
}

int rph_store_get_goal(struct rph_store *store, const struct rph_id *id, struct rph_arena *arena,
		       struct rph_span *ret_canonical)
{
	struct rph_span value;
	int error = copy_value(store, RPH_TABLE_goal, rph_id_span(id), arena, &value);
	return error ? error : rph_value_decode_goal(value, ret_canonical);
}

int rph_store_get_review(struct rph_store *store, const struct rph_id *source,
			 const struct rph_id *target, struct rph_arena *arena,
			 struct rph_review *ret)
{
	struct rph_review review = {.source = *source, .target = *target};
	struct rph_span value;
	struct rph_key key;
	rph_key_pair(&key, source, target);
	int error = copy_value(store, RPH_TABLE_review, rph_key_span(&key), arena, &value);
	if (!error)
		error = rph_value_decode_review(value, &review);
	if (!error)
		*ret = review;
	return error;
}

/* Online lookups come through here: no copy, no allocation. */
int rph_store_get_rewrite(struct rph_store *store, const struct rph_id *source,
			  struct rph_published *ret)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_published rewrite = {.source = *source};
	struct rph_span value;
	int error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	if (!rph_txn_get(&txn, RPH_TABLE_rewrite, rph_id_span(source), &value))
		return txn.error ? txn.error : RPH_E_NOT_FOUND;
	error = rph_value_decode_rewrite(value, &rewrite);
	if (!error)
		*ret = rewrite;
	return error;
}

int rph_store_get_export(struct rph_store *store, rph_week week, struct rph_export_row *ret)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_export_row row = {.week = week};
	struct rph_span value;
	struct rph_key key;
	int error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	rph_key_week(&key, week);
	if (!rph_txn_get(&txn, RPH_TABLE_export, rph_key_span(&key), &value))
		return txn.error ? txn.error : RPH_E_NOT_FOUND;
	error = rph_value_decode_export(value, &row);
	if (!error)
		*ret = row;
	return error;
}
