/* SPDX-License-Identifier: Apache-2.0
 *
 * command_calibrate.h - "rephrased calibrate": the judge's weights, fitted to the user's own logs.
 */
#ifndef RPH_REPLAY_COMMAND_CALIBRATE_H
#define RPH_REPLAY_COMMAND_CALIBRATE_H

/* argv[0] is the subcommand's name. The report goes to standard output, errors to standard error.
 * Returns 0, 64 (usage), 65 (labels or logs are damaged, or no gain: nothing written), 66 (not
 * readable, or too few examples), 71 (memory), 74 (output) or 78 (configuration). */
int rph_command_calibrate(int argc, char **argv);

#endif
