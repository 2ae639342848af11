/* SPDX-License-Identifier: Apache-2.0
 *
 * test_personal.c - what looks like personal data, and what only has numbers in it. The numbers are made
 * up to fit the checksums, or are the examples of the standards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/personal.h"
#include "miner/personal_check.h"

struct sample {
	enum rph_personal kind;
	const char *locale, *text;
};

static void check(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum rph_personal kind = rph_personal_kind(rph_span_of(samples[i].text),
							   rph_span_of(samples[i].locale));
		if (kind != samples[i].kind)
			print_message("%s: %s\n", samples[i].text, rph_personal_text(kind));
		assert_int_equal(kind, samples[i].kind);
	}
}

static void addresses_are_personal(void **state)
{
	static const struct sample samples[] = {
		{RPH_PERSONAL_mail, "en-US", "write to fern@forest.example please"},
		{RPH_PERSONAL_url, "en-US", "open https://moss.example"},
		{RPH_PERSONAL_url, "en-US", "go to www.moss.example"},
		{RPH_PERSONAL_ip, "en-US", "ping 10.0.0.1 now"},
		{RPH_PERSONAL_ip, "en-US", "ping 2001:db8::1"},
		{RPH_PERSONAL_ip, "en-US", "wake 00:1b:44:11:3a:b7 up"},
		{RPH_PERSONAL_form, "en-GB", "drive to sw1a 1aa"},
		{RPH_PERSONAL_form, "en-CA", "drive to k1a 0b1"},
		{RPH_PERSONAL_form, "nl-NL", "rij naar 1012 ab"},
		{RPH_PERSONAL_form, "en-IE", "drive to d02 af30"},
	};
	(void)state;
	check(samples, RPH_ARRAY_LEN(samples));
}

static void numbers_of_people_are_personal_in_any_script(void **state)
{
	static const struct sample samples[] = {
		{RPH_PERSONAL_number, "en-US", "dial 0301234567"},
		{RPH_PERSONAL_number, "en-US", "dial 030 123 45 67"},
		{RPH_PERSONAL_number, "en-US", "my card is 4000-1234-5678"},
		{RPH_PERSONAL_number, "th-TH", "โทร ๐๘๑๒๓๔๕๖๗"},
		{RPH_PERSONAL_number, "ar-SA", "اتصل ٠٥٥١٢٣٤٥٦"},
		{RPH_PERSONAL_card, "en-US", "pay with 4111 1111 1111 1111"},
		{RPH_PERSONAL_card, "hi-IN", "कार्ड ४१११ ११११ ११११ ११११"},
		{RPH_PERSONAL_iban, "de-DE", "überweise auf de89 3704 0044 0532 0130 00"},
		{RPH_PERSONAL_iban, "en-GB", "send it to gb82 west 1234 5698 7654 32"},
		{RPH_PERSONAL_form, "it-IT", "il mio codice è rssmra85t10a562s"},
		{RPH_PERSONAL_form, "en-IN", "my pan is abcpe1234f"},
		{RPH_PERSONAL_form, "en-GB", "my number is ab 12 34 56 c"},
		{RPH_PERSONAL_form, "es-ES", "mi dni es 12345678z"},
	};
	(void)state;
	check(samples, RPH_ARRAY_LEN(samples));
}

static void times_dates_and_amounts_are_not(void **state)
{
	static const struct sample samples[] = {
		{RPH_PERSONAL_none, "en-US", "wake me at 7:30"},
		{RPH_PERSONAL_none, "en-US", "from 10:15:30 to 11:45"},
		{RPH_PERSONAL_none, "en-US", "set it to 21.5 degrees"},
		{RPH_PERSONAL_none, "en-US", "play channel 1234"},
		{RPH_PERSONAL_none, "en-US", "add 12 eggs"},
		{RPH_PERSONAL_none, "en-US", "look @ the sky"},
		{RPH_PERSONAL_none, "en-US", "3 2 1 go"},
		{RPH_PERSONAL_none, "en-GB", "play a1 radio"},
		{RPH_PERSONAL_none, "en-US", "version 1.2.3.400"},
		{RPH_PERSONAL_none, "", ""},
	};
	(void)state;
	check(samples, RPH_ARRAY_LEN(samples));
}

static void forms_of_a_country_count_only_there(void **state)
{
	(void)state;
	assert_true(rph_looks_personal(RPH_SPAN("drive to sw1a 1aa"), RPH_SPAN("en-GB")));
	assert_true(rph_looks_personal(RPH_SPAN("drive to sw1a 1aa"), RPH_SPAN("en-Latn-GB")));
	assert_false(rph_looks_personal(RPH_SPAN("drive to sw1a 1aa"), RPH_SPAN("en-US")));
	assert_false(rph_looks_personal(RPH_SPAN("drive to sw1a 1aa"), RPH_SPAN("en")));
}

static void what_cannot_be_checked_is_refused(void **state)
{
	char text[1100];
	(void)state;

	memset(text, 'a', sizeof(text));
	assert_int_equal(rph_personal_kind((struct rph_span){text, 1024}, RPH_SPAN("")),
			 RPH_PERSONAL_none);
	assert_int_equal(rph_personal_kind((struct rph_span){text, 1025}, RPH_SPAN("")),
			 RPH_PERSONAL_unchecked);
	assert_int_equal(rph_personal_kind((struct rph_span){"\xff", 1}, RPH_SPAN("")),
			 RPH_PERSONAL_unchecked);
}

static void one_wrong_digit_breaks_every_checksum(void **state)
{
	static const struct {
		bool (*check)(const char *number, size_t len);
		const char *number;
	} numbers[] = {
		{rph_check_luhn, "4111111111111111"},
		{rph_check_iban, "de89370400440532013000"},
		{rph_check_iban, "gb82west12345698765432"},
		{rph_check_codice_fiscale, "rssmra85t10a562s"},
		{rph_check_dni, "12345678z"},
		{rph_check_nie, "x1234567l"},
	};
	char changed[40];
	(void)state;

	for (size_t i = 0; i < RPH_ARRAY_LEN(numbers); i++) {
		size_t len = strlen(numbers[i].number);
		assert_true(numbers[i].check(numbers[i].number, len));
		for (size_t at = 0; at < len; at++) {
			memcpy(changed, numbers[i].number, len);
			if (changed[at] < '0' || changed[at] > '9')
				continue;
			changed[at] = (char)('0' + (changed[at] - '0' + 1) % 10);
			assert_false(numbers[i].check(changed, len));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_personal),
		cmocka_unit_test(numbers_of_people_are_personal_in_any_script),
		cmocka_unit_test(times_dates_and_amounts_are_not),
		cmocka_unit_test(forms_of_a_country_count_only_there),
		cmocka_unit_test(what_cannot_be_checked_is_refused),
		cmocka_unit_test(one_wrong_digit_breaks_every_checksum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
