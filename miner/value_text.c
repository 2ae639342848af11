/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/value_text.h"

#include "miner/similarity.h"
#include "schemas/utf8.h"

#include <unicode/uchar.h>

static bool is_in_a_slot(const struct rph_wording *wording, uint32_t at)
{
	for (uint32_t i = 0; i < wording->slot_count; i++)
		if (at >= wording->slots[i].start && at < wording->slots[i].end)
			return true;
	return false;
}

bool rph_wording_is_value(const struct rph_wording *wording)
{
	struct rph_span text = wording->text;
	uint32_t index = 0;

	for (size_t at = 0; at < text.len; index++) {
		uint32_t point = 0;
		size_t bytes = rph_utf8_character(text.ptr + at, text.len - at, &point);
		if (bytes == 0)
			return false;
		at += bytes;
		if ((u_isUAlphabetic((UChar32)point) || u_isdigit((UChar32)point)) &&
		    !is_in_a_slot(wording, index))
			return false;
	}
	return wording->slot_count > 0;
}

/* The first code points of a text; returns how many. */
static size_t read_points(struct rph_span text, uint32_t points[static RPH_EDIT_MAX_UNITS])
{
	size_t count = 0;

	for (size_t at = 0; at < text.len && count < RPH_EDIT_MAX_UNITS; count++) {
		size_t bytes = rph_utf8_character(text.ptr + at, text.len - at, &points[count]);
		if (bytes == 0)
			break;
		at += bytes;
	}
	return count;
}

static size_t count_digits(const uint32_t *points, size_t count)
{
	size_t digits = 0;

	for (size_t i = 0; i < count; i++)
		digits += u_isdigit((UChar32)points[i]) != 0;
	return digits;
}

static bool has(const uint32_t *points, size_t count, uint32_t point)
{
	for (size_t i = 0; i < count; i++)
		if (points[i] == point)
			return true;
	return false;
}

static bool is_within(const uint32_t *points, size_t count, const uint32_t *others,
		      size_t other_count)
{
	for (size_t i = 0; i < count; i++)
		if (!has(others, other_count, points[i]))
			return false;
	return true;
}

static bool writes_syllables(const uint32_t *points, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rph_letters_of(points[i]) > 1)
			return true;
	return false;
}

/* What is said next to a value is more than a value: that it is misheard makes it no longer, or by
 * a code point in eight; or by one, where that is no syllable, which may be a word. */
static size_t longest_of(const uint32_t *value, size_t count)
{
	if (count >= 8)
		return count + count / 8;
	return writes_syllables(value, count) ? count : count + 1;
}

/* Syllables are many: the same ones, some of them twice or in another order, are the same value. */
static bool says_the_same_syllables(const uint32_t *said, size_t said_count, const uint32_t *value,
				    size_t value_count)
{
	return said_count <= 2 * value_count && writes_syllables(value, value_count) &&
	       is_within(said, said_count, value, value_count) &&
	       is_within(value, value_count, said, said_count);
}

/* Nor is a number more the same. */
static bool is_alike(const uint32_t *said, size_t said_count, const uint32_t *value,
		     size_t value_count)
{
	size_t longer = value_count > said_count ? value_count : said_count;

	if (!said_count || !value_count ||
	    count_digits(said, said_count) != count_digits(value, value_count))
		return false;
	if (says_the_same_syllables(said, said_count, value, value_count))
		return true;
	if (said_count > longest_of(value, value_count))
		return false;
	size_t distance = rph_edit_distance_units(said, said_count, value, value_count);
	return 10 * distance <= 3 * longer;
}

bool rph_text_is_value(struct rph_span text, const struct rph_goal *goal)
{
	uint32_t said[RPH_EDIT_MAX_UNITS], value[RPH_EDIT_MAX_UNITS];
	size_t said_count = read_points(text, said);

	for (uint32_t i = 0; i < goal->slot_count && !goal->is_text; i++) {
		size_t count = read_points(goal->slots[i].value, value);
		if (is_alike(said, said_count, value, count))
			return true;
	}
	return false;
}
