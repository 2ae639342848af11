/* SPDX-License-Identifier: Apache-2.0
 *
 * test_export_card.c - the files that describe a training set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "schemas/export_card.h"

static struct rph_export_file files[3] = {
	{"train.jsonl", 7, 700, {1}}, {"holdout.jsonl", 1, 100, {2}}, {"pairs.jsonl", 9, 900, {3}}};
static const struct rph_export_count counts[] = {
	{{"en-GB", 5}, {"dim", 3}, 2}, {{"en-US", 5}, {"dim", 3}, 5}, {{"no", 2}, {"dim", 3}, 1}};
static const struct rph_export_tally drops[] = {{"two_intents", 4}, {"slot_homeless", 0}};

static struct rph_export_card card_of(void)
{
	return (struct rph_export_card){.week = 2967,
					.history_weeks = 26,
					.code_version = RPH_SPAN("0.1.0"),
					.config_fingerprint = RPH_SPAN("00ff"),
					.min_users = 5,
					.min_days = 2,
					.synonymy = 700,
					.confidence = 900,
					.annotation_agreement = 800,
					.max_user_share = 500,
					.holdout = 100,
					.files = files,
					.file_count = 3,
					.counts = counts,
					.count_count = 3,
					.drops = drops,
					.drop_count = 2};
}

static json_t *read(struct rph_buffer *buffer)
{
	json_error_t error;
	assert_int_equal(buffer->error, 0);
	json_t *root = json_loadb(buffer->text, buffer->len, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(root);
	return root;
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	assert_non_null(text);
	return text;
}

static void the_manifest_names_week_thresholds_files_and_drops(void **state)
{
	struct rph_buffer buffer = {0};
	struct rph_export_card card = card_of();
	(void)state;

	rph_manifest_write(&buffer, &card);
	json_t *root = read(&buffer);
	assert_string_equal(text_at(root, "week"), "2026-W46");
	assert_string_equal(text_at(root, "as_of"), "2026-11-16T00:00:00.000Z");
	json_t *time = json_object_get(root, "event_time");
	assert_string_equal(text_at(time, "to"), "2026-11-16T00:00:00.000Z");
	assert_string_equal(text_at(time, "from"), "2026-05-18T00:00:00.000Z");
	json_t *list = json_object_get(root, "files");
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(text_at(json_array_get(list, 0), "name"), "train.jsonl");
	assert_int_equal(strlen(text_at(json_array_get(list, 0), "sha256")), 64);
	assert_int_equal(json_array_size(json_object_get(root, "rows")), 3);
	json_t *dropped = json_object_get(root, "dropped");
	assert_int_equal(json_integer_value(json_object_get(dropped, "two_intents")), 4);
	json_decref(root);
	rph_buffer_free(&buffer);
}

static void the_id_changes_with_data_and_configuration_and_nothing_else(void **state)
{
	char id[RPH_EXPORT_ID_SIZE], other[RPH_EXPORT_ID_SIZE];
	struct rph_export_card card = card_of();
	(void)state;

	rph_export_id(&card, id);
	assert_int_equal(strlen(id), RPH_EXPORT_ID_SIZE - 1);
	assert_memory_equal(id, "2026-W46-", 9);
	card.drop_count = 0;
	rph_export_id(&card, other);
	assert_string_equal(id, other);
	card.config_fingerprint = RPH_SPAN("00fe");
	rph_export_id(&card, other);
	assert_string_not_equal(id, other);
	card.config_fingerprint = RPH_SPAN("00ff");
	files[2].sha256[31] ^= 1;
	rph_export_id(&card, other);
	files[2].sha256[31] ^= 1;
	assert_string_not_equal(id, other);
}

static void the_card_quotes_each_language_once_and_declares_every_feature(void **state)
{
	struct rph_buffer buffer = {0};
	struct rph_export_card card = card_of();
	(void)state;

	rph_card_write(&buffer, &card);
	assert_int_equal(buffer.error, 0);
	assert_memory_equal(buffer.text, "---\n", 4);
	assert_non_null(strstr(buffer.text, "language: [\"en\", \"no\"]\n"));
	assert_non_null(strstr(buffer.text, "  - {name: weight, dtype: float64}\n"));
	assert_non_null(strstr(buffer.text, "  - {name: reasons, sequence: string}\n"));
	assert_non_null(strstr(buffer.text, "| `train.jsonl` | 7 |\n"));
	rph_buffer_free(&buffer);
}

static void croissant_has_what_its_version_1_0_requires(void **state)
{
	static const char *const required[] = {
		"@context", "@type",   "conformsTo",    "name",         "description", "license",
		"url",      "creator", "datePublished", "distribution", "recordSet"};
	struct rph_buffer buffer = {0};
	struct rph_export_card card = card_of();
	(void)state;

	rph_croissant_write(&buffer, &card);
	json_t *root = read(&buffer);
	for (size_t i = 0; i < RPH_ARRAY_LEN(required); i++)
		assert_non_null(json_object_get(root, required[i]));
	assert_string_equal(text_at(root, "conformsTo"), "http://mlcommons.org/croissant/1.0");
	assert_string_equal(text_at(root, "datePublished"), "2026-11-16");
	assert_int_equal(json_array_size(json_object_get(root, "distribution")), 3);
	json_t *sets = json_object_get(root, "recordSet");
	assert_int_equal(json_array_size(sets), 3);
	json_t *fields = json_object_get(json_array_get(sets, 0), "field");
	assert_int_equal(json_array_size(fields), 16);
	assert_string_equal(text_at(json_array_get(fields, 0), "@id"), "train/text");
	json_t *slots = json_object_get(json_array_get(fields, 4), "subField");
	assert_int_equal(json_array_size(slots), 4);
	assert_string_equal(text_at(json_array_get(slots, 2), "@id"), "train/slots/start");
	json_decref(root);
	rph_buffer_free(&buffer);
}

static void files_of_words_are_named_with_their_terms(void **state)
{
	static const struct rph_export_tally refusals[] = {{"known", 3}};
	static const struct rph_export_words words[] = {
		{"de.unimorph",
		 "morphology",
		 {"de", 2},
		 {"CC BY-SA 3.0 | share alike", 26},
		 9,
		 2,
		 {1}},
		{"en.tsv", "lexicon", {"en", 2}, {"", 0}, 5, 1, {2}}};
	struct rph_export_card card = card_of();
	struct rph_buffer buffer = {0};
	(void)state;

	rph_manifest_write(&buffer, &card);
	json_t *root = read(&buffer);
	assert_int_equal(json_array_size(json_object_get(root, "word_files")), 0);
	json_decref(root);
	buffer.len = 0;
	rph_card_write(&buffer, &card);
	assert_null(strstr(buffer.text, "lexicon"));
	card.words = words;
	card.word_count = 2;
	card.refusals = refusals;
	card.refusal_count = 1;
	buffer.len = 0;
	rph_card_write(&buffer, &card);
	assert_non_null(strstr(buffer.text,
			       "| `de.unimorph` | morphology | CC BY-SA 3.0 \\| share alike | 2 |\n"
			       "| `en.tsv` | lexicon | not stated | 1 |\n"));
	buffer.len = 0;
	rph_manifest_write(&buffer, &card);
	root = read(&buffer);
	const json_t *file = json_array_get(json_object_get(root, "word_files"), 0);
	assert_string_equal(text_at(file, "licence"), "CC BY-SA 3.0 | share alike");
	assert_int_equal(strlen(text_at(file, "sha256")), 64);
	assert_int_equal(json_integer_value(json_object_get(file, "rows")), 2);
	file = json_object_get(root, "refused_variants");
	assert_int_equal(json_integer_value(json_object_get(file, "known")), 3);
	json_decref(root);
	rph_buffer_free(&buffer);
}

static void a_card_names_no_split_without_rows(void **state)
{
	const struct rph_export_file some[] = {{"train.jsonl", 7, 700, {1}},
					       {"holdout.jsonl", 0, 0, {2}},
					       {"pairs.jsonl", 0, 0, {3}}};
	struct rph_export_card card = card_of();
	struct rph_buffer buffer = {0};
	(void)state;

	rph_card_write(&buffer, &card);
	assert_non_null(strstr(buffer.text,
			       "configs:\n- config_name: default\n  data_files:\n"
			       "  - {split: train, path: \"train.jsonl\"}\n"
			       "  - {split: test, path: \"holdout.jsonl\"}\n"
			       "- config_name: pairs\n  data_files:\n"
			       "  - {split: train, path: \"pairs.jsonl\"}\ndataset_info:\n"));
	buffer.len = 0;
	card.files = some;
	rph_card_write(&buffer, &card);
	assert_non_null(strstr(buffer.text, "configs:\n- config_name: default\n  data_files:\n"
					    "  - {split: train, path: \"train.jsonl\"}\n"
					    "dataset_info:\n"));
	buffer.len = 0;
	card.file_count = 0;
	rph_card_write(&buffer, &card);
	assert_null(strstr(buffer.text, "configs:"));
	rph_buffer_free(&buffer);
}

static void an_export_without_rows_is_described_too(void **state)
{
	struct rph_buffer buffer = {0};
	struct rph_export_card card = card_of();
	(void)state;

	card.count_count = 0;
	rph_card_write(&buffer, &card);
	assert_non_null(strstr(buffer.text, "language: []\n"));
	rph_buffer_free(&buffer);
	rph_manifest_write(&buffer, &card);
	json_decref(read(&buffer));
	rph_buffer_free(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manifest_names_week_thresholds_files_and_drops),
		cmocka_unit_test(the_id_changes_with_data_and_configuration_and_nothing_else),
		cmocka_unit_test(the_card_quotes_each_language_once_and_declares_every_feature),
		cmocka_unit_test(files_of_words_are_named_with_their_terms),
		cmocka_unit_test(croissant_has_what_its_version_1_0_requires),
		cmocka_unit_test(a_card_names_no_split_without_rows),
		cmocka_unit_test(an_export_without_rows_is_described_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
