/* SPDX-License-Identifier: Apache-2.0 */
#include "store/deployment.h"

#include <sodium.h>
#include <stdlib.h>

#include "miner/normalise.h"
#include "miner/settings.h"
#include "schemas/error.h"
#include "store/config_file.h"

static const size_t ARENA_LIMIT = (size_t)16 << 20;

static int load_config(const char *path, struct rph_deployment *deployment)
{
	struct rph_config_problems *problems = calloc(1, sizeof(*problems));
	if (!problems)
		return RPH_E_NO_MEMORY;
	int err = rph_config_load(path, &deployment->config, problems);
	if (err)
		rph_config_problems_print(problems, path ? path : "defaults", &deployment->problem);
	rph_config_problems_free(problems);
	free(problems);
	return err;
}

static int load_secret(const struct rph_secret_places *places, struct rph_deployment *deployment)
{
	struct rph_secret_places with_config = *places;
	if (!with_config.file || !*with_config.file)
		with_config.file = deployment->config->secret.file;
	struct rph_secret secret;
	int err = rph_secret_load(&with_config, &secret);
	if (err) {
		rph_buffer_format(&deployment->problem, "%s\n", secret.sentence);
		return err;
	}
	rph_keys_derive(secret.bytes, &deployment->keys);
	rph_secret_wipe(&secret);
	if (secret.created) {
		deployment->secret_created = strdup(secret.path);
		if (!deployment->secret_created)
			return RPH_E_NO_MEMORY;
	}
	return 0;
}

static int load_weights(struct rph_deployment *deployment)
{
	const char *path = deployment->config->judge.weights;
	if (!*path)
		return 0;
	deployment->has_weights = true;
	return rph_judge_weights_load(path, &deployment->weights, &deployment->problem);
}

int rph_deployment_words(struct rph_deployment *deployment)
{
	const char *dir = deployment->config->export.words_dir;
	if (!*dir || deployment->has_words)
		return 0;
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	int err = rph_word_files_load(dir, &deployment->words, &problem);
	deployment->has_words = !err;
	if (!err)
		return 0;
	rph_word_files_free(&deployment->words);
	rph_buffer_format(&deployment->problem, "export.words_dir: %s",
			  problem.len ? problem.text : "out of memory\n");
	return err;
}

static int explain(struct rph_deployment *deployment, int err)
{
	if (err && !deployment->problem.len)
		rph_buffer_format(&deployment->problem, "%s\n", rph_strerror(err));
	return err;
}

int rph_deployment_configure(const char *config_path, struct rph_deployment *deployment)
{
	*deployment = (struct rph_deployment){0};
	rph_arena_init(&deployment->arena, ARENA_LIMIT);
	int err = load_config(config_path, deployment);
	if (!err)
		err = load_weights(deployment);
	return explain(deployment, err);
}

int rph_deployment_open(const char *config_path, const struct rph_secret_places *places,
			struct rph_deployment *deployment)
{
	int err = rph_deployment_configure(config_path, deployment);
	if (!err)
		err = load_secret(places, deployment);
	return explain(deployment, err);
}

int rph_deployment_mining(struct rph_deployment *deployment, const struct rph_config *config,
			  struct rph_mining_params *ret)
{
	int err = rph_settings_mining(config, &deployment->arena, ret);
	if (!err && deployment->has_weights)
		ret->judge.weights = &deployment->weights;
	return err;
}

/* What to do about each way in which a store does not open. */
static const char *remedy(int error)
{
	switch (error) {
	case RPH_E_NO_STORE:
		return "'rephrased replay' makes one; check --store";
	case RPH_E_WRONG_SECRET:
		return "use the secret it was made with (--secret, secret.file), or another "
		       "--store";
	case RPH_E_STORE_BUSY:
		return "wait until the other process has ended, or stop it";
	case RPH_E_STATE_NEWER:
		return "upgrade rephrased, or replay the logs into a new store";
	case RPH_E_STATE_CORRUPT:
		return "run 'rephrased verify'; replay the logs into a new store if it finds "
		       "faults";
	default:
		return "check that the directory is there, writable, and its disk not full";
	}
}

int rph_deployment_store(struct rph_deployment *deployment, const char *dir,
			 enum rph_store_mode mode)
{
	const struct rph_store_options options = {
		.dir = dir,
		.mode = mode,
		.map_bytes = deployment->config->store.map_size,
		.keys = &deployment->keys,
		.normaliser_version = RPH_NORMALISER_VERSION,
	};
	int err = rph_store_open(&options, &deployment->store);
	if (err)
		rph_buffer_format(&deployment->problem, "store %s: %s; %s\n", dir,
				  rph_strerror(err), remedy(err));
	return err;
}

void rph_deployment_close(struct rph_deployment *deployment)
{
	deployment->store = rph_store_close(deployment->store);
	deployment->config = rph_config_free(deployment->config);
	free(deployment->secret_created);
	deployment->secret_created = NULL;
	rph_word_files_free(&deployment->words);
	rph_arena_free(&deployment->arena);
	rph_buffer_free(&deployment->problem);
}

int rph_deployment_pairs(struct rph_deployment *deployment, rph_week week,
			 struct rph_pairs_options *ret)
{
	*ret = (struct rph_pairs_options){
		.week = week,
		.history_weeks = (uint16_t)deployment->config->history.weeks,
		.half_life = (uint16_t)deployment->config->history.half_life,
		.min_users = 1,
	};
	if (ret->history_weeks > RPH_HISTORY_MAX_WEEKS)
		ret->history_weeks = RPH_HISTORY_MAX_WEEKS;
	return rph_settings_promotion(deployment->config, &deployment->arena, &ret->promotion);
}

/* Two deployments with other weights mine other pairs, wherever the files lie. */
static int mix_in_weights(const struct rph_deployment *deployment,
			  uint8_t digest[static RPH_CONFIG_FINGERPRINT_BYTES])
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	rph_buffer_add(&text,
		       (struct rph_span){(const char *)digest, RPH_CONFIG_FINGERPRINT_BYTES});
	rph_judge_weights_print(&deployment->weights, &text);
	if (text.error)
		return text.error;
	int failed = crypto_generichash(digest, RPH_CONFIG_FINGERPRINT_BYTES,
					(const unsigned char *)text.text, text.len, NULL, 0);
	RPH_ASSERT(!failed);
	return 0;
}

static int hex_fingerprint(struct rph_deployment *deployment, struct rph_span *ret)
{
	uint8_t digest[RPH_CONFIG_FINGERPRINT_BYTES];
	int err = rph_config_fingerprint(deployment->config, digest);
	if (!err && deployment->has_weights)
		err = mix_in_weights(deployment, digest);
	if (!err && deployment->has_words)
		rph_word_files_mix(&deployment->words, digest);
	char *hex = rph_arena_bytes(&deployment->arena, 2 * sizeof(digest));
	if (err || !hex)
		return err ? err : RPH_E_NO_MEMORY;
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	*ret = (struct rph_span){hex, 2 * sizeof(digest)};
	return 0;
}

/* NULL: off. A year has 52 weeks, and the budgets of its exports add up. */
static int privacy_of(struct rph_deployment *deployment, const struct rph_week_privacy **ret)
{
	const struct rph_config *config = deployment->config;
	*ret = NULL;
	if (config->privacy.yearly_epsilon == 0)
		return 0;
	struct rph_week_privacy *privacy =
		RPH_ARENA_NEW(&deployment->arena, struct rph_week_privacy);
	if (!privacy)
		return RPH_E_NO_MEMORY;
	privacy->params = (struct rph_privacy_params){
		.epsilon = (uint32_t)(config->privacy.yearly_epsilon * 1000 / 52),
		.delta_exponent = (uint16_t)config->privacy.delta_exponent,
		.max_items = (uint16_t)config->privacy.max_items,
	};
	memcpy(privacy->key, deployment->keys.privacy, sizeof(privacy->key));
	*ret = privacy;
	return 0;
}

/* NULL: off. */
static int words_of(struct rph_deployment *deployment, const struct rph_week_words **ret)
{
	const struct rph_config *config = deployment->config;
	*ret = NULL;
	if (!deployment->has_words)
		return 0;
	struct rph_week_words *words = RPH_ARENA_NEW(&deployment->arena, struct rph_week_words);
	if (!words)
		return RPH_E_NO_MEMORY;
	*words = (struct rph_week_words){
		.files = &deployment->words,
		.keys = &deployment->keys,
		.most = config->export.max_variants,
		.share = (uint16_t)config->export.variant_share,
		.weight = (uint16_t)config->export.variant_weight,
	};
	*ret = words;
	return 0;
}

int rph_deployment_export(struct rph_deployment *deployment, rph_week week, const char *parent,
			  struct rph_week_export_options *ret)
{
	const struct rph_config_list *formats = &deployment->config->export.formats;
	struct rph_span *names =
		RPH_ARENA_ARRAY(&deployment->arena, struct rph_span, formats->count);
	if (!names)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < formats->count; i++)
		names[i] = rph_span_of(formats->items[i]);
	*ret = (struct rph_week_export_options){
		.parent = parent,
		.holdout = (uint16_t)deployment->config->export.holdout,
		.confirmed = deployment->config->export.confirmed,
		.cohort_boost = (uint16_t)deployment->config->export.cohort_boost,
		.max_intent_rows = (uint32_t)deployment->config->export.max_intent_rows,
		.code_version = RPH_SPAN(RPH_VERSION),
		.formats = names,
		.format_count = formats->count,
	};
	int err = rph_deployment_words(deployment);
	if (!err)
		err = words_of(deployment, &ret->words);
	if (!err)
		err = rph_deployment_pairs(deployment, week, &ret->pairs);
	/* Words of fewer people do not leave the store, not even as a refused pair. */
	ret->pairs.min_users = ret->pairs.promotion.min_users;
	if (!err)
		err = privacy_of(deployment, &ret->privacy);
	return err ? err : hex_fingerprint(deployment, &ret->config_fingerprint);
}
