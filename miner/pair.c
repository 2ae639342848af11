/* SPDX-License-Identifier: Apache-2.0
 *
 * pair.c - names of reasons, statuses and directions, all from their tables.
 */
#include "miner/pair.h"

enum unit { UNIT_COUNT, UNIT_PER_MILLE, UNIT_PER_MILLE_AT_MOST, UNIT_BITS, UNIT_TIMES, UNIT_FLAG };

static const struct {
	const char *name, *text;
	enum unit unit;
} reasons[RPH_REASON_COUNT] = {
#define RPH_REASON(name, kind, unit, text) [RPH_REASON_##name] = {#name, text, UNIT_##unit},
#include "miner/reason.def"
#undef RPH_REASON
};

static const char *const units[] = {
	[UNIT_COUNT] = "",
	[UNIT_PER_MILLE] = "per mille",
	[UNIT_PER_MILLE_AT_MOST] = "per mille",
	[UNIT_BITS] = "1/256 bit",
	[UNIT_TIMES] = "1/1000 times",
	[UNIT_FLAG] = "",
};

static const char *const statuses[RPH_PAIR_STATUS_COUNT] = {
	[RPH_PAIR_PROMOTED] = "promoted", [RPH_PAIR_REFUSED] = "refused",
	[RPH_PAIR_PENDING] = "pending",   [RPH_PAIR_APPROVED] = "approved",
	[RPH_PAIR_DENIED] = "denied",
};

bool rph_reason_is_note(enum rph_reason reason)
{
	return reason == RPH_REASON_improvement_not_proven;
}

const char *rph_reason_name(enum rph_reason reason)
{
	RPH_ASSERT(reason < RPH_REASON_COUNT);
	return reasons[reason].name;
}

const char *rph_reason_text(enum rph_reason reason)
{
	RPH_ASSERT(reason < RPH_REASON_COUNT);
	return reasons[reason].text;
}

const char *rph_reason_unit(enum rph_reason reason)
{
	RPH_ASSERT(reason < RPH_REASON_COUNT);
	return units[reasons[reason].unit];
}

bool rph_reason_is_upper_limit(enum rph_reason reason)
{
	RPH_ASSERT(reason < RPH_REASON_COUNT);
	enum unit unit = reasons[reason].unit;
	return unit == UNIT_PER_MILLE_AT_MOST || unit == UNIT_FLAG;
}

double rph_reason_scale(enum rph_reason reason)
{
	static const double scales[] = {
		[UNIT_COUNT] = 1.0,  [UNIT_PER_MILLE] = 1000.0, [UNIT_PER_MILLE_AT_MOST] = 1000.0,
		[UNIT_BITS] = 256.0, [UNIT_TIMES] = 1000.0,     [UNIT_FLAG] = 1.0};
	RPH_ASSERT(reason < RPH_REASON_COUNT);
	return scales[reasons[reason].unit];
}

const char *rph_direction_name(enum rph_direction direction)
{
	return direction == RPH_DIRECTION_REWRITE ? "rewrite" : "synonym";
}

const char *rph_pair_status_name(enum rph_pair_status status)
{
	RPH_ASSERT(status < RPH_PAIR_STATUS_COUNT);
	return statuses[status];
}

bool rph_pair_status_parse(struct rph_span name, enum rph_pair_status *ret)
{
	for (unsigned i = 0; i < RPH_PAIR_STATUS_COUNT; i++) {
		if (rph_span_equal(name, rph_span_of(statuses[i]))) {
			*ret = (enum rph_pair_status)i;
			return true;
		}
	}
	return false;
}

bool rph_pair_status_is_positive(enum rph_pair_status status)
{
	return status == RPH_PAIR_PROMOTED || status == RPH_PAIR_APPROVED;
}

enum rph_edge rph_pair_type(const struct rph_pair *pair)
{
	enum rph_edge best = 0;
	for (unsigned i = 1; i < RPH_EDGE_COUNT; i++)
		if (pair->users_by_edge[i] > pair->users_by_edge[best])
			best = (enum rph_edge)i;
	return best;
}

uint16_t rph_pair_p(const struct rph_pair *pair)
{
	return pair->user_weeks ? (uint16_t)(pair->evidence / pair->user_weeks) : 0;
}

uint64_t rph_outcome_scale(const struct rph_outcome *outcome, uint32_t users)
{
	uint64_t part = outcome->limit >> 32;
	if (!outcome->sampled || part == 0)
		return users;
	return ((uint64_t)users << 32) / part;
}

enum rph_trend rph_trend_of(uint32_t recent, uint32_t earlier, uint32_t first)
{
	if (recent == 0)
		return RPH_TREND_gone;
	if (first < RPH_TREND_WEEKS)
		return RPH_TREND_new;
	if (recent >= 2 * earlier)
		return RPH_TREND_growing;
	return 2 * recent <= earlier ? RPH_TREND_shrinking : RPH_TREND_steady;
}

static const struct {
	const char *name, *text;
} trends[RPH_TREND_COUNT] = {
#define RPH_TREND(name, text) [RPH_TREND_##name] = {#name, text},
#include "miner/trend.def"
#undef RPH_TREND
};

const char *rph_trend_name(enum rph_trend trend)
{
	RPH_ASSERT(trend < RPH_TREND_COUNT);
	return trends[trend].name;
}

const char *rph_trend_text(enum rph_trend trend)
{
	RPH_ASSERT(trend < RPH_TREND_COUNT);
	return trends[trend].text;
}
