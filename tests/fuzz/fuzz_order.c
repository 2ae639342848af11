/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_order.c - any body as an order of either kind.
 */
#include "daemon/order.h"
#include "schemas/error.h"
#include "schemas/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct rph_order *order, struct rph_span text)
{
	if (!text.len)
		return;
	RPH_ASSERT(text.ptr >= order->text && text.ptr + text.len <= order->text + order->text_len);
	RPH_ASSERT(rph_utf8_is_valid(text) && !memchr(text.ptr, 0, text.len));
}

static void check(enum rph_order_kind kind, struct rph_span body)
{
	struct rph_order order;
	const char *sentence = NULL;
	int err = rph_order_read(kind, body, &order, &sentence);
	RPH_ASSERT(err == 0 || (err == RPH_E_BAD_INPUT && sentence));
	if (!err) {
		const struct rph_span texts[] = {order.locale, order.source, order.target,
						 order.note,   order.who,    order.user_id};
		for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++)
			check_text(&order, texts[i]);
		RPH_ASSERT((kind == RPH_ORDER_FORGET) == (order.user_id.len > 0));
		RPH_ASSERT(order.note.len <= RPH_ORDER_NOTE_MAX);
		RPH_ASSERT(order.who.len <= RPH_ORDER_WHO_MAX);
	}
	rph_order_free(&order);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rph_span body = {(const char *)data, size};
	if (size > RPH_ORDER_BODY_MAX)
		return 0;
	check(RPH_ORDER_REVIEW, body);
	check(RPH_ORDER_FORGET, body);
	return 0;
}
