/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/reload.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "store/config_file.h"

/* Parses what this program wrote itself. */
static int parse(struct rph_buffer *yaml, struct rph_config **ret)
{
	struct rph_config_problems *problems = calloc(1, sizeof(*problems));
	int err = yaml->error || !problems ? RPH_E_NO_MEMORY : 0;
	if (!err)
		err = rph_config_parse(rph_buffer_span(yaml), ret, problems);
	if (problems)
		rph_config_problems_free(problems);
	free(problems);
	return err;
}

int rph_config_clone(const struct rph_config *config, struct rph_config **ret)
{
	RPH_BUFFER_CLEANUP struct rph_buffer yaml = {0};
	rph_config_print(config, false, &yaml);
	return parse(&yaml, ret);
}

static void name_key(struct rph_buffer *list, const struct rph_config_fact *fact)
{
	rph_buffer_format(list, "%s%s", list->len ? ", " : "", fact->path);
}

static bool is_changed(const struct rph_config *old, const struct rph_config *new,
		       enum rph_config_key key, struct rph_buffer *scratch)
{
	RPH_BUFFER_CLEANUP struct rph_buffer before = {0};
	rph_config_print_value(old, key, &before);
	rph_buffer_free(scratch);
	rph_config_print_value(new, key, scratch);
	return !rph_span_equal(rph_buffer_span(&before), rph_buffer_span(scratch));
}

/* The new configuration as text, but with the old values where a change needs a restart. */
static int merge(const struct rph_config *old, const struct rph_config *new, struct rph_reload *ret)
{
	RPH_BUFFER_CLEANUP struct rph_buffer yaml = {0};
	RPH_BUFFER_CLEANUP struct rph_buffer scratch = {0};
	const char *section = "";
	for (int i = 0; i < RPH_CONFIG_KEYS; i++) {
		const struct rph_config_fact *fact = &rph_config_facts[i];
		enum rph_config_key key = (enum rph_config_key)i;
		if (is_changed(old, new, key, &scratch))
			name_key(fact->live ? &ret->changed : &ret->waiting, fact);
		if (strcmp(section, fact->section) != 0)
			rph_buffer_format(&yaml, "%s:\n", fact->section);
		section = fact->section;
		rph_buffer_format(&yaml, "  %s: ", fact->name);
		rph_config_print_value(fact->live ? new : old, key, &yaml);
		rph_buffer_add_text(&yaml, "\n");
	}
	if (ret->changed.error || ret->waiting.error || scratch.error)
		return RPH_E_NO_MEMORY;
	return parse(&yaml, &ret->config);
}

int rph_reload(const char *path, const struct rph_config *current, struct rph_reload *ret)
{
	*ret = (struct rph_reload){0};
	RPH_CLEANUP(rph_config_free) struct rph_config *new = NULL;
	struct rph_config_problems *problems = calloc(1, sizeof(*problems));
	if (!problems)
		return RPH_E_NO_MEMORY;
	int err = rph_config_load(path, &new, problems);
	if (err)
		rph_config_problems_print(problems, path ? path : "defaults", &ret->problem);
	rph_config_problems_free(problems);
	free(problems);
	if (!err) {
		err = merge(current, new, ret);
		/* Each was valid by itself; half of one and half of the other need not be. */
		if (err == RPH_E_BAD_CONFIG)
			rph_buffer_add_text(&ret->problem,
					    "the keys that may change contradict those that need a "
					    "restart; restart to take over all of them\n");
	}
	if (err && !ret->problem.len)
		rph_buffer_format(&ret->problem, "%s\n", rph_strerror(err));
	return err;
}

void rph_reload_free(struct rph_reload *reload)
{
	reload->config = rph_config_free(reload->config);
	rph_buffer_free(&reload->waiting);
	rph_buffer_free(&reload->changed);
	rph_buffer_free(&reload->problem);
}
