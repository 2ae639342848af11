/* SPDX-License-Identifier: Apache-2.0
 *
 * test_week_export.c - a week's training set, written from a real store and read back.
 */
#include "week_world.h"

#include <jansson.h>

#include "schemas/utf8.h"
#include "store/week_export.h"

static struct rph_week_export_options options_for(const struct place *place, char parent[96],
						  const char *name)
{
	snprintf(parent, 96, "%s/%s", place->dir, name);
	return (struct rph_week_export_options){
		.pairs = pairs_of_this_week(),
		.parent = parent,
		.holdout = 100,
		.config_fingerprint = RPH_SPAN("c0ffee"),
		.code_version = RPH_SPAN("0.1.0"),
	};
}

static struct rph_week_summary export_to(struct rph_store *store, const struct place *place,
					 const char *name)
{
	char parent[96];
	struct rph_week_summary summary;
	struct rph_week_export_options options = options_for(place, parent, name);
	assert_int_equal(rph_week_export(store, &options, &summary), 0);
	return summary;
}

/* A file of the exported week; free it. */
static char *read_file(const struct place *place, const char *parent, const char *name)
{
	char path[256], week[RPH_WEEK_TEXT_SIZE];
	rph_week_format(THIS_WEEK, week);
	snprintf(path, sizeof(path), "%s/%s/%s/%s", place->dir, parent, week, name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *text = calloc(1, 1 << 20);
	assert_non_null(text);
	size_t len = fread(text, 1, (1 << 20) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static void run_in(const struct place *place, const char *command)
{
	char shell[600];
	snprintf(shell, sizeof(shell),
		 "cd %s && W=$(ls -d */2*-W* | head -1 | cut -d/ -f2) && %s "
		 ">/dev/null",
		 place->dir, command);
	assert_int_equal(system(shell), 0);
}

/* Tales of every kind: sources that fail, in three scripts; a sound-alike; some noise. */
static void tell_everything(struct rph_store *store, unsigned shift)
{
	struct tale noise = kitchen;
	tell_store(store, &kitchen, 1, 9);
	tell_store(store, &bedroom_ja, 3 + shift, 12);
	tell_store(store, &song, 2, 8);
	noise.source = "something else";
	tell_store(store, &noise, 1, 3);
}

static size_t check_rows(const char *text)
{
	size_t rows = 0;

	for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, rows++) {
		json_error_t error;
		json_t *row =
			json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, &error);
		assert_non_null(row);
		const char *said = json_string_value(json_object_get(row, "text"));
		json_t *slot;
		size_t at;
		json_array_foreach(json_object_get(row, "slots"), at, slot)
		{
			/* In these tales what is said and the value sound alike at least. */
			json_int_t start = json_integer_value(json_object_get(slot, "start"));
			json_int_t stop = json_integer_value(json_object_get(slot, "end"));
			assert_true(start >= 0 && start < stop);
			assert_true((size_t)stop <= rph_utf8_count(rph_span_of(said)));
		}
		json_decref(row);
	}
	return rows;
}

static void failed_texts_come_out_labelled_with_what_worked(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);

	tell_everything(store, 0);
	struct rph_week_summary summary = export_to(store, place, "out");
	assert_int_equal(summary.train_rows + summary.holdout_rows, 3);
	assert_int_equal(summary.pair_rows, 3);
	assert_int_equal(summary.sources, 3);
	assert_int_equal(summary.pairs[RPH_PAIR_PENDING], 1);
	char *train = read_file(place, "out", "train.jsonl");
	char *holdout = read_file(place, "out", "holdout.jsonl");
	char *both = calloc(1, strlen(train) + strlen(holdout) + 1);
	strcat(strcpy(both, train), holdout);
	assert_int_equal(check_rows(train), summary.train_rows);
	assert_int_equal(check_rows(holdout), summary.holdout_rows);
	assert_non_null(strstr(
		both, "{\"text\":\"make the kitchen bright\",\"locale\":\"en-US\",\"domain\":"
		      "\"lights\",\"intent\":\"light_on\",\"slots\":[{\"name\":\"room\","
		      "\"value\":\"kitchen\",\"start\":9,\"end\":16}],"));
	assert_non_null(strstr(both, "{\"name\":\"song\",\"value\":\"morning dew\",\"start\":7,"
				     "\"end\":19}"));
	assert_non_null(
		strstr(both, "{\"name\":\"room\",\"value\":\"寝室\",\"start\":0,\"end\":2}"));
	assert_null(strstr(both, "something else"));
	free(train);
	free(holdout);
	free(both);
	rph_store_close(store);
}

static void the_directory_is_complete_and_its_checksums_hold(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_export_row row;

	tell_everything(store, 0);
	struct rph_week_summary summary = export_to(store, place, "out");
	run_in(place, "cd out/$W && sha256sum -c --strict SHA256SUMS && test -f _SUCCESS");
	run_in(place, "cd out/$W && test $(ls | wc -l) = 8");
	assert_int_equal(rph_store_get_export(store, THIS_WEEK, &row), 0);
	assert_memory_equal(row.digest, summary.digest, sizeof(row.digest));
	char *manifest = read_file(place, "out", "manifest.json");
	json_error_t error;
	json_t *root = json_loads(manifest, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(root);
	assert_int_equal(json_array_size(json_object_get(root, "files")), 3);
	json_decref(root);
	free(manifest);
	rph_store_close(store);
}

static void the_same_evidence_gives_the_same_bytes(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_store *other = open_store(place->other, RPH_STORE_CREATE);
	struct tale later = kitchen;

	/* The other store gets the same tales in another order and in more batches. */
	tell_everything(store, 0);
	tell_store(other, &bedroom_ja, 8, 12);
	tell_store(other, &song, 2, 8);
	tell_store(other, &bedroom_ja, 3, 7);
	tell_store(other, &kitchen, 5, 9);
	tell_store(other, &kitchen, 1, 4);
	later.source = "something else";
	tell_store(other, &later, 1, 3);
	export_to(store, place, "one");
	export_to(store, place, "again");
	export_to(other, place, "two");
	run_in(place, "diff -r one again && diff -r one two");
	/* Later weeks come in: the old week's export stays as it is. */
	struct told told;
	begin_telling(&told);
	later.source = "brighter please in the kitchen";
	for (uint64_t user = 1; user < 20; user++)
		tell(&told, &later, user, 7 + (unsigned)(user % 5));
	end_telling(&told, store);
	export_to(store, place, "after");
	run_in(place, "diff -r one after");
	rph_store_close(store);
	rph_store_close(other);
}

static void an_existing_export_is_replaced_whole(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);

	tell_store(store, &kitchen, 1, 9);
	export_to(store, place, "out");
	tell_store(store, &song, 1, 9);
	struct rph_week_summary summary = export_to(store, place, "out");
	assert_int_equal(summary.pair_rows, 2);
	run_in(place, "cd out && test \"$(ls)\" = $W");
	run_in(place, "cd out/$W && sha256sum -c --strict SHA256SUMS");
	rph_store_close(store);
}

static void one_busy_user_exports_nothing(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct told told;

	begin_telling(&told);
	for (unsigned i = 0; i < 5000; i++)
		tell(&told, &kitchen, 42, i % 7);
	end_telling(&told, store);
	struct rph_week_summary summary = export_to(store, place, "out");
	assert_int_equal(summary.candidates, 1);
	assert_int_equal(summary.pair_rows, 0);
	assert_int_equal(summary.train_rows + summary.holdout_rows, 0);
	char *pairs = read_file(place, "out", "pairs.jsonl");
	assert_string_equal(pairs, "");
	free(pairs);
	rph_store_close(store);
}

static void what_cannot_be_labelled_is_counted_by_reason(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct tale twice = kitchen, number = kitchen;

	twice.source = "kitchen or kitchen";
	tell_store(store, &twice, 1, 9);
	number.source = "kitchen 3";
	tell_store(store, &number, 11, 19);
	struct rph_week_summary summary = export_to(store, place, "out");
	assert_int_equal(summary.sources, 2);
	assert_int_equal(summary.train_rows + summary.holdout_rows, 0);
	assert_int_equal(summary.dropped_slot_ambiguous, 1);
	assert_int_equal(summary.dropped_digits_left, 1);
	rph_store_close(store);
}

static void one_text_with_two_intents_is_left_out(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct tale british = kitchen;

	british.locale = "en-GB";
	british.intent = "lamp_on";
	tell_store(store, &kitchen, 1, 9);
	tell_store(store, &british, 11, 19);
	struct rph_week_summary summary = export_to(store, place, "out");
	assert_int_equal(summary.pair_rows, 2);
	assert_int_equal(summary.train_rows + summary.holdout_rows, 0);
	assert_int_equal(summary.dropped_two_intents, 2);
	rph_store_close(store);
}

static void all_wordings_of_a_goal_are_in_one_split(void **state)
{
	static const char *const rooms[] = {
		"attic",   "barn", "cellar",  "den",     "entry",  "foyer", "garage", "hall",
		"kitchen", "loft", "mudroom", "nursery", "office", "porch", "study",  "veranda"};
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct told told;
	char parent[96];
	struct rph_week_summary summary;

	begin_telling(&told);
	for (size_t i = 0; i < RPH_ARRAY_LEN(rooms); i++) {
		char one[64], other[64], target[64];
		struct tale tale = kitchen;
		snprintf(one, sizeof(one), "make the %s bright", rooms[i]);
		snprintf(other, sizeof(other), "%s less dark please", rooms[i]);
		snprintf(target, sizeof(target), "turn on the [room=%s] light", rooms[i]);
		tale.target = target;
		tale.source = one;
		tell_all(&told, &tale, 1, 8);
		tale.source = other;
		tell_all(&told, &tale, 1, 8);
	}
	end_telling(&told, store);
	struct rph_week_export_options options = options_for(place, parent, "out");
	options.holdout = 400;
	assert_int_equal(rph_week_export(store, &options, &summary), 0);
	assert_int_equal(summary.train_rows + summary.holdout_rows, 2 * RPH_ARRAY_LEN(rooms));
	assert_true(summary.train_rows > 0 && summary.holdout_rows > 0);
	char *train = read_file(place, "out", "train.jsonl");
	char *holdout = read_file(place, "out", "holdout.jsonl");
	for (size_t i = 0; i < RPH_ARRAY_LEN(rooms); i++) {
		char value[64];
		snprintf(value, sizeof(value), "\"value\":\"%s\"", rooms[i]);
		assert_true(!strstr(train, value) != !strstr(holdout, value));
	}
	free(train);
	free(holdout);
	options.holdout = 0;
	assert_int_equal(rph_week_export(store, &options, &summary), 0);
	assert_int_equal(summary.holdout_rows, 0);
	options.holdout = 1000;
	assert_int_equal(rph_week_export(store, &options, &summary), 0);
	assert_int_equal(summary.train_rows, 0);
	rph_store_close(store);
}

static void an_unknown_format_is_refused_before_anything_is_written(void **state)
{
	struct place *place = *state;
	struct rph_store *store = open_store(place->store, RPH_STORE_CREATE);
	struct rph_span formats[] = {RPH_SPAN("jsonl"), RPH_SPAN("punch-cards")};
	struct rph_week_summary summary;
	char parent[96];

	struct rph_week_export_options options = options_for(place, parent, "out");
	options.formats = formats;
	options.format_count = 2;
	assert_int_equal(rph_week_export(store, &options, &summary), RPH_E_USAGE);
	assert_int_not_equal(access(parent, F_OK), 0);
	options.format_count = 1;
	assert_int_equal(rph_week_export(store, &options, &summary), 0);
	rph_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(failed_texts_come_out_labelled_with_what_worked),
		TEST(the_directory_is_complete_and_its_checksums_hold),
		TEST(the_same_evidence_gives_the_same_bytes),
		TEST(an_existing_export_is_replaced_whole),
		TEST(one_busy_user_exports_nothing),
		TEST(what_cannot_be_labelled_is_counted_by_reason),
		TEST(one_text_with_two_intents_is_left_out),
		TEST(all_wordings_of_a_goal_are_in_one_split),
		TEST(an_unknown_format_is_refused_before_anything_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
