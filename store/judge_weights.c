/* SPDX-License-Identifier: Apache-2.0 */
#include "store/judge_weights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schemas/error.h"
#include "schemas/json_text.h"
#include "schemas/weights_text.h"

enum { MOST_BYTES = 64 << 10 };

static int complain(struct rph_buffer *problem, const char *path, const char *what)
{
	rph_buffer_format(problem,
			  "judge.weights %s: %s; make it anew with 'rephrased calibrate', or "
			  "leave the key out\n",
			  path, what);
	return problem->error ? problem->error : RPH_E_BAD_CONFIG;
}

static int read_text(const char *path, char text[static MOST_BYTES], size_t *ret_len)
{
	size_t len = 0;
	int err = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	while (!err && len < MOST_BYTES) {
		ssize_t got = read(fd, text + len, MOST_BYTES - len);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			err = -errno;
		len += got > 0 ? (size_t)got : 0;
	}
	(void)close(fd); /* nothing was written */
	*ret_len = len;
	return !err && len == MOST_BYTES ? -EFBIG : err;
}

static const char *name_of(unsigned index)
{
	return rph_feature_name((enum rph_feature)index);
}

int rph_judge_weights_load(const char *path, struct rph_judge_weights *ret,
			   struct rph_buffer *problem)
{
	static const struct rph_weights_frame frame = {
		.name_of = name_of,
		.count = RPH_FEATURE_COUNT,
		.limit = RPH_JUDGE_WEIGHT_LIMIT,
	};
	struct rph_judge_weights read;
	size_t len = 0;
	char *text = malloc(MOST_BYTES);
	if (!text)
		return RPH_E_NO_MEMORY;
	int err = read_text(path, text, &len);
	const char *wrong = err ? rph_strerror(err)
				: rph_weights_parse(&frame, (struct rph_span){text, len},
						    &read.bias, read.weight);
	free(text);
	if (wrong)
		return complain(problem, path, wrong);
	*ret = read;
	return 0;
}

void rph_judge_weights_print(const struct rph_judge_weights *weights, struct rph_buffer *buffer)
{
	rph_json_open(buffer, '{');
	rph_json_put_integer(buffer, RPH_WEIGHTS_MARK, RPH_WEIGHTS_FORMAT);
	rph_json_put_integer(buffer, "bias", weights->bias);
	rph_json_key(buffer, "weights");
	rph_json_open(buffer, '{');
	for (unsigned i = 0; i < RPH_FEATURE_COUNT; i++)
		rph_json_put_integer(buffer, rph_feature_name((enum rph_feature)i),
				     weights->weight[i]);
	rph_json_close(buffer, '}');
	rph_json_close(buffer, '}');
	rph_buffer_add_text(buffer, "\n");
}

static int write_synced(const char *path, const struct rph_buffer *text)
{
	FILE *file = fopen(path, "we");
	if (!file)
		return -errno;
	bool written = fwrite(text->text, 1, text->len, file) == text->len && fflush(file) == 0 &&
		       fsync(fileno(file)) == 0;
	int err = written ? 0 : -errno;
	if (fclose(file) && !err)
		err = -errno;
	return err;
}

int rph_judge_weights_save(const char *path, const struct rph_judge_weights *weights)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	char *temporary = NULL;
	rph_judge_weights_print(weights, &text);
	if (text.error)
		return text.error;
	if (asprintf(&temporary, "%s.new", path) < 0)
		return RPH_E_NO_MEMORY;
	int err = write_synced(temporary, &text);
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	free(temporary);
	return err;
}
