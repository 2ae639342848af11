/* SPDX-License-Identifier: Apache-2.0 */
#include "export_place.h"

enum { SPOOL = 1 << RPH_SINK_spool, WEBHOOK = 1 << RPH_SINK_webhook };

/* "id:sinks id:sinks ", as the ledger says it after a restart. */
static const char *pending(struct export_place *place)
{
	static char text[1024];
	struct rph_ledger_entry *entries = NULL;
	size_t count = 0;
	rph_ledger_close(place->ledger);
	assert_int_equal(rph_ledger_open(place->place->store, &place->ledger), 0);
	assert_int_equal(rph_ledger_pending(place->ledger, &entries, &count, NULL), 0);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s:%x ",
			 entries[i].event.id, entries[i].sinks);
	rph_ledger_entries_free(entries, count);
	return text;
}

static void what_was_added_is_pending_in_order_until_every_sink_is_told(void **state)
{
	struct export_place *place = *state;
	assert_string_equal(pending(place), "");
	add_export(place, EXPORT_WEEK + 1, "bb", SPOOL | WEBHOOK);
	add_export(place, EXPORT_WEEK, "aa", WEBHOOK);
	assert_string_equal(pending(place), "2026-W47-aa:4 2026-W48-bb:5 ");
	assert_int_equal(rph_ledger_done(place->ledger, "2026-W48-bb", RPH_SINK_spool), 0);
	assert_string_equal(pending(place), "2026-W47-aa:4 2026-W48-bb:4 ");
	assert_int_equal(rph_ledger_done(place->ledger, "2026-W47-aa", RPH_SINK_webhook), 0);
	assert_int_equal(rph_ledger_done(place->ledger, "2026-W48-bb", RPH_SINK_webhook), 0);
	assert_string_equal(pending(place), "");
}

static void the_same_export_added_again_is_not_announced_again(void **state)
{
	struct export_place *place = *state;
	add_export(place, EXPORT_WEEK, "aa", SPOOL);
	assert_int_equal(rph_ledger_done(place->ledger, "2026-W47-aa", RPH_SINK_spool), 0);
	add_export(place, EXPORT_WEEK, "aa", SPOOL | WEBHOOK);
	assert_string_equal(pending(place), "");
	/* Another content is another export. */
	add_export(place, EXPORT_WEEK, "ab", SPOOL);
	assert_string_equal(pending(place), "2026-W47-ab:1 ");
}

static void an_intent_stands_until_its_export_is_added_or_given_up(void **state)
{
	struct export_place *place = *state;
	rph_week *weeks = NULL;
	size_t count = 9;
	assert_int_equal(rph_ledger_intents(place->ledger, &weeks, &count), 0);
	assert_int_equal(count, 0);
	assert_null(weeks);
	assert_int_equal(rph_ledger_intend(place->ledger, EXPORT_WEEK + 2), 0);
	assert_int_equal(rph_ledger_intend(place->ledger, EXPORT_WEEK), 0);
	assert_int_equal(rph_ledger_intend(place->ledger, EXPORT_WEEK), 0);
	assert_int_equal(rph_ledger_intend(place->ledger, EXPORT_WEEK + 1), 0);
	add_export(place, EXPORT_WEEK + 1, "aa", 0);
	assert_int_equal(rph_ledger_intents(place->ledger, &weeks, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(weeks[0], EXPORT_WEEK);
	assert_int_equal(weeks[1], EXPORT_WEEK + 2);
	free(weeks);
	assert_int_equal(rph_ledger_forget(place->ledger, EXPORT_WEEK), 0);
	assert_int_equal(rph_ledger_forget(place->ledger, EXPORT_WEEK), 0);
	assert_int_equal(rph_ledger_intents(place->ledger, &weeks, &count), 0);
	assert_int_equal(count, 1);
	free(weeks);
}

static void an_export_without_a_manifest_is_refused_and_stays_intended(void **state)
{
	struct export_place *place = *state;
	struct rph_export_event event = make_export(place, EXPORT_WEEK, "aa");
	rph_week *weeks = NULL;
	size_t count = 0;
	assert_int_equal(rph_ledger_intend(place->ledger, EXPORT_WEEK), 0);
	write_manifest(place, "{\"cut");
	assert_int_equal(rph_ledger_add(place->ledger, &event, SPOOL), RPH_E_BAD_INPUT);
	run_command("rm -rf", place->export_dir);
	assert_int_not_equal(rph_ledger_add(place->ledger, &event, SPOOL), 0);
	assert_string_equal(pending(place), "");
	assert_int_equal(rph_ledger_intents(place->ledger, &weeks, &count), 0);
	assert_int_equal(count, 1);
	free(weeks);
}

static void a_damaged_entry_is_counted_and_holds_up_nobody(void **state)
{
	struct export_place *place = *state;
	struct rph_ledger_entry *entries = NULL;
	size_t count = 0, damaged = 0;
	char path[160];
	add_export(place, EXPORT_WEEK, "aa", SPOOL);
	add_export(place, EXPORT_WEEK + 1, "bb", SPOOL);
	snprintf(path, sizeof(path), "%s/2026-W47-aa.json", rph_ledger_dir(place->ledger));
	assert_int_equal(truncate(path, 40), 0);
	snprintf(path, sizeof(path), "%s/.2026-W49-cc.json.tmp", rph_ledger_dir(place->ledger));
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(rph_ledger_pending(place->ledger, &entries, &count, &damaged), 0);
	assert_int_equal(count, 1);
	assert_int_equal(damaged, 1);
	assert_string_equal(entries[0].event.id, "2026-W48-bb");
	rph_ledger_entries_free(entries, count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_export_place, remove_export_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_added_is_pending_in_order_until_every_sink_is_told),
		TEST(the_same_export_added_again_is_not_announced_again),
		TEST(an_intent_stands_until_its_export_is_added_or_given_up),
		TEST(an_export_without_a_manifest_is_refused_and_stays_intended),
		TEST(a_damaged_entry_is_counted_and_holds_up_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
