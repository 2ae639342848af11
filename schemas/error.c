/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/base.h"

const char *rph_strerror(int error)
{
	switch (error) {
	case 0:
		return "success";
#define RPH_ERROR(name, value, exit_code, text)                                                    \
	case (value):                                                                              \
		return text;
#include "schemas/error.def"
#undef RPH_ERROR
	default:
		return error < 0 && error > -1000 ? strerror(-error) : "unknown error";
	}
}

int rph_exit_code(int error)
{
	switch (error) {
	case 0:
		return 0;
#define RPH_ERROR(name, value, exit_code, text)                                                    \
	case (value):                                                                              \
		return exit_code;
#include "schemas/error.def"
#undef RPH_ERROR
	case -ENOENT:
		return 66;
	case -ENOMEM:
		return 71;
	case -EINVAL:
		return 70;
	default:
		return 74;
	}
}

void rph_assert_failed(const char *condition, const char *file, int line)
{
	/* The one place of the core that speaks: the process is about to end. */
	fprintf(stderr, "rephrased: internal error: assertion '%s' failed at %s:%d\n", condition,
		file, line);
	abort();
}
