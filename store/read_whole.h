/* SPDX-License-Identifier: Apache-2.0
 *
 * read_whole.h - bytes of a file from where it stands on.
 */
#ifndef RPH_STORE_READ_WHOLE_H
#define RPH_STORE_READ_WHOLE_H

#include <sys/types.h>

#include "schemas/base.h"

/* Reads until `size` bytes are there or the file ends, interrupted or not. Returns how many, or
 * -errno. */
ssize_t rph_read_whole(int fd, char *text, size_t size) RPH_MUST_CHECK;

#endif
