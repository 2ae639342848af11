/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/word_list.h"

#include <stdlib.h>

#include "schemas/error.h"
#include "schemas/utf8.h"

enum { MAX_COLUMNS = 4 };

static const struct {
	const char *name, *ending;
	size_t least, most; /* columns */
} kinds[RPH_WORD_KINDS] = {
	[RPH_WORDS_LEXICON] = {"lexicon", ".tsv", 2, 2},
	[RPH_WORDS_MORPHOLOGY] = {"morphology", ".unimorph", 3, MAX_COLUMNS},
};

const char *rph_word_kind_name(enum rph_word_kind kind)
{
	RPH_ASSERT(kind < RPH_WORD_KINDS);
	return kinds[kind].name;
}

const char *rph_word_kind_ending(enum rph_word_kind kind)
{
	RPH_ASSERT(kind < RPH_WORD_KINDS);
	return kinds[kind].ending;
}

/* One line of a UniMorph file. */
struct form {
	struct rph_span lemma, bound, text;
};

struct reading {
	enum rph_word_kind kind;
	struct rph_span rest; /* of the text */
	struct rph_arena *arena;
	struct rph_word_list *list;
	struct rph_word_fault *fault;
	struct form *forms;
	size_t form_count;
};

static int blame(struct reading *reading, const char *sentence, const char *remedy)
{
	reading->fault->sentence = sentence;
	reading->fault->remedy = remedy;
	return RPH_E_BAD_CONFIG;
}

static struct rph_span next_line(struct reading *reading)
{
	struct rph_span rest = reading->rest;
	const char *end = memchr(rest.ptr, '\n', rest.len);
	size_t len = end ? (size_t)(end - rest.ptr) : rest.len;

	reading->rest =
		(struct rph_span){rest.ptr + len + (end != NULL), rest.len - len - (end != NULL)};
	reading->fault->line++;
	len -= len > 0 && rest.ptr[len - 1] == '\r';
	return (struct rph_span){rest.ptr, len};
}

static struct rph_span trim(struct rph_span text)
{
	while (text.len && text.ptr[0] == ' ')
		text = (struct rph_span){text.ptr + 1, text.len - 1};
	while (text.len && text.ptr[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* "# licence: CC BY-SA 3.0" */
static void take_comment(struct rph_word_list *list, struct rph_span line)
{
	static const struct rph_span names[] = {{"licence:", 8}, {"license:", 8}};

	struct rph_span said = trim((struct rph_span){line.ptr + 1, line.len - 1});
	for (size_t i = 0; i < RPH_ARRAY_LEN(names) && !list->licence.len; i++) {
		size_t len = names[i].len;
		if (said.len > len && strncasecmp(said.ptr, names[i].ptr, len) == 0)
			list->licence = trim((struct rph_span){said.ptr + len, said.len - len});
	}
}

static int split(struct reading *reading, struct rph_span line,
		 struct rph_span columns[static MAX_COLUMNS])
{
	size_t count = 0, from = 0;

	for (size_t i = 0; i <= line.len; i++) {
		if (i < line.len && line.ptr[i] != '\t')
			continue;
		if (count < MAX_COLUMNS)
			columns[count] = (struct rph_span){line.ptr + from, i - from};
		count++;
		from = i + 1;
	}
	if (count >= kinds[reading->kind].least && count <= kinds[reading->kind].most)
		return 0;
	return reading->kind == RPH_WORDS_LEXICON
		       ? blame(reading, "is not two words with a TAB between them",
			       "write WORD TAB WORD")
		       : blame(reading, "is not lemma, form and features with TABs between them",
			       "write LEMMA TAB FORM TAB FEATURES, as UniMorph has it");
}

static int check_columns(struct reading *reading, const struct rph_span *columns)
{
	for (size_t i = 0; i < kinds[reading->kind].least; i++) {
		struct rph_span column = columns[i];
		if (column.len == 0)
			return blame(reading, "has an empty column",
				     "fill it in, or remove the line");
		if (column.len > RPH_WORD_MAX_BYTES)
			return blame(reading, "has a word of more than 255 bytes",
				     "remove the line");
		if (trim(column).len != column.len)
			return blame(reading, "has a space beside a word",
				     "columns are separated by one TAB and nothing else");
		for (size_t j = 0; j < column.len; j++)
			if ((unsigned char)column.ptr[j] < 0x20 || column.ptr[j] == 0x7F)
				return blame(reading, "has a control character",
					     "remove it, or the line");
	}
	return 0;
}

static bool has_space(struct rph_span text)
{
	return text.len && memchr(text.ptr, ' ', text.len) != NULL;
}

static int add_synonyms(struct reading *reading, const struct rph_span columns[static MAX_COLUMNS])
{
	struct rph_word_list *list = reading->list;

	if (has_space(columns[0]) || has_space(columns[1]))
		return blame(reading, "has more than one word in a column",
			     "one word is replaced by one word; remove the line");
	if (rph_span_equal(columns[0], columns[1]))
		return 0;
	for (size_t i = 0; i < 2; i++)
		list->words[list->count++] = (struct rph_word){columns[i], list->groups};
	list->groups++;
	return 0;
}

static int add_form(struct reading *reading, const struct rph_span columns[static MAX_COLUMNS])
{
	struct form form = {.lemma = columns[0], .text = columns[1]};

	if (has_space(columns[2]))
		return blame(reading, "has a space in its features",
			     "features are joined by ';', as in V;PST");
	if (has_space(form.text))
		return 0;
	RPH_ASSERT(reading->forms);
	int error = rph_word_bound_features(columns[2], reading->arena, &form.bound);
	if (!error)
		reading->forms[reading->form_count++] = form;
	return error;
}

static int read_line(struct reading *reading, struct rph_span line)
{
	struct rph_span columns[MAX_COLUMNS] = {{NULL, 0}};

	if (line.len == 0)
		return 0;
	if (!rph_utf8_is_valid(line))
		return blame(reading, "is not UTF-8", "convert the file, for example with iconv");
	if (line.ptr[0] == '#') {
		take_comment(reading->list, line);
		return 0;
	}
	int error = split(reading, line, columns);
	if (!error)
		error = check_columns(reading, columns);
	if (error)
		return error;
	reading->list->entries++;
	return reading->kind == RPH_WORDS_LEXICON ? add_synonyms(reading, columns)
						  : add_form(reading, columns);
}

static int compare_forms(const void *left, const void *right)
{
	const struct form *a = left, *b = right;
	int order = rph_span_compare(a->lemma, b->lemma);
	if (!order)
		order = rph_span_compare(a->bound, b->bound);
	return order ? order : rph_span_compare(a->text, b->text);
}

/* Forms start..end of one lemma and of the same bound features become a group. One alone, too: it
 * shows that a form may be read in another way. */
static void add_group(struct reading *reading, size_t start, size_t end)
{
	struct rph_word_list *list = reading->list;
	for (size_t i = start; i < end; i++)
		if (i == start ||
		    !rph_span_equal(reading->forms[i].text, reading->forms[i - 1].text))
			list->words[list->count++] =
				(struct rph_word){reading->forms[i].text, list->groups};
	list->groups++;
}

static void group_forms(struct reading *reading)
{
	const struct form *forms = reading->forms;
	if (!reading->form_count)
		return;
	qsort(reading->forms, reading->form_count, sizeof(*forms), compare_forms);
	for (size_t start = 0, end; start < reading->form_count; start = end) {
		for (end = start + 1; end < reading->form_count; end++)
			if (!rph_span_equal(forms[start].lemma, forms[end].lemma) ||
			    !rph_span_equal(forms[start].bound, forms[end].bound))
				break;
		add_group(reading, start, end);
	}
}

static size_t count_lines(struct rph_span text)
{
	size_t count = 1;
	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '\n';
	return count;
}

int rph_word_list_parse(enum rph_word_kind kind, struct rph_span text, struct rph_arena *arena,
			struct rph_word_list *ret, struct rph_word_fault *fault)
{
	static const char mark[] = "\xEF\xBB\xBF";
	size_t lines = count_lines(text);
	int error = 0;

	*fault = (struct rph_word_fault){0};
	*ret = (struct rph_word_list){.kind = kind};
	if (text.len >= 3 && memcmp(text.ptr, mark, 3) == 0)
		text = (struct rph_span){text.ptr + 3, text.len - 3};
	struct reading reading = {
		.kind = kind, .rest = text, .arena = arena, .list = ret, .fault = fault};
	ret->words = RPH_ARENA_ARRAY(arena, struct rph_word, 2 * lines);
	if (kind == RPH_WORDS_MORPHOLOGY)
		reading.forms = RPH_ARENA_ARRAY(arena, struct form, lines);
	if (!ret->words || (kind == RPH_WORDS_MORPHOLOGY && !reading.forms))
		return RPH_E_NO_MEMORY;
	while (!error && reading.rest.len)
		error = read_line(&reading, next_line(&reading));
	if (!error)
		group_forms(&reading);
	return error;
}
