/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ownership.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct rph_owner self;

static struct rph_span metadata_of(uint64_t identity, char text[static RPH_OWNER_TEXT_SIZE])
{
	struct rph_owner owner;
	rph_owner_here(identity, &owner);
	rph_owner_write(&owner, text);
	return rph_span_of(text);
}

static int set_up(void **state)
{
	(void)state;
	rph_owner_here(0x1122334455667788, &self);
	return 0;
}

static void what_is_written_is_read_again(void **state)
{
	(void)state;
	char text[RPH_OWNER_TEXT_SIZE];
	struct rph_owner owner;
	assert_true(rph_owner_read(metadata_of(0xabc, text), &owner));
	assert_string_equal(owner.store, "0000000000000abc");
	assert_string_equal(owner.host, self.host);
	assert_int_equal(owner.pid, getpid());
}

static void metadata_is_printable_ascii(void **state)
{
	(void)state;
	char text[RPH_OWNER_TEXT_SIZE];
	struct rph_span span = metadata_of(UINT64_MAX, text);
	for (size_t i = 0; i < span.len; i++)
		assert_in_range((unsigned char)span.ptr[i], ' ', '~');
}

static void anything_else_is_not_an_owner(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"some words",
		"rephrased/1",
		"rephrased/1 store=12 host=a pid=1",
		"rephrased/2 store=0000000000000abc host=a pid=1",
		"rephrased/1 store=0000000000000ABC host=a pid=1",
		"rephrased/1 store=0000000000000abc host= pid=1",
		"rephrased/1 store=0000000000000abc host=a pid=",
		"rephrased/1 store=0000000000000abc host=a pid=1 and more",
		"rephrased/1 store=0000000000000abc host=a\npid=1x",
	};
	struct rph_owner owner;
	for (size_t i = 0; i < RPH_ARRAY_LEN(texts); i++)
		assert_false(rph_owner_read(rph_span_of(texts[i]), &owner));
	assert_false(rph_owner_read((struct rph_span){"rephrased/1\0", 12}, &owner));
}

static void a_group_without_commits_is_free(void **state)
{
	(void)state;
	struct rph_owner owner;
	assert_int_equal(rph_claim_of(&self, -1, (struct rph_span){0}, 0, &owner), RPH_CLAIM_FREE);
}

static void a_group_is_ours_as_far_as_we_have_counted(void **state)
{
	(void)state;
	char text[RPH_OWNER_TEXT_SIZE];
	struct rph_owner owner;
	struct rph_span ours = metadata_of(0x1122334455667788, text);
	assert_int_equal(rph_claim_of(&self, 10, ours, 10, &owner), RPH_CLAIM_OURS);
	assert_int_equal(rph_claim_of(&self, 10, ours, 11, &owner), RPH_CLAIM_OURS);
	assert_int_equal(rph_claim_of(&self, 12, ours, 11, &owner), RPH_CLAIM_AHEAD);
}

static void another_store_and_other_programs_are_told_apart(void **state)
{
	(void)state;
	char text[RPH_OWNER_TEXT_SIZE];
	struct rph_owner owner;
	assert_int_equal(rph_claim_of(&self, 10, metadata_of(1, text), 10, &owner),
			 RPH_CLAIM_FOREIGN);
	assert_string_equal(owner.store, "0000000000000001");
	assert_int_equal(rph_claim_of(&self, 10, RPH_SPAN("lag tool"), 10, &owner),
			 RPH_CLAIM_UNKNOWN);
}

static void a_refusal_says_who_owns_it_and_how_to_take_over(void **state)
{
	(void)state;
	RPH_BUFFER_CLEANUP struct rph_buffer sentence = {0};
	struct rph_owner owner = {"0000000000000001", "miner-2", 4711};
	rph_claim_sentence(RPH_CLAIM_FOREIGN, "the-group", &self, &owner, &sentence);
	static const char *const words[] = {"the-group", "0000000000000001", "miner-2", "4711",
					    "--take-over"};
	for (size_t i = 0; i < RPH_ARRAY_LEN(words); i++)
		assert_non_null(strstr(sentence.text, words[i]));
}

static void the_note_names_a_process_only_while_it_lives(void **state)
{
	(void)state;
	char dir[] = "/tmp/rephrased-owner-XXXXXX", text[RPH_OWNER_TEXT_SIZE], path[64];
	assert_non_null(mkdtemp(dir));
	rph_owner_note_read(dir, text);
	assert_string_equal(text, "");
	assert_int_equal(rph_owner_note_write(dir, &self), 0);
	rph_owner_note_read(dir, text);
	assert_non_null(strstr(text, self.host));
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	struct rph_owner gone = self;
	gone.pid = child;
	assert_int_equal(rph_owner_note_write(dir, &gone), 0);
	rph_owner_note_read(dir, text);
	assert_string_equal(text, "");
	snprintf(path, sizeof(path), "%s/owner", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(metadata_is_printable_ascii),
		cmocka_unit_test(anything_else_is_not_an_owner),
		cmocka_unit_test(a_group_without_commits_is_free),
		cmocka_unit_test(a_group_is_ours_as_far_as_we_have_counted),
		cmocka_unit_test(another_store_and_other_programs_are_told_apart),
		cmocka_unit_test(a_refusal_says_who_owns_it_and_how_to_take_over),
		cmocka_unit_test(the_note_names_a_process_only_while_it_lives),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
