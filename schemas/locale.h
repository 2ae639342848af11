/* SPDX-License-Identifier: Apache-2.0
 *
 * locale.h - the language tags that events may carry: BCP 47 without extensions.
 *
 * language ("de", "yue"), then optionally a script ("Hant"), a region ("AT", "419") and variants
 * ("1996", "valencia"). Not read: extended language subtags, extensions, private use, POSIX code
 * sets.
 */
#ifndef RPH_SCHEMAS_LOCALE_H
#define RPH_SCHEMAS_LOCALE_H

#include "schemas/base.h"

#define RPH_LOCALE_MAX 35 /* bytes; RFC 5646, 4.4.1 */

/* Writes `text` in canonical case and with hyphens ("zh_hant_tw" becomes "zh-Hant-TW") to `tag`,
 * which needs text.len bytes and is not NUL-terminated: the length stays. False when it is not such
 * a tag. */
bool rph_locale_canonical(struct rph_span text, char tag[static RPH_LOCALE_MAX]) RPH_MUST_CHECK;

#endif
