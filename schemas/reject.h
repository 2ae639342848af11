/* SPDX-License-Identifier: Apache-2.0
 *
 * reject.h - a record that is not an event is data, not an error: it has a reason, is counted, and
 * goes raw to the dead letters.
 */
#ifndef RPH_SCHEMAS_REJECT_H
#define RPH_SCHEMAS_REJECT_H

enum rph_reject {
	RPH_ACCEPTED = 0,
#define RPH_REJECT(name, text) RPH_REJECT_##name,
#include "schemas/reject.def"
#undef RPH_REJECT
	RPH_REJECT_COUNT
};

/* "not_utf8"; "accepted" for 0. Static. */
const char *rph_reject_name(enum rph_reject reject);
/* The sentence for people. Static. */
const char *rph_reject_text(enum rph_reject reject);

#endif
