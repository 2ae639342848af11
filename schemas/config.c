/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/config.h"

#include <sodium.h>
#include <stdlib.h>

#include "schemas/config_value.h"
#include "schemas/error.h"

/* Strings of a text of at most RPH_CONFIG_MAX_BYTES fit many times over. */
enum { ARENA_BYTES = 16 * 1024 * 1024 };

enum { FIXED = 0, MINED = 1, LIVE = 2 };

const struct rph_config_fact rph_config_facts[RPH_CONFIG_KEYS] = {
#define RPH_CONFIG_SECTION(section, help)
#define RPH_CONFIG_KEY_AS(section_, field_, name_, kind_, standard_, min_, max_, flags_, help_) \
	[RPH_CONFIG_KEY_##section_##_##field_] = {                                              \
		.section = #section_,                                                           \
		.name = name_,                                                                  \
		.path = #section_ "." name_,                                                    \
		.kind = RPH_CONFIG_##kind_,                                                     \
		.standard = standard_,                                                          \
		.min = min_,                                                                    \
		.max = max_,                                                                    \
		.mined = ((flags_)&MINED) != 0,                                                 \
		.live = ((flags_)&LIVE) != 0,                                                   \
		.help = help_,                                                                  \
		.offset = offsetof(struct rph_config, section_.field_),                         \
	},
#define RPH_CONFIG_END(section)
#include "schemas/config.def"
};

const struct rph_config_section rph_config_sections[] = {
#define RPH_CONFIG_SECTION(section, help) {#section, help},
#define RPH_CONFIG_KEY_AS(...)
#define RPH_CONFIG_END(section)
#include "schemas/config.def"
};
const size_t rph_config_section_count = RPH_ARRAY_LEN(rph_config_sections);

int rph_config_default(struct rph_config **ret)
{
	RPH_CLEANUP(rph_config_free) struct rph_config *config = calloc(1, sizeof(*config));
	if (!config)
		return RPH_E_NO_MEMORY;
	rph_arena_init(&config->arena, ARENA_BYTES);
	for (int key = 0; key < RPH_CONFIG_KEYS; key++) {
		int err = rph_config_set_standard(config, (enum rph_config_key)key);
		if (err)
			return err;
	}
	*ret = config;
	config = NULL;
	return 0;
}

struct rph_config *rph_config_free(struct rph_config *config)
{
	if (config)
		rph_arena_free(&config->arena);
	free(config);
	return NULL;
}

static const char *copy_text(struct rph_arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = rph_arena_bytes(arena, size);
	return copy ? memcpy(copy, text, size) : NULL;
}

void rph_config_problem_add(struct rph_config_problems *problems, struct rph_config_place place,
			    const char *key, const char *sentence, const char *suggestion)
{
	struct rph_config_problem problem = {.place = place};
	problems->arena.limit_bytes = ARENA_BYTES;
	if (problems->count < RPH_CONFIG_MAX_PROBLEMS) {
		problem.key = copy_text(&problems->arena, key);
		problem.sentence = copy_text(&problems->arena, sentence);
		if (suggestion && suggestion[0])
			problem.suggestion = copy_text(&problems->arena, suggestion);
	}
	if (problem.key && problem.sentence)
		problems->items[problems->count++] = problem;
	else
		problems->dropped++;
}

void rph_config_problems_free(struct rph_config_problems *problems)
{
	rph_arena_free(&problems->arena);
	problems->count = 0;
	problems->dropped = 0;
}

int rph_config_fingerprint(const struct rph_config *config,
			   uint8_t ret[static RPH_CONFIG_FINGERPRINT_BYTES])
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	for (int key = 0; key < RPH_CONFIG_KEYS; key++) {
		if (!rph_config_facts[key].mined)
			continue;
		rph_buffer_format(&text, "%s=", rph_config_facts[key].path);
		rph_config_print_value(config, (enum rph_config_key)key, &text);
		rph_buffer_add_text(&text, "\n");
	}
	if (text.error)
		return text.error;
	int failed = crypto_generichash(ret, RPH_CONFIG_FINGERPRINT_BYTES,
					(const unsigned char *)text.text, text.len, NULL, 0);
	RPH_ASSERT(!failed);
	return 0;
}

struct rule {
	bool broken;
	enum rph_config_key key;
	const char *sentence, *suggestion;
};

/* Properties of librdkafka that would take over what the program itself is responsible for. */
static const struct {
	const char *name, *sentence, *suggestion;
} reserved[] = {
	{"bootstrap.servers", "the brokers have a key of their own", "use kafka.brokers"},
	{"metadata.broker.list", "the brokers have a key of their own", "use kafka.brokers"},
	{"group.id", "the group has a key of its own", "use kafka.group"},
	{"enable.auto.commit", "offsets are committed with the counts, never by a timer", NULL},
	{"auto.offset.reset", "a lost offset is never answered by a silent jump",
	 "use kafka.start, or --accept-gap once"},
	{"enable.partition.eof", "the service must know when a partition was read to its end",
	 NULL},
	{"enable.auto.offset.store", "offsets are stored with the counts, never on reading", NULL},
};

static void check_properties(const struct rph_config *config, struct rph_config_problems *problems)
{
	char key[64];
	enum rph_config_key at = RPH_CONFIG_KEY_kafka_properties;
	for (size_t i = 0; i < config->kafka.properties.count; i++) {
		const char *name = config->kafka.properties.pairs[i].name;
		for (size_t j = 0; j < RPH_ARRAY_LEN(reserved); j++) {
			if (strcmp(name, reserved[j].name) != 0)
				continue;
			struct rph_buffer text = rph_buffer_fixed(key, sizeof(key));
			rph_buffer_format(&text, "kafka.properties.%s", name);
			rph_config_problem_add(problems, config->places[at], key,
					       reserved[j].sentence, reserved[j].suggestion);
		}
	}
}

void rph_config_check(const struct rph_config *config, struct rph_config_problems *problems)
{
#define KEY(name) RPH_CONFIG_KEY_##name
	const struct rule rules[] = {
		{config->input.max_utterance_bytes > config->input.max_record_bytes,
		 KEY(input_max_utterance_bytes), "an utterance cannot be longer than its record",
		 "raise input.max_record_bytes"},
		{config->input.max_jump <= config->session.gap + config->session.grace,
		 KEY(input_max_jump), "sessions from before such a jump would still be open",
		 "keep it above session.gap + session.grace"},
		{config->session.rephrase_gap > config->session.gap, KEY(session_rephrase_gap),
		 "a session ends before this gap is reached", "keep it at most session.gap"},
		{config->session.gap > config->session.max_duration, KEY(session_gap),
		 "a session would be cut before its gap is reached", "raise session.max_duration"},
		{config->session.max_bytes < config->input.max_utterance_bytes,
		 KEY(session_max_bytes), "a session could not hold one utterance",
		 "keep it at least input.max_utterance_bytes"},
		{config->session.max_distance >= config->session.max_turns,
		 KEY(session_max_distance), "a session has not that many turns",
		 "keep it below session.max_turns"},
		{config->judge.record_floor > config->judge.accept, KEY(judge_record_floor),
		 "what is accepted would leave no vote", "keep it at most judge.accept"},
		{config->history.weeks > config->history.keep_weeks, KEY(history_weeks),
		 "an export would look back on weeks that are deleted",
		 "keep it at most history.keep_weeks"},
		{config->promotion.protected_intents.count == 0 &&
			 !config->promotion.allow_unprotected,
		 KEY(promotion_protected_intents), "no intent would be protected",
		 "if that is meant, set promotion.allow_unprotected: true"},
	};
#undef KEY
	for (size_t i = 0; i < RPH_ARRAY_LEN(rules); i++)
		if (rules[i].broken)
			rph_config_problem_add(problems, config->places[rules[i].key],
					       rph_config_facts[rules[i].key].path,
					       rules[i].sentence, rules[i].suggestion);
	check_properties(config, problems);
}
