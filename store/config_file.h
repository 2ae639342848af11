/* SPDX-License-Identifier: Apache-2.0
 *
 * config_file.h - the configuration from its file, for every shell.
 */
#ifndef RPH_STORE_CONFIG_FILE_H
#define RPH_STORE_CONFIG_FILE_H

#include "schemas/config.h"

/* Reads and parses `path`; NULL gives the defaults.
 * Owner:  *ret is the caller's (rph_config_free()); untouched on error. `problems` must be freed
 *         in any case; after an error it holds at least one problem fit for
 *         rph_config_problems_print(), unless memory ran out.
 * Errors: RPH_E_BAD_CONFIG, RPH_E_NO_MEMORY, -errno (the file cannot be read). */
int rph_config_load(const char *path, struct rph_config **ret,
		    struct rph_config_problems *problems) RPH_MUST_CHECK;

#endif
