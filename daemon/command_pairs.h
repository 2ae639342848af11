/* SPDX-License-Identifier: Apache-2.0
 *
 * command_pairs.h - "rephrased pairs": what was learned, pair by pair.
 */
#ifndef RPH_DAEMON_COMMAND_PAIRS_H
#define RPH_DAEMON_COMMAND_PAIRS_H

/* argv[0] is the subcommand's name. Answers on standard output, errors on standard error.
 * Returns a sysexits(3) code; --help lists those of this command. */
int rph_command_pairs(int argc, char **argv);

#endif
