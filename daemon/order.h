/* SPDX-License-Identifier: Apache-2.0
 *
 * order.h - what a person tells the running service to change in its store: a decision about a pair,
 * or to forget a user. Read from the body of an HTTP request, carried out between two batches, by
 * the process that holds the store; the commands `review` and `forget` send the same (remote.h).
 *
 *	POST /v1/review  {"decision":"approve|deny|reset","locale":..,"source":..,"target":..
 *			  [,"note":..][,"who":..]}
 *	  200            {"decision":"approved|denied|reset","locale":..,"source":..,"target":..}, as
 *			  normalised; the rewrites are made again after it
 *	POST /v1/forget  {"user_id":..}
 *	  200            {"votes":n,"usages":n,"formulations":n,"goals":n,"beyond":n,
 *			  "exported_weeks":["2026-W02",..],"not_covered":[sentence,..]}
 *
 * Texts are UTF-8. Other keys, keys given twice and bytes behind the object are refused.
 */
#ifndef RPH_DAEMON_ORDER_H
#define RPH_DAEMON_ORDER_H

#include "schemas/buffer.h"
#include "store/deployment.h"

enum rph_order_kind { RPH_ORDER_REVIEW, RPH_ORDER_FORGET };

enum { RPH_ORDER_BODY_MAX = 16 << 10, RPH_ORDER_NOTE_MAX = 1024, RPH_ORDER_WHO_MAX = 64 };

struct rph_order {
	enum rph_order_kind kind;
	char *text; /* what the spans point to; wiped when freed, for it may hold a user's id */
	size_t text_len;
	/* review */
	enum rph_decision decision;
	struct rph_span locale, source, target, note, who;
	/* forget */
	struct rph_span user_id;
};

/* Reads a body. RPH_E_BAD_INPUT: *sentence says what is wrong with it; RPH_E_NO_MEMORY.
 * rph_order_free() in any case. */
int rph_order_read(enum rph_order_kind kind, struct rph_span body, struct rph_order *ret,
		   const char **sentence) RPH_MUST_CHECK;
void rph_order_free(struct rph_order *order);

/* "approve", "deny" or "reset"; false: none of them. */
bool rph_decision_parse(struct rph_span word, enum rph_decision *ret) RPH_MUST_CHECK;
/* "approved", "denied", "reset". */
const char *rph_decision_done(enum rph_decision decision);

/* Carries it out, with the store open for writing; `now`: wall clock, ms. Appends the body of the
 * answer and returns its HTTP status: 200, 400, 404 or 500; *ret_error is what the store said, 0
 * where it did not fail. */
unsigned rph_order_execute(const struct rph_order *order, struct rph_deployment *deployment,
			   rph_time_ms now, struct rph_buffer *body, int *ret_error);

#endif
