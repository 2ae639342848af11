/* SPDX-License-Identifier: Apache-2.0
 *
 * evidence.h - the file of judged transitions, one JSON line each.
 */
#ifndef RPH_REPLAY_EVIDENCE_H
#define RPH_REPLAY_EVIDENCE_H

#include <stdio.h>

#include "miner/pipeline.h"
#include "schemas/buffer.h"

struct rph_evidence_file {
	FILE *file; /* NULL: nobody asked */
	struct rph_buffer line;
};

/* `append`: the run goes on where an earlier one stopped. */
int rph_evidence_open(const char *path, bool append, struct rph_evidence_file *ret) RPH_MUST_CHECK;
int rph_evidence_write(struct rph_evidence_file *file,
		       const struct rph_batch *batch) RPH_MUST_CHECK;
/* Returns the error of the last flush, if any. */
int rph_evidence_close(struct rph_evidence_file *file) RPH_MUST_CHECK;

#endif
