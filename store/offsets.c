/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/keys.h"
#include "store/scan.h"
#include "store/txn.h"
#include "store/value.h"

/* Topic and partition are the caller's own spans: only the value is copied. */
int rph_store_get_offset(struct rph_store *store, struct rph_span topic, struct rph_span partition,
			 struct rph_arena *arena, struct rph_offset *ret)
{
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	struct rph_offset offset = {0};
	struct rph_span value;
	struct rph_key key;
	int error = rph_key_offset(&key, topic, partition);
	if (!error)
		error = rph_txn_begin(store, false, &txn);
	if (error)
		return error;
	if (!rph_txn_get(&txn, RPH_TABLE_offset, rph_key_span(&key), &value))
		return txn.error ? txn.error : RPH_E_NOT_FOUND;
	error = rph_arena_copy(arena, topic, &offset.topic);
	if (!error)
		error = rph_arena_copy(arena, partition, &offset.partition);
	if (!error)
		error = rph_value_decode_offset(value, arena, &offset);
	if (!error)
		*ret = offset;
	return error;
}

struct list {
	struct rph_arena *arena;
	struct rph_offset *offsets;
	size_t count, size;
};

static int grow(struct list *list)
{
	if (list->count < list->size)
		return 0;
	size_t size = list->size ? list->size * 2 : 16;
	struct rph_offset *offsets = RPH_ARENA_ARRAY(list->arena, struct rph_offset, size);
	if (!offsets)
		return RPH_E_NO_MEMORY;
	if (list->count)
		memcpy(offsets, list->offsets, list->count * sizeof(*offsets));
	list->offsets = offsets;
	list->size = size;
	return 0;
}

/* The order of keys is that of topic, then partition: the NUL between them is the least byte. */
static int visit_offset(void *context, struct rph_span key, struct rph_span value)
{
	struct list *list = context;
	struct rph_offset offset = {0};
	struct rph_span copy;
	int error = rph_arena_copy(list->arena, key, &copy);
	if (!error && !rph_key_read_offset(copy, &offset.topic, &offset.partition))
		error = RPH_E_STATE_CORRUPT;
	if (!error)
		error = rph_value_decode_offset(value, list->arena, &offset);
	if (!error)
		error = grow(list);
	if (!error)
		list->offsets[list->count++] = offset;
	return error;
}

int rph_store_list_offsets(struct rph_store *store, struct rph_arena *arena,
			   struct rph_offset **ret, size_t *ret_count)
{
	struct list list = {.arena = arena};
	int error =
		rph_scan_table(store, RPH_TABLE_offset, (struct rph_span){0}, visit_offset, &list);
	if (error)
		return error;
	*ret = list.offsets;
	*ret_count = list.count;
	return 0;
}

static void reset_offset(struct rph_txn *txn, struct rph_arena *arena,
			 const struct rph_offset *offset)
{
	struct rph_span value = {0};
	struct rph_key key;
	rph_arena_reset(arena);
	int error = rph_key_offset(&key, offset->topic, offset->partition);
	if (!error)
		error = rph_value_encode_offset(offset, arena, &value);
	if (!rph_txn_fail(txn, error))
		rph_txn_put(txn, RPH_TABLE_offset, rph_key_span(&key), value);
}

int rph_store_reset_offsets(struct rph_store *store, const struct rph_offset *offsets,
			    size_t offset_count)
{
	int error = rph_store_begin_writing(store);
	if (error)
		return error;
	RPH_STORE_WRITING struct rph_store *writing = store;
	RPH_TXN_CLEANUP struct rph_txn txn = {0};
	error = rph_txn_begin(store, true, &txn);
	if (error)
		return error;
	for (size_t i = 0; i < offset_count && !txn.error; i++)
		reset_offset(&txn, &writing->scratch, &offsets[i]);
	return rph_txn_commit(&txn);
}
