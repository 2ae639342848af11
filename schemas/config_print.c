/* SPDX-License-Identifier: Apache-2.0 */
#include <strings.h>

#include "schemas/config_value.h"
#include "schemas/utf8.h"

/* Characters that YAML does not take as they are, or takes for the end of a line. */
static bool must_escape(uint32_t point)
{
	return point < 0x20 || point == '"' || point == '\\' || (point >= 0x7f && point < 0xa0) ||
	       point == 0x2028 || point == 0x2029 || point == 0xfeff ||
	       (point >= 0xfffe && point <= 0xffff);
}

static void print_string(struct rph_buffer *buffer, const char *text)
{
	size_t left = strlen(text), len;
	uint32_t point;
	rph_buffer_add_text(buffer, "\"");
	for (; left > 0; text += len, left -= len) {
		len = rph_utf8_character(text, left, &point);
		RPH_ASSERT(len > 0); /* the YAML reader lets nothing but UTF-8 in */
		if (must_escape(point))
			rph_buffer_format(buffer, "\\U%08X", point);
		else
			rph_buffer_add(buffer, (struct rph_span){text, len});
	}
	rph_buffer_add_text(buffer, "\"");
}

static void print_with_unit(struct rph_buffer *buffer, int64_t value,
			    const struct rph_config_unit *units)
{
	const struct rph_config_unit *best = units;
	for (; value != 0 && units->name; units++)
		/* Weeks are for reading only: nobody expects 4w for what was written as 28d. */
		if (value % units->size == 0 && units->size != RPH_WEEK_MS)
			best = units;
	rph_buffer_format(buffer, "%lld%s", (long long)(value / best->size), best->name);
}

static void print_share(struct rph_buffer *buffer, uint32_t share)
{
	rph_buffer_format(buffer, "%u", share / RPH_SHARE_ONE);
	uint32_t rest = share % RPH_SHARE_ONE;
	if (rest)
		rph_buffer_add_text(buffer, ".");
	for (uint32_t digit = RPH_SHARE_ONE / 10; rest; rest %= digit, digit /= 10)
		rph_buffer_format(buffer, "%u", rest / digit);
}

static void print_list(struct rph_buffer *buffer, const struct rph_config_list *list)
{
	rph_buffer_add_text(buffer, "[");
	for (size_t i = 0; i < list->count; i++) {
		rph_buffer_add_text(buffer, i ? ", " : "");
		print_string(buffer, list->items[i]);
	}
	rph_buffer_add_text(buffer, "]");
}

static bool is_secret(const char *name)
{
	static const char *const words[] = {"password", "passwd",      "secret", "key",
					    "token",    "oauthbearer", "jaas"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(words); i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

static void print_map(struct rph_buffer *buffer, const struct rph_config_map *map,
		      bool hide_secrets)
{
	rph_buffer_add_text(buffer, "{");
	for (size_t i = 0; i < map->count; i++) {
		const struct rph_config_pair *pair = &map->pairs[i];
		rph_buffer_add_text(buffer, i ? ", " : "");
		print_string(buffer, pair->name);
		rph_buffer_add_text(buffer, ": ");
		print_string(buffer,
			     hide_secrets && is_secret(pair->name) ? "(hidden)" : pair->value);
	}
	rph_buffer_add_text(buffer, "}");
}

void rph_config_print_field(const struct rph_config *config, enum rph_config_key key,
			    bool hide_secrets, struct rph_buffer *buffer)
{
	const struct rph_config_fact *fact = &rph_config_facts[key];
	const void *field = (const char *)config + fact->offset;
	switch (fact->kind) {
	case RPH_CONFIG_DURATION:
		print_with_unit(buffer, *(const rph_time_ms *)field, rph_config_duration_units);
		break;
	case RPH_CONFIG_BYTES:
		print_with_unit(buffer, (int64_t) * (const uint64_t *)field, rph_config_byte_units);
		break;
	case RPH_CONFIG_INTEGER:
		rph_buffer_format(buffer, "%u", *(const uint32_t *)field);
		break;
	case RPH_CONFIG_SHARE:
		print_share(buffer, *(const uint32_t *)field);
		break;
	case RPH_CONFIG_BOOLEAN:
		rph_buffer_add_text(buffer, *(const bool *)field ? "true" : "false");
		break;
	case RPH_CONFIG_STRING:
		print_string(buffer, *(const char *const *)field);
		break;
	case RPH_CONFIG_LIST:
		print_list(buffer, field);
		break;
	case RPH_CONFIG_MAP:
		print_map(buffer, field, hide_secrets);
		break;
	}
}

void rph_config_print_value(const struct rph_config *config, enum rph_config_key key,
			    struct rph_buffer *buffer)
{
	rph_config_print_field(config, key, false, buffer);
}

void rph_config_print(const struct rph_config *config, bool hide_secrets, struct rph_buffer *buffer)
{
	const char *section = "";
	for (int key = 0; key < RPH_CONFIG_KEYS; key++) {
		const struct rph_config_fact *fact = &rph_config_facts[key];
		if (strcmp(section, fact->section) != 0)
			rph_buffer_format(buffer, "%s:\n", fact->section);
		section = fact->section;
		rph_buffer_format(buffer, "  %s: ", fact->name);
		rph_config_print_field(config, (enum rph_config_key)key, hide_secrets, buffer);
		rph_buffer_add_text(buffer, "\n");
	}
}

void rph_config_problems_print(const struct rph_config_problems *problems, const char *file,
			       struct rph_buffer *buffer)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct rph_config_problem *problem = &problems->items[i];
		rph_buffer_add_text(buffer, file);
		if (problem->place.line)
			rph_buffer_format(buffer, ":%u:%u", problem->place.line,
					  problem->place.column);
		rph_buffer_format(buffer, ": %s%s%s", problem->key, problem->key[0] ? ": " : "",
				  problem->sentence);
		if (problem->suggestion)
			rph_buffer_format(buffer, "; %s", problem->suggestion);
		rph_buffer_add_text(buffer, "\n");
	}
	if (problems->dropped)
		rph_buffer_format(buffer, "%s: %zu further problems\n", file, problems->dropped);
}

/* Text of a user's page: what man(7) would take for a command is escaped. */
static void add_manual_text(struct rph_buffer *buffer, const char *text)
{
	if (*text == '.' || *text == '\'')
		rph_buffer_add_text(buffer, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			rph_buffer_add_text(buffer, "\\e");
		else if (*text == '-')
			rph_buffer_add_text(buffer, "\\-");
		else
			rph_buffer_add(buffer, (struct rph_span){text, 1});
	}
}

static void add_manual_key(struct rph_buffer *buffer, const struct rph_config_fact *fact)
{
	rph_buffer_format(buffer, ".TP\n.B %s\n", fact->name);
	add_manual_text(buffer, fact->help);
	rph_buffer_add_text(buffer, "\n.br\n");
	const char *kind = rph_config_kind_names[fact->kind];
	rph_buffer_format(buffer, "%c%s", kind[0] - 'a' + 'A', kind + 1);
	switch (fact->kind) {
	case RPH_CONFIG_DURATION:
	case RPH_CONFIG_BYTES:
	case RPH_CONFIG_INTEGER:
	case RPH_CONFIG_SHARE:
		rph_buffer_format(buffer, ", %s to %s", fact->min, fact->max);
		break;
	case RPH_CONFIG_STRING:
		rph_buffer_format(buffer, " of %s to %s bytes", fact->min, fact->max);
		break;
	case RPH_CONFIG_LIST:
	case RPH_CONFIG_MAP:
		rph_buffer_format(buffer, " of %s to %s texts", fact->min, fact->max);
		break;
	case RPH_CONFIG_BOOLEAN:
		break;
	}
	rph_buffer_add_text(buffer, "; default: ");
	add_manual_text(buffer, fact->standard[0] ? fact->standard : "empty");
	rph_buffer_add_text(buffer, fact->live ? "; taken over by a reload.\n"
					       : "; a change needs a restart.\n");
}

static const char manual_head[] =
	".TH REPHRASED.YAML 5 \"\" \"rephrased " RPH_VERSION "\" \"File Formats\"\n"
	".SH NAME\nrephrased.yaml \\- configuration of rephrased\n"
	".SH SYNOPSIS\n.I /etc/rephrased/rephrased.yaml\n"
	".SH DESCRIPTION\n"
	"A YAML file of sections, each with its keys.\n"
	"Every key has a default; an empty file is valid.\n"
	"Unknown keys, keys given twice and values out of range are errors.\n"
	".PP\n"
	"Durations have a unit (ms, s, m, h, d, w), and so have sizes (B, KiB, MiB, GiB, TiB).\n"
	"Shares are written as 0.7 or 70%, with up to three decimals.\n"
	"A word in a list is text, so that\n.B no\nis the word and not a truth value.\n"
	"Anchors, aliases and tags are not accepted, and variables are not expanded.\n"
	".PP\n.B rephrased check \\-\\-config\n.I FILE\n"
	"says what is wrong with a file;\n.B \\-\\-print\nshows what is in force.\n";

static const char manual_tail[] =
	".SH EXAMPLE\n.nf\nsession:\n  gap: 20m\n  rephrase_gap: 60s\npromotion:\n  min_users: 10\n"
	"  protected_intents:\n    \\- payment*\n    \\- unlock*\n.fi\n"
	".SH FILES\n.I /etc/rephrased/rephrased.yaml\n"
	".SH SEE ALSO\n.BR rephrased (1)\n";

void rph_config_print_manual(struct rph_buffer *buffer)
{
	const struct rph_config_fact *fact = rph_config_facts;
	rph_buffer_add_text(buffer, manual_head);
	for (size_t i = 0; i < rph_config_section_count; i++) {
		rph_buffer_format(buffer, ".SH SECTION %s\n", rph_config_sections[i].name);
		add_manual_text(buffer, rph_config_sections[i].help);
		rph_buffer_add_text(buffer, "\n");
		for (; fact < rph_config_facts + RPH_CONFIG_KEYS &&
		       strcmp(fact->section, rph_config_sections[i].name) == 0;
		     fact++)
			add_manual_key(buffer, fact);
	}
	rph_buffer_add_text(buffer, manual_tail);
}
