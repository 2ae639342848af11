/* SPDX-License-Identifier: Apache-2.0
 *
 * test_word_files.c - a directory of word lists: which file is for which locale, and what is refused.
 */
#include "fixture.h"

#include "store/word_files.h"

static void write_file(const struct place *place, const char *name, const char *text)
{
	char path[200];
	snprintf(path, sizeof(path), "%s/%s", place->dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void expect_refused(const struct place *place, const char *part)
{
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	struct rph_word_files files;
	assert_int_equal(rph_word_files_load(place->dir, &files, &problem), RPH_E_BAD_CONFIG);
	rph_word_files_free(&files);
	assert_non_null(strstr(problem.text, part));
	assert_non_null(strstr(problem.text, place->dir));
	assert_int_equal(problem.text[problem.len - 1], '\n');
}

static void load(const struct place *place, struct rph_word_files *files)
{
	RPH_BUFFER_CLEANUP struct rph_buffer problem = {0};
	assert_int_equal(rph_word_files_load(place->dir, files, &problem), 0);
	assert_int_equal(problem.len, 0);
}

static const char *found(const struct rph_word_files *files, enum rph_word_kind kind,
			 const char *locale)
{
	const struct rph_word_file *file = rph_word_files_find(files, kind, rph_span_of(locale));
	return file ? file->name : "";
}

static void a_locale_takes_the_file_of_its_longest_tag(void **state)
{
	const struct place *place = *state;
	struct rph_word_files files;

	write_file(place, "zh.tsv", "a\tb\n");
	write_file(place, "zh_hant.tsv", "# license: CC0\na\tb\nc\td\n");
	write_file(place, "zh-Hant-HK.unimorph", "a\tb\tN\n");
	write_file(place, "README.md", "no list of words");
	write_file(place, ".de.tsv.swp", "neither");
	load(place, &files);
	assert_int_equal(files.count, 3);
	assert_string_equal(found(&files, RPH_WORDS_LEXICON, "zh-Hant-TW"), "zh_hant.tsv");
	assert_string_equal(found(&files, RPH_WORDS_LEXICON, "zh-TW"), "zh.tsv");
	assert_string_equal(found(&files, RPH_WORDS_LEXICON, "zhx"), "");
	assert_string_equal(found(&files, RPH_WORDS_MORPHOLOGY, "zh-Hant-TW"), "");
	assert_string_equal(found(&files, RPH_WORDS_MORPHOLOGY, "zh-Hant-HK"),
			    "zh-Hant-HK.unimorph");
	const struct rph_word_file *file =
		rph_word_files_find(&files, RPH_WORDS_LEXICON, RPH_SPAN("zh-Hant"));
	assert_true(rph_span_equal(file->list.licence, RPH_SPAN("CC0")));
	assert_int_equal(file->list.entries, 2);
	rph_word_files_free(&files);
}

static void a_fault_is_named_with_file_line_and_remedy(void **state)
{
	const struct place *place = *state;

	expect_refused(place, "holds no LOCALE.tsv");
	write_file(place, "en.tsv", "lamp\tlight\nturn on\n");
	expect_refused(place, "/en.tsv:2: is not two words with a TAB between them; write");
	write_file(place, "en.tsv", "lamp\tlight\n");
	write_file(place, "english!.tsv", "lamp\tlight\n");
	expect_refused(place, "english!.tsv: is not named after a locale");
}

static void two_files_for_one_locale_are_refused(void **state)
{
	const struct place *place = *state;

	write_file(place, "en-US.tsv", "lamp\tlight\n");
	write_file(place, "en_us.tsv", "lamp\tlight\n");
	expect_refused(place, "is a second file for its locale");
}

static void a_directory_that_is_not_there_is_refused(void **state)
{
	struct place nowhere = *(const struct place *)*state;
	strcat(nowhere.dir, "/no");
	expect_refused(&nowhere, "No such file");
}

static void the_digest_changes_with_names_and_contents_only(void **state)
{
	const struct place *place = *state;
	struct place other = *place;
	struct rph_word_files files;
	uint8_t one[32] = {1}, two[32] = {1}, three[32] = {1}, four[32] = {1};

	strcat(other.dir, "/x");
	assert_int_equal(mkdir(other.dir, 0700), 0);
	write_file(place, "en.tsv", "lamp\tlight\n");
	write_file(&other, "en.tsv", "lamp\tlight\n");
	load(place, &files);
	rph_word_files_mix(&files, one);
	rph_word_files_free(&files);
	load(&other, &files);
	rph_word_files_mix(&files, two);
	rph_word_files_free(&files);
	assert_memory_equal(one, two, 32);
	write_file(&other, "en.tsv", "# licence: none\nlamp\tlight\n");
	load(&other, &files);
	rph_word_files_mix(&files, three);
	rph_word_files_free(&files);
	assert_memory_not_equal(one, three, 32);
	write_file(place, "de.tsv", "");
	load(place, &files);
	rph_word_files_mix(&files, four);
	rph_word_files_free(&files);
	assert_memory_not_equal(one, four, 32);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_locale_takes_the_file_of_its_longest_tag),
		TEST(a_fault_is_named_with_file_line_and_remedy),
		TEST(two_files_for_one_locale_are_refused),
		TEST(a_directory_that_is_not_there_is_refused),
		TEST(the_digest_changes_with_names_and_contents_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
