/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/keys.h"
#include "store/scan.h"
#include "store/txn.h"
#include "store/value.h"

int rph_store_put_review(struct rph_store *store, const struct rph_review *review)
{
	int error = rph_store_begin_writing(store);
	if (error)
		return error;
	RPH_STORE_WRITING struct rph_store *writing = store;
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_key key;
	struct rph_span value;
	rph_key_pair(&key, &review->source, &review->target);
	rph_arena_reset(&writing->scratch);
	if (review->decision != RPH_DECISION_NONE) {
		error = rph_value_encode_review(review, &writing->scratch, &value);
		if (error)
			return error;
	}
	error = rph_txn_begin(store, true, &txn);
	if (error)
		return error;
	if (review->decision == RPH_DECISION_NONE)
		rph_txn_delete(&txn, RPH_TABLE_review, rph_key_span(&key));
	else
		rph_txn_put(&txn, RPH_TABLE_review, rph_key_span(&key), value);
	rph_meta_unpublish_from(&txn, 0);
	return rph_txn_commit(&txn);
}

struct scan {
	rph_visit_review *visit;
	void *context;
};

static int visit_review(void *context, struct rph_span key, struct rph_span value)
{
	const struct scan *scan = context;
	struct rph_review review;
	if (!rph_key_read_pair(key, &review.source, &review.target))
		return RPH_E_STATE_CORRUPT;
	int error = rph_value_decode_review(value, &review);
	return error ? error : scan->visit(scan->context, &review);
}

int rph_store_scan_reviews(struct rph_store *store, rph_visit_review *visit, void *context)
{
	struct scan scan = {visit, context};
	return rph_scan_table(store, RPH_TABLE_review, (struct rph_span){0}, visit_review, &scan);
}
