/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schemas/base.h"

static const int all[] = {
#define RPH_ERROR(name, value, exit_code, text) RPH_E_##name,
#include "schemas/error.def"
#undef RPH_ERROR
};

static void every_error_has_its_own_number_and_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(all); i++) {
		assert_true(all[i] <= -1000);
		assert_string_not_equal(rph_strerror(all[i]), "unknown error");
		for (size_t j = 0; j < i; j++) {
			assert_int_not_equal(all[i], all[j]);
			assert_string_not_equal(rph_strerror(all[i]), rph_strerror(all[j]));
		}
	}
}

static void every_error_ends_in_a_code_of_sysexits(void **state)
{
	(void)state;
	for (size_t i = 0; i < RPH_ARRAY_LEN(all); i++)
		assert_in_range(rph_exit_code(all[i]), 64, 78);
	for (int error = 1; error < 134; error++)
		assert_in_range(rph_exit_code(-error), 64, 78);
	assert_int_equal(rph_exit_code(0), 0);
	assert_int_equal(rph_exit_code(RPH_E_USAGE), 64);
	assert_int_equal(rph_exit_code(-ENOENT), 66);
	assert_int_equal(rph_exit_code(RPH_E_BAD_CONFIG), 78);
}

static void errors_of_the_system_keep_its_sentence(void **state)
{
	(void)state;
	assert_string_equal(rph_strerror(-ENOSPC), strerror(ENOSPC));
	assert_string_equal(rph_strerror(0), "success");
	assert_string_equal(rph_strerror(12345), "unknown error");
	assert_string_equal(rph_strerror(-999999), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_its_own_number_and_sentence),
		cmocka_unit_test(every_error_ends_in_a_code_of_sysexits),
		cmocka_unit_test(errors_of_the_system_keep_its_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
