/* SPDX-License-Identifier: Apache-2.0 */
#include <unicode/ubrk.h>

#include "miner/normalise_private.h"
#include "miner/text.h"
#include "miner/utf.h"
#include "schemas/error.h"

static int open_iterator(struct rph_normaliser *normaliser, int32_t length)
{
	UErrorCode status = U_ZERO_ERROR;
	if (!normaliser->words)
		normaliser->words = ubrk_open(UBRK_WORD, "", NULL, 0, &status);
	if (U_SUCCESS(status))
		ubrk_setText(normaliser->words, normaliser->text.units, length, &status);
	return U_FAILURE(status) ? RPH_E_UNICODE : 0;
}

int rph_word_boundaries(struct rph_normaliser *normaliser, struct rph_span text,
			struct rph_arena *arena, const uint32_t **ret, size_t *ret_count)
{
	int32_t length = 0;
	int error = rph_utf16_decode(&normaliser->text, text, &length);
	if (!error)
		error = open_iterator(normaliser, length);
	if (error)
		return error;
	uint32_t *boundaries = RPH_ARENA_ARRAY(arena, uint32_t, (size_t)length + 1);
	if (!boundaries)
		return RPH_E_ARENA_FULL;
	size_t count = 0;
	uint32_t code_points = 0;
	int32_t at = 0;
	for (int32_t next = ubrk_first(normaliser->words); next != UBRK_DONE;
	     next = ubrk_next(normaliser->words)) {
		while (at < next) {
			rph_utf16_next(normaliser->text.units, &at, length);
			code_points++;
		}
		boundaries[count++] = code_points;
	}
	*ret = boundaries;
	*ret_count = count;
	return 0;
}
