/* SPDX-License-Identifier: Apache-2.0
 *
 * options.h - the command line of a subcommand: one table of options gives parser and help text.
 *
 * Pure: nothing is printed and nothing read but the arguments. A command looks like this:
 *
 *	struct arguments {
 *		const char *store;
 *		int64_t batch;
 *		struct rph_option_list formats;
 *		bool json;
 *	};
 *	static const struct rph_option options[] = {
 *		RPH_OPTION(STRING, struct arguments, store, .name = "store", .argument = "DIR",
 *			   .required = true, .help = "the store to write"),
 *		RPH_OPTION(INTEGER, struct arguments, batch, .name = "batch", .argument = "N",
 *			   .standard = "50000", .min = 1, .max = 10000000,
 *			   .help = "records a batch"),
 *		RPH_OPTION(LIST, struct arguments, formats, .name = "format", .argument = "NAME",
 *			   .help = "a further format"),
 *		RPH_OPTION(FLAG, struct arguments, json, .name = "json", .help = "answer in JSON"),
 *	};
 *	static const struct rph_command command = {
 *		.name = "replay", .summary = "mine historical logs",
 *		.options = options, .option_count = RPH_ARRAY_LEN(options),
 *		.positionals = "LOG...|-", .min_positionals = 1, .max_positionals = SIZE_MAX,
 *		.example = "rephrased replay --store /tmp/store july.jsonl.zst",
 *	};
 *
 *	int rph_command_replay(int argc, char **argv)
 *	{
 *		struct arguments arguments = {0};
 *		struct rph_parsed parsed;
 *		if (!rph_options_parse(&command, argc, argv, &arguments, &parsed)) {
 *			fputs(parsed.text, parsed.exit_code ? stderr : stdout);
 *			return parsed.exit_code;
 *		}
 *		... parsed.positionals[0 .. parsed.positional_count - 1] ...
 *	}
 *
 * Accepted: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, options after positionals, and "--" to
 * end the options. "-" alone is a positional. Abbreviated long names are refused: a script written
 * with one would break when an option is added. An option given twice is refused unless it is a
 * LIST. Every command has --help and -h without declaring it.
 */
#ifndef RPH_SCHEMAS_OPTIONS_H
#define RPH_SCHEMAS_OPTIONS_H

#include "schemas/base.h"
#include "schemas/time.h"

enum { RPH_OPTIONS_TEXT_SIZE = 8192, RPH_OPTION_LIST_MAX = 64, RPH_OPTIONS_MAX = 48 };

/* A repeatable option's values, in the order given; they point into argv. */
struct rph_option_list {
	const char *items[RPH_OPTION_LIST_MAX];
	size_t count;
};

enum rph_option_kind {
	RPH_OPTION_FLAG,    /* bool */
	RPH_OPTION_STRING,  /* const char *, pointing into argv; never empty */
	RPH_OPTION_INTEGER, /* int64_t within min..max; decimal */
	RPH_OPTION_TIME,    /* rph_time_ms; RFC 3339 or YYYY-MM-DD */
	RPH_OPTION_WEEK,    /* rph_week; YYYY-Www */
	RPH_OPTION_LIST,    /* struct rph_option_list; strings */
};

struct rph_option {
	enum rph_option_kind kind;
	char letter;          /* short name, or 0 */
	bool required;        /* an error when it is missing */
	const char *name;     /* long name without "--" */
	const char *argument; /* what the help calls the value; NULL for a flag */
	const char *standard; /* default, parsed like a given value; NULL leaves the field alone */
	int64_t min, max;     /* of an INTEGER; both 0: any */
	const char *help;     /* one sentence without a full stop */
	size_t offset;        /* of the field in the command's structure of arguments */
};

#define RPH_OPTION_TYPE_FLAG bool
#define RPH_OPTION_TYPE_STRING const char *
#define RPH_OPTION_TYPE_INTEGER int64_t
#define RPH_OPTION_TYPE_TIME rph_time_ms
#define RPH_OPTION_TYPE_WEEK rph_week
#define RPH_OPTION_TYPE_LIST struct rph_option_list

/* One row. Does not compile when the field has not the type of its kind. */
#define RPH_OPTION(kind_name, structure, field, ...)                                           \
	{                                                                                      \
		.kind = RPH_OPTION_##kind_name,                                                \
		.offset = offsetof(structure, field) +                                         \
			  0 * sizeof(RPH_OPTION_HAS_TYPE(kind_name, ((structure *)0)->field)), \
		__VA_ARGS__                                                                    \
	}
/* clang-format off */
#define RPH_OPTION_HAS_TYPE(kind_name, field) \
	_Generic((field), RPH_OPTION_TYPE_##kind_name: (char)0)
/* clang-format on */

struct rph_command {
	const char *name;    /* "replay" */
	const char *summary; /* lower case, no full stop; the help makes a sentence of it */
	const char *details; /* further text of the help, may have several lines; or NULL */
	const struct rph_option *options;
	size_t option_count;
	const char *positionals; /* as in the usage line: "LOG...|-"; NULL when there are none */
	size_t min_positionals, max_positionals;
	const char *example; /* one or more complete command lines, separated by "\n" */
	const char *exits;   /* further exit codes, lines "65  a log is damaged"; or NULL */
};

struct rph_parsed {
	int exit_code; /* 0 after --help, 64 after an error; meaningful when parsing said false */
	char **positionals;
	size_t positional_count;
	uint64_t given;                   /* bit i: options[i] was on the command line */
	char text[RPH_OPTIONS_TEXT_SIZE]; /* to print: the help, or the error with its remedy */
};

/* Parses argv[1 ..]; argv[0] is not looked at. `arguments` points to the command's structure; the
 * fields of options that are neither given nor have a default keep their values. argv is permuted:
 * positionals move to its front. True: go on. False: print parsed->text and end with
 * parsed->exit_code. */
bool rph_options_parse(const struct rph_command *command, int argc, char **argv, void *arguments,
		       struct rph_parsed *ret) RPH_MUST_CHECK;

/* The help text alone, NUL-terminated and cut to `size` bytes. */
void rph_options_help(const struct rph_command *command, char *text, size_t size);

/* The candidate nearest to `text` by edit distance, or NULL when none is near enough to be what was
 * meant. `candidates` may hold NULLs. Used for every "did you mean". */
const char *rph_nearest(const char *text, const char *const *candidates, size_t count);

#endif
