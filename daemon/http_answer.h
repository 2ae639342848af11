/* SPDX-License-Identifier: Apache-2.0
 *
 * http_answer.h - the answers under /v1: from parameters to a status and a JSON body. Knows nothing
 * of connections. One answerer, one thread.
 */
#ifndef RPH_DAEMON_HTTP_ANSWER_H
#define RPH_DAEMON_HTTP_ANSWER_H

#include "schemas/buffer.h"
#include "schemas/config.h"
#include "store/store.h"

enum rph_question_kind { RPH_QUESTION_REWRITE, RPH_QUESTION_EXPLAIN, RPH_QUESTION_PAIRS };

/* Parameters as they came, percent-decoded; NUL-terminated; NULL where there was none. */
#define RPH_QUESTION_PARAMETERS(X) X(locale) X(utterance) X(user) X(status) X(week) X(limit)

struct rph_question {
	enum rph_question_kind kind;
#define RPH_QUESTION_PARAMETER(name) const char *name;
	RPH_QUESTION_PARAMETERS(RPH_QUESTION_PARAMETER)
#undef RPH_QUESTION_PARAMETER
};

struct rph_answerer;

/* `config` becomes the answerer's, also on error; `store` is borrowed. RPH_E_NO_MEMORY. */
int rph_answerer_new(struct rph_config *config, const struct rph_keys *keys,
		     struct rph_store *store, struct rph_answerer **ret) RPH_MUST_CHECK;
/* NULL is fine; returns NULL. */
struct rph_answerer *rph_answerer_free(struct rph_answerer *answerer);
RPH_DEFINE_CLEANUP(struct rph_answerer, rph_answerer_free)

/* Answers from now on by `config`, which becomes the answerer's. */
void rph_answerer_reconfigure(struct rph_answerer *answerer, struct rph_config *config);

/* Appends the body. Returns the HTTP status: 200, 400, 404 or 500; of an error *ret_error (may be
 * NULL) is what the store said, else 0. */
unsigned rph_answerer_ask(struct rph_answerer *answerer, const struct rph_question *question,
			  struct rph_buffer *body, int *ret_error);

/* Empties `body` and makes it {"error":"sentence"}. */
void rph_answer_error(struct rph_buffer *body, const char *sentence);

#endif
