/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include <sys/wait.h>

#include "daemon/command_pairs.h"
#include "daemon/command_review.h"
#include "daemon/command_rewrite.h"

#define BRIGHT A("make the kitchen bright")
#define LIGHT A("turn on the kitchen light")

static int review(struct desk *desk, char *verdict)
{
	return ASK(desk, rph_command_review, verdict, BRIGHT, LIGHT, A("--locale"), A("en-US"));
}

static const char *rewritten(struct desk *desk)
{
	assert_int_equal(ASK(desk, rph_command_rewrite, A("--locale"), A("en-US"), BRIGHT), 0);
	return desk->output;
}

static void an_approved_pair_is_served_at_once_and_a_reset_takes_it_back(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 3);
	assert_string_equal(rewritten(desk), "make the kitchen bright\n");
	assert_int_equal(review(desk, A("approve")), 0);
	assert_says(desk->output, "approved\n");
	assert_string_equal(rewritten(desk), "turn on the kitchen light\n");
	assert_int_equal(review(desk, A("reset")), 0);
	assert_says(desk->output, "pending");
	assert_string_equal(rewritten(desk), "make the kitchen bright\n");
}

static void a_denied_pair_is_not_served_any_more_whatever_its_evidence(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 8);
	assert_int_equal(review(desk, A("reset")), 0);
	assert_string_equal(rewritten(desk), "turn on the kitchen light\n");
	assert_int_equal(review(desk, A("deny")), 0);
	assert_says(desk->output, "a person denied the pair");
	assert_string_equal(rewritten(desk), "make the kitchen bright\n");
	assert_int_equal(ASK(desk, rph_command_pairs, A("--status"), A("denied"), A("--json")), 0);
	assert_says(desk->output, "\"status\":\"denied\"");
}

static void a_protected_intent_stays_refused_although_a_person_approved(void **state)
{
	static const struct tale door = {
		.locale = "en-US",
		.source = "open sesame",
		.target = "open the gate",
		.domain = "home",
		.intent = "unlock",
		.edge = RPH_EDGE_paraphrase,
	};
	struct desk *desk = *state;
	tell_desk(desk, &door, 8);
	assert_int_equal(ASK(desk, rph_command_review, A("approve"), A("open sesame"),
			     A("open the gate"), A("--locale"), A("en-US")),
			 0);
	assert_says(desk->output, "refused");
	assert_says(desk->output, "protected by the configuration");
}

static void a_side_that_nobody_said_ends_with_66_and_is_named(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 3);
	assert_int_equal(ASK(desk, rph_command_review, A("approve"), BRIGHT, A("sing a song"),
			     A("--locale"), A("en-US")),
			 66);
	assert_says(desk->errors, "TARGET: nobody said this in en-US");
}

static void a_command_line_that_decides_nothing_is_refused(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 3);
	assert_int_equal(review(desk, A("aprove")), 64);
	assert_says(desk->errors, "say approve, deny or reset");
	assert_int_equal(ASK(desk, rph_command_review, A("deny"), BRIGHT,
			     A("Make the kitchen BRIGHT"), A("--locale"), A("en-US")),
			 64);
	assert_says(desk->errors, "the same once normalised");
	assert_int_equal(ASK(desk, rph_command_review, A("deny"), BRIGHT, LIGHT, A("--locale"),
			     A("en-US"), A("--note"), A("\xff")),
			 64);
	char note[1100];
	memset(note, 'n', sizeof(note) - 1);
	note[sizeof(note) - 1] = '\0';
	assert_int_equal(ASK(desk, rph_command_review, A("deny"), BRIGHT, LIGHT, A("--locale"),
			     A("en-US"), A("--note"), note),
			 64);
}

static void a_second_writer_is_told_to_wait(void **state)
{
	struct desk *desk = *state;
	tell_desk(desk, &kitchen, 3);
	/* LMDB forbids a process to open an environment twice: the other writer is another process.
	 */
	int ready[2], done[2];
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rph_store *store = NULL;
		char byte = 1;
		bool fine = try_open(desk->place->store, RPH_STORE_WRITE, &store) == 0 &&
			    write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 1;
		rph_store_close(store);
		_exit(!fine);
	}
	char byte = 0;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	int exit_code = review(desk, A("approve"));
	assert_int_equal(write(done[1], &byte, 1), 1);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(exit_code, 75);
	assert_says(desk->errors, "another process is writing to the store; wait");
	for (int i = 0; i < 2; i++)
		assert_int_equal(close(ready[i]) | close(done[i]), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_approved_pair_is_served_at_once_and_a_reset_takes_it_back),
		TEST(a_denied_pair_is_not_served_any_more_whatever_its_evidence),
		TEST(a_protected_intent_stays_refused_although_a_person_approved),
		TEST(a_side_that_nobody_said_ends_with_66_and_is_named),
		TEST(a_command_line_that_decides_nothing_is_refused),
		TEST(a_second_writer_is_told_to_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
