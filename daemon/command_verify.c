/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_verify.h"

#include <inttypes.h>

#include "daemon/shell.h"
#include "schemas/error.h"
#include "schemas/json_text.h"

enum { FLUSH_BYTES = 1 << 16 };

struct arguments {
	struct rph_common common;
	bool dump, json;
};

static const struct rph_option options[] = {
	RPH_COMMON_OPTIONS(struct arguments),
	RPH_OPTION(FLAG, struct arguments, dump, .name = "dump",
		   .help = "print every row as a JSON line, table by table and key by key, and "
			   "check nothing"),
	RPH_OPTION(FLAG, struct arguments, json, .name = "json",
		   .help = "the result as one JSON object"),
};

static const struct rph_command command = {
	.name = "verify",
	.summary = "Read every row of a store: checksums, orders, references, counters that must "
		   "agree.",
	.details = "Checked are checksums, orders, references, and counters that must agree.\n"
		   "Needs neither configuration nor secret; when one is given, the store must\n"
		   "belong to it. Others may read and write meanwhile.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.example = "rephrased verify --store store\n"
		   "rephrased verify --store store --dump | sha256sum",
	.exits = "66  there is no store\n74  the store has faults",
};

struct faults {
	struct rph_buffer json; /* the sentences, as elements of an array */
	bool as_json;
};

static void report(void *context, const char *sentence)
{
	struct faults *faults = context;
	if (faults->as_json)
		rph_json_string(&faults->json, rph_span_of(sentence));
	else
		fprintf(stderr, "rephrased verify: fault: %s\n", sentence);
}

/* What is counted, in the order of the answer. */
static const struct {
	const char *name;
	size_t offset;
} counts[] = {
	{"formulations", offsetof(struct rph_store_info, formulations)},
	{"goals", offsetof(struct rph_store_info, goals)},
	{"votes", offsetof(struct rph_store_info, votes)},
	{"usages", offsetof(struct rph_store_info, usages)},
	{"users_by_week", offsetof(struct rph_store_info, users_by_week)},
	{"reviews", offsetof(struct rph_store_info, reviews)},
	{"rewrites", offsetof(struct rph_store_info, rewrites)},
	{"exports", offsetof(struct rph_store_info, exports)},
};

static uint64_t count_of(const struct rph_store_info *info, size_t i)
{
	uint64_t count;
	memcpy(&count, (const char *)info + counts[i].offset, sizeof(count));
	return count;
}

static void add_json(struct rph_buffer *text, const struct rph_store_info *info,
		     const struct rph_verdict *verdict, const struct faults *faults)
{
	char first[RPH_WEEK_TEXT_SIZE] = "", last[RPH_WEEK_TEXT_SIZE] = "";
	if (info->first_week <= info->last_week) {
		rph_week_format(info->first_week, first);
		rph_week_format(info->last_week, last);
	}
	rph_json_open(text, '{');
	rph_json_put_unsigned(text, "rows", verdict->rows);
	rph_json_put_unsigned(text, "faults", verdict->faults);
	rph_json_key(text, "sentences");
	rph_buffer_add_text(text, "[");
	rph_buffer_add(text, rph_buffer_span(&faults->json));
	rph_buffer_add_text(text, "]");
	for (size_t i = 0; i < RPH_ARRAY_LEN(counts); i++)
		rph_json_put_unsigned(text, counts[i].name, count_of(info, i));
	rph_json_put_unsigned(text, "used_bytes", info->used_bytes);
	rph_json_put_string(text, "first_week", rph_span_of(first));
	rph_json_put_string(text, "last_week", rph_span_of(last));
	rph_json_close(text, '}');
	rph_buffer_add_text(text, "\n");
}

static void add_text(struct rph_buffer *text, const struct rph_store_info *info,
		     const struct rph_verdict *verdict)
{
	char first[RPH_WEEK_TEXT_SIZE], last[RPH_WEEK_TEXT_SIZE];
	for (size_t i = 0; i < RPH_ARRAY_LEN(counts); i++)
		rph_buffer_format(text, "%-14s %12" PRIu64 "\n", counts[i].name, count_of(info, i));
	rph_buffer_format(text, "%-14s %12" PRIu64 "\n", "used_bytes", info->used_bytes);
	if (info->first_week <= info->last_week) {
		rph_week_format(info->first_week, first);
		rph_week_format(info->last_week, last);
		rph_buffer_format(text, "%-14s %s to %s\n", "weeks", first, last);
	}
	rph_buffer_format(text, "%" PRIu64 " rows read, %" PRIu64 " faults\n", verdict->rows,
			  verdict->faults);
}

static int verify(const struct rph_shell *shell, struct faults *faults)
{
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	struct rph_store_info info;
	struct rph_verdict verdict = {0};
	int err = rph_store_verify(shell->deployment.store, report, faults, &verdict);
	if (!err)
		err = rph_store_info(shell->deployment.store, &info);
	if (!err)
		err = faults->json.error;
	if (err)
		return rph_shell_fail(shell, shell->store_dir, err);
	if (faults->as_json)
		add_json(&text, &info, &verdict, faults);
	else
		add_text(&text, &info, &verdict);
	int exit_code = rph_shell_flush(shell, &text);
	if (!exit_code && verdict.faults)
		exit_code = rph_shell_refuse(shell->name, RPH_E_STATE_CORRUPT,
					     "store %s: %" PRIu64
					     " faults; restore a backup, or replay the logs into a "
					     "new store",
					     shell->store_dir, verdict.faults);
	return exit_code;
}

struct dump {
	const struct rph_shell *shell;
	struct rph_buffer text;
	int exit_code;
};

static void add_hex(struct rph_buffer *text, struct rph_span bytes)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.ptr[i];
		rph_buffer_add(text, (struct rph_span){&digits[byte >> 4], 1});
		rph_buffer_add(text, (struct rph_span){&digits[byte & 15], 1});
	}
}

static int dump_row(void *context, const char *table, struct rph_span key, struct rph_span value)
{
	struct dump *dump = context;
	struct rph_buffer *text = &dump->text;
	rph_buffer_format(text, "{\"table\":\"%s\",\"key\":\"", table);
	add_hex(text, key);
	rph_buffer_add_text(text, "\",\"value\":\"");
	add_hex(text, value);
	rph_buffer_add_text(text, "\"}\n");
	if (text->error)
		return text->error;
	if (text->len < FLUSH_BYTES)
		return 0;
	dump->exit_code = rph_shell_flush(dump->shell, text);
	return dump->exit_code ? RPH_E_IO : 0;
}

static int dump_rows(const struct rph_shell *shell)
{
	struct dump dump = {.shell = shell};
	int err = rph_store_scan_rows(shell->deployment.store, dump_row, &dump);
	if (err && !dump.exit_code)
		dump.exit_code = rph_shell_fail(shell, shell->store_dir, err);
	if (!dump.exit_code)
		dump.exit_code = rph_shell_flush(shell, &dump.text);
	rph_buffer_free(&dump.text);
	return dump.exit_code;
}

/* Whoever finds a store on a disk can check it. */
static int open_store(struct rph_shell *shell, const struct rph_common *common)
{
	const struct rph_store_options open = {
		.dir = common->store,
		.mode = RPH_STORE_READ,
		.normaliser_version = RPH_NORMALISER_VERSION,
	};
	if (common->secret || common->config)
		return rph_shell_open(shell, command.name, common, RPH_STORE_READ);
	shell->store_dir = common->store;
	int err = rph_store_open(&open, &shell->deployment.store);
	return err ? rph_shell_refuse(shell->name, err, "store %s: %s; check --store",
				      common->store, rph_strerror(err))
		   : 0;
}

int rph_command_verify(int argc, char **argv)
{
	struct arguments arguments = {.json = false};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed))
		return rph_shell_unparsed(&parsed);
	RPH_SHELL_CLEANUP struct rph_shell shell = {.name = command.name};
	struct faults faults = {.as_json = arguments.json};
	int exit_code = open_store(&shell, &arguments.common);
	if (!exit_code)
		exit_code = arguments.dump ? dump_rows(&shell) : verify(&shell, &faults);
	rph_buffer_free(&faults.json);
	return exit_code;
}
