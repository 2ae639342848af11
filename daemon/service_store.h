/* SPDX-License-Identifier: Apache-2.0
 *
 * service_store.h - which store a service has, and how it says that another process has it.
 */
#ifndef RPH_DAEMON_SERVICE_STORE_H
#define RPH_DAEMON_SERVICE_STORE_H

#include "store/deployment.h"

/* Opens the store for writing, and makes it if it is not there: `option` (NULL: not given), else
 * store.dir, else "store" in $STATE_DIRECTORY. *ret_dir is malloc'd, also on error, or NULL.
 * RPH_E_BAD_CONFIG when no place is named, errors of rph_store_open(); deployment->problem says why. */
int rph_service_store_open(struct rph_deployment *deployment, const char *option,
			   char **ret_dir) RPH_MUST_CHECK;

#endif
