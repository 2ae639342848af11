/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/txn.h"
#include "store/value.h"

#define FORMAT "format"
#define NORMALISER "normaliser"
#define SECRET "secret_fingerprint"
#define CREATED_BY "created_by"
#define IDENTITY "identity"
#define PUBLISHED_WEEK "published_week"
#define PUBLISHED_BY "published_by"

#ifndef RPH_VERSION
#define RPH_VERSION "unknown"
#endif

static void put_value(struct rph_txn *txn, const char *name, struct rph_span bytes)
{
	char value[RPH_VALUE_META_MAX];
	struct rph_span encoded;
	rph_txn_fail(txn, rph_value_encode_meta(bytes, value, &encoded));
	rph_txn_put(txn, RPH_TABLE_meta, rph_span_of(name), encoded);
}

/* False when absent or damaged; damage is kept in txn->error. */
static bool get_value(struct rph_txn *txn, const char *name, struct rph_span *ret)
{
	struct rph_span value;
	if (!rph_txn_get(txn, RPH_TABLE_meta, rph_span_of(name), &value))
		return false;
	return rph_txn_fail(txn, rph_value_decode_meta(value, ret)) == 0;
}

uint64_t rph_meta_get_number(struct rph_txn *txn, const char *name)
{
	struct rph_span bytes;
	uint64_t number = 0;
	if (!get_value(txn, name, &bytes))
		return 0;
	if (bytes.len != 8) {
		rph_txn_fail(txn, RPH_E_STATE_CORRUPT);
		return 0;
	}
	for (unsigned i = 0; i < 8; i++)
		number |= (uint64_t)(uint8_t)bytes.ptr[i] << (8 * i);
	return number;
}

void rph_meta_put_number(struct rph_txn *txn, const char *name, uint64_t number)
{
	char bytes[8];
	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (char)(number >> (8 * i));
	put_value(txn, name, (struct rph_span){bytes, sizeof(bytes)});
}

int rph_meta_set(struct rph_store *store, const char *name, uint64_t number)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	int error = rph_txn_begin(store, true, &txn);
	if (error)
		return error;
	rph_meta_put_number(&txn, name, number);
	return rph_txn_commit(&txn);
}

int rph_meta_remove(struct rph_store *store, const char *name)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	int error = rph_txn_begin(store, true, &txn);
	if (error)
		return error;
	rph_txn_delete(&txn, RPH_TABLE_meta, rph_span_of(name));
	return rph_txn_commit(&txn);
}

void rph_meta_write_first(struct rph_txn *txn, const struct rph_keys *keys,
			  uint32_t normaliser_version)
{
	rph_meta_put_number(txn, FORMAT, RPH_STORE_FORMAT);
	rph_meta_put_number(txn, NORMALISER, normaliser_version);
	put_value(txn, SECRET,
		  (struct rph_span){(const char *)keys->fingerprint, sizeof(keys->fingerprint)});
	put_value(txn, CREATED_BY, RPH_SPAN("rephrased " RPH_VERSION));
}

static int check_secret(struct rph_txn *txn, const struct rph_keys *keys)
{
	struct rph_span fingerprint;
	if (!get_value(txn, SECRET, &fingerprint))
		return txn->error ? txn->error : RPH_E_STATE_CORRUPT;
	struct rph_span ours = {(const char *)keys->fingerprint, sizeof(keys->fingerprint)};
	return rph_span_equal(fingerprint, ours) ? 0 : RPH_E_WRONG_SECRET;
}

static int check(struct rph_txn *txn, const struct rph_store_options *options, bool *ret_older)
{
	uint64_t format = rph_meta_get_number(txn, FORMAT);
	uint64_t normaliser = rph_meta_get_number(txn, NORMALISER);
	if (txn->error)
		return txn->error;
	if (format > RPH_STORE_FORMAT)
		return RPH_E_STATE_NEWER;
	if (format == 0)
		return RPH_E_STATE_CORRUPT;
	if (options->normaliser_version && normaliser > options->normaliser_version)
		return RPH_E_STATE_NEWER;
	*ret_older = normaliser < options->normaliser_version;
	return options->keys ? check_secret(txn, options->keys) : 0;
}

int rph_meta_check(struct rph_store *store, const struct rph_store_options *options)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	bool older = false;
	int error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	error = check(&txn, options, &older);
	rph_txn_end(&txn);
	if (error || !older || !store->writable)
		return error;
	/* From here on an older program must not add formulations normalised its own way. */
	return rph_meta_set(store, NORMALISER, options->normaliser_version);
}

static int read_identity(struct rph_store *store, uint64_t *ret)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	int error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	*ret = rph_meta_get_number(&txn, IDENTITY);
	return txn.error;
}

int rph_store_identity(struct rph_store *store, uint64_t fresh, uint64_t *ret)
{
	uint64_t identity = 0;
	int error = read_identity(store, &identity);
	if (error)
		return error;
	if (!identity) {
		if (!store->writable)
			return RPH_E_NOT_FOUND;
		error = rph_store_begin_writing(store);
		if (error)
			return error;
		identity = fresh;
		error = rph_meta_set(store, IDENTITY, identity);
		rph_store_end_writing(store);
	}
	if (!error)
		*ret = identity;
	return error;
}

/* ---- the publication ------------------------------------------------------------------------- */

void rph_meta_unpublish_from(struct rph_txn *txn, rph_week from)
{
	uint64_t week = rph_meta_get_number(txn, PUBLISHED_WEEK);
	/* 0 also where there is no note: nothing to remove. */
	if (week < from)
		return;
	rph_txn_delete(txn, RPH_TABLE_meta, rph_span_of(PUBLISHED_WEEK));
	rph_txn_delete(txn, RPH_TABLE_meta, rph_span_of(PUBLISHED_BY));
}

int rph_meta_unpublish(struct rph_store *store)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	int error = rph_txn_begin(store, true, &txn);
	if (error)
		return error;
	rph_meta_unpublish_from(&txn, 0);
	return rph_txn_commit(&txn);
}

int rph_store_note_publication(struct rph_store *store, const struct rph_publication *publication)
{
	int error = rph_store_begin_writing(store);
	if (error)
		return error;
	RPH_STORE_WRITING struct rph_store *writing = store;
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	error = rph_txn_begin(writing, true, &txn);
	if (error)
		return error;
	rph_meta_put_number(&txn, PUBLISHED_WEEK, publication->week);
	rph_meta_put_number(&txn, PUBLISHED_BY, publication->made_by);
	return rph_txn_commit(&txn);
}

int rph_store_get_publication(struct rph_store *store, struct rph_publication *ret)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	int error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	ret->week = (rph_week)rph_meta_get_number(&txn, PUBLISHED_WEEK);
	ret->made_by = rph_meta_get_number(&txn, PUBLISHED_BY);
	if (txn.error)
		return txn.error;
	return ret->made_by ? 0 : RPH_E_NOT_FOUND;
}
