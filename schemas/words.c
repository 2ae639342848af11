/* SPDX-License-Identifier: Apache-2.0
 *
 * words.c - names and texts of the published vocabularies, all from their .def tables.
 */
#include "schemas/edge.h"
#include "schemas/reject.h"
#include "schemas/signal.h"

static const struct {
	const char *name;
	bool same_goal;
} edges[RPH_EDGE_COUNT] = {
#define RPH_EDGE(name, same_goal, text) [RPH_EDGE_##name] = {#name, same_goal},
#include "schemas/edge.def"
#undef RPH_EDGE
};

static const struct {
	const char *name;
	size_t len;
	int friction;
} signals[RPH_SIGNAL_COUNT] = {
#define RPH_SIGNAL(name, friction, text) [RPH_SIGNAL_##name] = {#name, sizeof(#name) - 1, friction},
#include "schemas/signal.def"
#undef RPH_SIGNAL
};

static const struct {
	const char *name, *text;
} rejects[RPH_REJECT_COUNT] = {
	[RPH_ACCEPTED] = {"accepted", "accepted"},
#define RPH_REJECT(name, text) [RPH_REJECT_##name] = {#name, text},
#include "schemas/reject.def"
#undef RPH_REJECT
};

const char *rph_edge_name(enum rph_edge edge)
{
	RPH_ASSERT(edge < RPH_EDGE_COUNT);
	return edges[edge].name;
}

bool rph_edge_is_same_goal(enum rph_edge edge)
{
	RPH_ASSERT(edge < RPH_EDGE_COUNT);
	return edges[edge].same_goal;
}

uint32_t rph_signal_bit(struct rph_span name)
{
	for (unsigned i = 0; i < RPH_SIGNAL_COUNT; i++)
		if (name.len == signals[i].len && name.ptr[0] == signals[i].name[0] &&
		    memcmp(name.ptr, signals[i].name, name.len) == 0)
			return UINT32_C(1) << i;
	return 0;
}

const char *rph_signal_name(enum rph_signal signal)
{
	RPH_ASSERT(signal < RPH_SIGNAL_COUNT);
	return signals[signal].name;
}

const char *rph_reject_name(enum rph_reject reject)
{
	RPH_ASSERT(reject < RPH_REJECT_COUNT);
	return rejects[reject].name;
}

const char *rph_reject_text(enum rph_reject reject)
{
	RPH_ASSERT(reject < RPH_REJECT_COUNT);
	return rejects[reject].text;
}
