/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/base.h"

static const struct {
	int value, exit_code;
	const char *text;
} facts[] = {
#define RPH_ERROR(name, value, exit_code, text) {(value), (exit_code), (text)},
#include "schemas/error.def"
#undef RPH_ERROR
	{0, 0, "success"},
	{-ENOENT, 66, NULL},
	{-ENOMEM, 71, NULL},
	{-EINVAL, 70, NULL},
};

const char *rph_strerror(int error)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(facts); i++)
		if (facts[i].value == error && facts[i].text)
			return facts[i].text;
	return error < 0 && error > -1000 ? strerror(-error) : "unknown error";
}

int rph_exit_code(int error)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(facts); i++)
		if (facts[i].value == error)
			return facts[i].exit_code;
	return 74;
}

void rph_assert_failed(const char *condition, const char *file, int line)
{
	/* The one place of the core that speaks: the process is about to end. */
	fprintf(stderr, "rephrased: internal error: assertion '%s' failed at %s:%d\n", condition,
		file, line);
	abort();
}
