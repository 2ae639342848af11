/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/command_pairs.h"

static const struct tale rare = {
	.locale = "en-US",
	.source = "brighten the hall",
	.target = "turn on the [room=hall] light",
	.domain = "lights",
	.intent = "light_on",
	.edge = RPH_EDGE_paraphrase,
};

static void an_empty_store_ends_with_66_and_says_what_fills_it(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ASK(desk, rph_command_pairs, A("--json")), 66);
	assert_string_equal(desk->output, "");
	assert_says(desk->errors, "holds no evidence yet; 'rephrased replay'");
}

static void a_missing_store_ends_with_66_and_a_wrong_secret_with_78(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ask(desk, rph_command_pairs,
			     (char *[]){A("pairs"), A("--store"), desk->place->other, A("--secret"),
					desk->secret, NULL}),
			 66);
	assert_says(desk->errors, "rephrased pairs: store ");
	char other[96];
	snprintf(other, sizeof(other), "%s/other-secret", desk->place->dir);
	put_secret(other, "02");
	assert_int_equal(ask(desk, rph_command_pairs,
			     (char *[]){A("pairs"), A("--store"), desk->place->store, A("--secret"),
					other, NULL}),
			 78);
	assert_says(desk->errors, "made with another deployment secret");
}

static void a_secret_that_is_not_there_is_not_made_for_a_store_that_is(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(unlink(desk->secret), 0);
	assert_int_equal(ASK(desk, rph_command_pairs, A("--json")), 78);
	assert_says(desk->errors, "there is no deployment secret");
	assert_int_not_equal(access(desk->secret, F_OK), 0);
}

static void an_unknown_status_is_refused_before_the_store_is_opened(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(ASK(desk, rph_command_pairs, A("--status"), A("promted")), 64);
	assert_says(desk->errors, "promoted, refused, pending, approved, denied");
}

static void json_lines_have_the_keys_of_pairs_jsonl_in_the_order_of_the_texts(void **state)
{
	static const char *const keys[] = {
#define RPH_PAIR_COLUMN(name, card, croissant) #name,
#include "schemas/export_columns.def"
	};
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	tell_desk(desk, &rare, 2);
	assert_int_equal(ASK(desk, rph_command_pairs, A("--json")), 0);
	char *second = strchr(desk->output, '\n') + 1;
	second[-1] = '\0';
	json_t *hall = read_json(desk->output), *room = read_json(second);
	size_t i = 0;
	const char *key;
	json_t *value;
	json_object_foreach(room, key, value)
	{
		assert_true(i < RPH_ARRAY_LEN(keys));
		assert_string_equal(key, keys[i++]);
	}
	assert_int_equal(i, RPH_ARRAY_LEN(keys));
	assert_string_equal(json_string_value(json_object_get(hall, "source")),
			    "brighten the hall");
	assert_string_equal(json_string_value(json_object_get(hall, "status")), "pending");
	assert_string_equal(json_string_value(json_object_get(room, "source")),
			    "make the kitchen bright");
	assert_string_equal(json_string_value(json_object_get(room, "status")), "promoted");
	assert_int_equal(json_integer_value(json_object_get(room, "users")), 8);
	json_decref(hall);
	json_decref(room);
}

static void top_shows_pairs_in_use_first_and_counts_the_others(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	tell_desk(desk, &bedroom_ja, 9);
	tell_desk(desk, &rare, 2);
	assert_int_equal(ASK(desk, rph_command_pairs, A("--top"), A("2")), 0);
	assert_says(desk->output, "寝室を明るくして");
	assert_says(desk->output, "→ 寝室の電気をつけて");
	assert_true(strstr(desk->output, "寝室を明るくして") <
		    strstr(desk->output, "make the kitchen bright"));
	assert_silent_about(desk->output, "brighten the hall");
	assert_says(desk->output, "2 of 3 pairs");
}

static void locale_status_and_week_leave_the_rest_out(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	tell_desk(desk, &bedroom_ja, 9);
	tell_desk(desk, &rare, 2);
	assert_int_equal(ASK(desk, rph_command_pairs, A("--locale"), A("JA_jp")), 0);
	assert_says(desk->output, "1 pairs");
	assert_silent_about(desk->output, "kitchen");
	assert_int_equal(ASK(desk, rph_command_pairs, A("--status"), A("pending")), 0);
	assert_says(desk->output, "brighten the hall");
	assert_says(desk->output, "too few people meant by the source");
	assert_silent_about(desk->output, "kitchen");
	assert_int_equal(ASK(desk, rph_command_pairs, A("--week"), A("2020-W01"), A("--json")), 0);
	assert_string_equal(desk->output, "");
}

static void a_locale_that_is_none_is_refused(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(ASK(desk, rph_command_pairs, A("--locale"), A("english!")), 64);
	assert_says(desk->errors, "not a language tag");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_store_ends_with_66_and_says_what_fills_it),
		TEST(a_missing_store_ends_with_66_and_a_wrong_secret_with_78),
		TEST(a_secret_that_is_not_there_is_not_made_for_a_store_that_is),
		TEST(an_unknown_status_is_refused_before_the_store_is_opened),
		TEST(json_lines_have_the_keys_of_pairs_jsonl_in_the_order_of_the_texts),
		TEST(top_shows_pairs_in_use_first_and_counts_the_others),
		TEST(locale_status_and_week_leave_the_rest_out),
		TEST(a_locale_that_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
