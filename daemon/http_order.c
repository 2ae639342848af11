/* SPDX-License-Identifier: Apache-2.0
 *
 * http_order.c - orders that come by POST, and the page that sends them.
 */
#include "daemon/http_administration.h"
#include "daemon/http_private.h"
#include "schemas/error.h"

static void on_order_answer(struct rph_errand *errand)
{
	struct rph_request *request =
		(struct rph_request *)((char *)errand - offsetof(struct rph_request, errand));
	MHD_resume_connection(request->connection);
}

static enum MHD_Result order(struct rph_request *request, enum rph_order_kind kind)
{
	struct rph_http *http = request->http;
	struct rph_errand *errand = &request->errand;
	const char *sentence = NULL;
	const struct rph_admin_headers headers = {
		.host = rph_http_header(request, "Host"),
		.origin = rph_http_header(request, "Origin"),
		.content_type = rph_http_header(request, "Content-Type"),
		.fetch_site = rph_http_header(request, "Sec-Fetch-Site"),
	};
	if (!rph_http_is_plain_host(request))
		return rph_http_refuse_host(request);
	unsigned status = rph_admin_check(&headers, &sentence);
	if (status)
		return rph_http_reply_error(request, status, sentence);
	if (request->is_large)
		return rph_http_reply_error(request, 413,
					    "the body is larger than an order can be");
	int err = request->upload.error;
	if (!err)
		err = rph_order_read(kind, rph_buffer_span(&request->upload), &errand->order,
				     &sentence);
	if (err)
		return rph_http_reply_error(request, err == RPH_E_BAD_INPUT ? 400 : 500,
					    sentence ? sentence : rph_strerror(err));
	errand->on_answer = on_order_answer;
	rph_http_guard_pause(http->guard, request->guarded);
	request->is_ordered = true;
	MHD_suspend_connection(request->connection);
	if (rph_errands_put(http->options.errands, errand))
		return MHD_YES;
	errand->status = 503;
	rph_answer_error(&errand->body, "too many orders wait, or the service is stopping");
	MHD_resume_connection(request->connection);
	return MHD_YES;
}

static enum MHD_Result order_review(struct rph_request *request)
{
	return order(request, RPH_ORDER_REVIEW);
}

static enum MHD_Result order_forget(struct rph_request *request)
{
	return order(request, RPH_ORDER_FORGET);
}

static enum MHD_Result reply_page(struct rph_request *request, const struct rph_page *page)
{
	struct rph_buffer body = {0};
	rph_buffer_add(&body, (struct rph_span){(const char *)page->text, page->len});
	return rph_http_reply(request, 200, page->type, &body);
}

/* Only where orders are taken. */
static const struct {
	const char *path;
	enum MHD_Result (*reply)(struct rph_request *request);
} order_routes[] = {
	{"/v1/review", order_review},
	{"/v1/forget", order_forget},
};

bool rph_http_route_order(struct rph_request *request, const char *path, const char *method,
			  enum MHD_Result *ret)
{
	struct rph_page page;
	bool is_get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	if (!request->http->options.errands)
		return false;
	for (size_t i = 0; i < RPH_ARRAY_LEN(order_routes); i++) {
		if (strcmp(order_routes[i].path, path) != 0)
			continue;
		*ret = strcmp(method, "POST") == 0
			       ? order_routes[i].reply(request)
			       : rph_http_refuse_method(request, "POST", "an order is a POST");
		return true;
	}
	if (!is_get || !rph_page_find(path, &page))
		return false;
	*ret = rph_http_is_plain_host(request) ? reply_page(request, &page)
					       : rph_http_refuse_host(request);
	return true;
}

/* A body longer than an order is read to its end and thrown away: then it can be answered. */
void rph_http_take_body(struct rph_request *request, const char *bytes, size_t len)
{
	if (!request->http->options.errands)
		return;
	if (len > RPH_ORDER_BODY_MAX - request->upload.len)
		request->is_large = true;
	if (!request->is_large)
		rph_buffer_add(&request->upload, (struct rph_span){bytes, len});
}

void rph_http_free_order(struct rph_request *request)
{
	rph_buffer_free(&request->errand.body);
	rph_order_free(&request->errand.order);
	if (request->upload.text)
		explicit_bzero(request->upload.text, request->upload.len);
	rph_buffer_free(&request->upload);
}
