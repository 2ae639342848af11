/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/buffer.h"

enum { EXIT_OK = 0, EXIT_BAD_USAGE = 64, LONGEST_COMPARED = 63 };

struct parser {
	const struct rph_command *command;
	struct rph_parsed *ret;
	char *arguments; /* the command's structure */
	char **argv;
	int argc;
	int next; /* index of the argument to look at next */
};

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

/* Levenshtein's distance in bytes, with an exchange of neighbours counted once. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][LONGEST_COMPARED + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b_len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = smallest(change, above[j] + 1, row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		size_t *oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_len];
}

const char *rph_nearest(const char *text, const char *const *candidates, size_t count)
{
	size_t len = strlen(text);
	if (len == 0 || len > LONGEST_COMPARED)
		return NULL;
	size_t best_distance = len / 3 + 1;
	const char *best = NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = candidates[i] ? strlen(candidates[i]) : 0;
		if (other == 0 || other > LONGEST_COMPARED)
			continue;
		size_t distance = edit_distance(text, len, candidates[i], other);
		if (distance < best_distance || (distance == best_distance && !best)) {
			best_distance = distance;
			best = candidates[i];
		}
	}
	/* One change makes any two single letters equal: nothing follows from that. */
	return best_distance < len ? best : NULL;
}

static void add_usage(struct rph_buffer *text, const struct rph_command *command)
{
	rph_buffer_format(text, "Usage: rephrased %s", command->name);
	for (size_t i = 0; i < command->option_count; i++) {
		const struct rph_option *option = &command->options[i];
		if (option->required)
			rph_buffer_format(text, " --%s %s", option->name, option->argument);
	}
	rph_buffer_add_text(text, " [OPTION]...");
	if (command->positionals)
		rph_buffer_format(text, " %s", command->positionals);
	rph_buffer_add_text(text, "\n");
}

static void add_option(struct rph_buffer *text, const struct rph_option *option)
{
	enum { HELP_COLUMN = 28, WIDTH = 80 };
	char line[256];
	struct rph_buffer help = rph_buffer_fixed(line, sizeof(line));
	size_t start = text->len;
	rph_buffer_format(text, option->letter ? "  -%c, --%s" : "  %c   --%s",
			  option->letter ? option->letter : ' ', option->name);
	if (option->argument)
		rph_buffer_format(text, " %s", option->argument);
	size_t used = text->len - start;
	if (used + 2 > HELP_COLUMN)
		rph_buffer_format(text, "\n%*s", HELP_COLUMN, "");
	else
		rph_buffer_format(text, "%*s", (int)(HELP_COLUMN - used), "");
	rph_buffer_add_text(&help, option->help);
	if (option->required)
		rph_buffer_add_text(&help, " (required)");
	if (option->standard)
		rph_buffer_format(&help, " (default: %s)", option->standard);
	if (option->kind == RPH_OPTION_LIST)
		rph_buffer_add_text(&help, " (may be given several times)");
	rph_buffer_wrap(text, line, HELP_COLUMN, WIDTH);
	rph_buffer_add_text(text, "\n");
}

static void add_indented(struct rph_buffer *text, const char *lines)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");
		rph_buffer_add_text(text, "  ");
		rph_buffer_add(text, (struct rph_span){lines, len});
		rph_buffer_add_text(text, "\n");
		lines += len + (lines[len] == '\n');
	}
}

void rph_options_help(const struct rph_command *command, char *memory, size_t size)
{
	static const struct rph_option help = {
		.name = "help", .letter = 'h', .help = "show this help and end"};
	struct rph_buffer text = rph_buffer_fixed(memory, size);
	add_usage(&text, command);
	char first = command->summary[0];
	bool ended = command->summary[strlen(command->summary) - 1] == '.';
	rph_buffer_format(&text, "\n%c%s%s\n",
			  first >= 'a' && first <= 'z' ? first - 'a' + 'A' : first,
			  command->summary + 1, ended ? "" : ".");
	if (command->details)
		rph_buffer_format(&text, "\n%s\n", command->details);
	rph_buffer_add_text(&text, "\nOptions:\n");
	for (size_t i = 0; i < command->option_count; i++)
		add_option(&text, &command->options[i]);
	add_option(&text, &help);
	if (command->example) {
		rph_buffer_add_text(&text, "\nExample:\n");
		add_indented(&text, command->example);
	}
	rph_buffer_add_text(&text, "\nExit codes:\n  0   success\n"
				   "  64  the command line is not valid\n");
	if (command->exits)
		add_indented(&text, command->exits);
}

/* Composes the error; its value is what the parse functions return for one. */
#define FAIL(parser, ...) (fail((parser), __VA_ARGS__), false)

static void fail(struct parser *parser, const char *format, ...) RPH_PRINTF(2, 3);

static void fail(struct parser *parser, const char *format, ...)
{
	char sentence[1024];
	struct rph_parsed *ret = parser->ret;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	struct rph_buffer text = rph_buffer_fixed(ret->text, sizeof(ret->text));
	rph_buffer_format(&text,
			  "rephrased %s: %s\nTry 'rephrased %s --help' for the options and an "
			  "example.\n",
			  parser->command->name, sentence, parser->command->name);
	ret->exit_code = EXIT_BAD_USAGE;
}

static bool parse_integer(struct parser *parser, const struct rph_option *option, const char *value)
{
	char *end;
	errno = 0;
	long long number = strtoll(value, &end, 10);
	bool digits =
		*value == '-' ? value[1] >= '0' && value[1] <= '9' : *value >= '0' && *value <= '9';
	if (!digits || *end)
		return FAIL(parser, "--%s needs a whole number, not '%s'", option->name, value);
	bool bounded = option->min || option->max;
	if (errno == ERANGE || (bounded && (number < option->min || number > option->max)))
		return FAIL(parser, "--%s %s is out of range; it may be %lld to %lld", option->name,
			    value, (long long)(bounded ? option->min : INT64_MIN),
			    (long long)(bounded ? option->max : INT64_MAX));
	*(int64_t *)(void *)(parser->arguments + option->offset) = number;
	return true;
}

static bool add_to_list(struct parser *parser, const struct rph_option *option, const char *value)
{
	struct rph_option_list *list = (void *)(parser->arguments + option->offset);
	if (list->count == RPH_ARRAY_LEN(list->items))
		return FAIL(parser, "--%s is given more than %d times", option->name,
			    RPH_OPTION_LIST_MAX);
	list->items[list->count++] = value;
	return true;
}

static bool set_value(struct parser *parser, const struct rph_option *option, const char *value)
{
	void *field = parser->arguments + option->offset;
	struct rph_span span = rph_span_of(value);
	if (option->kind != RPH_OPTION_FLAG && span.len == 0)
		return FAIL(parser, "--%s needs a value that is not empty", option->name);
	switch (option->kind) {
	case RPH_OPTION_FLAG:
		*(bool *)field = true;
		return true;
	case RPH_OPTION_STRING:
		*(const char **)field = value;
		return true;
	case RPH_OPTION_INTEGER:
		return parse_integer(parser, option, value);
	case RPH_OPTION_TIME:
		if (rph_time_parse(span, true, field))
			return true;
		return FAIL(parser,
			    "--%s needs a time such as 2026-01-05 or 2026-01-05T06:30:00Z, not "
			    "'%s'",
			    option->name, value);
	case RPH_OPTION_WEEK:
		if (rph_week_parse(span, field))
			return true;
		return FAIL(parser, "--%s needs an ISO week such as 2026-W46, not '%s'",
			    option->name, value);
	case RPH_OPTION_LIST:
		return add_to_list(parser, option, value);
	}
	return false;
}

static bool unknown_option(struct parser *parser, const char *name)
{
	const char *names[RPH_OPTIONS_MAX + 1] = {"help"};
	const struct rph_command *command = parser->command;
	for (size_t i = 0; i < command->option_count; i++)
		names[i + 1] = command->options[i].name;
	const char *near = rph_nearest(name, names, command->option_count + 1);
	if (near)
		return FAIL(parser, "unknown option --%s; did you mean --%s?", name, near);
	return FAIL(parser, "unknown option --%s", name);
}

/* Sets `option` from `value`, or, when that is NULL, from the argument that follows. */
static bool take_option(struct parser *parser, const struct rph_option *option, const char *value)
{
	uint64_t bit = UINT64_C(1) << (option - parser->command->options);
	if (option->kind == RPH_OPTION_FLAG) {
		if (value)
			return FAIL(parser, "--%s takes no value", option->name);
	} else if (!value) {
		if (parser->next == parser->argc)
			return FAIL(parser, "--%s needs a value: --%s %s", option->name,
				    option->name, option->argument);
		value = parser->argv[parser->next++];
	}
	if ((parser->ret->given & bit) && option->kind != RPH_OPTION_LIST)
		return FAIL(parser, "--%s is given twice", option->name);
	/* What is given replaces the default list instead of adding to it. */
	if (option->kind == RPH_OPTION_LIST && !(parser->ret->given & bit))
		((struct rph_option_list *)(void *)(parser->arguments + option->offset))->count = 0;
	parser->ret->given |= bit;
	return set_value(parser, option, value);
}

static bool show_help(struct parser *parser)
{
	rph_options_help(parser->command, parser->ret->text, sizeof(parser->ret->text));
	parser->ret->exit_code = EXIT_OK;
	return false;
}

static bool take_long(struct parser *parser, const char *argument)
{
	char name[128];
	size_t len = strcspn(argument, "=");
	const char *value = argument[len] == '=' ? argument + len + 1 : NULL;
	struct rph_buffer text = rph_buffer_fixed(name, sizeof(name));
	rph_buffer_add(&text, (struct rph_span){argument, len});
	if (strcmp(name, "help") == 0 && !value)
		return show_help(parser);
	for (size_t i = 0; i < parser->command->option_count; i++)
		if (strcmp(parser->command->options[i].name, name) == 0)
			return take_option(parser, &parser->command->options[i], value);
	return unknown_option(parser, name);
}

static bool take_short(struct parser *parser, const char *argument)
{
	const char *value = argument[1] ? argument + 1 : NULL;
	if (strcmp(argument, "h") == 0)
		return show_help(parser);
	for (size_t i = 0; i < parser->command->option_count; i++)
		if (parser->command->options[i].letter == argument[0])
			return take_option(parser, &parser->command->options[i], value);
	return FAIL(parser, "unknown option -%s", argument);
}

static bool set_defaults(struct parser *parser)
{
	for (size_t i = 0; i < parser->command->option_count; i++) {
		const struct rph_option *option = &parser->command->options[i];
		if (option->standard && !set_value(parser, option, option->standard))
			return false;
	}
	return true;
}

static bool check_presence(struct parser *parser)
{
	const struct rph_command *command = parser->command;
	size_t count = parser->ret->positional_count;
	for (size_t i = 0; i < command->option_count; i++) {
		const struct rph_option *option = &command->options[i];
		if (option->required && !(parser->ret->given & UINT64_C(1) << i))
			return FAIL(parser, "--%s %s is missing", option->name, option->argument);
	}
	if (count < command->min_positionals)
		return FAIL(parser, "%s is missing", command->positionals);
	if (count > command->max_positionals)
		return FAIL(parser, "'%s' is one argument too many",
			    parser->ret->positionals[command->max_positionals]);
	return true;
}

bool rph_options_parse(const struct rph_command *command, int argc, char **argv, void *arguments,
		       struct rph_parsed *ret)
{
	struct parser parser = {command, ret, arguments, argv, argc, 1};
	RPH_ASSERT(command->option_count <= RPH_OPTIONS_MAX && argc >= 1);
	*ret = (struct rph_parsed){.positionals = argv + 1};
	if (!set_defaults(&parser))
		return false;
	bool options = true;
	while (parser.next < argc) {
		char *argument = argv[parser.next++];
		if (!options || argument[0] != '-' || argument[1] == '\0')
			ret->positionals[ret->positional_count++] = argument;
		else if (strcmp(argument, "--") == 0)
			options = false;
		else if (!(argument[1] == '-' ? take_long(&parser, argument + 2)
					      : take_short(&parser, argument + 1)))
			return false;
	}
	return check_presence(&parser);
}
