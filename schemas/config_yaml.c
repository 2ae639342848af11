/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <yaml.h>

#include "schemas/config_value.h"
#include "schemas/error.h"
#include "schemas/options.h"

enum { MOST_ITEMS = 256 };

/* Events are read one at a time, so that a hostile text costs no more memory than its own size.
 * After a fatal error (broken YAML, no memory) `error` is set and every step is a no-op. */
struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	struct rph_span text;
	struct rph_config *config;
	struct rph_config_problems *problems;
	int error;
};

static struct rph_config_place place_of(yaml_mark_t mark)
{
	return (struct rph_config_place){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

static struct rph_config_place here(const struct reader *reader)
{
	return place_of(reader->event.start_mark);
}

/* An invalid byte is reported by its offset alone. */
static struct rph_config_place place_of_byte(struct rph_span text, size_t offset)
{
	struct rph_config_place place = {1, 1};
	for (size_t i = 0; i < text.len && i < offset; i++) {
		place.column = text.ptr[i] == '\n' ? 1 : place.column + 1;
		place.line += text.ptr[i] == '\n';
	}
	return place;
}

static void report_broken(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	char sentence[256];
	snprintf(sentence, sizeof(sentence), "this is not YAML: %s",
		 parser->problem ? parser->problem : "no reason given");
	rph_config_problem_add(reader->problems,
			       parser->error == YAML_READER_ERROR
				       ? place_of_byte(reader->text, parser->problem_offset)
				       : place_of(parser->problem_mark),
			       "", sentence, NULL);
}

/* Goes on to the next event and returns its type; YAML_NO_EVENT after a fatal error. */
static yaml_event_type_t next(struct reader *reader)
{
	if (reader->error)
		return YAML_NO_EVENT;
	yaml_event_delete(&reader->event);
	if (yaml_parser_parse(&reader->parser, &reader->event))
		return reader->event.type;
	if (reader->parser.error == YAML_MEMORY_ERROR) {
		reader->error = RPH_E_NO_MEMORY;
	} else {
		report_broken(reader);
		reader->error = RPH_E_BAD_CONFIG;
	}
	memset(&reader->event, 0, sizeof(reader->event));
	return YAML_NO_EVENT;
}

/* Passes over the rest of the node that the current event starts. */
static void skip_node(struct reader *reader)
{
	size_t depth = 0;
	yaml_event_type_t type = reader->event.type;
	while (type != YAML_NO_EVENT) {
		if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
			depth++;
		else if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT)
			depth--;
		if (depth == 0)
			return;
		type = next(reader);
	}
}

static void refuse_at(struct reader *reader, struct rph_config_place place, const char *key,
		      const char *sentence, const char *suggestion)
{
	rph_config_problem_add(reader->problems, place, key, sentence, suggestion);
}

/* Refuses the current node and passes over it. */
static void refuse_node(struct reader *reader, const char *key, const char *sentence,
			const char *suggestion)
{
	refuse_at(reader, here(reader), key, sentence, suggestion);
	skip_node(reader);
}

static struct rph_span scalar_text(const struct reader *reader)
{
	return (struct rph_span){(const char *)reader->event.data.scalar.value,
				 reader->event.data.scalar.length};
}

/* What YAML reads as null: nothing at all, ~ or null, without quotes. */
static bool is_null(const struct reader *reader)
{
	struct rph_span text = scalar_text(reader);
	return reader->event.type == YAML_SCALAR_EVENT &&
	       reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (text.len == 0 || rph_span_equal(text, RPH_SPAN("~")) ||
		rph_span_equal(text, RPH_SPAN("null")));
}

/* The sentence that refuses what no value may have, or NULL. */
static const char *refused_feature(const struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const yaml_char_t *tag = NULL, *anchor = NULL;
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return "aliases are not accepted";
	case YAML_SCALAR_EVENT:
		tag = event->data.scalar.tag;
		anchor = event->data.scalar.anchor;
		break;
	case YAML_SEQUENCE_START_EVENT:
		tag = event->data.sequence_start.tag;
		anchor = event->data.sequence_start.anchor;
		break;
	case YAML_MAPPING_START_EVENT:
		tag = event->data.mapping_start.tag;
		anchor = event->data.mapping_start.anchor;
		break;
	default:
		break;
	}
	return tag ? "tags are not accepted" : anchor ? "anchors are not accepted" : NULL;
}

static void take_result(struct reader *reader, struct rph_config_place place,
			enum rph_config_key key, int err, const struct rph_config_refusal *why)
{
	if (err == RPH_E_BAD_CONFIG)
		refuse_at(reader, place, rph_config_facts[key].path, why->sentence,
			  why->suggestion);
	else if (err)
		reader->error = err;
	else
		reader->config->places[key] = place;
}

/* A copy of the current event's text; NULL, with a problem, when it is no proper text. */
static const char *copy_item(struct reader *reader, const char *path)
{
	const char *refused = refused_feature(reader);
	struct rph_span text = {0};
	if (!refused && reader->event.type != YAML_SCALAR_EVENT)
		refused = "only single values are accepted here";
	if (!refused && is_null(reader))
		refused = "the value is empty";
	if (!refused) {
		text = scalar_text(reader);
		if (memchr(text.len ? text.ptr : "", '\0', text.len))
			refused = "the text holds a NUL character";
	}
	if (refused) {
		refuse_node(reader, path, refused, NULL);
		return NULL;
	}
	const char *copy = rph_config_copy(reader->config, text);
	if (!copy)
		reader->error = RPH_E_NO_MEMORY;
	return copy;
}

static void read_list(struct reader *reader, enum rph_config_key key)
{
	const char *items[MOST_ITEMS + 1];
	size_t count = 0, problems_before = reader->problems->count + reader->problems->dropped;
	struct rph_config_place place = here(reader);
	struct rph_config_refusal why;
	yaml_event_type_t type;
	while ((type = next(reader)) != YAML_SEQUENCE_END_EVENT && type != YAML_NO_EVENT) {
		const char *item = copy_item(reader, rph_config_facts[key].path);
		if (item && count <= MOST_ITEMS)
			items[count++] = item;
	}
	if (reader->error || problems_before != reader->problems->count + reader->problems->dropped)
		return;
	int err = rph_config_set_list(reader->config, key, items, count, &why);
	take_result(reader, place, key, err, &why);
}

static bool is_in(const struct rph_config_pair *pairs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(pairs[i].name, name) == 0)
			return true;
	return false;
}

static void read_map(struct reader *reader, enum rph_config_key key)
{
	const char *path = rph_config_facts[key].path;
	struct rph_config_pair pairs[MOST_ITEMS + 1];
	size_t count = 0, problems_before = reader->problems->count + reader->problems->dropped;
	struct rph_config_place place = here(reader);
	struct rph_config_refusal why;
	yaml_event_type_t type;
	while ((type = next(reader)) != YAML_MAPPING_END_EVENT && type != YAML_NO_EVENT) {
		struct rph_config_place name_place = here(reader);
		struct rph_config_pair pair = {.name = copy_item(reader, path)};
		if (next(reader) == YAML_NO_EVENT)
			return;
		pair.value = copy_item(reader, path);
		if (!pair.name || !pair.value || count > MOST_ITEMS)
			continue;
		if (is_in(pairs, count, pair.name))
			refuse_at(reader, name_place, path, "this property is given twice", NULL);
		else
			pairs[count++] = pair;
	}
	if (reader->error || problems_before != reader->problems->count + reader->problems->dropped)
		return;
	int err = rph_config_set_map(reader->config, key, pairs, count, &why);
	take_result(reader, place, key, err, &why);
}

static void read_scalar(struct reader *reader, enum rph_config_key key)
{
	struct rph_config_refusal why;
	int err = rph_config_set_scalar(reader->config, key, scalar_text(reader), &why);
	take_result(reader, here(reader), key, err, &why);
}

/* The current event starts the value of `key`. */
static void read_value(struct reader *reader, enum rph_config_key key)
{
	const struct rph_config_fact *fact = &rph_config_facts[key];
	const char *refused = refused_feature(reader);
	yaml_event_type_t type = reader->event.type;
	if (refused)
		refuse_node(reader, fact->path, refused, "write the value itself");
	else if (is_null(reader))
		refuse_node(reader, fact->path, "the key has no value",
			    "give it one or take the key out");
	else if (fact->kind == RPH_CONFIG_LIST && type == YAML_SEQUENCE_START_EVENT)
		read_list(reader, key);
	else if (fact->kind == RPH_CONFIG_LIST)
		refuse_node(reader, fact->path, "a list is needed",
			    "write [one, two] or one \"- item\" a line");
	else if (fact->kind == RPH_CONFIG_MAP && type == YAML_MAPPING_START_EVENT)
		read_map(reader, key);
	else if (fact->kind == RPH_CONFIG_MAP)
		refuse_node(reader, fact->path, "names with values are needed",
			    "write one \"name: value\" a line");
	else if (type == YAML_SCALAR_EVENT)
		read_scalar(reader, key);
	else
		refuse_node(reader, fact->path, "a single value is needed", NULL);
}

/* Names that a user may have meant, each with what to call it in full. */
struct candidates {
	const char *names[RPH_CONFIG_KEYS + 1], *meanings[RPH_CONFIG_KEYS + 1];
	size_t count;
};

static const char *nearest(const struct candidates *candidates, const char *name)
{
	const char *near = rph_nearest(name, candidates->names, candidates->count);
	for (size_t i = 0; near && i < candidates->count; i++)
		if (candidates->names[i] == near)
			return candidates->meanings[i];
	return NULL;
}

static void add_candidate(struct candidates *candidates, const char *name, const char *meaning)
{
	candidates->names[candidates->count] = name;
	candidates->meanings[candidates->count++] = meaning;
}

/* The known key or section that an unknown one most likely means, or NULL. The right name in the
 * wrong section is better than a similar name in the right one. */
static const char *likely_meaning(const char *section, const char *name)
{
	struct candidates near = {0}, anywhere = {0};
	_Static_assert(RPH_ARRAY_LEN(near.names) > RPH_CONFIG_KEYS, "sections are fewer than keys");
	for (size_t i = 0; !section && i < rph_config_section_count; i++)
		add_candidate(&near, rph_config_sections[i].name, rph_config_sections[i].name);
	for (int i = 0; i < RPH_CONFIG_KEYS; i++) {
		const struct rph_config_fact *fact = &rph_config_facts[i];
		if (strcmp(fact->name, name) == 0 || strcmp(fact->path, name) == 0)
			return fact->path;
		if (section && strcmp(fact->section, section) == 0)
			add_candidate(&near, fact->name, fact->path);
		add_candidate(&anywhere, strchr(name, '.') ? fact->path : fact->name, fact->path);
	}
	const char *meaning = nearest(&near, name);
	return meaning ? meaning : nearest(&anywhere, name);
}

/* The current event is the name of a member that does not exist. */
static void refuse_unknown(struct reader *reader, const char *section)
{
	char shown[80], path[160], suggestion[160] = "";
	rph_config_quote(scalar_text(reader), shown);
	shown[strlen(shown) - 1] = '\0';
	snprintf(path, sizeof(path), "%s%s%s", section ? section : "", section ? "." : "",
		 shown + 1);
	const char *meaning = likely_meaning(section, shown + 1);
	if (meaning && strchr(meaning, '.') && strchr(shown + 1, '.') && !section)
		snprintf(suggestion, sizeof(suggestion),
			 "write %s: under %.*s:", strchr(meaning, '.') + 1,
			 (int)strcspn(meaning, "."), meaning);
	else if (meaning)
		snprintf(suggestion, sizeof(suggestion), "did you mean %s?", meaning);
	refuse_at(reader, here(reader), path, section ? "unknown key" : "unknown section",
		  suggestion);
}

/* The index of the section, or, within one, of the key, that the current event names; -1. */
static int find_member(const struct reader *reader, const char *section)
{
	struct rph_span name = scalar_text(reader);
	for (size_t i = 0; !section && i < rph_config_section_count; i++)
		if (rph_span_equal(name, rph_span_of(rph_config_sections[i].name)))
			return (int)i;
	for (int i = 0; section && i < RPH_CONFIG_KEYS; i++)
		if (strcmp(rph_config_facts[i].section, section) == 0 &&
		    rph_span_equal(name, rph_span_of(rph_config_facts[i].name)))
			return i;
	return -1;
}

static void read_members(struct reader *reader, const char *section);

static void read_section(struct reader *reader, const char *section)
{
	const char *refused = refused_feature(reader);
	if (refused)
		refuse_node(reader, section, refused, NULL);
	else if (reader->event.type == YAML_MAPPING_START_EVENT)
		read_members(reader, section);
	else if (!is_null(reader)) /* a section whose keys are all commented out is fine */
		refuse_node(reader, section, "a section holds keys",
			    "write one \"key: value\" a line, indented under it");
}

/* The current event starts a mapping: the whole text (`section` NULL) or one section. */
static void read_members(struct reader *reader, const char *section)
{
	bool seen[RPH_CONFIG_KEYS + 1] = {false};
	yaml_event_type_t type;
	while ((type = next(reader)) != YAML_MAPPING_END_EVENT && type != YAML_NO_EVENT) {
		int member = -1;
		if (type != YAML_SCALAR_EVENT) {
			refuse_node(reader, section ? section : "", "a key must be a plain word",
				    NULL);
		} else if ((member = find_member(reader, section)) < 0) {
			refuse_unknown(reader, section);
		} else if (seen[member]) {
			refuse_at(reader, here(reader),
				  section ? rph_config_facts[member].path
					  : rph_config_sections[member].name,
				  "given twice", "keep one of them");
			member = -1;
		}
		if (next(reader) == YAML_NO_EVENT)
			return;
		if (member < 0) {
			skip_node(reader);
			continue;
		}
		seen[member] = true;
		if (section)
			read_value(reader, (enum rph_config_key)member);
		else
			read_section(reader, rph_config_sections[member].name);
	}
}

static void read_stream(struct reader *reader)
{
	next(reader);
	if (next(reader) != YAML_DOCUMENT_START_EVENT)
		return;
	yaml_event_type_t type = next(reader);
	if (type == YAML_MAPPING_START_EVENT && !refused_feature(reader))
		read_members(reader, NULL);
	else if (type != YAML_NO_EVENT && !is_null(reader))
		refuse_node(reader, "", "a configuration consists of sections",
			    "for example \"session:\" and under it \"  gap: 30m\"");
	next(reader);
	if (next(reader) == YAML_DOCUMENT_START_EVENT)
		refuse_at(reader, here(reader), "", "a second document starts here",
			  "keep one document in the file");
}

static int read_text(struct reader *reader)
{
	struct rph_span text = reader->text;
	if (text.len > RPH_CONFIG_MAX_BYTES) {
		refuse_at(reader, (struct rph_config_place){0}, "",
			  "the text is longer than 1 MiB, which no configuration is", NULL);
		return 0;
	}
	if (!yaml_parser_initialize(&reader->parser))
		return RPH_E_NO_MEMORY;
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser,
				     (const unsigned char *)(text.len ? text.ptr : ""), text.len);
	read_stream(reader);
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
	return reader->error == RPH_E_BAD_CONFIG ? 0 : reader->error;
}

int rph_config_parse(struct rph_span yaml, struct rph_config **ret,
		     struct rph_config_problems *problems)
{
	RPH_CLEANUP(rph_config_free) struct rph_config *config = NULL;
	*problems = (struct rph_config_problems){.count = 0};
	int err = rph_config_default(&config);
	if (err)
		return err;
	struct reader reader = {.text = yaml, .config = config, .problems = problems};
	err = read_text(&reader);
	if (err)
		return err;
	/* A refused value stands at its default here: comparing it with others would mislead. */
	if (problems->count + problems->dropped == 0)
		rph_config_check(config, problems);
	if (problems->count + problems->dropped > 0)
		return RPH_E_BAD_CONFIG;
	*ret = config;
	config = NULL;
	return 0;
}
