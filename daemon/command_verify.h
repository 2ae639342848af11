/* SPDX-License-Identifier: Apache-2.0
 *
 * command_verify.h - "rephrased verify": is every row of a store what it should be?.
 */
#ifndef RPH_DAEMON_COMMAND_VERIFY_H
#define RPH_DAEMON_COMMAND_VERIFY_H

/* argv[0] is the subcommand's name. Answers on standard output, errors on standard error.
 * Returns a sysexits(3) code; --help lists those of this command. */
int rph_command_verify(int argc, char **argv);

#endif
