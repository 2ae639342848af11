/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include "daemon/shell.h"
#include "schemas/utf8.h"

static void assert_shown(struct rph_span text, const char *expected)
{
	RPH_BUFFER_CLEANUP struct rph_buffer shown = {0};
	rph_shell_add_text(&shown, text);
	assert_int_equal(shown.error, 0);
	assert_string_equal(shown.text ? shown.text : "", expected);
}

static void text_of_any_script_is_shown_as_it_is(void **state)
{
	(void)state;
	assert_shown(RPH_SPAN("turn off the light"), "turn off the light");
	assert_shown(RPH_SPAN("寝室の電気 🙂 أطفئ ปิดไฟ"),
		     "寝室の電気 🙂 أطفئ ปิดไฟ");
	assert_shown(RPH_SPAN(""), "");
}

static void what_a_terminal_would_obey_is_not_shown(void **state)
{
	(void)state;
	assert_shown(RPH_SPAN("a\x1b[2Jb"), "a�[2Jb");
	assert_shown(RPH_SPAN("a\nb\tc\x7f"), "a�b�c�");
	assert_shown(RPH_SPAN("a\xC2\x9B"
			      "31m"),
		     "a�31m");
	/* Right-to-left override, isolate. */
	assert_shown(RPH_SPAN("a\xE2\x80\xAE"
			      "b\xE2\x81\xA6"),
		     "a�b�");
}

static void whatever_the_bytes_what_is_shown_is_utf_8_without_control_characters(void **state)
{
	struct random random = {7};
	(void)state;
	for (int round = 0; round < 2000; round++) {
		char bytes[24];
		size_t len = random_below(&random, sizeof(bytes));
		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)random_below(&random, 256);
		RPH_BUFFER_CLEANUP struct rph_buffer shown = {0};
		rph_shell_add_text(&shown, (struct rph_span){bytes, len});
		assert_true(rph_utf8_is_valid(rph_buffer_span(&shown)));
		for (size_t i = 0; i < shown.len; i++)
			assert_false((unsigned char)shown.text[i] < 0x20);
	}
}

static void a_probability_has_two_digits_and_is_1_only_when_it_is_certain(void **state)
{
	(void)state;
	static const struct {
		uint16_t p;
		const char *text;
	} cases[] = {{0, "0.00"}, {1, "0.00"}, {128, "0.50"}, {255, "0.99"}, {256, "1.00"}};
	for (size_t i = 0; i < RPH_ARRAY_LEN(cases); i++) {
		RPH_BUFFER_CLEANUP struct rph_buffer text = {0};
		rph_shell_add_probability(&text, cases[i].p);
		assert_string_equal(text.text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_any_script_is_shown_as_it_is),
		cmocka_unit_test(what_a_terminal_would_obey_is_not_shown),
		cmocka_unit_test(
			whatever_the_bytes_what_is_shown_is_utf_8_without_control_characters),
		cmocka_unit_test(a_probability_has_two_digits_and_is_1_only_when_it_is_certain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
