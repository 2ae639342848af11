/* SPDX-License-Identifier: Apache-2.0
 *
 * calibrate_labels.h - transitions that people labelled: JSON lines with "from" and "to", ids of
 * events, and "same", whether the later one says the earlier one again. Other keys are ignored.
 */
#ifndef RPH_REPLAY_CALIBRATE_LABELS_H
#define RPH_REPLAY_CALIBRATE_LABELS_H

#include "schemas/base.h"
#include "schemas/buffer.h"

struct rph_label {
	uint64_t pair; /* rph_pair_hash() */
	bool same;
};

struct rph_labels {
	struct rph_label *items; /* ascending by pair, each once */
	size_t count, capacity;
};

/* Reads `path`. A pair that is labelled in two ways is refused. On error `problem` says which line
 * and why. Returns 0, RPH_E_NO_INPUT, RPH_E_BAD_INPUT or RPH_E_NO_MEMORY; rph_labels_free() in any
 * case. */
int rph_labels_read(const char *path, struct rph_labels *ret,
		    struct rph_buffer *problem) RPH_MUST_CHECK;
/* NULL: not labelled. */
const struct rph_label *rph_labels_find(const struct rph_labels *labels, uint64_t pair);
void rph_labels_free(struct rph_labels *labels);

#endif
