/* SPDX-License-Identifier: Apache-2.0
 *
 * scan_rows.c - rows one by one, read ahead in short transactions.
 */
#include <stdlib.h>

#include "schemas/error.h"
#include "store/keys.h"
#include "store/scan.h"
#include "store/txn.h"
#include "store/value.h"

/* After a jump few rows are read ahead: often the next call jumps again. */
enum { FEWEST_ROWS = 8, MOST_ROWS = 2048, MOST_BYTES = 1 << 20 };
/* A transaction serves so many short reads, none of them so many rows. */
enum { MOST_READS = 256, SHORT_READ = 64 };

struct row {
	struct rph_span key, value;
};

struct rph_scan {
	struct rph_store *store;
	enum rph_table table;
	struct rph_arena bytes; /* of the rows */
	struct rph_arena decoded;
	size_t count, at;            /* rows read; the next one to hand out */
	size_t ahead;                /* rows to read next time */
	unsigned hits;               /* calls that these rows answered */
	bool ended;                  /* no row of the table follows those read */
	struct rph_key wanted;       /* where to read when they are used up */
	struct rph_reading *reading; /* or NULL */
	struct row rows[MOST_ROWS];
};

int rph_scan_open(struct rph_store *store, enum rph_table table, struct rph_scan **ret)
{
	struct rph_scan *scan = malloc(sizeof(*scan));

	if (!scan)
		return RPH_E_NO_MEMORY;
	scan->store = store;
	scan->table = table;
	rph_arena_init(&scan->bytes, SIZE_MAX);
	rph_arena_init(&scan->decoded, SIZE_MAX);
	scan->count = scan->at = 0;
	scan->ahead = FEWEST_ROWS;
	scan->hits = 0;
	scan->reading = NULL;
	scan->ended = false;
	scan->wanted.len = 0;
	*ret = scan;
	return 0;
}

struct rph_scan *rph_scan_close(struct rph_scan *scan)
{
	if (scan) {
		rph_arena_free(&scan->bytes);
		rph_arena_free(&scan->decoded);
		free(scan);
	}
	return NULL;
}

static void set_wanted(struct rph_scan *scan, struct rph_span key)
{
	RPH_ASSERT(key.len <= sizeof(scan->wanted.bytes));
	if (key.len)
		memcpy(scan->wanted.bytes, key.ptr, key.len);
	scan->wanted.len = key.len;
}

static int copy_row(struct rph_scan *scan, struct rph_span key, struct rph_span value)
{
	char *bytes = rph_arena_bytes(&scan->bytes, key.len + value.len);

	if (!bytes)
		return RPH_E_NO_MEMORY;
	memcpy(bytes, key.ptr, key.len);
	if (value.len)
		memcpy(bytes + key.len, value.ptr, value.len);
	scan->rows[scan->count++] = (struct row){{bytes, key.len}, {bytes + key.len, value.len}};
	return 0;
}

/* Reads further ahead the longer rows are used in order, and hardly so after a jump. */
static void adapt(struct rph_scan *scan)
{
	if (scan->hits == 0)
		scan->ahead = FEWEST_ROWS;
	else if (scan->ahead < MOST_ROWS)
		scan->ahead *= 4;
	scan->hits = 0;
}

static int read_rows(struct rph_scan *scan, struct rph_txn *txn, bool past)
{
	struct rph_span key, value, from = rph_key_span(&scan->wanted);

	bool found = rph_txn_seek(txn, scan->table, from, &key, &value);
	if (found && past && rph_span_equal(key, from))
		found = rph_txn_next(txn, scan->table, &key, &value);
	while (found && scan->count < scan->ahead && scan->bytes.used_bytes < MOST_BYTES) {
		int error = copy_row(scan, key, value);
		if (error)
			return error;
		found = rph_txn_next(txn, scan->table, &key, &value);
	}
	scan->ended = !found;
	return txn->error;
}

void rph_scan_share(struct rph_scan *scan, struct rph_reading *reading)
{
	scan->reading = reading;
}

void rph_reading_end(struct rph_reading *reading)
{
	rph_txn_end(&reading->txn);
	reading->reads = 0;
}

/* Reads on at `wanted`, which is a key that was read already when `past`. */
static int read_ahead(struct rph_scan *scan, bool past)
{
	struct rph_reading own = {.reads = 0}, *reading = scan->reading ? scan->reading : &own;
	int error = 0;

	adapt(scan);
	scan->count = scan->at = 0;
	rph_arena_reset(&scan->bytes);
	if (!reading->txn.txn)
		error = rph_txn_begin(scan->store, false, &reading->txn);
	if (!error)
		error = read_rows(scan, &reading->txn, past);
	if (error || reading == &own || scan->count > SHORT_READ || ++reading->reads == MOST_READS)
		rph_reading_end(reading);
	return error;
}

/* The first of the rows at hand that is not before `from`. */
static size_t place_of(const struct rph_scan *scan, struct rph_span from)
{
	size_t low = scan->at, high = scan->count;

	/* Nearly always it is the one that comes next, or the one just looked at. */
	if (low && rph_span_compare(scan->rows[low - 1].key, from) >= 0)
		low = low > 1 && rph_span_compare(scan->rows[low - 2].key, from) < 0 ? low - 1 : 0;
	for (size_t step = 1; low + step < high; step *= 2)
		if (rph_span_compare(scan->rows[low + step].key, from) >= 0)
			high = low + step + 1;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rph_span_compare(scan->rows[middle].key, from) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int rph_scan_seek(struct rph_scan *scan, struct rph_span from)
{
	bool behind = scan->count && rph_span_compare(scan->rows[0].key, from) <= 0;

	if (behind &&
	    (scan->ended || rph_span_compare(from, scan->rows[scan->count - 1].key) <= 0)) {
		scan->at = place_of(scan, from);
		scan->hits++;
		return 0;
	}
	set_wanted(scan, from);
	return read_ahead(scan, false);
}

int rph_scan_next(struct rph_scan *scan, struct rph_span *ret_key, struct rph_span *ret_value)
{
	if (scan->at == scan->count) {
		if (scan->ended)
			return RPH_E_NOT_FOUND;
		if (scan->count)
			set_wanted(scan, scan->rows[scan->count - 1].key);
		scan->hits++;
		int error = read_ahead(scan, scan->count != 0);
		if (error)
			return error;
		if (!scan->count)
			return RPH_E_NOT_FOUND;
	}
	*ret_key = scan->rows[scan->at].key;
	*ret_value = scan->rows[scan->at].value;
	scan->at++;
	return 0;
}

static bool belongs(struct rph_span key, const struct rph_id *id)
{
	return rph_has_prefix(key, rph_id_span(id));
}

int rph_scan_votes_of(struct rph_scan *scan, const struct rph_id *source, rph_visit_vote *visit,
		      void *context)
{
	struct rph_span bytes, value;

	int error = rph_scan_seek(scan, rph_id_span(source));
	while (!error) {
		struct rph_vote_key key;
		struct rph_vote vote;
		error = rph_scan_next(scan, &bytes, &value);
		if (error || !belongs(bytes, source))
			break;
		if (!rph_key_read_vote(bytes, &key))
			return RPH_E_STATE_CORRUPT;
		error = rph_value_decode_vote(value, &vote);
		if (!error)
			error = visit(context, &key, &vote);
	}
	return error == RPH_E_NOT_FOUND ? 0 : error;
}

int rph_scan_usage_of(struct rph_scan *scan, const struct rph_id *formulation, bool understood,
		      rph_visit_usage *visit, void *context)
{
	struct rph_span bytes, value;

	int error = rph_scan_seek(scan, rph_id_span(formulation));
	while (!error) {
		struct rph_usage_key key;
		struct rph_usage usage;
		error = rph_scan_next(scan, &bytes, &value);
		if (error || !belongs(bytes, formulation))
			break;
		if (!rph_key_read_usage(bytes, &key))
			return RPH_E_STATE_CORRUPT;
		if (understood && rph_id_is_zero(&key.goal))
			continue;
		rph_arena_reset(&scan->decoded);
		error = rph_value_decode_usage(value, &scan->decoded, &usage);
		if (!error)
			error = visit(context, &key, &usage);
	}
	return error == RPH_E_NOT_FOUND ? 0 : error;
}

/* The row of just this key. */
static int find(struct rph_scan *scan, const struct rph_id *id, struct rph_span *ret_value)
{
	struct rph_span key;

	int error = rph_scan_seek(scan, rph_id_span(id));
	if (!error)
		error = rph_scan_next(scan, &key, ret_value);
	return error || rph_span_equal(key, rph_id_span(id)) ? error : RPH_E_NOT_FOUND;
}

int rph_scan_formulation(struct rph_scan *scan, const struct rph_id *id,
			 struct rph_formulation_delta *ret)
{
	struct rph_span value;

	int error = find(scan, id, &value);
	*ret = (struct rph_formulation_delta){.id = *id};
	return error ? error : rph_value_decode_formulation(value, ret);
}

int rph_scan_goal(struct rph_scan *scan, const struct rph_id *id, struct rph_span *ret_canonical)
{
	struct rph_span value;

	int error = find(scan, id, &value);
	return error ? error : rph_value_decode_goal(value, ret_canonical);
}
