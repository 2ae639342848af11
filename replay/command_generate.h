/* SPDX-License-Identifier: Apache-2.0
 *
 * command_generate.h - "rephrased generate": synthetic logs with known truth.
 */
#ifndef RPH_REPLAY_COMMAND_GENERATE_H
#define RPH_REPLAY_COMMAND_GENERATE_H

/* argv[0] is the subcommand's name. Writes events to standard output or to files, progress and
 * errors to standard error. Returns 0, 64 (usage), 71 (memory) or 74 (output). */
int rph_command_generate(int argc, char **argv);

#endif
