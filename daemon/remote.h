/* SPDX-License-Identifier: Apache-2.0
 *
 * remote.h - where the service that holds a store takes orders, and how a command gives it one.
 *
 * The note STORE/administration says "http://127.0.0.1:8080" while a service with
 * http.administration runs; whoever may read the store's directory may read it.
 */
#ifndef RPH_DAEMON_REMOTE_H
#define RPH_DAEMON_REMOTE_H

#include "schemas/buffer.h"

/* Writes the note: `listen` as configured, with the port that it got. -errno, RPH_E_NO_MEMORY. */
int rph_remote_note_write(const char *store_dir, const char *listen, uint16_t port) RPH_MUST_CHECK;
/* Removes the note, one that another process left too. */
void rph_remote_note_remove(const char *store_dir);

/* POSTs `body` to PATH of the service that holds the store, and waits for its answer, ten minutes at
 * most. RPH_E_NOT_FOUND: no service takes orders there: nothing was asked. RPH_E_IO: no answer came,
 * and whether the order was carried out is not known. Blocks. */
int rph_remote_post(const char *store_dir, const char *path, struct rph_span body,
		    struct rph_buffer *answer, unsigned *ret_status) RPH_MUST_CHECK;

#endif
