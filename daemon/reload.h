/* SPDX-License-Identifier: Apache-2.0
 *
 * reload.h - what a SIGHUP makes of the configuration.
 *
 * The file is read and checked whole. Only keys that config.def calls LIVE are taken over; the
 * others keep their values until a restart and are named. A file that is not valid changes
 * nothing. Reads a file, otherwise pure: call it in a job, not on the loop.
 */
#ifndef RPH_DAEMON_RELOAD_H
#define RPH_DAEMON_RELOAD_H

#include "schemas/config.h"

struct rph_reload {
	struct rph_config *config; /* the configuration to go on with; NULL on error */
	struct rph_buffer waiting; /* "store.map_size, http.listen": changed, need a restart */
	struct rph_buffer changed; /* keys taken over; empty: nothing is new */
	struct rph_buffer problem; /* on error: sentences, each with a newline */
};

/* `path` as rph_config_load() has it. Returns 0 or what rph_config_load() returns. Release *ret in
 * any case; set ret->config to NULL when it was taken. */
int rph_reload(const char *path, const struct rph_config *current,
	       struct rph_reload *ret) RPH_MUST_CHECK;
void rph_reload_free(struct rph_reload *reload);

/* A copy of its own, for another thread. Errors: RPH_E_NO_MEMORY. */
int rph_config_clone(const struct rph_config *config, struct rph_config **ret) RPH_MUST_CHECK;

#endif
