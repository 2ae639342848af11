/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_decode.c - any bytes into the decoder: what it accepts keeps every promise of event.h, what
 * it refuses has a reason, and the fast parser and the slow reader agree.
 */
#include "schemas/decode.h"
#include "schemas/decode_json.h"
#include "schemas/json_fault.h"
#include "tests/fuzz/check_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rph_decode_limits limits = {
	.max_record_bytes = 4096,
	.max_utterance_bytes = 256,
	.future_limit = RPH_DAY_MS,
	.past_limit = 30 * RPH_DAY_MS,
	.default_locale = {"en-US", 5},
};

/* Faults that only the parser's text decides. */
static bool is_of_json(enum rph_reject why)
{
	return why != RPH_ACCEPTED && why <= RPH_REJECT_nul_character &&
	       why != RPH_REJECT_too_large && why != RPH_REJECT_not_object &&
	       why != RPH_REJECT_too_deep;
}

static void check_agreement(const char *text, size_t len, enum rph_reject why)
{
	enum rph_reject fault = rph_json_fault(text, len, RPH_MAX_DEPTH);
	/* Only the last digits of a number that is about the largest double are left to the parser.
	 */
	if (is_of_json(why) && why != RPH_REJECT_bad_number)
		RPH_ASSERT(fault == why);
	if (why == RPH_ACCEPTED)
		RPH_ASSERT(fault == RPH_ACCEPTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rph_keys keys;
	static struct rph_decoder *decoder;
	static struct rph_arena arena;
	struct rph_event event;
	struct rph_rejection rejection;
	if (!decoder) {
		const uint8_t secret[RPH_SECRET_BYTES] = {7};
		rph_keys_derive(secret, &keys);
		rph_arena_init(&arena, 1 << 20);
		int failed = rph_decoder_new(&limits, &keys, &decoder);
		RPH_ASSERT(!failed);
	}
	struct rph_record record = {.value = {(const char *)data, size},
				    .log_time = RPH_NO_LOG_TIME};
	int failed = rph_decode(decoder, &record, &arena, &event, &rejection);
	RPH_ASSERT(!failed);
	check_rejection(&rejection);
	if (rejection.reason == RPH_ACCEPTED)
		check_event(&event, &limits);
	if (size <= limits.max_record_bytes)
		check_agreement((const char *)data, size, rejection.reason);
	rph_arena_reset(&arena);
	return 0;
}
