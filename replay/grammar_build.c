/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/grammar_build.h"

#include <stdio.h>

#include "schemas/error.h"

enum { SIGNS_MAX = 64 };

/* Cuts the text up to `separator` off the front of `rest`; the whole of it where there is none. */
static struct rph_span cut(struct rph_span *rest, char separator)
{
	const char *end = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
	struct rph_span head = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
	size_t used = end ? head.len + 1 : head.len;
	*rest = (struct rph_span){rest->ptr + used, rest->len - used};
	return head;
}

static void check_plain(struct rph_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];
		RPH_ASSERT(byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f);
	}
}

static struct rph_form read_form(struct rph_span text)
{
	struct rph_form form = {.text = text};
	if (memchr(text.ptr, '^', text.len)) {
		form.before = cut(&text, '^');
		form.text = text;
	}
	RPH_ASSERT(form.text.len > 0);
	return form;
}

static struct rph_value read_value(struct rph_span text)
{
	struct rph_value value = {0};
	struct rph_span first = cut(&text, '/');
	struct rph_span spoken = cut(&first, '=');
	value.forms[value.form_count++] = read_form(spoken);
	while (text.len > 0) {
		RPH_ASSERT(value.form_count < RPH_FORMS_MAX);
		value.forms[value.form_count++] = read_form(cut(&text, '/'));
	}
	value.normal = first.len ? first : value.forms[0].text;
	return value;
}

static unsigned decode(struct rph_span text, uint32_t signs[static SIGNS_MAX])
{
	unsigned count = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];
		if ((byte & 0xc0) == 0x80 && count > 0)
			signs[count - 1] = signs[count - 1] << 6 | (byte & 0x3fU);
		else if (count < SIGNS_MAX)
			signs[count++] = byte;
	}
	return count;
}

/* Levenshtein distance over code points: which values a recogniser may take for each other. */
static unsigned distance(struct rph_span a, struct rph_span b)
{
	uint32_t left[SIGNS_MAX], right[SIGNS_MAX];
	unsigned n = decode(a, left), m = decode(b, right);
	unsigned row[SIGNS_MAX + 1];
	for (unsigned j = 0; j <= m; j++)
		row[j] = j;
	for (unsigned i = 1; i <= n; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= m; j++) {
			unsigned change = diagonal + (left[i - 1] != right[j - 1]);
			unsigned shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			diagonal = row[j];
			row[j] = change < shift ? change : shift;
		}
	}
	return row[m];
}

static void find_alike(struct rph_value *values, unsigned count)
{
	RPH_ASSERT(count > RPH_ARRAY_LEN(values->alike));
	for (unsigned i = 0; i < count; i++) {
		unsigned best[2] = {UINT32_MAX, UINT32_MAX};
		for (unsigned j = 0; j < count; j++) {
			unsigned far = distance(values[i].forms[0].text, values[j].forms[0].text);
			if (j == i || far >= best[1])
				continue;
			unsigned place = far < best[0] ? 0 : 1;
			if (place == 0) {
				best[1] = best[0];
				values[i].alike[1] = values[i].alike[0];
			}
			best[place] = far;
			values[i].alike[place] = (uint16_t)j;
		}
	}
}

static int read_values(struct rph_span text, struct rph_arena *arena, struct rph_value **ret,
		       unsigned *ret_count)
{
	unsigned count = 1;
	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '|';
	struct rph_value *values = RPH_ARENA_ARRAY(arena, struct rph_value, count);
	if (!values)
		return RPH_E_NO_MEMORY;
	check_plain(text);
	for (unsigned i = 0; i < count; i++)
		values[i] = read_value(cut(&text, '|'));
	find_alike(values, count);
	*ret = values;
	*ret_count = count;
	return 0;
}

/* "{room.1}": the part for a slot of the intent; "{value}" is a correction's only slot. */
static struct rph_part read_slot(struct rph_span name, const struct rph_intent_shape *shape)
{
	struct rph_part part = {.slot = -1};
	struct rph_span form = name;
	name = cut(&form, '.');
	if (form.len > 0)
		part.form = (unsigned)(form.ptr[0] - '0');
	RPH_ASSERT(part.form < RPH_FORMS_MAX);
	if (!shape) {
		RPH_ASSERT(rph_span_equal(name, RPH_SPAN("value")));
		part.slot = 0;
		return part;
	}
	for (unsigned i = 0; i < shape->slot_count; i++)
		if (rph_span_equal(name, rph_slot_names[shape->slots[i]]))
			part.slot = (int)i;
	RPH_ASSERT(part.slot >= 0);
	return part;
}

static struct rph_gen_wording read_wording(struct rph_span text,
					   const struct rph_intent_shape *shape)
{
	struct rph_gen_wording wording = {.known = true, .misread = RPH_INTENT_NONE};
	unsigned slots = 0;
	check_plain(text);
	while (text.len > 0) {
		RPH_ASSERT(wording.part_count + 2 <= RPH_PARTS_MAX);
		struct rph_span literal = cut(&text, '{');
		if (literal.len > 0)
			wording.parts[wording.part_count++] =
				(struct rph_part){.slot = -1, .text = literal};
		if (text.len > 0) {
			struct rph_span name = cut(&text, '}');
			wording.parts[wording.part_count++] = read_slot(name, shape);
			slots++;
		}
	}
	RPH_ASSERT(slots == (shape ? shape->slot_count : 1));
	return wording;
}

static int name_wording(const struct rph_language *language, struct rph_arena *arena,
			const struct rph_intent_shape *shape, unsigned nth,
			struct rph_gen_wording *wording)
{
	char id[96];
	int len = shape ? snprintf(id, sizeof(id), "%s/%s.%s/%u", language->tag.ptr,
				   shape->domain.ptr, shape->intent.ptr, nth)
			: snprintf(id, sizeof(id), "%s/correction/%u", language->tag.ptr, nth);
	RPH_ASSERT(len > 0 && (size_t)len < sizeof(id));
	return rph_arena_copy(arena, (struct rph_span){id, (size_t)len}, &wording->id);
}

static unsigned count_rows(const struct rph_grammar_table *table, enum rph_row_kind kind,
			   unsigned key)
{
	unsigned count = 0;
	for (size_t i = 0; i < table->row_count; i++)
		count += table->rows[i].kind == kind && table->rows[i].key == key;
	return count;
}

/* All the rows of one kind and key as wordings; `shape` is NULL for corrections. */
static int read_wordings(const struct rph_grammar_table *table, const struct rph_language *language,
			 struct rph_arena *arena, const struct rph_intent_shape *shape,
			 struct rph_gen_wording **ret, unsigned *ret_count)
{
	enum rph_row_kind kind = shape ? RPH_ROW_SAY : RPH_ROW_CORRECTION;
	unsigned key = shape ? (unsigned)(shape - rph_intent_shapes) : 0;
	unsigned count = count_rows(table, kind, key);
	RPH_ASSERT(count > 0 && count <= RPH_WORDINGS_MAX);
	*ret = RPH_ARENA_ARRAY(arena, struct rph_gen_wording, count);
	if (!*ret)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < table->row_count; i++) {
		const struct rph_row *row = &table->rows[i];
		if (row->kind != kind || row->key != key)
			continue;
		struct rph_gen_wording *wording = &(*ret)[*ret_count];
		*wording = read_wording(row->text, shape);
		int error = name_wording(language, arena, shape, *ret_count, wording);
		if (error)
			return error;
		(*ret_count)++;
	}
	return 0;
}

static int read_texts(const struct rph_grammar_table *table, struct rph_arena *arena,
		      enum rph_row_kind kind, struct rph_span **ret, unsigned *ret_count)
{
	*ret = RPH_ARENA_ARRAY(arena, struct rph_span, count_rows(table, kind, 0) + 1);
	if (!*ret)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < table->row_count; i++) {
		if (table->rows[i].kind != kind)
			continue;
		check_plain(table->rows[i].text);
		(*ret)[(*ret_count)++] = table->rows[i].text;
	}
	RPH_ASSERT(*ret_count > 0);
	return 0;
}

static int read_confusions(const struct rph_grammar_table *table, struct rph_arena *arena,
			   struct rph_language *language)
{
	unsigned count = count_rows(table, RPH_ROW_CONFUSE, 0);
	RPH_ASSERT(count > 0);
	language->confusions = RPH_ARENA_ARRAY(arena, struct rph_confusion, count);
	if (!language->confusions)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < table->row_count; i++) {
		const struct rph_row *row = &table->rows[i];
		if (row->kind != RPH_ROW_CONFUSE)
			continue;
		check_plain(row->to);
		language->confusions[language->confusion_count++] =
			(struct rph_confusion){row->text, row->to};
	}
	return 0;
}

int rph_grammar_read(const struct rph_grammar_table *table, struct rph_arena *arena,
		     struct rph_language *language)
{
	int error = 0;
	for (size_t i = 0; i < table->row_count && !error; i++) {
		const struct rph_row *row = &table->rows[i];
		if (row->kind == RPH_ROW_VALUES)
			error = read_values(row->text, arena, &language->values[row->key],
					    &language->value_counts[row->key]);
	}
	for (unsigned i = 0; i < RPH_SLOT_COUNT; i++)
		RPH_ASSERT(error || language->value_counts[i] > 0);
	for (unsigned i = 0; i < RPH_INTENT_COUNT && !error; i++)
		error = read_wordings(table, language, arena, &rph_intent_shapes[i],
				      &language->wordings[i], &language->wording_counts[i]);
	if (!error)
		error = read_wordings(table, language, arena, NULL, &language->corrections,
				      &language->correction_count);
	if (!error)
		error = read_texts(table, arena, RPH_ROW_FALLBACK, &language->fallbacks,
				   &language->fallback_count);
	if (!error)
		error = read_texts(table, arena, RPH_ROW_REPROMPT, &language->reprompts,
				   &language->reprompt_count);
	return error ? error : read_confusions(table, arena, language);
}
