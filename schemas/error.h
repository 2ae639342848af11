/* SPDX-License-Identifier: Apache-2.0
 *
 * error.h - errors are values: 0 is success, -errno a failure of the system, RPH_E_* one of ours.
 *
 * A malformed event is not an error but data: see reject.h. Errors are for what somebody must act on.
 */
#ifndef RPH_SCHEMAS_ERROR_H
#define RPH_SCHEMAS_ERROR_H

enum rph_error {
	RPH_OK = 0,
#define RPH_ERROR(name, value, exit_code, text) RPH_E_##name = (value),
#include "schemas/error.def"
#undef RPH_ERROR
};

/* The sentence for `error`; static or strerror's storage, valid until the next call on this thread. */
const char *rph_strerror(int error);

/* The sysexits(3) code that a command ends with for `error`: 64..78; 0 for 0. */
int rph_exit_code(int error);

#endif
