/* SPDX-License-Identifier: Apache-2.0
 *
 * unpack.h - bytes of a file, unpacked if they are gzip or zstd. Several members or frames one
 * after the other are one text.
 */
#ifndef RPH_REPLAY_UNPACK_H
#define RPH_REPLAY_UNPACK_H

#include "schemas/base.h"

struct rph_unpack;

/* Takes ownership of `fd`, also on error. */
int rph_unpack_new(int fd, struct rph_unpack **ret) RPH_MUST_CHECK;
struct rph_unpack *rph_unpack_free(struct rph_unpack *unpack);

/* Up to `size` bytes; *ret_len 0 is the end. RPH_E_BAD_INPUT: damaged or cut off; -errno. */
int rph_unpack_read(struct rph_unpack *unpack, char *bytes, size_t size,
		    size_t *ret_len) RPH_MUST_CHECK;

/* Moves a plain file to `offset` of its text; -ESPIPE when it is packed or no file. */
int rph_unpack_seek(struct rph_unpack *unpack, int64_t offset) RPH_MUST_CHECK;

/* Packed bytes read so far, and the size of the file, 0 if it is none. */
void rph_unpack_progress(const struct rph_unpack *unpack, uint64_t *ret_done, uint64_t *ret_total);

#endif
