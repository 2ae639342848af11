/* SPDX-License-Identifier: Apache-2.0
 *
 * value_cohort.c - rows of the table cohort: a count, then per cohort the lengths and bytes of locale
 * and name, turns and defects, all numbers as varints.
 */
#include "schemas/error.h"
#include "store/value.h"

/* Two lengths, two counters. */
#define COHORT_BYTES 4

static bool is_sound(const struct rph_cohort *cohort)
{
	return cohort->locale.len && cohort->name.len && cohort->turns &&
	       cohort->defects <= cohort->turns;
}

static bool is_ordered(const struct rph_cohorts *row)
{
	if (row->count == 0 || row->count > RPH_COHORTS_MOST)
		return false;
	for (uint32_t i = 0; i < row->count; i++)
		if (!is_sound(&row->list[i]) ||
		    (i && rph_cohort_compare(&row->list[i - 1], &row->list[i]) >= 0))
			return false;
	return true;
}

int rph_value_encode_cohorts(const struct rph_cohorts *row, struct rph_arena *arena,
			     struct rph_span *ret)
{
	struct rph_writer writer;
	size_t bytes = RPH_VARINT_MAX_BYTES;

	if (!is_ordered(row))
		return RPH_E_BAD_INPUT;
	for (uint32_t i = 0; i < row->count; i++)
		bytes += (size_t)COHORT_BYTES * RPH_VARINT_MAX_BYTES + row->list[i].locale.len +
			 row->list[i].name.len;
	int error = rph_writer_begin(&writer, arena, bytes);
	if (error)
		return error;
	rph_write_varint(&writer, row->count);
	for (uint32_t i = 0; i < row->count; i++) {
		const struct rph_cohort *cohort = &row->list[i];
		rph_write_varint(&writer, cohort->locale.len);
		rph_write_bytes(&writer, cohort->locale);
		rph_write_varint(&writer, cohort->name.len);
		rph_write_bytes(&writer, cohort->name);
		rph_write_varint(&writer, cohort->turns);
		rph_write_varint(&writer, cohort->defects);
	}
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_cohorts(struct rph_span value, struct rph_arena *arena,
			     struct rph_cohorts *ret)
{
	struct rph_reader reader;
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	struct rph_cohorts row = {.count = rph_read_count(&reader, COHORT_BYTES)};
	row.list = RPH_ARENA_ARRAY(arena, struct rph_cohort, row.count);
	if (!row.list)
		return RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < row.count; i++) {
		struct rph_cohort *cohort = &row.list[i];
		cohort->locale = rph_read_bytes(&reader, rph_read_varint(&reader));
		cohort->name = rph_read_bytes(&reader, rph_read_varint(&reader));
		cohort->turns = rph_read_varint32(&reader);
		cohort->defects = rph_read_varint32(&reader);
	}
	error = rph_reader_end(&reader);
	if (!error && !is_ordered(&row))
		error = RPH_E_STATE_CORRUPT;
	if (!error)
		*ret = row;
	return error;
}
