/* SPDX-License-Identifier: Apache-2.0
 *
 * command_run.h - `rephrased run`: the service.
 */
#ifndef RPH_DAEMON_COMMAND_RUN_H
#define RPH_DAEMON_COMMAND_RUN_H

/* argv[0] is the subcommand's name. Returns a sysexits(3) code. */
int rph_command_run(int argc, char **argv);

#endif
