/* SPDX-License-Identifier: Apache-2.0
 *
 * shell.h - what the subcommands that work on a store have in common: options, opening, answering,
 * failing. The functions below print; nothing else is behind them.
 *
 * Errors read "rephrased NAME: what: why; remedy" and go to standard error.
 */
#ifndef RPH_DAEMON_SHELL_H
#define RPH_DAEMON_SHELL_H

#include <stdio.h>

#include "miner/normalise.h"
#include "schemas/buffer.h"
#include "schemas/locale.h"
#include "schemas/options.h"
#include "store/deployment.h"

/* The first member `common` of a command's structure of arguments. */
struct rph_common {
	const char *store, *config, *secret;
};

/* clang-format off */
#define RPH_COMMON_OPTIONS(structure)                                                              \
	RPH_OPTION(STRING, structure, common.store, .name = "store", .letter = 's',                \
		   .argument = "DIR", .required = true, .help = "the store"),                      \
	RPH_OPTION(STRING, structure, common.config, .name = "config", .letter = 'c',              \
		   .argument = "FILE",                                                             \
		   .help = "the configuration; without it every key has its default"),             \
	RPH_OPTION(STRING, structure, common.secret, .name = "secret", .argument = "FILE",         \
		   .help = "the deployment secret, in place of secret.file")
/* clang-format on */

/* Prints help or the error of a command line that was not parsed; returns the exit code. */
int rph_shell_unparsed(const struct rph_parsed *parsed);

/* A command at work on a store. */
struct rph_shell {
	const char *name; /* of the subcommand */
	const char *store_dir;
	struct rph_deployment deployment;
	struct rph_normaliser *normaliser; /* made by rph_shell_formulation() */
	struct rph_arena arena;            /* texts of one utterance and the like */
};

/* Loads configuration and secret and opens the store. Returns 0, or the exit code when it printed
 * why not. rph_shell_close() in any case. */
int rph_shell_open(struct rph_shell *shell, const char *name, const struct rph_common *common,
		   enum rph_store_mode mode) RPH_MUST_CHECK;
void rph_shell_close(struct rph_shell *shell);
#define RPH_SHELL_CLEANUP __attribute__((cleanup(rph_shell_close)))

/* Says how it is done beside a running service, if `exit_code` is that of a store in use. */
void rph_shell_hint_busy(const char *name, int exit_code);

/* Prints "rephrased NAME: WHAT: the error's sentence" and returns the error's exit code. */
int rph_shell_fail(const struct rph_shell *shell, const char *what, int error);
/* Prints "rephrased NAME: SENTENCE" and returns the exit code of `error`. */
int rph_shell_refuse(const char *name, int error, const char *sentence, ...) RPH_PRINTF(3, 4);

/* Writes `text` to standard output and empties it. Returns 0 or the exit code of what it printed.
 */
int rph_shell_flush(const struct rph_shell *shell, struct rph_buffer *text) RPH_MUST_CHECK;

/* An utterance as the miner sees it; the spans live in shell->arena. */
struct rph_shell_formulation {
	struct rph_span locale, text; /* canonical tag; normalised, may be empty */
	struct rph_id id;
};

/* Returns 0, RPH_E_BAD_INPUT (`utterance` is not UTF-8) or another error. */
int rph_shell_formulation(struct rph_shell *shell, struct rph_span locale,
			  struct rph_span utterance,
			  struct rph_shell_formulation *ret) RPH_MUST_CHECK;

/* The canonical form of the option --locale; prints and returns 64 when it is not a tag. */
int rph_shell_locale(const struct rph_shell *shell, const char *text,
		     char tag[static RPH_LOCALE_MAX], struct rph_span *ret) RPH_MUST_CHECK;

/* The newest week with evidence. RPH_E_NOT_FOUND: the store is empty. */
int rph_shell_last_week(struct rph_shell *shell, rph_week *ret) RPH_MUST_CHECK;

/* Appends `text` so that a terminal shows it and does not obey it: control characters and what
 * turns the direction of writing become U+FFFD, as does what is not UTF-8. Logs are written by
 * strangers. */
void rph_shell_add_text(struct rph_buffer *buffer, struct rph_span text);
/* numerator / 256 with two digits, "0.93"; rounded down, so that 1.00 means certainty. */
void rph_shell_add_probability(struct rph_buffer *buffer, uint16_t p);

#endif
