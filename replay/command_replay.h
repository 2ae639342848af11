/* SPDX-License-Identifier: Apache-2.0
 *
 * command_replay.h - `rephrased replay`: mine historical logs.
 */
#ifndef RPH_REPLAY_COMMAND_REPLAY_H
#define RPH_REPLAY_COMMAND_REPLAY_H

/* Returns the exit code. */
int rph_command_replay(int argc, char **argv);

#endif
