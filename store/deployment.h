/* SPDX-License-Identifier: Apache-2.0
 *
 * deployment.h - what every command needs before it can touch a store: the configuration, the keys
 * made from the deployment's secret, the store itself. For both shells.
 *
 * Nothing is printed and the environment is not read: what went wrong is a text, ready for standard
 * error, and the shell says what the environment holds.
 */
#ifndef RPH_STORE_DEPLOYMENT_H
#define RPH_STORE_DEPLOYMENT_H

#include "miner/params.h"
#include "schemas/config.h"
#include "store/judge_weights.h"
#include "store/secret.h"
#include "store/store.h"
#include "store/week_export.h"
#include "store/word_files.h"

struct rph_deployment {
	struct rph_config *config;
	struct rph_judge_weights weights; /* of judge.weights */
	bool has_weights;                 /* judge.weights is set */
	struct rph_word_files words;      /* of export.words_dir; see rph_deployment_words() */
	bool has_words;                   /* they were read */
	struct rph_keys keys;
	struct rph_store *store;   /* NULL until opened */
	char *secret_created;      /* path, when this call made the secret; else NULL */
	struct rph_arena arena;    /* pattern lists and the like */
	struct rph_buffer problem; /* after an error: sentences, each with a newline */
};

/* Loads the configuration (`config_path` NULL: defaults) and the secret. `places->file`, when set,
 * overrides secret.file. On error deployment->problem says why; call rph_deployment_close() in any
 * case. */
int rph_deployment_open(const char *config_path, const struct rph_secret_places *places,
			struct rph_deployment *deployment) RPH_MUST_CHECK;

/* Opens the store in `dir` with the deployment's keys; on error deployment->problem says why. */
int rph_deployment_store(struct rph_deployment *deployment, const char *dir,
			 enum rph_store_mode mode) RPH_MUST_CHECK;

void rph_deployment_close(struct rph_deployment *deployment);
#define RPH_DEPLOYMENT_CLEANUP __attribute__((cleanup(rph_deployment_close)))

/* Loads the configuration and the weights it names, no secret: for commands that keep nothing. As
 * rph_deployment_open() in all else. */
int rph_deployment_configure(const char *config_path,
			     struct rph_deployment *deployment) RPH_MUST_CHECK;

/* The parameters of mining as `config` has them, with the deployment's weights, which `ret` borrows:
 * judge.weights is read once, when the deployment is opened. */
int rph_deployment_mining(struct rph_deployment *deployment, const struct rph_config *config,
			  struct rph_mining_params *ret) RPH_MUST_CHECK;

/* Reads the files of export.words_dir, once; nothing where the key is empty. Exports do it by themselves:
 * call it early, so that a fault in a file is found before the work. On error deployment->problem says
 * why. */
int rph_deployment_words(struct rph_deployment *deployment) RPH_MUST_CHECK;

/* The options of pairs, exports and publishing as the configuration has them, for `week`. */
int rph_deployment_pairs(struct rph_deployment *deployment, rph_week week,
			 struct rph_pairs_options *ret) RPH_MUST_CHECK;
int rph_deployment_export(struct rph_deployment *deployment, rph_week week, const char *parent,
			  struct rph_week_export_options *ret) RPH_MUST_CHECK;

#endif
