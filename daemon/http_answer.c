/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/http_answer.h"

#include <stdlib.h>

#include "daemon/explanation.h"
#include "daemon/http.h"
#include "daemon/pair_text.h"
#include "daemon/ranking.h"
#include "daemon/rewriting.h"
#include "schemas/error.h"
#include "schemas/json_text.h"

enum { PAIRS_STANDARD = 100 };

/* Texts of one query; an utterance grows elevenfold at most. */
static const size_t ARENA_LIMIT = (size_t)64 << 20;

struct rph_answerer {
	/* Its deployment borrows keys and store, and owns the configuration. */
	struct rph_shell shell;
};

/* What one question needs on its way; `sentence` says why it cannot be answered. */
struct asking {
	struct rph_shell *shell;
	const struct rph_question *question;
	struct rph_buffer *body;
	const char *sentence;
	char tag[RPH_LOCALE_MAX];
	struct rph_span locale; /* canonical; empty when not given */
	rph_week week;
};

int rph_answerer_new(struct rph_config *config, const struct rph_keys *keys,
		     struct rph_store *store, struct rph_answerer **ret)
{
	struct rph_answerer *answerer = calloc(1, sizeof(*answerer));
	if (!answerer) {
		rph_config_free(config);
		return RPH_E_NO_MEMORY;
	}
	answerer->shell = (struct rph_shell){.name = "http", .store_dir = ""};
	answerer->shell.deployment = (struct rph_deployment){
		.config = config,
		.keys = *keys,
		.store = store,
	};
	rph_arena_init(&answerer->shell.arena, ARENA_LIMIT);
	rph_arena_init(&answerer->shell.deployment.arena, ARENA_LIMIT);
	*ret = answerer;
	return 0;
}

struct rph_answerer *rph_answerer_free(struct rph_answerer *answerer)
{
	if (!answerer)
		return NULL;
	/* Not ours: closing the shell must not close it. */
	answerer->shell.deployment.store = NULL;
	rph_shell_close(&answerer->shell);
	free(answerer);
	return NULL;
}

void rph_answerer_reconfigure(struct rph_answerer *answerer, struct rph_config *config)
{
	rph_config_free(answerer->shell.deployment.config);
	answerer->shell.deployment.config = config;
}

void rph_answer_error(struct rph_buffer *body, const char *sentence)
{
	rph_buffer_free(body);
	rph_json_open(body, '{');
	rph_json_put_string(body, "error", rph_span_of(sentence));
	rph_json_close(body, '}');
	rph_buffer_add_text(body, "\n");
}

/* ---- parameters ----------------------------------------------------------------------------- */

static int refuse(struct asking *asking, const char *sentence)
{
	asking->sentence = sentence;
	return RPH_E_USAGE;
}

static int read_locale(struct asking *asking, bool required)
{
	const char *text = asking->question->locale;
	struct rph_span given = rph_span_of(text);
	if (!text)
		return required ? refuse(asking, "the parameter locale is missing") : 0;
	if (given.len > RPH_LOCALE_MAX || !rph_locale_canonical(given, asking->tag))
		return refuse(asking, "locale is not a language tag; write it as in the log, for "
				      "example de-DE");
	asking->locale = (struct rph_span){asking->tag, given.len};
	return 0;
}

/* RPH_E_NOT_FOUND: the store has no evidence. */
static int read_week(struct asking *asking)
{
	const char *text = asking->question->week;
	if (!text)
		return rph_shell_last_week(asking->shell, &asking->week);
	if (!rph_week_parse(rph_span_of(text), &asking->week))
		return refuse(asking, "week is not an ISO week, for example 2026-W46");
	return 0;
}

static int read_limit(struct asking *asking, size_t *ret)
{
	const char *text = asking->question->limit;
	char *end = NULL;
	*ret = PAIRS_STANDARD;
	if (!text)
		return 0;
	bool is_number = *text >= '0' && *text <= '9';
	unsigned long value = is_number ? strtoul(text, &end, 10) : 0;
	if (!is_number || *end || value < 1 || value > RPH_HTTP_PAIRS_MAX)
		return refuse(asking, "limit is not a number from 1 to 1000");
	*ret = value;
	return 0;
}

/* ---- the three questions -------------------------------------------------------------------- */

static int ask_rewrite(struct asking *asking)
{
	const struct rph_question *question = asking->question;
	struct rph_rewriting rewriting = rph_rewriting_of(asking->shell);
	struct rph_rewriting_answer answer;
	int err = read_locale(asking, true);
	if (!err && !question->utterance)
		err = refuse(asking, "the parameter utterance is missing");
	if (!err)
		err = rph_rewriting_ask(&rewriting, asking->locale,
					rph_span_of(question->utterance),
					rph_span_of(question->user), &answer);
	if (!err)
		rph_rewriting_json(asking->body, rph_span_of(question->utterance), &answer);
	return err;
}

static int explain(struct asking *asking, const struct rph_shell_formulation *said)
{
	struct rph_formulation_delta found;
	struct rph_explanation explanation = {
		.shell = asking->shell, .said = said, .week = asking->week, .top = 1};
	int err = rph_store_get_formulation(asking->shell->deployment.store, &said->id,
					    &asking->shell->arena, &found);
	if (!err)
		err = rph_deployment_pairs(&asking->shell->deployment, asking->week,
					   &explanation.pairs);
	explanation.pairs.only = &said->id;
	return err ? err : rph_explanation_json(&explanation, asking->body);
}

static int ask_explain(struct asking *asking)
{
	struct rph_shell_formulation said;
	int err = read_locale(asking, true);
	if (!err && !asking->question->utterance)
		err = refuse(asking, "the parameter utterance is missing");
	if (!err)
		err = read_week(asking);
	if (!err)
		err = rph_shell_formulation(asking->shell, asking->locale,
					    rph_span_of(asking->question->utterance), &said);
	if (err == RPH_E_BAD_INPUT)
		err = refuse(asking, "utterance is not UTF-8, or too long");
	if (!err)
		err = explain(asking, &said);
	if (err == RPH_E_NOT_FOUND)
		asking->sentence = "nobody said that";
	return err;
}

struct listing {
	struct rph_ranking ranking;
	struct rph_span locale; /* empty: all */
	bool by_status;
	enum rph_pair_status status;
};

static rph_ranking_write write_row;
static int write_row(void *context, const struct rph_pair_view *view, struct rph_buffer *text)
{
	struct rph_pair_view_row row;
	(void)context;
	rph_pair_view_row(view, &row);
	rph_pair_row_write(text, &row.row);
	return text->error;
}

static int visit_pair(void *context, const struct rph_pair_view *view)
{
	struct listing *listing = context;
	if ((listing->locale.len && !rph_span_equal(listing->locale, view->locale)) ||
	    (listing->by_status && listing->status != view->promotion->status))
		return 0;
	return rph_ranking_offer(&listing->ranking, view, write_row, NULL);
}

/* Lines become the items of an array: a newline within a text is escaped. */
static void add_rows(struct rph_buffer *body, struct rph_buffer *lines)
{
	rph_json_open(body, '[');
	for (size_t i = 0; i < lines->len; i++)
		if (lines->text[i] == '\n')
			lines->text[i] = ',';
	if (lines->len)
		rph_buffer_add(body, (struct rph_span){lines->text, lines->len - 1});
	rph_json_close(body, ']');
}

static void add_pairs(struct asking *asking, struct listing *listing)
{
	RPH_BUFFER_CLEANUP struct rph_buffer lines = {0};
	struct rph_buffer *body = asking->body;
	char week[RPH_WEEK_TEXT_SIZE];
	uint64_t total = listing->ranking.offered;
	rph_week_format(asking->week, week);
	rph_ranking_take(&listing->ranking, &lines);
	rph_json_open(body, '{');
	rph_json_put_string(body, "week", rph_span_of(week));
	rph_json_put_unsigned(body, "total", total);
	rph_json_key(body, "pairs");
	add_rows(body, &lines);
	rph_json_close(body, '}');
	rph_buffer_add_text(body, "\n");
	if (lines.error)
		body->error = lines.error;
}

static int list_pairs(struct asking *asking, struct listing *listing, size_t limit)
{
	struct rph_pairs_options pairs;
	int err = rph_deployment_pairs(&asking->shell->deployment, asking->week, &pairs);
	if (!err)
		err = rph_ranking_init(&listing->ranking, limit);
	if (!err)
		err = rph_pairs_scan(asking->shell->deployment.store, &pairs, visit_pair, listing);
	if (!err)
		add_pairs(asking, listing);
	rph_ranking_free(&listing->ranking);
	return err;
}

static int ask_pairs(struct asking *asking)
{
	const char *status = asking->question->status;
	struct listing listing = {.by_status = status != NULL};
	size_t limit = 0;
	int err = read_locale(asking, false);
	listing.locale = asking->locale;
	if (!err && status && !rph_pair_status_parse(rph_span_of(status), &listing.status))
		err = refuse(asking, "status is not one of promoted, refused, pending, approved, "
				     "denied");
	if (!err)
		err = read_limit(asking, &limit);
	if (!err)
		err = read_week(asking);
	if (!err)
		err = list_pairs(asking, &listing, limit);
	if (err == RPH_E_NOT_FOUND)
		asking->sentence = "the store holds no evidence yet";
	return err;
}

unsigned rph_answerer_ask(struct rph_answerer *answerer, const struct rph_question *question,
			  struct rph_buffer *body, int *ret_error)
{
	static int (*const askers[])(struct asking *) = {ask_rewrite, ask_explain, ask_pairs};
	struct asking asking = {.shell = &answerer->shell, .question = question, .body = body};
	rph_arena_reset(&answerer->shell.arena);
	rph_arena_reset(&answerer->shell.deployment.arena);
	int err = askers[question->kind](&asking);
	if (!err)
		err = body->error;
	if (ret_error)
		*ret_error = err == RPH_E_USAGE || err == RPH_E_NOT_FOUND ? 0 : err;
	if (!err)
		return 200;
	if (err == RPH_E_USAGE || err == RPH_E_NOT_FOUND) {
		rph_answer_error(body, asking.sentence);
		return err == RPH_E_USAGE ? 400 : 404;
	}
	rph_answer_error(body, rph_strerror(err));
	return 500;
}
