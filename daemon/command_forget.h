/* SPDX-License-Identifier: Apache-2.0
 *
 * command_forget.h - "rephrased forget": everything one user contributed is removed.
 */
#ifndef RPH_DAEMON_COMMAND_FORGET_H
#define RPH_DAEMON_COMMAND_FORGET_H

/* argv[0] is the subcommand's name. Answers on standard output, errors on standard error.
 * Returns a sysexits(3) code; --help lists those of this command. */
int rph_command_forget(int argc, char **argv);

#endif
