/* SPDX-License-Identifier: Apache-2.0
 *
 * command_explain.h - "rephrased explain": why a formulation was learned, or was not.
 */
#ifndef RPH_DAEMON_COMMAND_EXPLAIN_H
#define RPH_DAEMON_COMMAND_EXPLAIN_H

/* argv[0] is the subcommand's name. Answers on standard output, errors on standard error.
 * Returns a sysexits(3) code; --help lists those of this command. */
int rph_command_explain(int argc, char **argv);

#endif
