/* SPDX-License-Identifier: Apache-2.0
 *
 * secret.h - the deployment secret in its file: 64 hexadecimal digits and a newline, mode 0600.
 *
 * It is looked for in this order; the first that exists is taken:
 *	1. the file that the configuration or command line names;
 *	2. $CREDENTIALS_DIRECTORY/rephrased-secret, where systemd puts a service's credentials;
 *	3. rephrased/secret under $XDG_CONFIG_HOME or ~/.config; for a service
 * /etc/rephrased/secret. When there is none it is made, unless it must exist: in place 1 if a file was named and else in
 * place 3: random bytes in a temporary file, synced, then linked, so that of two processes that
 * start at once both end with the same secret. Nothing here reads the environment: the shell passes
 * it in.
 *
 * Losing the secret does not lose a store, but no new evidence can be added to it; whoever has it
 * can test whether a user occurs in a store.
 */
#ifndef RPH_STORE_SECRET_H
#define RPH_STORE_SECRET_H

#include <limits.h>

#include "schemas/id.h"

/* What the environment said; NULL or "" where it said nothing. Borrowed during the call. */
struct rph_secret_places {
	const char *file;                  /* secret.file; must exist or be creatable */
	const char *credentials_directory; /* $CREDENTIALS_DIRECTORY */
	const char *config_home;           /* $XDG_CONFIG_HOME; ignored unless absolute */
	const char *home;                  /* $HOME */
	bool service;                      /* a system service: place 3 is in /etc */
	bool must_exist; /* for a store that is there: a new secret would not be its own */
};

struct rph_secret {
	uint8_t bytes[RPH_SECRET_BYTES]; /* wipe with rph_secret_wipe() once the keys are derived */
	char path[PATH_MAX];             /* where it is, or where it was looked for last */
	bool created;                    /* made by this call: worth telling the user */
	char sentence[PATH_MAX + 256];   /* on error: what is wrong and what to do; else "" */
};

/* Finds or makes the secret. Several threads and processes may do so at once.
 * Errors: RPH_E_BAD_SECRET (readable by others, wrong length, no place for it, not there), -errno. On error
 * ret->bytes are zero and ret->sentence is set. */
int rph_secret_load(const struct rph_secret_places *places, struct rph_secret *ret) RPH_MUST_CHECK;

void rph_secret_wipe(struct rph_secret *secret);

#endif
