/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"
#include "store/value.h"

enum {
	ALL_DAYS = 0x7F,
	FLAG_MORE_USERS = 1,
	FLAG_TOTALS = 2,
	ALL_FLAGS = FLAG_MORE_USERS | FLAG_TOTALS,
	COUNTERS = sizeof(struct rph_usage_counts) / sizeof(uint32_t),
	COUNTS_MAX_BYTES = 1 + COUNTERS * 5,
	USER_MIN_BYTES = 8 + 1 + 1 + 1,
	USER_MAX_BYTES = 8 + 1 + COUNTS_MAX_BYTES + 1,
};
_Static_assert(COUNTERS <= 8, "the mask of counters is one byte");
_Static_assert(RPH_USAGE_USERS < 255, "numbers of users and wordings are one byte");

/* The counters in the order of their declaration, which must therefore not change. */
static void counts_to_array(const struct rph_usage_counts *counts, uint32_t ret[COUNTERS])
{
	memcpy(ret, counts, sizeof(*counts));
}

static void write_counts(struct rph_writer *writer, const struct rph_usage_counts *counts)
{
	uint32_t numbers[COUNTERS];
	unsigned mask = 0;
	counts_to_array(counts, numbers);
	for (unsigned i = 0; i < COUNTERS; i++)
		mask |= (unsigned)(numbers[i] != 0) << i;
	rph_write_u8(writer, (uint8_t)mask);
	for (unsigned i = 0; i < COUNTERS; i++)
		if (numbers[i])
			rph_write_varint(writer, numbers[i]);
}

static struct rph_usage_counts read_counts(struct rph_reader *reader)
{
	uint32_t numbers[COUNTERS] = {0};
	struct rph_usage_counts counts;
	unsigned mask = rph_read_u8(reader);
	if (mask >> COUNTERS)
		reader->bad = true;
	for (unsigned i = 0; i < COUNTERS; i++) {
		if (!(mask >> i & 1))
			continue;
		numbers[i] = rph_read_varint32(reader);
		if (numbers[i] == 0)
			reader->bad = true;
	}
	memcpy(&counts, numbers, sizeof(counts));
	return counts;
}

/* What the totals are when nobody but users[] contributed. */
static void sum_users(const struct rph_usage *usage, struct rph_usage_counts *ret_counts,
		      uint8_t *ret_days)
{
	*ret_counts = (struct rph_usage_counts){0};
	*ret_days = 0;
	for (uint32_t i = 0; i < usage->user_count; i++) {
		rph_usage_counts_add(ret_counts, &usage->users[i].counts);
		*ret_days |= usage->users[i].days;
	}
}

static bool totals_are_the_sum(const struct rph_usage *usage)
{
	struct rph_usage_counts counts;
	uint8_t days;
	sum_users(usage, &counts, &days);
	return days == usage->days && memcmp(&counts, &usage->total, sizeof(counts)) == 0;
}

/* 0: none; else 1 + index. 255 stands for "not there", which no row can have. */
static uint8_t wording_number(const struct rph_usage *usage, uint64_t hash)
{
	if (!hash)
		return 0;
	for (uint32_t i = 0; i < usage->wording_count; i++)
		if (usage->wordings[i].hash == hash)
			return (uint8_t)(i + 1);
	return 255;
}

static bool has_encoding(const struct rph_usage *usage)
{
	if (usage->user_count > RPH_USAGE_USERS || usage->wording_count > usage->user_count ||
	    usage->days & ~ALL_DAYS)
		return false;
	uint64_t last = 0;
	for (uint32_t i = 0; i < usage->user_count; last = usage->users[i].user, i++)
		if (usage->users[i].user <= last || usage->users[i].days & ~ALL_DAYS ||
		    wording_number(usage, usage->users[i].wording) == 255)
			return false;
	return true;
}

static size_t max_bytes(const struct rph_usage *usage)
{
	size_t bytes =
		1 + 1 + COUNTS_MAX_BYTES + 1 + 1 + (size_t)usage->user_count * USER_MAX_BYTES;
	for (uint32_t i = 0; i < usage->wording_count; i++)
		bytes += RPH_VARINT_MAX_BYTES + usage->wordings[i].encoded.len;
	return bytes;
}

int rph_value_encode_usage(const struct rph_usage *usage, struct rph_arena *arena,
			   struct rph_span *ret)
{
	struct rph_writer writer;
	if (!has_encoding(usage))
		return RPH_E_BAD_INPUT;
	int error = rph_writer_begin(&writer, arena, max_bytes(usage));
	if (error)
		return error;
	bool totals = !totals_are_the_sum(usage);
	rph_write_u8(&writer, (uint8_t)((usage->more_users ? FLAG_MORE_USERS : 0) |
					(totals ? FLAG_TOTALS : 0)));
	if (totals) {
		rph_write_u8(&writer, usage->days);
		write_counts(&writer, &usage->total);
	}
	rph_write_u8(&writer, (uint8_t)usage->user_count);
	for (uint32_t i = 0; i < usage->user_count; i++) {
		const struct rph_usage_user *user = &usage->users[i];
		rph_write_u64(&writer, user->user);
		rph_write_u8(&writer, user->days);
		write_counts(&writer, &user->counts);
		rph_write_u8(&writer, wording_number(usage, user->wording));
	}
	rph_write_u8(&writer, (uint8_t)usage->wording_count);
	for (uint32_t i = 0; i < usage->wording_count; i++) {
		rph_write_varint(&writer, usage->wordings[i].encoded.len);
		rph_write_bytes(&writer, usage->wordings[i].encoded);
	}
	*ret = rph_writer_end(&writer);
	return 0;
}

/* Users first name wordings by number; the hashes are known only after the wordings were read. */
static int read_users(struct rph_reader *reader, struct rph_arena *arena, struct rph_usage *usage)
{
	uint8_t count = rph_read_u8(reader);
	if (count > RPH_USAGE_USERS ||
	    (size_t)(reader->end - reader->at) < (size_t)count * USER_MIN_BYTES)
		return RPH_E_STATE_CORRUPT;
	usage->user_count = count;
	if (!count)
		return 0;
	usage->users = RPH_ARENA_ARRAY(arena, struct rph_usage_user, count);
	if (!usage->users)
		return RPH_E_NO_MEMORY;
	uint64_t last = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct rph_usage_user *user = &usage->users[i];
		user->user = rph_read_u64(reader);
		user->days = rph_read_u8(reader);
		user->counts = read_counts(reader);
		user->wording = rph_read_u8(reader);
		if (reader->bad || user->user <= last || user->days & ~ALL_DAYS)
			return RPH_E_STATE_CORRUPT;
		last = user->user;
	}
	return 0;
}

static int read_wordings(struct rph_reader *reader, struct rph_arena *arena,
			 struct rph_usage *usage)
{
	uint8_t count = rph_read_u8(reader);
	if (count > usage->user_count)
		return RPH_E_STATE_CORRUPT;
	usage->wording_count = count;
	if (!count)
		return 0;
	usage->wordings = RPH_ARENA_ARRAY(arena, struct rph_usage_wording, count);
	if (!usage->wordings)
		return RPH_E_NO_MEMORY;
	uint64_t last = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct rph_usage_wording *wording = &usage->wordings[i];
		wording->encoded = rph_read_bytes(reader, rph_read_varint(reader));
		if (reader->bad || wording->encoded.len == 0)
			return RPH_E_STATE_CORRUPT;
		wording->hash = rph_wording_hash(wording->encoded);
		if (wording->hash <= last)
			return RPH_E_STATE_CORRUPT;
		last = wording->hash;
	}
	return 0;
}

static int name_wordings(struct rph_usage *usage)
{
	uint64_t named = 0;
	for (uint32_t i = 0; i < usage->user_count; i++) {
		uint64_t number = usage->users[i].wording;
		if (number == 0)
			continue;
		if (number > usage->wording_count)
			return RPH_E_STATE_CORRUPT;
		named |= UINT64_C(1) << (number - 1);
		usage->users[i].wording = usage->wordings[number - 1].hash;
	}
	/* A wording that nobody names may be somebody's who asked to be forgotten. */
	return (uint32_t)__builtin_popcountll(named) == usage->wording_count ? 0
									     : RPH_E_STATE_CORRUPT;
}
_Static_assert(RPH_USAGE_USERS <= 64, "named wordings are bits of one word");

int rph_value_decode_usage(struct rph_span value, struct rph_arena *arena, struct rph_usage *ret)
{
	struct rph_reader reader;
	struct rph_usage usage = {0};
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	uint8_t flags = rph_read_u8(&reader);
	if (flags & ~ALL_FLAGS)
		return RPH_E_STATE_CORRUPT;
	usage.more_users = flags & FLAG_MORE_USERS;
	if (flags & FLAG_TOTALS) {
		usage.days = rph_read_u8(&reader);
		usage.total = read_counts(&reader);
	}
	error = read_users(&reader, arena, &usage);
	if (!error)
		error = read_wordings(&reader, arena, &usage);
	if (!error)
		error = rph_reader_end(&reader);
	if (!error)
		error = name_wordings(&usage);
	if (error)
		return error;
	if (!(flags & FLAG_TOTALS))
		sum_users(&usage, &usage.total, &usage.days);
	else if (totals_are_the_sum(&usage) || usage.days & ~ALL_DAYS)
		return RPH_E_STATE_CORRUPT;
	*ret = usage;
	return 0;
}

bool rph_value_usage_has_more(struct rph_span value)
{
	return value.len > 1 && ((uint8_t)value.ptr[1] & FLAG_MORE_USERS);
}
