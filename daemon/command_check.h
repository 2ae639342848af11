/* SPDX-License-Identifier: Apache-2.0
 *
 * command_check.h - "rephrased check": is this configuration valid, and what is in force?
 */
#ifndef RPH_DAEMON_COMMAND_CHECK_H
#define RPH_DAEMON_COMMAND_CHECK_H

/* argv[0] is the subcommand's name. Writes to standard output and standard error.
 * Returns 0, 64 (usage), 66 (no such file), 71 (memory), 74 (output) or 78 (not valid). */
int rph_command_check(int argc, char **argv);

#endif
