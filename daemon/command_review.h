/* SPDX-License-Identifier: Apache-2.0
 *
 * command_review.h - "rephrased review": a person's decision on a pair.
 */
#ifndef RPH_DAEMON_COMMAND_REVIEW_H
#define RPH_DAEMON_COMMAND_REVIEW_H

/* argv[0] is the subcommand's name. Answers on standard output, errors on standard error.
 * Returns a sysexits(3) code; --help lists those of this command. */
int rph_command_review(int argc, char **argv);

#endif
