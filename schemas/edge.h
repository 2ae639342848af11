/* SPDX-License-Identifier: Apache-2.0
 *
 * edge.h - the types of a transition. The numbers are stored: append only.
 */
#ifndef RPH_SCHEMAS_EDGE_H
#define RPH_SCHEMAS_EDGE_H

#include "schemas/base.h"

enum rph_edge {
#define RPH_EDGE(name, same_goal, text) RPH_EDGE_##name,
#include "schemas/edge.def"
#undef RPH_EDGE
	RPH_EDGE_COUNT
};

const char *rph_edge_name(enum rph_edge edge);
bool rph_edge_is_same_goal(enum rph_edge edge);

#endif
