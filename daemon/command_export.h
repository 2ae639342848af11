/* SPDX-License-Identifier: Apache-2.0
 *
 * command_export.h - "rephrased export": the training set of one week.
 */
#ifndef RPH_DAEMON_COMMAND_EXPORT_H
#define RPH_DAEMON_COMMAND_EXPORT_H

/* argv[0] is the subcommand's name. Answers on standard output, errors on standard error.
 * Returns a sysexits(3) code; --help lists those of this command. */
int rph_command_export(int argc, char **argv);

#endif
