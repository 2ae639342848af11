/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_check.h"
#include "daemon/command_explain.h"
#include "daemon/command_export.h"
#include "daemon/command_forget.h"
#include "daemon/command_pairs.h"
#include "daemon/command_review.h"
#include "daemon/command_rewrite.h"
#include "daemon/command_run.h"
#include "daemon/command_verify.h"
#include "daemon/dispatch.h"
#include "replay/command_calibrate.h"
#include "replay/command_generate.h"
#include "replay/command_replay.h"

static const struct rph_subcommand subcommands[] = {
	{"run", rph_command_run, "run the service: Kafka in, weekly training sets out"},
	{"replay", rph_command_replay, "mine historical logs into a store"},
	{"export", rph_command_export, "write the training set of a week"},
	{"pairs", rph_command_pairs, "list what was learned"},
	{"explain", rph_command_explain, "say why a formulation was learned, or was not"},
	{"rewrite", rph_command_rewrite, "replace utterances by their published rewrites"},
	{"review", rph_command_review, "approve or deny a pair"},
	{"forget", rph_command_forget, "remove everything one user contributed"},
	{"verify", rph_command_verify, "check every row of a store"},
	{"check", rph_command_check, "validate a configuration file"},
	{"calibrate", rph_command_calibrate, "fit the judge to your own logs"},
	{"generate", rph_command_generate, "write synthetic logs with known truth"},
};

int main(int argc, char **argv)
{
	return rph_dispatch(subcommands, RPH_ARRAY_LEN(subcommands), argc, argv);
}
