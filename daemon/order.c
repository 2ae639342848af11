/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/order.h"

#include <stdlib.h>

#include <jansson.h>

#include "daemon/http_answer.h"
#include "daemon/shell.h"
#include "schemas/error.h"
#include "schemas/json_text.h"
#include "schemas/utf8.h"

/* Texts of one order; an utterance grows elevenfold at most. */
static const size_t ARENA_LIMIT = (size_t)64 << 20;

static const struct {
	const char *word, *done;
} decisions[] = {
	[RPH_DECISION_NONE] = {"reset", "reset"},
	[RPH_DECISION_APPROVED] = {"approve", "approved"},
	[RPH_DECISION_DENIED] = {"deny", "denied"},
};

bool rph_decision_parse(struct rph_span word, enum rph_decision *ret)
{
	for (size_t i = 0; i < RPH_ARRAY_LEN(decisions); i++) {
		if (!rph_span_equal(word, rph_span_of(decisions[i].word)))
			continue;
		*ret = (enum rph_decision)i;
		return true;
	}
	return false;
}

const char *rph_decision_done(enum rph_decision decision)
{
	return decisions[decision].done;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reading {
	struct rph_order *order;
	size_t used; /* of order->text */
	struct rph_span decision;
	const char *sentence;
};

struct place {
	const char *name;
	struct rph_span *span;
	size_t max;
	bool required;
};

static int refuse(struct reading *reading, const char *sentence)
{
	reading->sentence = sentence;
	return RPH_E_BAD_INPUT;
}

/* Copies a value into order->text, which is as large as the body: unescaped it is no longer. */
static int take(struct reading *reading, const struct place *place, const json_t *value)
{
	struct rph_span text = {json_string_value(value), json_string_length(value)};
	if (!json_is_string(value))
		return refuse(reading, "every value must be a string");
	if (text.len > place->max || memchr(text.ptr, '\0', text.len))
		return refuse(reading, "a value is too long, or has a NUL in it");
	char *at = reading->order->text + reading->used;
	memcpy(at, text.ptr, text.len);
	reading->used += text.len;
	*place->span = (struct rph_span){at, text.len};
	return 0;
}

static int take_all(struct reading *reading, const struct place *places, size_t count,
		    const json_t *root)
{
	size_t taken = 0;
	int err = json_is_object(root) ? 0 : refuse(reading, "the body must be a JSON object");
	for (size_t i = 0; !err && i < count; i++) {
		const json_t *value = json_object_get(root, places[i].name);
		if (value)
			err = take(reading, &places[i], value);
		else if (places[i].required)
			err = refuse(reading, "a key is missing; see rephrased(1)");
		taken += value != NULL;
	}
	if (!err && taken != json_object_size(root))
		err = refuse(reading, "a key is not known; see rephrased(1)");
	return err;
}

static int take_review(struct reading *reading, const json_t *root)
{
	struct rph_order *order = reading->order;
	const struct place places[] = {
		{"decision", &reading->decision, 16, true},
		{"locale", &order->locale, RPH_LOCALE_MAX, true},
		{"source", &order->source, RPH_ORDER_BODY_MAX, true},
		{"target", &order->target, RPH_ORDER_BODY_MAX, true},
		{"note", &order->note, RPH_ORDER_NOTE_MAX, false},
		{"who", &order->who, RPH_ORDER_WHO_MAX, false},
	};
	int err = take_all(reading, places, RPH_ARRAY_LEN(places), root);
	if (!err && !rph_decision_parse(reading->decision, &order->decision))
		err = refuse(reading, "decision is not one of approve, deny, reset");
	return err;
}

static int take_forget(struct reading *reading, const json_t *root)
{
	const struct place place = {"user_id", &reading->order->user_id, RPH_ORDER_BODY_MAX, true};
	int err = take_all(reading, &place, 1, root);
	if (!err && !reading->order->user_id.len)
		err = refuse(reading, "user_id is empty");
	return err;
}

int rph_order_read(enum rph_order_kind kind, struct rph_span body, struct rph_order *ret,
		   const char **sentence)
{
	struct reading reading = {.order = ret};
	json_error_t error;
	*ret = (struct rph_order){.kind = kind, .text = malloc(body.len + 1), .text_len = body.len};
	if (!ret->text)
		return RPH_E_NO_MEMORY;
	json_t *root =
		json_loadb(body.len ? body.ptr : "", body.len, JSON_REJECT_DUPLICATES, &error);
	int err = root ? 0 : refuse(&reading, "the body must be a JSON object in UTF-8");
	if (!err)
		err = kind == RPH_ORDER_REVIEW ? take_review(&reading, root)
					       : take_forget(&reading, root);
	json_decref(root);
	*sentence = reading.sentence;
	return err;
}

void rph_order_free(struct rph_order *order)
{
	if (order->text)
		explicit_bzero(order->text, order->text_len);
	free(order->text);
	*order = (struct rph_order){0};
}

/* ---- review ---------------------------------------------------------------------------------- */

struct deciding {
	const struct rph_order *order;
	struct rph_shell shell; /* its deployment is borrowed */
	struct rph_shell_formulation source, target;
	char tag[RPH_LOCALE_MAX];
	const char *sentence;
};

static int find_side(struct deciding *deciding, struct rph_span utterance,
		     struct rph_shell_formulation *ret)
{
	struct rph_shell *shell = &deciding->shell;
	struct rph_formulation_delta found;
	const struct rph_span locale = {deciding->tag, deciding->order->locale.len};
	int err = rph_shell_formulation(shell, locale, utterance, ret);
	if (!err)
		err = rph_store_get_formulation(shell->deployment.store, &ret->id, &shell->arena,
						&found);
	/* A decision about a text that is forgotten may still be taken back. */
	if (err == RPH_E_NOT_FOUND && deciding->order->decision == RPH_DECISION_NONE)
		err = 0;
	if (err == RPH_E_NOT_FOUND)
		deciding->sentence = utterance.ptr == deciding->order->source.ptr
					     ? "nobody said the source in this locale"
					     : "nobody said the target in this locale";
	if (err == RPH_E_BAD_INPUT)
		deciding->sentence = "source or target is longer than any text that is counted";
	return err;
}

static int put_decision(struct deciding *deciding, rph_time_ms now)
{
	const struct rph_order *order = deciding->order;
	const struct rph_review review = {
		.source = deciding->source.id,
		.target = deciding->target.id,
		.decision = order->decision,
		.at = now,
		.who = order->who,
		.note = order->note,
	};
	if (rph_id_compare(&review.source, &review.target) == 0) {
		deciding->sentence = "source and target are the same once normalised";
		return RPH_E_BAD_INPUT;
	}
	return rph_store_put_review(deciding->shell.deployment.store, &review);
}

static int review(struct deciding *deciding, rph_time_ms now, struct rph_buffer *body)
{
	const struct rph_order *order = deciding->order;
	if (!rph_locale_canonical(order->locale, deciding->tag)) {
		deciding->sentence = "locale is not a language tag; write it as in the log, for "
				     "example de-DE";
		return RPH_E_BAD_INPUT;
	}
	int err = find_side(deciding, order->source, &deciding->source);
	if (!err)
		err = find_side(deciding, order->target, &deciding->target);
	if (!err)
		err = put_decision(deciding, now);
	if (err)
		return err;
	rph_json_open(body, '{');
	rph_json_put_string(body, "decision", rph_span_of(rph_decision_done(order->decision)));
	rph_json_put_string(body, "locale", deciding->source.locale);
	rph_json_put_string(body, "source", deciding->source.text);
	rph_json_put_string(body, "target", deciding->target.text);
	rph_json_close(body, '}');
	rph_buffer_add_text(body, "\n");
	return 0;
}

/* ---- forget ---------------------------------------------------------------------------------- */

static void put_exported(struct rph_store *store, uint64_t exports, struct rph_buffer *body)
{
	rph_json_key(body, "exported_weeks");
	rph_json_open(body, '[');
	for (uint32_t week = 0; exports && week <= UINT16_MAX; week++) {
		struct rph_export_row row;
		char name[RPH_WEEK_TEXT_SIZE];
		if (rph_store_get_export(store, (rph_week)week, &row))
			continue;
		rph_week_format((rph_week)week, name);
		rph_json_string(body, rph_span_of(name));
		exports--;
	}
	rph_json_close(body, ']');
}

static void put_not_covered(struct rph_buffer *body)
{
	rph_json_key(body, "not_covered");
	rph_json_open(body, '[');
	rph_json_string(body, RPH_SPAN("sessions that are open now, and the log in Kafka: they are "
				       "counted later; delete the user there first, and forget "
				       "once more"));
	rph_json_string(body, RPH_SPAN("dead letters, and exported weeks with every copy of them: "
				       "delete them, and export the weeks again"));
	rph_json_string(body, RPH_SPAN("backups of the store, and freed pages of its file until "
				       "they are overwritten"));
	rph_json_close(body, ']');
}

static int forget(const struct rph_order *order, struct rph_deployment *deployment,
		  struct rph_buffer *body)
{
	struct rph_store_info before;
	struct rph_forgotten forgotten = {0};
	uint64_t user = rph_user_of(&deployment->keys, order->user_id);
	int err = rph_store_info(deployment->store, &before);
	if (!err)
		err = rph_store_forget(deployment->store, user, &forgotten);
	if (err)
		return err;
	rph_json_open(body, '{');
	rph_json_put_unsigned(body, "votes", forgotten.votes);
	rph_json_put_unsigned(body, "usages", forgotten.usages);
	rph_json_put_unsigned(body, "formulations", forgotten.formulations);
	rph_json_put_unsigned(body, "goals", forgotten.goals);
	rph_json_put_unsigned(body, "beyond", forgotten.beyond);
	put_exported(deployment->store, before.exports, body);
	put_not_covered(body);
	rph_json_close(body, '}');
	rph_buffer_add_text(body, "\n");
	return 0;
}

/* ---- either ---------------------------------------------------------------------------------- */

static int decide(const struct rph_order *order, struct rph_deployment *deployment, rph_time_ms now,
		  struct rph_buffer *body, const char **sentence)
{
	struct deciding deciding = {.order = order, .shell = {.name = "http", .store_dir = ""}};
	deciding.shell.deployment.keys = deployment->keys;
	deciding.shell.deployment.store = deployment->store;
	rph_arena_init(&deciding.shell.arena, ARENA_LIMIT);
	rph_arena_init(&deciding.shell.deployment.arena, ARENA_LIMIT);
	int err = review(&deciding, now, body);
	/* Not ours: closing the shell must not close it. */
	deciding.shell.deployment.store = NULL;
	rph_shell_close(&deciding.shell);
	*sentence = deciding.sentence;
	return err;
}

unsigned rph_order_execute(const struct rph_order *order, struct rph_deployment *deployment,
			   rph_time_ms now, struct rph_buffer *body, int *ret_error)
{
	const char *sentence = NULL;
	int err = order->kind == RPH_ORDER_REVIEW ? decide(order, deployment, now, body, &sentence)
						  : forget(order, deployment, body);
	if (!err)
		err = body->error;
	*ret_error = sentence ? 0 : err;
	if (!err)
		return 200;
	rph_answer_error(body, sentence ? sentence : rph_strerror(err));
	if (sentence)
		return err == RPH_E_NOT_FOUND ? 404 : 400;
	return 500;
}
