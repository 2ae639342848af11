/* SPDX-License-Identifier: Apache-2.0
 *
 * order.h - sorting many records by a 64-bit prefix of their keys, without moving the records.
 *
 * A radix sort of (prefix, index), then a comparison sort inside the runs of equal prefixes: time
 * is linear when prefixes are rarely equal, and n log n whatever an enemy sends. Pure; threads may
 * sort different arrays at once.
 */
#ifndef RPH_SCHEMAS_ORDER_H
#define RPH_SCHEMAS_ORDER_H

#include "schemas/base.h"

struct rph_order {
	uint64_t
		prefix; /* keeps the order of the whole key: a < b implies prefix(a) <= prefix(b) */
	uint32_t index; /* of the record */
};

/* <0, 0 or >0 for two records of equal prefix. */
typedef int rph_order_compare(const void *context, uint32_t a, uint32_t b);

/* Sorts `order` in place; records that compare equal stay ascending by index. `scratch` has room
 * for `count` entries, too. */
void rph_order_sort(struct rph_order *order, struct rph_order *scratch, size_t count,
		    rph_order_compare *compare, const void *context);

#endif
