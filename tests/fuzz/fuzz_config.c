/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "schemas/config.h"
#include "schemas/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rph_buffer print(const struct rph_config *config)
{
	struct rph_buffer text = {0};
	rph_config_print(config, false, &text);
	RPH_ASSERT(!text.error);
	return text;
}

/* What is accepted must survive printing and reading, fingerprint included. */
static void check_round_trip(const struct rph_config *config)
{
	uint8_t one[RPH_CONFIG_FINGERPRINT_BYTES], two[RPH_CONFIG_FINGERPRINT_BYTES];
	struct rph_config *again = NULL;
	struct rph_config_problems problems = {.count = 0};
	struct rph_buffer text = print(config);
	RPH_ASSERT(rph_config_parse(rph_buffer_span(&text), &again, &problems) == 0);
	struct rph_buffer text_again = print(again);
	RPH_ASSERT(rph_span_equal(rph_buffer_span(&text), rph_buffer_span(&text_again)));
	RPH_ASSERT(rph_config_fingerprint(config, one) == 0);
	RPH_ASSERT(rph_config_fingerprint(again, two) == 0);
	RPH_ASSERT(memcmp(one, two, sizeof(one)) == 0);
	rph_buffer_free(&text);
	rph_buffer_free(&text_again);
	rph_config_problems_free(&problems);
	rph_config_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rph_config *config = NULL;
	struct rph_config_problems problems = {.count = 0};
	struct rph_buffer text = {0};
	int err = rph_config_parse((struct rph_span){(const char *)data, size}, &config, &problems);
	if (err) {
		/* Whatever is refused has a reason that can be printed. */
		RPH_ASSERT(err == RPH_E_NO_MEMORY || problems.count > 0);
		rph_config_problems_print(&problems, "FILE", &text);
		RPH_ASSERT(!text.error);
	} else {
		check_round_trip(config);
	}
	rph_buffer_free(&text);
	rph_config_problems_free(&problems);
	rph_config_free(config);
	return 0;
}
