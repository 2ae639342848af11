/* SPDX-License-Identifier: Apache-2.0
 *
 * http_address.h - where the HTTP interface listens, and whose Host header it believes.
 */
#ifndef RPH_DAEMON_HTTP_ADDRESS_H
#define RPH_DAEMON_HTTP_ADDRESS_H

#include <netinet/in.h>

#include "schemas/base.h"

struct rph_address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
	bool is_loopback;
};

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (127.0.0.1), "*:8080" (every IPv4 address).
 * Names are not looked up. */
bool rph_address_parse(const char *text, struct rph_address *ret) RPH_MUST_CHECK;

/* A listening socket, and the port it got (for port 0). -errno. */
int rph_address_listen(const struct rph_address *address, int *ret_fd,
		       uint16_t *ret_port) RPH_MUST_CHECK;

/* Whether a Host header (NULL: there was none) is an address or localhost: not a name that somebody
 * else gave to this machine. */
bool rph_address_is_plain_host(const char *host);

#endif
