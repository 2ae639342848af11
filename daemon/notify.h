/* SPDX-License-Identifier: Apache-2.0
 *
 * notify.h - tells systemd how the service is doing: sd_notify(3)'s protocol, one datagram each.
 *
 * Outside of systemd every function does nothing. No state is kept but the socket; a datagram that
 * cannot be sent is lost (systemd's time-outs then say so). Threads: any, no two at once.
 */
#ifndef RPH_DAEMON_NOTIFY_H
#define RPH_DAEMON_NOTIFY_H

#include "schemas/base.h"

struct rph_notify {
	int fd; /* -1: nobody listens */
};

/* `socket_path`: $NOTIFY_SOCKET, or NULL; "@name" is an abstract one. The environment must then be
 * cleared of it, or children would speak for the service. 0 or -errno; *ret is usable in any case.
 */
int rph_notify_open(const char *socket_path, struct rph_notify *ret);
void rph_notify_close(struct rph_notify *notify);

/* Start-up, or a reload, is over. */
void rph_notify_ready(const struct rph_notify *notify);
/* Must be followed by rph_notify_ready(), also when the reload failed. */
void rph_notify_reloading(const struct rph_notify *notify);
void rph_notify_stopping(const struct rph_notify *notify);
/* One line for `systemctl status`; cut to 200 bytes. Never a user's text. */
void rph_notify_status(const struct rph_notify *notify, const char *format, ...) RPH_PRINTF(2, 3);
/* Asks for `ms` more until the next step of starting or stopping. */
void rph_notify_extend(const struct rph_notify *notify, uint64_t ms);
void rph_notify_watchdog(const struct rph_notify *notify);

#endif
