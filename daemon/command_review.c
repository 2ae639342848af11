/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/command_review.h"

#include <pwd.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "daemon/order.h"
#include "daemon/pair_text.h"
#include "daemon/remote.h"
#include "daemon/shell.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

struct arguments {
	struct rph_common common;
	const char *locale, *note;
};

/* clang-format off */
static const struct rph_option options[] = {
	RPH_COMMON_OPTIONS(struct arguments),
	RPH_OPTION(STRING, struct arguments, locale, .name = "locale", .letter = 'l',
		   .argument = "L", .required = true, .help = "language tag of both, as in the log"),
	RPH_OPTION(STRING, struct arguments, note, .name = "note", .argument = "TEXT",
		   .help = "why; 'explain' shows it"),
};
/* clang-format on */

static const struct rph_command command = {
	.name = "review",
	.summary = "Decide about a pair: approve it, deny it, or take the decision back.",
	.details = "A decision stands until it is taken back with 'reset', whatever later weeks\n"
		   "bring. An approval lifts every test but those of protected intents and\n"
		   "personal data. The published rewrites are made again at once, with the\n"
		   "evidence up to the newest week in the store.\n"
		   "Beside a running service with http.administration the service does it.",
	.options = options,
	.option_count = RPH_ARRAY_LEN(options),
	.positionals = "approve|deny|reset SOURCE TARGET",
	.min_positionals = 3,
	.max_positionals = 3,
	.example =
		"rephrased review --store store --locale en-US deny \"play jazz\" \"play chess\" "
		"--note \"another thing\"",
	.exits = "66  nobody said SOURCE or TARGET, or there is no store\n"
		 "75  another process is writing to the store",
};

static const struct {
	const char *word, *done;
	enum rph_decision decision;
} verdicts[] = {
	{"approve", "approved", RPH_DECISION_APPROVED},
	{"deny", "denied", RPH_DECISION_DENIED},
	{"reset", "open again", RPH_DECISION_NONE},
};

struct reviewing {
	struct rph_shell *shell;
	struct rph_span locale;
	size_t verdict;
	struct rph_shell_formulation source, target;
	struct rph_buffer text;
	bool seen; /* the pair is a candidate */
};

/* One side: normalised and known, or the reason why not is printed. */
static int take_side(struct reviewing *reviewing, const char *name, const char *utterance,
		     struct rph_shell_formulation *ret)
{
	struct rph_shell *shell = reviewing->shell;
	struct rph_formulation_delta found;
	int err = rph_shell_formulation(shell, reviewing->locale, rph_span_of(utterance), ret);
	if (err)
		return rph_shell_fail(shell, name, err);
	err = rph_store_get_formulation(shell->deployment.store, &ret->id, &shell->arena, &found);
	/* A decision about a text that is forgotten may still be taken back. */
	if (err == RPH_E_NOT_FOUND && verdicts[reviewing->verdict].decision != RPH_DECISION_NONE)
		return rph_shell_refuse(
			shell->name, err,
			"%s: nobody said this in %.*s; 'rephrased explain' suggests "
			"what is near",
			name, (int)reviewing->locale.len, reviewing->locale.ptr);
	return err && err != RPH_E_NOT_FOUND ? rph_shell_fail(shell, shell->store_dir, err) : 0;
}

/* The account's name, for the record of who decided; "" when the system does not know it. */
static struct rph_span account_name(void)
{
	const struct passwd *account = getpwuid(getuid());
	struct rph_span name = rph_span_of(account ? account->pw_name : "");
	return name.len <= RPH_ORDER_WHO_MAX && rph_utf8_is_valid(name) ? name : RPH_SPAN("");
}

static int visit(void *context, const struct rph_pair_view *view)
{
	struct reviewing *reviewing = context;
	if (rph_id_compare(&view->pair->source, &reviewing->source.id) != 0 ||
	    rph_id_compare(&view->pair->target, &reviewing->target.id) != 0)
		return 0;
	reviewing->seen = true;
	rph_pair_text_heads(&reviewing->text);
	rph_pair_text_add(&reviewing->text, view);
	rph_pair_text_reasons(&reviewing->text, view->promotion);
	return reviewing->text.error;
}

/* What the decision came to: an approval may meet a test that nothing lifts. */
static int show(struct reviewing *reviewing, struct rph_pairs_options *pairs)
{
	pairs->only = &reviewing->source.id;
	pairs->min_users = 1;
	int err = rph_pairs_scan(reviewing->shell->deployment.store, pairs, visit, reviewing);
	if (!err && !reviewing->seen)
		rph_buffer_add_text(&reviewing->text,
				    "nobody said the one after the other in these weeks\n");
	return err;
}

static int decide(struct reviewing *reviewing, const char *note)
{
	struct rph_shell *shell = reviewing->shell;
	struct rph_pairs_options pairs;
	rph_week week;
	uint64_t published;
	const struct rph_review review = {
		.source = reviewing->source.id,
		.target = reviewing->target.id,
		.decision = verdicts[reviewing->verdict].decision,
		.at = (rph_time_ms)time(NULL) * 1000,
		.who = account_name(),
		.note = rph_span_of(note ? note : ""),
	};
	int err = rph_store_put_review(shell->deployment.store, &review);
	if (err)
		return rph_shell_fail(shell, shell->store_dir, err);
	rph_buffer_format(&reviewing->text, "%s\n", verdicts[reviewing->verdict].done);
	err = rph_shell_last_week(shell, &week);
	if (!err)
		err = rph_deployment_pairs(&shell->deployment, week, &pairs);
	/* What fewer people said is not published, so it need not be looked at. */
	if (!err)
		pairs.min_users = pairs.promotion.min_users;
	if (!err)
		err = rph_publish_week(shell->deployment.store, &pairs, &published);
	if (!err)
		err = show(reviewing, &pairs);
	if (err && err != RPH_E_NOT_FOUND)
		return rph_shell_fail(shell, "the decision is kept, but rewrites are not published",
				      err);
	return rph_shell_flush(shell, &reviewing->text);
}

static int find_verdict(const char *word, size_t *ret)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(verdicts); i++)
		if (strcmp(verdicts[i].word, word) == 0) {
			*ret = i;
			return 0;
		}
	return rph_shell_refuse(command.name, RPH_E_USAGE,
				"'%s': say approve, deny or reset, then SOURCE and TARGET", word);
}

static int print_answer(const struct rph_buffer *answer, unsigned status)
{
	const char *decision = NULL, *error = NULL, *source = NULL, *target = NULL;
	json_t *root = json_loadb(answer->len ? answer->text : "", answer->len, 0, NULL);
	json_unpack(root, "{s?s,s?s,s?s,s?s}", "decision", &decision, "error", &error, "source",
		    &source, "target", &target);
	RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
	int err = status == 200 ? 0 : status == 404 ? RPH_E_NOT_FOUND : RPH_E_BAD_INPUT;
	if (status >= 500)
		err = RPH_E_STORE_BUSY;
	if (!err && !(decision && source && target))
		err = RPH_E_IO;
	if (!err) {
		rph_buffer_format(&text, "%s: ", decision);
		rph_shell_add_text(&text, rph_span_of(source));
		rph_buffer_add_text(&text, " → ");
		rph_shell_add_text(&text, rph_span_of(target));
		rph_buffer_add_text(&text, "\nthe running service publishes the rewrites again\n");
	}
	const struct rph_shell shell = {.name = command.name};
	int exit_code = err ? rph_shell_refuse(command.name, err, "the running service: %s",
					       error ? error : "an answer that is not understood")
			    : rph_shell_flush(&shell, &text);
	json_decref(root);
	return exit_code;
}

static void write_order(const struct arguments *arguments, char **positionals,
			struct rph_buffer *body)
{
	rph_json_open(body, '{');
	rph_json_put_string(body, "decision", rph_span_of(positionals[0]));
	rph_json_put_string(body, "locale", rph_span_of(arguments->locale));
	rph_json_put_string(body, "source", rph_span_of(positionals[1]));
	rph_json_put_string(body, "target", rph_span_of(positionals[2]));
	if (arguments->note)
		rph_json_put_string(body, "note", rph_span_of(arguments->note));
	rph_json_put_string(body, "who", account_name());
	rph_json_close(body, '}');
}

/* False: no service takes orders for this store; else it answered, or nobody knows. */
static bool send_order(const struct arguments *arguments, char **positionals, int *ret_exit_code)
{
	RPH_BUFFER_CLEANUP struct rph_buffer body = {0}, answer = {0};
	unsigned status = 0;
	write_order(arguments, positionals, &body);
	int err = body.error;
	if (!err)
		err = rph_remote_post(arguments->common.store, "/v1/review", rph_buffer_span(&body),
				      &answer, &status);
	if (err == RPH_E_NOT_FOUND)
		return false;
	*ret_exit_code = err ? rph_shell_refuse(command.name, err, "the running service: %s",
						rph_strerror(err))
			     : print_answer(&answer, status);
	return true;
}

static int run(struct reviewing *reviewing, const struct arguments *arguments, char **positionals)
{
	char tag[RPH_LOCALE_MAX];
	const char *note = arguments->note;
	if (note && (strlen(note) > RPH_ORDER_NOTE_MAX || !rph_utf8_is_valid(rph_span_of(note))))
		return rph_shell_refuse(command.name, RPH_E_USAGE,
					"--note: at most %d bytes of UTF-8", RPH_ORDER_NOTE_MAX);
	int exit_code = find_verdict(positionals[0], &reviewing->verdict);
	if (!exit_code && send_order(arguments, positionals, &exit_code))
		return exit_code;
	if (!exit_code)
		exit_code = rph_shell_open(reviewing->shell, command.name, &arguments->common,
					   RPH_STORE_WRITE);
	rph_shell_hint_busy(command.name, exit_code);
	if (!exit_code)
		exit_code = rph_shell_locale(reviewing->shell, arguments->locale, tag,
					     &reviewing->locale);
	if (!exit_code)
		exit_code = take_side(reviewing, "SOURCE", positionals[1], &reviewing->source);
	if (!exit_code)
		exit_code = take_side(reviewing, "TARGET", positionals[2], &reviewing->target);
	if (exit_code)
		return exit_code;
	if (rph_id_compare(&reviewing->source.id, &reviewing->target.id) == 0)
		return rph_shell_refuse(
			command.name, RPH_E_USAGE,
			"SOURCE and TARGET are the same once normalised; nothing to "
			"decide");
	return decide(reviewing, note);
}

int rph_command_review(int argc, char **argv)
{
	struct arguments arguments = {.note = NULL};
	struct rph_parsed parsed;
	if (!rph_options_parse(&command, argc, argv, &arguments, &parsed))
		return rph_shell_unparsed(&parsed);
	RPH_SHELL_CLEANUP struct rph_shell shell = {.name = command.name};
	struct reviewing reviewing = {.shell = &shell};
	int exit_code = run(&reviewing, &arguments, parsed.positionals);
	rph_buffer_free(&reviewing.text);
	return exit_code;
}
