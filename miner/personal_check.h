/* SPDX-License-Identifier: Apache-2.0
 *
 * personal_check.h - checksums of numbers; private to personal.c and its tests. Every number is
 * given as its `len` letters (a-z) and digits, separators taken out. Pure.
 */
#ifndef RPH_MINER_PERSONAL_CHECK_H
#define RPH_MINER_PERSONAL_CHECK_H

#include "schemas/base.h"

/* Luhn's formula (H. P. Luhn, US patent 2950048): digits only, 2 or more. */
bool rph_check_luhn(const char *number, size_t len);
/* ISO 7064 MOD 97-10 over the number with its first four characters moved to the end (ISO 13616);
 * 15..34 characters that begin with two letters and two digits. */
bool rph_check_iban(const char *number, size_t len);

/* National ones, of the lengths that personal.def gives them. */
bool rph_check_any(const char *number, size_t len);
bool rph_check_codice_fiscale(const char *number, size_t len);
bool rph_check_dni(const char *number, size_t len);
bool rph_check_nie(const char *number, size_t len);
bool rph_check_curp(const char *number, size_t len);
bool rph_check_pan(const char *number, size_t len);
bool rph_check_nino(const char *number, size_t len);
bool rph_check_eircode(const char *number, size_t len);

#endif
