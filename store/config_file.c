/* SPDX-License-Identifier: Apache-2.0 */
#include "store/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/error.h"

/* One byte more than the parser accepts: it then says that the text is too long. */
enum { MOST_READ = RPH_CONFIG_MAX_BYTES + 1 };

static int read_file(const char *path, char *text, size_t *ret_len)
{
	size_t len = 0;
	int err = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	while (len < MOST_READ) {
		ssize_t got = read(fd, text + len, MOST_READ - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = -errno;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	(void)close(fd); /* nothing was written */
	*ret_len = len;
	return err;
}

int rph_config_load(const char *path, struct rph_config **ret, struct rph_config_problems *problems)
{
	size_t len = 0;
	char sentence[256];
	*problems = (struct rph_config_problems){.count = 0};
	if (!path)
		return rph_config_default(ret);
	char *text = malloc(MOST_READ);
	if (!text)
		return RPH_E_NO_MEMORY;
	int err = read_file(path, text, &len);
	if (err) {
		snprintf(sentence, sizeof(sentence), "cannot read the configuration: %s",
			 rph_strerror(err));
		rph_config_problem_add(problems, (struct rph_config_place){0}, "", sentence, NULL);
	} else {
		err = rph_config_parse((struct rph_span){text, len}, ret, problems);
	}
	free(text);
	return err;
}
