/* SPDX-License-Identifier: Apache-2.0
 *
 * dispatch.h - from "rephrased NAME ARGUMENTS..." to the function of the subcommand.
 */
#ifndef RPH_DAEMON_DISPATCH_H
#define RPH_DAEMON_DISPATCH_H

#include "schemas/base.h"

enum { RPH_SUBCOMMANDS_MAX = 32 };

struct rph_subcommand {
	const char *name;
	/* argv[0] is the subcommand's name. Returns a sysexits(3) code. */
	int (*run)(int argc, char **argv);
	const char *summary; /* lower case, no full stop */
};

/* `argc` and `argv` as main() has them; at most RPH_SUBCOMMANDS_MAX subcommands. --help, --version
 * and "help NAME" are answered here. Returns the subcommand's exit code; 64 when there is no such
 * subcommand; 74 when standard output could not be written. */
int rph_dispatch(const struct rph_subcommand *subcommands, size_t count, int argc, char **argv);

#endif
