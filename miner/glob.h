/* SPDX-License-Identifier: Apache-2.0
 *
 * glob.h - patterns for names: '*' stands for any run of bytes, also none; ASCII case is ignored.
 */
#ifndef RPH_MINER_GLOB_H
#define RPH_MINER_GLOB_H

#include "schemas/base.h"

/* Does the whole of `text` fit? Time is at most the product of the lengths. */
bool rph_glob_match(struct rph_span pattern, struct rph_span text);

#endif
