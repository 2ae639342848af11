/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/tokens.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "schemas/utf8.h"

#define ZERO_WIDTH_JOINER 0x200Du

static bool is_space(uint32_t point)
{
	return u_isUWhiteSpace((UChar32)point);
}

static bool is_unspaced(uint32_t point)
{
	UErrorCode status = U_ZERO_ERROR;
	UScriptCode script = uscript_getScript((UChar32)point, &status);

	return U_SUCCESS(status) && uscript_breaksBetweenLetters(script);
}

/* Belongs to the character before it. */
static bool is_mark(uint32_t point)
{
	return u_hasBinaryProperty((UChar32)point, UCHAR_GRAPHEME_EXTEND) ||
	       u_charType((UChar32)point) == U_COMBINING_SPACING_MARK || point == ZERO_WIDTH_JOINER;
}

static bool is_slot_edge(const struct rph_example *example, uint32_t from, uint32_t position)
{
	for (uint32_t i = from; i < example->slot_count; i++)
		if (example->slots[i].start == position || example->slots[i].end == position)
			return true;
	return false;
}

/* Whether a token that ends with `before` ends here, in front of `point`. */
static bool is_boundary(uint32_t before, uint32_t point)
{
	if (is_space(point))
		return true;
	if (is_mark(point) || before == ZERO_WIDTH_JOINER)
		return false;
	return is_unspaced(point) || is_unspaced(before);
}

static void skip_space(struct rph_tokens *tokens)
{
	struct rph_span text = tokens->example->text;
	uint32_t point = 0;

	while (tokens->at < text.len) {
		size_t bytes =
			rph_utf8_character(text.ptr + tokens->at, text.len - tokens->at, &point);
		if (bytes == 0 || !is_space(point))
			return;
		tokens->at += bytes;
		tokens->position++;
	}
}

bool rph_tokens_next(struct rph_tokens *tokens, struct rph_token *ret)
{
	const struct rph_example *example = tokens->example;
	struct rph_span text = example->text;
	uint32_t before = 0, point = 0;

	skip_space(tokens);
	while (tokens->next < example->slot_count &&
	       example->slots[tokens->next].end <= tokens->position)
		tokens->next++;
	uint32_t start = tokens->position;
	size_t from = tokens->at;
	while (tokens->at < text.len) {
		size_t bytes =
			rph_utf8_character(text.ptr + tokens->at, text.len - tokens->at, &point);
		if (bytes == 0)
			break;
		if (tokens->at > from && (is_slot_edge(example, tokens->next, tokens->position) ||
					  is_boundary(before, point)))
			break;
		/* A mark does not hide the letter it stands on. */
		before = is_mark(point) && point != ZERO_WIDTH_JOINER ? before : point;
		tokens->at += bytes;
		tokens->position++;
	}
	if (tokens->at == from)
		return false;
	bool inside =
		tokens->next < example->slot_count && example->slots[tokens->next].start <= start;
	*ret = (struct rph_token){
		.text = {text.ptr + from, tokens->at - from},
		.slot = inside ? tokens->next : RPH_TOKEN_OUTSIDE,
		.begins = inside && tokens->last != tokens->next + 1,
	};
	tokens->last = inside ? tokens->next + 1 : 0;
	return true;
}
