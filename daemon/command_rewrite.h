/* SPDX-License-Identifier: Apache-2.0
 *
 * command_rewrite.h - "rephrased rewrite": utterances replaced by their published rewrites.
 */
#ifndef RPH_DAEMON_COMMAND_REWRITE_H
#define RPH_DAEMON_COMMAND_REWRITE_H

/* argv[0] is the subcommand's name. Answers on standard output, errors on standard error.
 * Returns a sysexits(3) code; --help lists those of this command. */
int rph_command_rewrite(int argc, char **argv);

#endif
