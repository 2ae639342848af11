/* SPDX-License-Identifier: Apache-2.0
 *
 * config_value.h - one configuration value, from a user's text to the structure and back.
 * Internal to the configuration: config*.c include it and nobody else.
 */
#ifndef RPH_SCHEMAS_CONFIG_VALUE_H
#define RPH_SCHEMAS_CONFIG_VALUE_H

#include "schemas/config.h"

struct rph_config_unit {
	const char *name;
	int64_t size;
};

/* From small to large, ended by a NULL name. */
extern const struct rph_config_unit rph_config_duration_units[];
extern const struct rph_config_unit rph_config_byte_units[];

/* "a duration" and so on: what a refused value is not. */
extern const char *const rph_config_kind_names[];

/* Why a value was refused; `suggestion` is empty when there is none. */
struct rph_config_refusal {
	char sentence[320];
	char suggestion[160];
};

/* Each stores into the field of `key` and returns 0, RPH_E_BAD_CONFIG with *why set, or
 * RPH_E_NO_MEMORY. The field is untouched on error. */

/* For every kind but LIST and MAP. `text` is copied. */
int rph_config_set_scalar(struct rph_config *config, enum rph_config_key key, struct rph_span text,
			  struct rph_config_refusal *why) RPH_MUST_CHECK;
/* The strings are of the configuration's own arena already; the array is copied. */
int rph_config_set_list(struct rph_config *config, enum rph_config_key key,
			const char *const *items, size_t count,
			struct rph_config_refusal *why) RPH_MUST_CHECK;
/* As above; the pairs are sorted here. */
int rph_config_set_map(struct rph_config *config, enum rph_config_key key,
		       const struct rph_config_pair *pairs, size_t count,
		       struct rph_config_refusal *why) RPH_MUST_CHECK;
/* From the text of config.def. */
int rph_config_set_standard(struct rph_config *config, enum rph_config_key key) RPH_MUST_CHECK;

/* The most items that `key`, a LIST or MAP, may have. */
size_t rph_config_max_items(enum rph_config_key key);

/* A NUL-terminated copy in the configuration's arena; NULL without memory. */
const char *rph_config_copy(struct rph_config *config, struct rph_span text);

/* `text` in single quotes, cut to some 60 bytes between characters, controls shown as '?'. */
void rph_config_quote(struct rph_span text, char ret[static 80]);

/* As rph_config_print_value(). */
void rph_config_print_field(const struct rph_config *config, enum rph_config_key key,
			    bool hide_secrets, struct rph_buffer *buffer);

#endif
