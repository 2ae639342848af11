/* SPDX-License-Identifier: Apache-2.0 */
#include "store/read_whole.h"

#include <errno.h>
#include <unistd.h>

ssize_t rph_read_whole(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, text + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}
