/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/dispatch.h"

#include <stdio.h>

#include "schemas/error.h"
#include "schemas/options.h"

static void print_help(const struct rph_subcommand *subcommands, size_t count, FILE *stream)
{
	fputs("Usage: rephrased COMMAND [OPTION]... [ARGUMENT]...\n\n"
	      "Learns from the logs of a conversational assistant which formulations mean the\n"
	      "same, and writes weekly training sets from what it learned.\n\n"
	      "Commands:\n",
	      stream);
	for (size_t i = 0; i < count; i++)
		fprintf(stream, "  %-10s %s\n", subcommands[i].name, subcommands[i].summary);
	fputs("\nOptions:\n"
	      "  --help     print this text\n"
	      "  --version  print the version\n\n"
	      "Example:\n"
	      "  rephrased generate --seed 1 --sessions 20000 > log.jsonl\n"
	      "  rephrased replay --store store log.jsonl\n"
	      "  rephrased pairs --store store --status promoted --top 10\n\n"
	      "'rephrased COMMAND --help' says more about one command.\n",
	      stream);
}

static const struct rph_subcommand *find(const struct rph_subcommand *subcommands, size_t count,
					 const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	return NULL;
}

static int unknown(const struct rph_subcommand *subcommands, size_t count, const char *name)
{
	const char *names[RPH_SUBCOMMANDS_MAX];
	RPH_ASSERT(count <= RPH_SUBCOMMANDS_MAX);
	for (size_t i = 0; i < count; i++)
		names[i] = subcommands[i].name;
	const char *nearest = rph_nearest(name, names, count);
	fprintf(stderr, "rephrased: there is no command '%s'", name);
	if (nearest)
		fprintf(stderr, "; did you mean '%s'?\n", nearest);
	else
		fputs("; 'rephrased --help' lists them\n", stderr);
	return rph_exit_code(RPH_E_USAGE);
}

/* A full disk shows only when the last bytes leave: without this a cut-off answer would end with 0.
 */
static int flushed(int exit_code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return exit_code;
	if (exit_code)
		return exit_code;
	fputs("rephrased: standard output: cannot be written; is the disk full?\n", stderr);
	return rph_exit_code(RPH_E_IO);
}

static int run_help(const struct rph_subcommand *subcommands, size_t count, const char *name)
{
	char help[] = "--help";
	const struct rph_subcommand *found = name ? find(subcommands, count, name) : NULL;
	if (name && !found)
		return unknown(subcommands, count, name);
	if (found)
		return flushed(found->run(2, (char *[]){(char[]){"help"}, help, NULL}));
	print_help(subcommands, count, stdout);
	return flushed(0);
}

int rph_dispatch(const struct rph_subcommand *subcommands, size_t count, int argc, char **argv)
{
	if (argc < 2) {
		print_help(subcommands, count, stderr);
		return rph_exit_code(RPH_E_USAGE);
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		return run_help(subcommands, count, argc > 2 ? argv[2] : NULL);
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		puts("rephrased " RPH_VERSION);
		return flushed(0);
	}
	const struct rph_subcommand *found = find(subcommands, count, name);
	if (!found)
		return unknown(subcommands, count, name);
	return flushed(found->run(argc - 1, argv + 1));
}
