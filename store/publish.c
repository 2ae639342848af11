/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/keys.h"
#include "store/txn.h"
#include "store/value.h"

int rph_store_publish(struct rph_store *store, const struct rph_published *rewrites, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (rph_id_compare(&rewrites[i - 1].source, &rewrites[i].source) >= 0)
			return RPH_E_BAD_INPUT;
	int error = rph_store_begin_writing(store);
	if (error)
		return error;
	RPH_STORE_WRITING struct rph_store *writing = store;
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	error = rph_txn_begin(store, true, &txn);
	if (error)
		return error;
	rph_txn_clear(&txn, RPH_TABLE_rewrite);
	rph_meta_unpublish_from(&txn, 0);
	for (size_t i = 0; i < count && !txn.error; i++) {
		struct rph_span value;
		rph_arena_reset(&writing->scratch);
		error = rph_value_encode_rewrite(&rewrites[i], &writing->scratch, &value);
		if (!rph_txn_fail(&txn, error))
			rph_txn_append(&txn, RPH_TABLE_rewrite, rph_id_span(&rewrites[i].source),
				       value);
	}
	return rph_txn_commit(&txn);
}

bool rph_export_is_outdated(const struct rph_export_row *row)
{
	static const uint8_t none[sizeof(row->digest)];
	return memcmp(row->digest, none, sizeof(none)) == 0;
}

int rph_store_put_export(struct rph_store *store, const struct rph_export_row *row)
{
	int error = rph_store_begin_writing(store);
	if (error)
		return error;
	RPH_STORE_WRITING struct rph_store *writing = store;
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_key key;
	struct rph_span value;
	rph_key_week(&key, row->week);
	rph_arena_reset(&writing->scratch);
	error = rph_value_encode_export(row, &writing->scratch, &value);
	if (!error)
		error = rph_txn_begin(store, true, &txn);
	if (error)
		return error;
	rph_txn_put(&txn, RPH_TABLE_export, rph_key_span(&key), value);
	return rph_txn_commit(&txn);
}
