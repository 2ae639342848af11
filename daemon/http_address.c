/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_BYTES = 64, BACKLOG = 256 };

/* Splits "HOST:PORT", brackets of an IPv6 address taken off; `port` points into `text`, or is NULL.
 */
static bool split(const char *text, char host[static HOST_BYTES], const char **port, bool *ret_v6)
{
	*ret_v6 = text[0] == '[';
	const char *end = *ret_v6 ? strchr(text, ']') : text + strcspn(text, ":");
	if (!end)
		return false;
	const char *from = *ret_v6 ? text + 1 : text;
	size_t len = (size_t)(end - from);
	if (len == 0 || len >= HOST_BYTES)
		return false;
	memcpy(host, from, len);
	host[len] = '\0';
	end += *ret_v6;
	*port = *end == ':' ? end + 1 : NULL;
	return *end == ':' || !*end;
}

static bool parse_port(const char *text, uint16_t *ret)
{
	size_t len = text ? strspn(text, "0123456789") : 0;
	if (len == 0 || len > 5 || text[len])
		return false;
	unsigned long port = strtoul(text, NULL, 10);
	*ret = (uint16_t)port;
	return port <= UINT16_MAX;
}

bool rph_address_parse(const char *text, struct rph_address *ret)
{
	char host[HOST_BYTES];
	const char *port_text;
	bool is_v6;
	uint16_t port;
	*ret = (struct rph_address){0};
	if (!split(text, host, &port_text, &is_v6) || !parse_port(port_text, &port))
		return false;
	if (is_v6) {
		ret->len = sizeof(ret->v6);
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(port);
		ret->is_loopback = inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1 &&
				   IN6_IS_ADDR_LOOPBACK(&ret->v6.sin6_addr);
		return inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1;
	}
	const char *address = host;
	if (strcmp(host, "*") == 0)
		address = "0.0.0.0";
	else if (strcasecmp(host, "localhost") == 0)
		address = "127.0.0.1";
	ret->len = sizeof(ret->v4);
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons(port);
	if (inet_pton(AF_INET, address, &ret->v4.sin_addr) != 1)
		return false;
	ret->is_loopback = ntohl(ret->v4.sin_addr.s_addr) >> 24 == 127;
	return true;
}

static int bind_and_listen(int fd, const struct rph_address *address, uint16_t *ret_port)
{
	struct rph_address got = {.len = sizeof(got.v6)};
	int yes = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, &address->any, address->len) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, &got.any, &got.len) < 0)
		return -errno;
	*ret_port = ntohs(got.any.sa_family == AF_INET6 ? got.v6.sin6_port : got.v4.sin_port);
	return 0;
}

int rph_address_listen(const struct rph_address *address, int *ret_fd, uint16_t *ret_port)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int err = bind_and_listen(fd, address, ret_port);
	if (err)
		close(fd);
	else
		*ret_fd = fd;
	return err;
}

bool rph_address_is_plain_host(const char *host)
{
	char name[HOST_BYTES];
	const char *port;
	bool is_v6;
	struct in6_addr address;
	if (!host || !*host)
		return true;
	if (!split(host, name, &port, &is_v6))
		return false;
	return inet_pton(is_v6 ? AF_INET6 : AF_INET, name, &address) == 1 ||
	       (!is_v6 && strcasecmp(name, "localhost") == 0);
}
