/* SPDX-License-Identifier: Apache-2.0
 *
 * export_croissant.c - croissant.json, the Croissant 1.0 description of a training set.
 */
#include "schemas/export_card.h"
#include "schemas/export_columns.h"

#include <sodium.h>

/* The JSON-LD context that Croissant 1.0 lays down (its appendix 1): term, id, type or NULL. */
static const char *const context[][3] = {
	{"citeAs", "cr:citeAs", NULL},
	{"column", "cr:column", NULL},
	{"conformsTo", "dct:conformsTo", NULL},
	{"cr", "http://mlcommons.org/croissant/", NULL},
	{"rai", "http://mlcommons.org/croissant/RAI/", NULL},
	{"data", "cr:data", "@json"},
	{"dataType", "cr:dataType", "@vocab"},
	{"dct", "http://purl.org/dc/terms/", NULL},
	{"equivalentProperty", "cr:equivalentProperty", NULL},
	{"examples", "cr:examples", "@json"},
	{"extract", "cr:extract", NULL},
	{"field", "cr:field", NULL},
	{"fileProperty", "cr:fileProperty", NULL},
	{"fileObject", "cr:fileObject", NULL},
	{"fileSet", "cr:fileSet", NULL},
	{"format", "cr:format", NULL},
	{"includes", "cr:includes", NULL},
	{"isLiveDataset", "cr:isLiveDataset", NULL},
	{"jsonPath", "cr:jsonPath", NULL},
	{"key", "cr:key", NULL},
	{"md5", "cr:md5", NULL},
	{"parentField", "cr:parentField", NULL},
	{"path", "cr:path", NULL},
	{"recordSet", "cr:recordSet", NULL},
	{"references", "cr:references", NULL},
	{"regex", "cr:regex", NULL},
	{"repeated", "cr:repeated", NULL},
	{"replace", "cr:replace", NULL},
	{"samplingRate", "cr:samplingRate", NULL},
	{"sc", "https://schema.org/", NULL},
	{"separator", "cr:separator", NULL},
	{"source", "cr:source", NULL},
	{"subField", "cr:subField", NULL},
	{"transform", "cr:transform", NULL},
};

static const struct rph_export_column slot_columns[] = {
	{"name", "string", "sc:Text"},
	{"value", "string", "sc:Text"},
	{"start", "int64", "sc:Integer"},
	{"end", "int64", "sc:Integer"},
};

static void put_text(struct rph_buffer *buffer, const char *name, const char *text)
{
	rph_json_put_string(buffer, name, rph_span_of(text));
}

static void put_context(struct rph_buffer *buffer)
{
	rph_json_key(buffer, "@context");
	rph_json_open(buffer, '{');
	put_text(buffer, "@language", "en");
	put_text(buffer, "@vocab", "https://schema.org/");
	for (size_t i = 0; i < RPH_ARRAY_LEN(context); i++) {
		if (!context[i][2]) {
			put_text(buffer, context[i][0], context[i][1]);
			continue;
		}
		rph_json_key(buffer, context[i][0]);
		rph_json_open(buffer, '{');
		put_text(buffer, "@id", context[i][1]);
		put_text(buffer, "@type", context[i][2]);
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, '}');
}

static void put_distribution(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	char hex[2 * 32 + 1], size[32];

	rph_json_key(buffer, "distribution");
	rph_json_open(buffer, '[');
	for (size_t i = 0; i < card->file_count; i++) {
		const struct rph_export_file *file = &card->files[i];
		struct rph_buffer text = rph_buffer_fixed(size, sizeof(size));
		rph_buffer_format(&text, "%llu B", (unsigned long long)file->bytes);
		sodium_bin2hex(hex, sizeof(hex), file->sha256, sizeof(file->sha256));
		rph_json_open(buffer, '{');
		put_text(buffer, "@type", "cr:FileObject");
		put_text(buffer, "@id", file->name);
		put_text(buffer, "name", file->name);
		put_text(buffer, "contentUrl", file->name);
		put_text(buffer, "contentSize", size);
		put_text(buffer, "encodingFormat", "application/jsonlines");
		put_text(buffer, "sha256", hex);
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, ']');
}

/* A key of a JSON line is a column to its readers; `part`: what is taken out of each element of the
 * list that the column holds, or NULL. */
static void put_source(struct rph_buffer *buffer, const char *file, const char *column,
		       const char *part)
{
	rph_json_key(buffer, "source");
	rph_json_open(buffer, '{');
	rph_json_key(buffer, "fileObject");
	rph_json_open(buffer, '{');
	put_text(buffer, "@id", file);
	rph_json_close(buffer, '}');
	rph_json_key(buffer, "extract");
	rph_json_open(buffer, '{');
	put_text(buffer, "column", column);
	rph_json_close(buffer, '}');
	if (part) {
		rph_json_key(buffer, "transform");
		rph_json_open(buffer, '{');
		put_text(buffer, "jsonPath", part);
		rph_json_close(buffer, '}');
	}
	rph_json_close(buffer, '}');
}

static void put_field(struct rph_buffer *buffer, const char *set, const char *file,
		      const char *prefix, const struct rph_export_column *column);

static void put_sub_fields(struct rph_buffer *buffer, const char *set, const char *file)
{
	rph_json_key(buffer, "subField");
	rph_json_open(buffer, '[');
	for (size_t i = 0; i < RPH_ARRAY_LEN(slot_columns); i++)
		put_field(buffer, set, file, "slots", &slot_columns[i]);
	rph_json_close(buffer, ']');
}

/* `prefix`: the list that the field is part of, or NULL. */
static void put_field(struct rph_buffer *buffer, const char *set, const char *file,
		      const char *prefix, const struct rph_export_column *column)
{
	char id[64], path[64];
	bool is_slots = strcmp(column->croissant, "slots") == 0;
	bool is_strings = strcmp(column->croissant, "strings") == 0;
	struct rph_buffer text = rph_buffer_fixed(id, sizeof(id));

	rph_buffer_format(&text, "%s/%s%s%s", set, prefix ? prefix : "", prefix ? "/" : "",
			  column->name);
	text = rph_buffer_fixed(path, sizeof(path));
	rph_buffer_format(&text, "$.%s", column->name);
	rph_json_open(buffer, '{');
	put_text(buffer, "@type", "cr:Field");
	put_text(buffer, "@id", id);
	put_text(buffer, "name", column->name);
	if (is_slots || is_strings)
		rph_json_put_bool(buffer, "repeated", true);
	if (is_slots) {
		put_sub_fields(buffer, set, file);
	} else {
		put_text(buffer, "dataType", is_strings ? "sc:Text" : column->croissant);
		put_source(buffer, file, prefix ? prefix : column->name, prefix ? path : NULL);
	}
	rph_json_close(buffer, '}');
}

static void put_record_set(struct rph_buffer *buffer, const char *set, const char *file,
			   const struct rph_export_column *columns, size_t count)
{
	rph_json_open(buffer, '{');
	put_text(buffer, "@type", "cr:RecordSet");
	put_text(buffer, "@id", set);
	put_text(buffer, "name", set);
	rph_json_key(buffer, "field");
	rph_json_open(buffer, '[');
	for (size_t i = 0; i < count; i++)
		put_field(buffer, set, file, NULL, &columns[i]);
	rph_json_close(buffer, ']');
	rph_json_close(buffer, '}');
}

void rph_croissant_write(struct rph_buffer *buffer, const struct rph_export_card *card)
{
	char id[RPH_EXPORT_ID_SIZE], url[64], date[RPH_TIME_TEXT_SIZE];
	struct rph_buffer text = rph_buffer_fixed(url, sizeof(url));

	rph_export_id(card, id);
	rph_buffer_format(&text, "urn:rephrased:%s", id);
	rph_time_format(rph_week_start(card->week) + RPH_WEEK_MS, date);
	date[10] = '\0';
	rph_json_open(buffer, '{');
	put_context(buffer);
	put_text(buffer, "@type", "sc:Dataset");
	put_text(buffer, "conformsTo", "http://mlcommons.org/croissant/1.0");
	put_text(buffer, "name", id);
	put_text(buffer, "description",
		 "Texts that people had to say in another way, labelled by what the other way "
		 "turned out to mean.");
	put_text(buffer, "license", "proprietary");
	put_text(buffer, "url", url);
	rph_json_key(buffer, "creator");
	rph_json_open(buffer, '{');
	put_text(buffer, "@type", "Organization");
	put_text(buffer, "name", "rephrased");
	rph_json_close(buffer, '}');
	put_text(buffer, "datePublished", date);
	put_text(buffer, "version", "1.0.0");
	put_distribution(buffer, card);
	rph_json_key(buffer, "recordSet");
	rph_json_open(buffer, '[');
	put_record_set(buffer, "train", "train.jsonl", rph_example_columns,
		       RPH_ARRAY_LEN(rph_example_columns));
	put_record_set(buffer, "holdout", "holdout.jsonl", rph_example_columns,
		       RPH_ARRAY_LEN(rph_example_columns));
	put_record_set(buffer, "pairs", "pairs.jsonl", rph_pair_columns,
		       RPH_ARRAY_LEN(rph_pair_columns));
	rph_json_close(buffer, ']');
	rph_json_close(buffer, '}');
	rph_buffer_add_text(buffer, "\n");
}
