/* SPDX-License-Identifier: Apache-2.0
 *
 * config.h - the configuration: one table of keys, a structure made from it, a YAML reader.
 *
 * Pure: text in, structure out; store/config_file.h reads the file. What is wrong with a text is
 * a list of problems with line and column, all of them and not just the first. Keys, defaults and
 * bounds are in config.def and nowhere else.
 *
 * As written by users: durations "90s", "30m", "24h", "7d" (ms, s, m, h, d, w); sizes "64KiB",
 * "512MiB" (B, KiB, MiB, GiB, TiB); shares "0.7" or "70%"; true, false. A bare number where a unit
 * belongs is refused. A word in a list is text, "no" included. Anchors, aliases and tags are
 * refused.
 */
#ifndef RPH_SCHEMAS_CONFIG_H
#define RPH_SCHEMAS_CONFIG_H

#include "schemas/arena.h"
#include "schemas/base.h"
#include "schemas/buffer.h"
#include "schemas/time.h"

#define RPH_CONFIG_MAX_BYTES 1048576 /* of a configuration's text */
#define RPH_CONFIG_MAX_PROBLEMS 100  /* the rest of them is only counted */
#define RPH_CONFIG_FINGERPRINT_BYTES 32
#define RPH_SHARE_ONE 1000 /* a share of 1 */

/* In the order of the file. The strings are NUL-terminated UTF-8. */
struct rph_config_list {
	const char *const *items;
	size_t count;
};

struct rph_config_pair {
	const char *name, *value;
};

/* Sorted by name in byte order; no name twice. */
struct rph_config_map {
	const struct rph_config_pair *pairs;
	size_t count;
};

#define RPH_CONFIG_TYPE_DURATION rph_time_ms
#define RPH_CONFIG_TYPE_BYTES uint64_t
#define RPH_CONFIG_TYPE_INTEGER uint32_t
#define RPH_CONFIG_TYPE_SHARE uint32_t /* in 1/1000 */
#define RPH_CONFIG_TYPE_BOOLEAN bool
#define RPH_CONFIG_TYPE_STRING const char * /* never NULL; "" when empty */
#define RPH_CONFIG_TYPE_LIST struct rph_config_list
#define RPH_CONFIG_TYPE_MAP struct rph_config_map

enum rph_config_kind {
	RPH_CONFIG_DURATION,
	RPH_CONFIG_BYTES,
	RPH_CONFIG_INTEGER,
	RPH_CONFIG_SHARE,
	RPH_CONFIG_BOOLEAN,
	RPH_CONFIG_STRING,
	RPH_CONFIG_LIST,
	RPH_CONFIG_MAP,
};

/* RPH_CONFIG_KEY_session_gap and so on, in the order of config.def. */
enum rph_config_key {
#define RPH_CONFIG_SECTION(section, help)
#define RPH_CONFIG_KEY_AS(section, field, ...) RPH_CONFIG_KEY_##section##_##field,
#define RPH_CONFIG_END(section)
#include "schemas/config.def"
	RPH_CONFIG_KEYS
};

/* Where a value was written; line 0 when it is the default. Both count from 1. */
struct rph_config_place {
	uint32_t line, column;
};

/* Immutable once it is made. Everything it points to is its own and dies with rph_config_free().
 * Fields are named as the keys: config->session.gap; only "locale.default" is locale.fallback. */
struct rph_config {
#define RPH_CONFIG_SECTION(section, help) struct {
#define RPH_CONFIG_KEY_AS(section, field, name, kind, ...) RPH_CONFIG_TYPE_##kind field;
#define RPH_CONFIG_END(section) \
	}                       \
	section;
#include "schemas/config.def"
	struct rph_config_place places[RPH_CONFIG_KEYS];
	struct rph_arena arena;
};

/* One key as config.def has it. */
struct rph_config_fact {
	const char *section, *name, *path; /* "session", "gap", "session.gap" */
	const char *standard, *min, *max;  /* as a user would write them */
	const char *help;
	size_t offset; /* in struct rph_config */
	enum rph_config_kind kind;
	bool mined, live; /* in the fingerprint; taken over by a reload */
};
extern const struct rph_config_fact rph_config_facts[RPH_CONFIG_KEYS];

struct rph_config_section {
	const char *name, *help;
};
extern const struct rph_config_section rph_config_sections[];
extern const size_t rph_config_section_count;

/* Something a user must change. Strings live in the list's arena. */
struct rph_config_problem {
	struct rph_config_place place; /* line 0: of the configuration as a whole */
	const char *key;               /* "session.gap", or "" for the text as a whole */
	const char *sentence;          /* what is wrong, without a full stop */
	const char *suggestion;        /* what to do about it, or NULL */
};

/* In the order of the text. Made with {0} or by the functions below; free it in any case. */
struct rph_config_problems {
	struct rph_config_problem items[RPH_CONFIG_MAX_PROBLEMS];
	size_t count;   /* in items */
	size_t dropped; /* found beyond that */
	struct rph_arena arena;
};

/* Reads `yaml` on top of the defaults; an empty text gives the defaults.
 * Owner:  *ret is the caller's; release it with rph_config_free(). Untouched on error.
 * Errors: RPH_E_BAD_CONFIG (`problems` says why), RPH_E_NO_MEMORY. */
int rph_config_parse(struct rph_span yaml, struct rph_config **ret,
		     struct rph_config_problems *problems) RPH_MUST_CHECK;

/* The defaults alone. Errors: RPH_E_NO_MEMORY. */
int rph_config_default(struct rph_config **ret) RPH_MUST_CHECK;

/* NULL is fine. Returns NULL. */
struct rph_config *rph_config_free(struct rph_config *config);
RPH_DEFINE_CLEANUP(struct rph_config, rph_config_free)

void rph_config_problems_free(struct rph_config_problems *problems);

/* Adds what contradicts itself across keys to `problems`; parse does it already. */
void rph_config_check(const struct rph_config *config, struct rph_config_problems *problems);

/* Adds one problem. `suggestion` may be NULL; the strings are copied. Never fails: without memory
 * the problem is counted in `dropped`. */
void rph_config_problem_add(struct rph_config_problems *problems, struct rph_config_place place,
			    const char *key, const char *sentence, const char *suggestion);

/* "FILE:LINE:COLUMN: key: sentence; suggestion\n" for each; "FILE: ..." where no line is known. */
void rph_config_problems_print(const struct rph_config_problems *problems, const char *file,
			       struct rph_buffer *buffer);

/* The value of one key as a user would write it: parses back to the same value. */
void rph_config_print_value(const struct rph_config *config, enum rph_config_key key,
			    struct rph_buffer *buffer);

/* The whole configuration as YAML: parses back to an equal one, unless `hide_secrets` blanks the
 * values of kafka.properties whose names speak of a password, secret or key. */
void rph_config_print(const struct rph_config *config, bool hide_secrets,
		      struct rph_buffer *buffer);

/* BLAKE2b of every key that changes what is mined or exported: equal fingerprints, equal results.
 * Errors: RPH_E_NO_MEMORY. */
int rph_config_fingerprint(const struct rph_config *config,
			   uint8_t ret[static RPH_CONFIG_FINGERPRINT_BYTES]) RPH_MUST_CHECK;

/* The manual page rephrased.yaml(5) in man(7) format. */
void rph_config_print_manual(struct rph_buffer *buffer);

#endif
