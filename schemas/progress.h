/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.h - one line that says how far a long run is; pure: the shell measures and prints.
 */
#ifndef RPH_SCHEMAS_PROGRESS_H
#define RPH_SCHEMAS_PROGRESS_H

#include "schemas/base.h"

enum { RPH_PROGRESS_TEXT_SIZE = 128 };

struct rph_progress {
	uint64_t events, sessions, votes; /* counted so far */
	uint64_t done, total;             /* of the input, in bytes; total 0: not known */
	uint64_t done_before;             /* bytes that an earlier run had done already */
	int64_t elapsed_ms;               /* since this run started */
};

/* "12.3 M events, 410 k/s, 1.2 M sessions, 34.0 k votes, 62 %, 0:32 left", NUL-terminated, ASCII.
 * What is not known is left out. */
void rph_progress_format(const struct rph_progress *progress,
			 char text[static RPH_PROGRESS_TEXT_SIZE]);

#endif
