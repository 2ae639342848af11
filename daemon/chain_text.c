/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/chain_text.h"

#include "daemon/shell.h"

void rph_chain_text_add(struct rph_buffer *buffer, const struct rph_week_chain_view *view)
{
	if (!view->found) {
		rph_buffer_add_text(buffer, "  nowhere: too few people went on from there\n");
		return;
	}
	rph_buffer_add_text(buffer, "  ");
	rph_shell_add_text(buffer, view->text);
	rph_buffer_format(
		buffer,
		" (%u.%u %% of those who succeed; %u.%u times as often as anybody; %u.%u %% "
		"succeed)\n",
		view->posterior / 10, view->posterior % 10, view->lift / 256,
		view->lift % 256 * 10 / 256, view->success / 10, view->success % 10);
	if (view->path_count < 2)
		return;
	rph_buffer_add_text(buffer, "  by way of: ");
	for (uint8_t i = 0; i < view->path_count; i++) {
		if (i)
			rph_buffer_add_text(buffer, " \xe2\x86\x92 ");
		rph_shell_add_text(buffer, view->path[i]);
	}
	rph_buffer_add_text(buffer, "\n");
}

void rph_chain_json_add(struct rph_buffer *buffer, const struct rph_week_chain_view *view)
{
	if (!view->found) {
		rph_json_null(buffer);
		return;
	}
	rph_json_open(buffer, '{');
	rph_json_put_string(buffer, "target", view->text);
	rph_json_put_ratio(buffer, "success", view->success, 1000, 3);
	rph_json_put_ratio(buffer, "posterior", view->posterior, 1000, 3);
	rph_json_put_ratio(buffer, "base", view->base, 1000, 3);
	rph_json_put_ratio(buffer, "lift", view->lift, 256, 2);
	rph_json_key(buffer, "path");
	rph_json_open(buffer, '[');
	for (uint8_t i = 0; i < view->path_count; i++)
		rph_json_string(buffer, view->path[i]);
	rph_json_close(buffer, ']');
	rph_json_close(buffer, '}');
}
