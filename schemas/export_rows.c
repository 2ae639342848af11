/* SPDX-License-Identifier: Apache-2.0
 *
 * export_rows.c - training rows and pair rows as JSON lines.
 */
#include "schemas/export_rows.h"

static void put_week(struct rph_buffer *buffer, const char *name, rph_week week)
{
	char text[RPH_WEEK_TEXT_SIZE];
	rph_week_format(week, text);
	rph_json_put_string(buffer, name, rph_span_of(text));
}

static void put_chain(struct rph_buffer *buffer, const struct rph_example *example)
{
	rph_json_key(buffer, "chain");
	rph_json_open(buffer, '[');
	if (example->chain_count)
		rph_json_string(buffer, example->source);
	if (example->chain_count == 3)
		rph_json_string(buffer, example->via);
	if (example->chain_count)
		rph_json_string(buffer, example->target);
	rph_json_close(buffer, ']');
}

static void put_slots(struct rph_buffer *buffer, const struct rph_example *example)
{
	rph_json_key(buffer, "slots");
	rph_json_open(buffer, '[');
	for (uint32_t i = 0; i < example->slot_count; i++) {
		const struct rph_example_slot *slot = &example->slots[i];
		rph_json_open(buffer, '{');
		rph_json_put_string(buffer, "name", slot->name);
		rph_json_put_string(buffer, "value", slot->value);
		rph_json_put_unsigned(buffer, "start", slot->start);
		rph_json_put_unsigned(buffer, "end", slot->end);
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, ']');
}

void rph_example_write(struct rph_buffer *buffer, const struct rph_example *example)
{
	rph_json_open(buffer, '{');
	rph_json_put_string(buffer, "text", example->text);
	rph_json_put_string(buffer, "locale", example->locale);
	rph_json_put_string(buffer, "domain", example->domain);
	rph_json_put_string(buffer, "intent", example->intent);
	put_slots(buffer, example);
	rph_json_put_ratio(buffer, "weight", example->weight, 1000, 3);
	rph_json_put_string(buffer, "kind", rph_span_of(example->kind));
	rph_json_put_ratio(buffer, "confidence", example->confidence, 1024, 4);
	rph_json_put_unsigned(buffer, "users", example->users);
	rph_json_put_unsigned(buffer, "days", example->days);
	put_week(buffer, "first_week", example->first_week);
	put_week(buffer, "last_week", example->last_week);
	rph_json_put_string(buffer, "source", example->source);
	rph_json_put_string(buffer, "target", example->target);
	rph_json_put_string(buffer, "type", rph_span_of(example->type));
	put_chain(buffer, example);
	rph_json_close(buffer, '}');
	rph_buffer_add_text(buffer, "\n");
}

void rph_pair_row_put(struct rph_buffer *buffer, const struct rph_pair_row *row)
{
	rph_json_put_string(buffer, "locale", row->locale);
	rph_json_put_string(buffer, "source", row->source);
	rph_json_put_string(buffer, "target", row->target);
	rph_json_put_string(buffer, "direction", rph_span_of(row->direction));
	rph_json_put_string(buffer, "type", rph_span_of(row->type));
	rph_json_put_ratio(buffer, "p", row->p, 256, 4);
	rph_json_put_unsigned(buffer, "users", row->users);
	rph_json_put_unsigned(buffer, "days", row->days);
	rph_json_put_unsigned(buffer, "wins", row->wins);
	rph_json_put_unsigned(buffer, "losses", row->losses);
	rph_json_put_string(buffer, "status", rph_span_of(row->status));
	rph_json_key(buffer, "reasons");
	rph_json_open(buffer, '[');
	for (size_t i = 0; i < row->reason_count; i++)
		rph_json_string(buffer, rph_span_of(row->reasons[i]));
	rph_json_close(buffer, ']');
	put_week(buffer, "first_week", row->first_week);
	put_week(buffer, "last_week", row->last_week);
	rph_json_put_unsigned(buffer, "meant_by", row->meant_by);
	rph_json_put_unsigned(buffer, "tolerated", row->tolerated);
	rph_json_put_string(buffer, "trend", rph_span_of(row->trend));
}

void rph_pair_row_write(struct rph_buffer *buffer, const struct rph_pair_row *row)
{
	rph_json_open(buffer, '{');
	rph_pair_row_put(buffer, row);
	rph_json_close(buffer, '}');
	rph_buffer_add_text(buffer, "\n");
}
