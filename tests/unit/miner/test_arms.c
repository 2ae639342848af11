/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "miner/arms.h"

static const struct rph_arm_params params = {.keep = 990, .demote = 200, .min_users = 5};

static struct rph_arm_tally tally(uint32_t wins, uint32_t losses)
{
	return (struct rph_arm_tally){wins + losses, {wins, losses}, wins + losses};
}

static enum rph_arm_verdict verdict(struct rph_arm_tally holdout, struct rph_arm_tally treated)
{
	return rph_arms_compare(&params, &holdout, &treated).verdict;
}

static void the_arms_decide(void **state)
{
	(void)state;
	assert_int_equal(verdict(tally(3, 7), tally(45, 5)), RPH_ARMS_PROVEN);
	assert_int_equal(verdict(tally(7, 3), tally(10, 40)), RPH_ARMS_WORSE);
	assert_int_equal(verdict(tally(3, 3), tally(10, 10)), RPH_ARMS_UNDECIDED);
	assert_int_equal(verdict(tally(0, 0), tally(30, 10)), RPH_ARMS_UNDECIDED);
}

static void too_few_users_decide_nothing(void **state)
{
	(void)state;
	assert_int_equal(verdict(tally(100, 0), tally(0, 4)), RPH_ARMS_UNTRIED);
	assert_int_equal(verdict(tally(100, 0), tally(0, 5)), RPH_ARMS_WORSE);
	assert_int_equal(verdict(tally(0, 0), tally(0, 0)), RPH_ARMS_UNTRIED);
	struct rph_arm_tally one_user = tally(0, 40);
	one_user.users = 1;
	assert_int_equal(verdict(tally(10, 0), one_user), RPH_ARMS_UNTRIED);
}

static void a_user_and_week_is_one_trial(void **state)
{
	(void)state;
	struct rph_arm_tally sum = {0};
	rph_arm_tally_add(&sum, &(struct rph_arm_counts){900, 899, 1}, true);
	rph_arm_tally_add(&sum, &(struct rph_arm_counts){2, 1, 1}, false);
	rph_arm_tally_add(&sum, &(struct rph_arm_counts){3, 0, 1}, true);
	rph_arm_tally_add(&sum, &(struct rph_arm_counts){4, 0, 0}, true);
	rph_arm_tally_add(&sum, &(struct rph_arm_counts){0, 0, 0}, true);
	assert_int_equal(sum.users, 3);
	assert_int_equal(sum.trials.wins, 1);
	assert_int_equal(sum.trials.losses, 1);
	assert_int_equal(sum.turns, 909);
}

static struct rph_id source(uint8_t number)
{
	return (struct rph_id){{number, 7}};
}

static void the_share_of_the_hold_out_is_the_one_asked_for(void **state)
{
	(void)state;
	const uint16_t shares[] = {0, 50, 100, 500};
	for (size_t i = 0; i < RPH_ARRAY_LEN(shares); i++) {
		struct rph_id id = source(1);
		unsigned held = 0;
		for (uint64_t user = 1; user <= 20000; user++)
			held += rph_is_held_back(user * UINT64_C(0x9e3779b97f4a7c15), &id,
						 shares[i]);
		assert_in_range(held, shares[i] * 20 * 9 / 10, shares[i] * 20 * 11 / 10);
	}
}

static void nobody_is_held_back_from_everything(void **state)
{
	(void)state;
	unsigned most = 0;
	for (uint64_t user = 1; user <= 500; user++) {
		unsigned held = 0;
		for (uint8_t number = 0; number < 200; number++) {
			struct rph_id id = source(number);
			held += rph_is_held_back(user, &id, 50);
		}
		most = held > most ? held : most;
	}
	assert_in_range(most, 10, 30); /* 10 are expected */
}

static void a_larger_share_holds_back_the_same_users_and_more(void **state)
{
	(void)state;
	struct rph_id id = source(9);
	for (uint64_t user = 1; user <= 5000; user++)
		if (rph_is_held_back(user, &id, 50))
			assert_true(rph_is_held_back(user, &id, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_arms_decide),
		cmocka_unit_test(too_few_users_decide_nothing),
		cmocka_unit_test(a_user_and_week_is_one_trial),
		cmocka_unit_test(the_share_of_the_hold_out_is_the_one_asked_for),
		cmocka_unit_test(nobody_is_held_back_from_everything),
		cmocka_unit_test(a_larger_share_holds_back_the_same_users_and_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
