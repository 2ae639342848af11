/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/readiness.h"

#include "schemas/json_text.h"

static const char *const sentences[RPH_UNREADY_COUNT] = {
#define RPH_UNREADY(name, sentence) sentence,
	RPH_UNREADY_LIST(RPH_UNREADY)
#undef RPH_UNREADY
};

void rph_readiness_init(struct rph_readiness *readiness)
{
	atomic_init(&readiness->reasons, 1U << RPH_UNREADY_STARTING);
}

bool rph_readiness_set(struct rph_readiness *readiness, enum rph_unready reason, bool holds)
{
	unsigned bit = 1U << reason;
	unsigned before = holds ? atomic_fetch_or(&readiness->reasons, bit)
				: atomic_fetch_and(&readiness->reasons, ~bit);
	return ((before & bit) != 0) != holds;
}

bool rph_readiness_has(const struct rph_readiness *readiness, enum rph_unready reason)
{
	return (atomic_load(&readiness->reasons) >> reason & 1) != 0;
}

bool rph_readiness_is_ready(const struct rph_readiness *readiness)
{
	return atomic_load(&readiness->reasons) == 0;
}

const char *rph_readiness_sentence(const struct rph_readiness *readiness)
{
	unsigned reasons = atomic_load(&readiness->reasons);
	return reasons ? sentences[__builtin_ctz(reasons)] : "";
}

bool rph_readiness_reasons(void *context, struct rph_buffer *text)
{
	struct rph_readiness *readiness = context;
	unsigned reasons = atomic_load(&readiness->reasons);
	for (unsigned i = 0; i < RPH_UNREADY_COUNT; i++)
		if (reasons >> i & 1)
			rph_json_string(text, rph_span_of(sentences[i]));
	return reasons == 0;
}
