/* SPDX-License-Identifier: Apache-2.0 */
#include "export_place.h"

#include <jansson.h>

static const char good[] =
	"{\"export_id\":\"2026-W47-1f9c02ab4d5e\",\"week\":\"2026-W47\",\"files\":["
	"{\"name\":\"train.jsonl\",\"rows\":90},"
	"{\"name\":\"holdout.jsonl\",\"rows\":10}]}";

static struct rph_export_event event_of(const char *dir)
{
	return (struct rph_export_event){.week = EXPORT_WEEK,
					 .digest = {0x12, 0xab},
					 .dir = dir,
					 .source = "/assistant/kitchen",
					 .at = INT64_C(1795348212007)};
}

static const char *string_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	assert_non_null(text);
	return text;
}

static void an_event_has_the_attributes_that_the_standard_requires(void **state)
{
	struct rph_export_event made = event_of("/var/lib/x");
	struct rph_cloud_event event;
	(void)state;
	assert_int_equal(rph_cloud_event_make(&made, rph_span_of(good), &event), 0);
	json_t *root = json_loads(event.json, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_string_equal(string_at(root, "specversion"), "1.0");
	assert_string_equal(string_at(root, "id"), "2026-W47-1f9c02ab4d5e");
	assert_string_equal(string_at(root, "source"), "/assistant/kitchen");
	assert_string_equal(string_at(root, "type"), RPH_CLOUD_EVENT_TYPE);
	assert_string_equal(string_at(root, "subject"), "2026-W47");
	assert_string_equal(string_at(root, "time"), "2026-11-22T11:50:12.007Z");
	assert_string_equal(string_at(root, "datacontenttype"), "application/json");
	const json_t *data = json_object_get(root, "data");
	assert_string_equal(string_at(data, "dataset_id"), "2026-W47");
	assert_string_equal(string_at(data, "version"), event.id);
	assert_string_equal(string_at(data, "uri"), "file:///var/lib/x");
	assert_int_equal(strlen(string_at(data, "sha256")), 64);
	assert_int_equal(strncmp(string_at(data, "sha256"), "12ab0000", 8), 0);
	assert_int_equal(json_integer_value(json_object_get(data, "rows")), 100);
	assert_int_equal(json_integer_value(json_object_get(data, "schema_version")), 1);
	json_decref(root);
	rph_cloud_event_free(&event);
}

static void an_event_read_again_is_the_same(void **state)
{
	struct rph_export_event made = event_of("/srv/a b%\xC3\xA9");
	struct rph_cloud_event event, again;
	(void)state;
	assert_int_equal(rph_cloud_event_make(&made, rph_span_of(good), &event), 0);
	assert_non_null(strstr(event.json, "file:///srv/a%20b%25%C3%A9"));
	assert_int_equal(rph_cloud_event_read(rph_span_of(event.json), &again), 0);
	assert_string_equal(again.json, event.json);
	assert_string_equal(again.data, event.data);
	assert_string_equal(again.dir, "/srv/a b%\xC3\xA9");
	assert_string_equal(again.id, event.id);
	rph_cloud_event_free(&event);
	rph_cloud_event_free(&again);
}

static void what_is_no_manifest_of_that_week_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"{\"export_id\":\"2026-W47-1f\",\"week\":\"2026-W46\",\"files\":[]}",
		"{\"export_id\":\"2026-W46-1f\",\"week\":\"2026-W47\",\"files\":[]}",
		"{\"export_id\":\"2026-W47-../../x\",\"week\":\"2026-W47\",\"files\":[]}",
		"{\"export_id\":\"2026-W47-1F\",\"week\":\"2026-W47\",\"files\":[]}",
		"{\"export_id\":\"2026-W47-\",\"week\":\"2026-W47\",\"files\":[]}",
		"{\"export_id\":7,\"week\":\"2026-W47\",\"files\":[]}",
	};
	struct rph_export_event made = event_of("/x");
	struct rph_cloud_event event;
	(void)state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(bad); i++) {
		assert_int_equal(rph_cloud_event_make(&made, rph_span_of(bad[i]), &event),
				 RPH_E_BAD_INPUT);
		assert_null(event.json);
	}
}

static void no_damage_to_a_stored_event_is_more_than_a_refusal(void **state)
{
	struct rph_export_event made = event_of("/x");
	struct rph_cloud_event event, again;
	struct random random = {11};
	(void)state;
	assert_int_equal(rph_cloud_event_make(&made, rph_span_of(good), &event), 0);
	size_t len = strlen(event.json);
	for (int round = 0; round < 2000; round++) {
		char *copy = strdup(event.json);
		assert_non_null(copy);
		copy[random_below(&random, (unsigned)len)] = (char)random_below(&random, 256);
		size_t cut = random_below(&random, 2) ? len : random_below(&random, (unsigned)len);
		if (rph_cloud_event_read((struct rph_span){copy, cut}, &again) == 0) {
			assert_true(strlen(again.id) < 64);
			assert_null(strchr(again.id, '/'));
			rph_cloud_event_free(&again);
		}
		free(copy);
	}
	rph_cloud_event_free(&event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_has_the_attributes_that_the_standard_requires),
		cmocka_unit_test(an_event_read_again_is_the_same),
		cmocka_unit_test(what_is_no_manifest_of_that_week_is_refused),
		cmocka_unit_test(no_damage_to_a_stored_event_is_more_than_a_refusal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
