/* SPDX-License-Identifier: Apache-2.0
 *
 * personal.h - a sieve for texts that look like personal data: addresses, account and telephone
 * numbers, national numbers. It prefers to refuse. Checksums tell what a number is; without one
 * seven digits in a row are enough, of any script, also with the usual separators between them.
 * Names of people have no form that could be checked: they stay inside because one person's words
 * never leave the store. Pure.
 */
#ifndef RPH_MINER_PERSONAL_H
#define RPH_MINER_PERSONAL_H

#include "schemas/base.h"

enum rph_personal {
	RPH_PERSONAL_none,
#define RPH_PERSONAL(name, text) RPH_PERSONAL_##name,
#include "miner/personal.def"
	RPH_PERSONAL_COUNT
};

/* The first check that the text fails. `locale` (BCP 47) chooses the national forms; may be empty.
 * Invalid UTF-8 counts as RPH_PERSONAL_unchecked. */
enum rph_personal rph_personal_kind(struct rph_span text, struct rph_span locale);
bool rph_looks_personal(struct rph_span text, struct rph_span locale);
/* "an e-mail address"; "" for none. */
const char *rph_personal_text(enum rph_personal kind);

#endif
