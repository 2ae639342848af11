/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "schemas/error.h"

enum { INPUT_BYTES = 128 * 1024, GZIP_OR_ZLIB_WINDOW = 15 + 16 };

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct rph_unpack {
	int fd;
	enum packing packing;
	bool at_end;       /* of the file */
	bool inside_frame; /* the end of the file would cut something off */
	uint64_t done, total;
	z_stream gzip;
	ZSTD_DStream *zstd;
	size_t at, len; /* unread part of input[] */
	char input[INPUT_BYTES];
};

int rph_unpack_new(int fd, struct rph_unpack **ret)
{
	struct rph_unpack *unpack = calloc(1, sizeof(*unpack));
	if (!unpack) {
		close(fd);
		return RPH_E_NO_MEMORY;
	}
	struct stat status;
	unpack->fd = fd;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		unpack->total = (uint64_t)status.st_size;
	*ret = unpack;
	return 0;
}

struct rph_unpack *rph_unpack_free(struct rph_unpack *unpack)
{
	if (!unpack)
		return NULL;
	if (unpack->packing == PACKING_GZIP)
		inflateEnd(&unpack->gzip);
	ZSTD_freeDStream(unpack->zstd);
	close(unpack->fd);
	free(unpack);
	return NULL;
}

static int read_input(struct rph_unpack *unpack)
{
	if (unpack->at > 0) {
		memmove(unpack->input, unpack->input + unpack->at, unpack->len);
		unpack->at = 0;
	}
	ssize_t got;
	do
		got = read(unpack->fd, unpack->input + unpack->len, INPUT_BYTES - unpack->len);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	unpack->at_end = got == 0;
	unpack->len += (size_t)got;
	unpack->done += (uint64_t)got;
	return 0;
}

/* Looks at the first bytes. Four decide; a shorter file is plain. */
static int find_packing(struct rph_unpack *unpack)
{
	static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	int err = 0;
	while (!err && !unpack->at_end && unpack->len < sizeof(zstd))
		err = read_input(unpack);
	if (err)
		return err;
	unpack->packing = PACKING_NONE;
	if (unpack->len >= sizeof(gzip) && memcmp(unpack->input, gzip, sizeof(gzip)) == 0) {
		if (inflateInit2(&unpack->gzip, GZIP_OR_ZLIB_WINDOW) != Z_OK)
			return RPH_E_NO_MEMORY;
		unpack->packing = PACKING_GZIP;
	} else if (unpack->len >= sizeof(zstd) && memcmp(unpack->input, zstd, sizeof(zstd)) == 0) {
		unpack->zstd = ZSTD_createDStream();
		if (!unpack->zstd)
			return RPH_E_NO_MEMORY;
		unpack->packing = PACKING_ZSTD;
	}
	return 0;
}

static void consume(struct rph_unpack *unpack, size_t count)
{
	unpack->at += count;
	unpack->len -= count;
}

static int unpack_gzip(struct rph_unpack *unpack, char *bytes, size_t size, size_t *ret_len)
{
	z_stream *gzip = &unpack->gzip;
	gzip->next_in = (Bytef *)unpack->input + unpack->at;
	gzip->avail_in = (uInt)unpack->len;
	gzip->next_out = (Bytef *)bytes;
	gzip->avail_out = size > UINT32_MAX ? UINT32_MAX : (uInt)size;
	size_t room = gzip->avail_out;
	int status = inflate(gzip, Z_NO_FLUSH);
	consume(unpack, unpack->len - gzip->avail_in);
	*ret_len = room - gzip->avail_out;
	unpack->inside_frame = status != Z_STREAM_END;
	if (status == Z_STREAM_END)
		return inflateReset(gzip) == Z_OK ? 0 : RPH_E_BAD_INPUT;
	if (status == Z_MEM_ERROR)
		return RPH_E_NO_MEMORY;
	return status == Z_OK || status == Z_BUF_ERROR ? 0 : RPH_E_BAD_INPUT;
}

static int unpack_zstd(struct rph_unpack *unpack, char *bytes, size_t size, size_t *ret_len)
{
	ZSTD_inBuffer in = {unpack->input + unpack->at, unpack->len, 0};
	ZSTD_outBuffer out = {bytes, size, 0};
	size_t more = ZSTD_decompressStream(unpack->zstd, &out, &in);
	if (ZSTD_isError(more))
		return ZSTD_getErrorCode(more) == ZSTD_error_memory_allocation ? RPH_E_NO_MEMORY
									       : RPH_E_BAD_INPUT;
	consume(unpack, in.pos);
	*ret_len = out.pos;
	unpack->inside_frame = more != 0;
	return 0;
}

static int unpack_plain(struct rph_unpack *unpack, char *bytes, size_t size, size_t *ret_len)
{
	*ret_len = size < unpack->len ? size : unpack->len;
	memcpy(bytes, unpack->input + unpack->at, *ret_len);
	consume(unpack, *ret_len);
	return 0;
}

int rph_unpack_read(struct rph_unpack *unpack, char *bytes, size_t size, size_t *ret_len)
{
	*ret_len = 0;
	int err = unpack->packing == PACKING_UNKNOWN ? find_packing(unpack) : 0;
	while (!err && *ret_len == 0) {
		if (!unpack->len && !unpack->at_end)
			err = read_input(unpack);
		if (err)
			break;
		if (unpack->packing == PACKING_GZIP && unpack->len)
			err = unpack_gzip(unpack, bytes, size, ret_len);
		else if (unpack->packing == PACKING_ZSTD && (unpack->len || unpack->inside_frame))
			err = unpack_zstd(unpack, bytes, size, ret_len);
		else if (unpack->packing == PACKING_NONE)
			err = unpack_plain(unpack, bytes, size, ret_len);
		if (!err && *ret_len == 0 && !unpack->len && unpack->at_end)
			return unpack->inside_frame ? RPH_E_BAD_INPUT : 0;
	}
	return err;
}

int rph_unpack_seek(struct rph_unpack *unpack, int64_t offset)
{
	int err = unpack->packing == PACKING_UNKNOWN ? find_packing(unpack) : 0;
	if (err)
		return err;
	if (unpack->packing != PACKING_NONE || !unpack->total)
		return -ESPIPE;
	if (lseek(unpack->fd, offset, SEEK_SET) < 0)
		return -errno;
	unpack->at = unpack->len = 0;
	unpack->at_end = false;
	unpack->done = (uint64_t)offset;
	return 0;
}

void rph_unpack_progress(const struct rph_unpack *unpack, uint64_t *ret_done, uint64_t *ret_total)
{
	*ret_done = unpack->done - unpack->len;
	*ret_total = unpack->total;
}
