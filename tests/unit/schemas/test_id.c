/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct rph_keys keys_of(uint8_t first_byte)
{
	uint8_t secret[RPH_SECRET_BYTES] = {first_byte};
	struct rph_keys keys;
	rph_keys_derive(secret, &keys);
	return keys;
}

static void the_same_secret_and_text_give_the_same_id(void **state)
{
	(void)state;
	struct rph_keys one = keys_of(1), again = keys_of(1);
	struct rph_id a = rph_formulation_id(&one, RPH_SPAN("de-DE"), RPH_SPAN("licht an"));
	struct rph_id b = rph_formulation_id(&again, RPH_SPAN("de-DE"), RPH_SPAN("licht an"));
	assert_int_equal(rph_id_compare(&a, &b), 0);
	assert_memory_equal(one.fingerprint, again.fingerprint, sizeof(one.fingerprint));
}

static void another_secret_locale_text_or_purpose_gives_another_id(void **state)
{
	(void)state;
	struct rph_keys one = keys_of(1), two = keys_of(2);
	struct rph_id ids[] = {
		rph_formulation_id(&one, RPH_SPAN("de-DE"), RPH_SPAN("licht an")),
		rph_formulation_id(&two, RPH_SPAN("de-DE"), RPH_SPAN("licht an")),
		rph_formulation_id(&one, RPH_SPAN("de-AT"), RPH_SPAN("licht an")),
		rph_formulation_id(&one, RPH_SPAN("de-DE"), RPH_SPAN("licht aus")),
		rph_formulation_id(&one, RPH_SPAN("de-DE"), RPH_SPAN("")),
		rph_goal_id(&one, RPH_SPAN("licht an")),
		rph_goal_id(&one, RPH_SPAN("de-DE\0licht an")),
		rph_id_of(one.user, RPH_SPAN("licht an")),
		rph_id_of(one.session, RPH_SPAN("licht an")),
	};
	for (size_t i = 0; i < RPH_ARRAY_LEN(ids); i++) {
		assert_false(rph_id_is_zero(&ids[i]));
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(rph_id_compare(&ids[i], &ids[j]), 0);
	}
	assert_memory_not_equal(one.fingerprint, two.fingerprint, sizeof(one.fingerprint));
	assert_memory_not_equal(one.fingerprint, one.user, sizeof(one.user));
}

static void a_formulation_of_any_length_is_hashed_with_its_locale_before_it(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, 511, 512, 513, 4096, 65535, 65536};
	static char whole[6 + 65536] = "de-DE";
	struct rph_keys keys = keys_of(5);
	for (size_t i = 6; i < sizeof(whole); i++)
		whole[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < RPH_ARRAY_LEN(lengths); i++) {
		struct rph_span text = {whole + 6, lengths[i]};
		struct rph_id id = rph_formulation_id(&keys, RPH_SPAN("de-DE"), text);
		struct rph_id expected =
			rph_id_of(keys.formulation, (struct rph_span){whole, 6 + lengths[i]});
		assert_int_equal(rph_id_compare(&id, &expected), 0);
	}
}

static void the_prefix_keeps_the_order_of_ids(void **state)
{
	(void)state;
	struct rph_keys keys = keys_of(3);
	for (int i = 0; i < 2000; i++) {
		char text[32];
		snprintf(text, sizeof(text), "goal %d", i);
		struct rph_id a = rph_goal_id(&keys, rph_span_of(text));
		snprintf(text, sizeof(text), "goal %d", i + 1);
		struct rph_id b = rph_goal_id(&keys, rph_span_of(text));
		assert_int_equal(rph_id_compare(&a, &b) < 0, rph_id_prefix(&a) < rph_id_prefix(&b));
	}
}

static int compare_users(const void *a, const void *b)
{
	uint64_t left, right;
	memcpy(&left, a, sizeof(left));
	memcpy(&right, b, sizeof(right));
	return (left > right) - (left < right);
}

static void users_are_told_apart_and_never_nobody(void **state)
{
	(void)state;
	enum { USERS = 20000 };
	static uint64_t users[USERS];
	struct rph_keys keys = keys_of(4);
	for (int i = 0; i < USERS; i++) {
		char text[32];
		snprintf(text, sizeof(text), "user-%d", i);
		users[i] = rph_user_of(&keys, rph_span_of(text));
		assert_true(users[i] != 0);
	}
	qsort(users, USERS, sizeof(users[0]), compare_users);
	for (int i = 1; i < USERS; i++)
		assert_true(users[i] != users[i - 1]);
}

static void the_longest_text_has_an_id(void **state)
{
	(void)state;
	static char text[64 * 1024];
	struct rph_keys keys = keys_of(5);
	memset(text, 'a', sizeof(text));
	struct rph_id whole =
		rph_formulation_id(&keys, RPH_SPAN("en-US"), (struct rph_span){text, sizeof(text)});
	struct rph_id shorter = rph_formulation_id(&keys, RPH_SPAN("en-US"),
						   (struct rph_span){text, sizeof(text) - 1});
	assert_int_not_equal(rph_id_compare(&whole, &shorter), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_secret_and_text_give_the_same_id),
		cmocka_unit_test(another_secret_locale_text_or_purpose_gives_another_id),
		cmocka_unit_test(a_formulation_of_any_length_is_hashed_with_its_locale_before_it),
		cmocka_unit_test(the_prefix_keeps_the_order_of_ids),
		cmocka_unit_test(users_are_told_apart_and_never_nobody),
		cmocka_unit_test(the_longest_text_has_an_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
