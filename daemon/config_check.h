/* SPDX-License-Identifier: Apache-2.0
 *
 * config_check.h - what only the service can tell about a configuration that parses: client
 * properties, certificates, secrets, addresses, words with a meaning. `check` and `run` both ask
 * here, so what one finds the other finds.
 */
#ifndef RPH_DAEMON_CONFIG_CHECK_H
#define RPH_DAEMON_CONFIG_CHECK_H

#include "schemas/config.h"

/* Adds to `problems`. `credentials`: $CREDENTIALS_DIRECTORY or NULL; `service`: it is about to run,
 * so what a service cannot do without must be there too. Reads files, asks nobody. */
void rph_config_check_service(const struct rph_config *config, const char *credentials,
			      bool service, struct rph_config_problems *problems);

#endif
