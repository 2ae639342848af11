/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/clock.h"

enum { STATUS_BYTES = 200 };

int rph_notify_open(const char *socket_path, struct rph_notify *ret)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	ret->fd = -1;
	if (!socket_path || !*socket_path)
		return 0;
	size_t len = strlen(socket_path);
	if ((socket_path[0] != '/' && socket_path[0] != '@') || len >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, socket_path, len);
	/* An abstract name begins with NUL and has no NUL at its end. */
	if (socket_path[0] == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (connect(fd, (const struct sockaddr *)&address, size) < 0) {
		int err = -errno;
		close(fd);
		return err;
	}
	ret->fd = fd;
	return 0;
}

void rph_notify_close(struct rph_notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
}

static void say(const struct rph_notify *notify, const char *text, size_t len)
{
	/* Without waiting: a manager that does not read must not stop the loop. */
	if (notify->fd >= 0)
		(void)!send(notify->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void rph_notify_ready(const struct rph_notify *notify)
{
	say(notify, "READY=1", 7);
}

void rph_notify_reloading(const struct rph_notify *notify)
{
	char text[64];
	/* One datagram: systemd compares the time with that of its own request. */
	int len = snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
			   (long long)rph_clock_ns(CLOCK_MONOTONIC) / 1000);
	say(notify, text, (size_t)len);
}

void rph_notify_stopping(const struct rph_notify *notify)
{
	say(notify, "STOPPING=1", 10);
}

void rph_notify_status(const struct rph_notify *notify, const char *format, ...)
{
	char text[sizeof("STATUS=") + STATUS_BYTES] = "STATUS=";
	va_list arguments;
	va_start(arguments, format);
	/* clang-tidy 14 loses sight of va_start() when it checks several files at once.
	 * NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	vsnprintf(text + 7, sizeof(text) - 7, format, arguments);
	va_end(arguments);
	/* A newline would begin another assignment. */
	size_t len = strcspn(text, "\n");
	say(notify, text, len);
}

void rph_notify_extend(const struct rph_notify *notify, uint64_t ms)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%llu",
			   (unsigned long long)ms * 1000);
	say(notify, text, (size_t)len);
}

void rph_notify_watchdog(const struct rph_notify *notify)
{
	say(notify, "WATCHDOG=1", 10);
}
