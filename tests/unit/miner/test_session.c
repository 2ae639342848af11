/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "miner/session.h"
#include "turns.h"

static const struct rph_session_limits plain = {
	.gap = 30,
	.grace = 5,
	.max_duration = 100000,
	.max_turns = 1000,
	.max_bytes = 1 << 20,
	.max_open = 1000,
	.max_jump = 1000000,
};

static struct rph_id key_of(unsigned n)
{
	struct rph_id id = {{0}};
	id.bytes[7] = (uint8_t)n; /* all in neighbouring slots: probing is exercised */
	id.bytes[15] = (uint8_t)(n * 7);
	return id;
}

/* ---- a log of turns and what came out -------------------------------------------------------- */

struct logged {
	unsigned key;
	rph_time_ms at;
	unsigned event; /* number of its event_id */
};

/* One closed session as text: "key: at/offset at/offset (reason)". */
struct outcome {
	char *lines[4096];
	size_t count;
	unsigned late, duplicates, ahead;
};

static void free_outcome(struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->count; i++)
		free(outcome->lines[i]);
	*outcome = (struct outcome){0};
}

static void drain(struct rph_sessions *sessions, struct outcome *outcome)
{
	struct rph_closed_session closed;
	while (rph_sessions_next_closed(sessions, &closed)) {
		char line[16384];
		int len = snprintf(line, sizeof(line), "%u:", closed.key.bytes[7]);
		unsigned count = 0;
		for (const struct rph_turn *t = closed.turns; t; t = t->next, count++)
			len += snprintf(line + len, sizeof(line) - (size_t)len, " %lld/%lld",
					(long long)t->at, (long long)t->offset);
		snprintf(line + len, sizeof(line) - (size_t)len, " (%d)", (int)closed.reason);
		assert_int_equal(count, closed.turn_count);
		assert_true(outcome->count < RPH_ARRAY_LEN(outcome->lines));
		outcome->lines[outcome->count++] = strdup(line);
		rph_turns_free(closed.turns);
	}
}

static void feed(struct rph_sessions *sessions, const struct logged *logged, int64_t offset,
		 struct outcome *outcome)
{
	char id[16];
	snprintf(id, sizeof(id), "e%u", logged->event);
	struct rph_turn *turn = make_turn(&(struct told_turn){
		.at = logged->at, .offset = offset, .event_id = id, .text = "x"});
	struct rph_id key = key_of(logged->key);
	enum rph_arrival arrival;
	assert_int_equal(rph_sessions_add(sessions, &key, 1, turn, &arrival), 0);
	outcome->late += arrival == RPH_ARRIVAL_LATE;
	outcome->duplicates += arrival == RPH_ARRIVAL_DUPLICATE;
	outcome->ahead += arrival == RPH_ARRIVAL_AHEAD;
	drain(sessions, outcome);
}

static struct outcome run_log(const struct rph_session_limits *limits, const struct logged *log,
			      size_t count)
{
	struct outcome outcome = {0};
	RPH_CLEANUP(rph_sessions_free) struct rph_sessions *sessions = NULL;
	assert_int_equal(rph_sessions_new(limits, NULL, &sessions), 0);
	for (size_t i = 0; i < count; i++)
		feed(sessions, &log[i], (int64_t)i, &outcome);
	rph_sessions_close_all(sessions);
	drain(sessions, &outcome);
	assert_int_equal(rph_sessions_open_count(sessions), 0);
	return outcome;
}

/* ---- examples -------------------------------------------------------------------------------- */

static void a_pause_of_exactly_the_gap_stays_in_the_session(void **state)
{
	(void)state;
	const struct logged log[] = {{1, 100, 1}, {1, 130, 2}, {1, 161, 3}};
	struct outcome outcome = run_log(&plain, log, 3);
	assert_int_equal(outcome.count, 2);
	assert_string_equal(outcome.lines[0], "1: 100/0 130/1 (5)");
	assert_string_equal(outcome.lines[1], "1: 161/2 (5)");
	free_outcome(&outcome);
}

static void a_session_closes_only_when_the_watermark_has_passed_its_gap(void **state)
{
	(void)state;
	struct outcome outcome = {0};
	RPH_CLEANUP(rph_sessions_free) struct rph_sessions *sessions = NULL;
	assert_int_equal(rph_sessions_new(&plain, NULL, &sessions), 0);
	feed(sessions, &(struct logged){1, 100, 1}, 0, &outcome);
	/* 135 - grace 5 = 130 = 100 + gap: not passed yet */
	feed(sessions, &(struct logged){2, 135, 2}, 1, &outcome);
	assert_int_equal(outcome.count, 0);
	feed(sessions, &(struct logged){3, 136, 3}, 2, &outcome);
	assert_int_equal(outcome.count, 1);
	assert_string_equal(outcome.lines[0], "1: 100/0 (0)");
	free_outcome(&outcome);
}

static void a_turn_between_two_open_sessions_merges_them(void **state)
{
	(void)state;
	const struct rph_session_limits wide = {.gap = 30,
						.grace = 100,
						.max_duration = 100000,
						.max_turns = 1000,
						.max_bytes = 1 << 20,
						.max_open = 1000,
						.max_jump = 1000000};
	const struct logged log[] = {{1, 100, 1}, {1, 150, 2}, {1, 125, 3}};
	struct outcome outcome = run_log(&wide, log, 3);
	assert_int_equal(outcome.count, 1);
	assert_string_equal(outcome.lines[0], "1: 100/0 125/2 150/1 (5)");
	free_outcome(&outcome);
}

static void a_turn_of_a_closed_session_is_late_and_leaves_no_trace(void **state)
{
	(void)state;
	const struct logged log[] = {{1, 100, 1}, {2, 200, 2}, {1, 101, 3}};
	struct outcome outcome = run_log(&plain, log, 3);
	assert_int_equal(outcome.late, 1);
	assert_int_equal(outcome.count, 2);
	assert_string_equal(outcome.lines[0], "1: 100/0 (0)");
	free_outcome(&outcome);
}

static void an_event_id_counts_once_in_its_open_session(void **state)
{
	(void)state;
	const struct logged log[] = {{1, 100, 1}, {1, 105, 1}, {1, 110, 2}, {2, 100, 1}};
	struct outcome outcome = run_log(&plain, log, 4);
	assert_int_equal(outcome.duplicates, 1);
	assert_string_equal(outcome.lines[0], "2: 100/3 (5)");
	assert_string_equal(outcome.lines[1], "1: 100/0 110/2 (5)");
	free_outcome(&outcome);
}

static void bounds_cut_a_session_and_the_next_turn_begins_another(void **state)
{
	(void)state;
	struct rph_session_limits limits = plain;
	limits.max_turns = 2;
	const struct logged log[] = {{1, 100, 1}, {1, 101, 2}, {1, 102, 3}};
	struct outcome outcome = run_log(&limits, log, 3);
	assert_int_equal(outcome.count, 2);
	assert_string_equal(outcome.lines[0], "1: 100/0 101/1 (1)");
	assert_string_equal(outcome.lines[1], "1: 102/2 (5)");
	free_outcome(&outcome);

	limits = plain;
	limits.max_duration = 20;
	const struct logged slow[] = {{1, 100, 1}, {1, 115, 2}, {1, 121, 3}};
	outcome = run_log(&limits, slow, 3);
	assert_string_equal(outcome.lines[0], "1: 100/0 115/1 (3)");
	free_outcome(&outcome);
}

static void too_many_open_sessions_close_the_oldest_first(void **state)
{
	(void)state;
	struct rph_session_limits limits = plain;
	limits.max_open = 3;
	limits.gap = 1000;
	const struct logged log[] = {{1, 100, 1}, {2, 101, 2}, {3, 102, 3}, {4, 103, 4}};
	struct outcome outcome = run_log(&limits, log, 4);
	assert_string_equal(outcome.lines[0], "1: 100/0 (4)");
	free_outcome(&outcome);
}

static void one_wrong_clock_makes_nobody_late(void **state)
{
	(void)state;
	struct rph_session_limits limits = plain;
	limits.max_jump = 500;
	const struct logged log[] = {
		{1, 100, 1}, {2, 9000, 2}, {2, 9001, 3}, {1, 110, 4}, {3, 9000, 5}};
	struct outcome outcome = run_log(&limits, log, 5);
	assert_int_equal(outcome.ahead, 3);
	assert_int_equal(outcome.late, 0);
	assert_int_equal(outcome.count, 1);
	assert_string_equal(outcome.lines[0], "1: 100/0 110/3 (5)");
	free_outcome(&outcome);
}

static void a_gap_of_the_log_itself_is_borne_out_by_another_session(void **state)
{
	(void)state;
	struct rph_session_limits limits = plain;
	limits.max_jump = 500;
	const struct logged log[] = {{1, 100, 1}, {2, 9000, 2}, {3, 9010, 3}, {2, 9020, 4}};
	struct outcome outcome = run_log(&limits, log, 4);
	assert_int_equal(outcome.ahead, 1);
	assert_int_equal(outcome.count, 3);
	assert_string_equal(outcome.lines[0], "1: 100/0 (0)");
	assert_string_equal(outcome.lines[1], "3: 9010/2 (5)");
	assert_string_equal(outcome.lines[2], "2: 9020/3 (5)");
	free_outcome(&outcome);
}

/* ---- laws ------------------------------------------------------------------------------------ */

static uint64_t next_random(uint64_t *seed)
{
	*seed += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = *seed;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t random_log(uint64_t seed, struct logged *log, size_t count)
{
	rph_time_ms now = 1000;
	unsigned keys = 1 + (unsigned)(next_random(&seed) % 12);
	for (size_t i = 0; i < count; i++) {
		uint64_t r = next_random(&seed);
		now += (rph_time_ms)(r % 23 == 0 ? r / 64 % 150 : r / 64 % 6);
		rph_time_ms back = r / 4096 % 5 == 0 ? (rph_time_ms)(r / 65536 % 60) : 0;
		log[i] = (struct logged){
			.key = 1 + (unsigned)(r / 1048576 % keys),
			.at = now - back,
			.event = (unsigned)(r / 134217728 % 40 == 0 && i ? log[i - 1].event : i)};
	}
	return count;
}

static struct rph_session_limits random_limits(uint64_t seed)
{
	struct rph_session_limits limits = plain;
	limits.grace = (rph_time_ms)(next_random(&seed) % 40);
	limits.max_turns = 2 + (uint32_t)(next_random(&seed) % 12);
	limits.max_duration = 20 + (rph_time_ms)(next_random(&seed) % 200);
	limits.max_open = 2 + (uint32_t)(next_random(&seed) % 12);
	limits.max_jump = 90 + (rph_time_ms)(next_random(&seed) % 100); /* > gap + grace */
	return limits;
}

/* Feeds log[from..] to a sessioniser rebuilt from `checkpoint`. */
static void run_rest(const struct rph_session_limits *limits,
		     const struct rph_session_checkpoint *checkpoint, const struct logged *log,
		     size_t count, struct outcome *outcome)
{
	RPH_CLEANUP(rph_sessions_free) struct rph_sessions *sessions = NULL;
	assert_int_equal(rph_sessions_new(limits, checkpoint, &sessions), 0);
	for (size_t i = (size_t)checkpoint->warm_from; i < count; i++)
		feed(sessions, &log[i], (int64_t)i, outcome);
	rph_sessions_close_all(sessions);
	drain(sessions, outcome);
}

/* Before the restart, closed sessions are taken from the whole run; after it, from the rebuilt one.
 */
static void check_restart(const struct rph_session_limits *limits, const struct logged *log,
			  size_t count, size_t restart, const struct outcome *whole)
{
	struct outcome parts = {0};
	RPH_CLEANUP(rph_sessions_free) struct rph_sessions *sessions = NULL;
	assert_int_equal(rph_sessions_new(limits, NULL, &sessions), 0);
	for (size_t i = 0; i < restart; i++)
		feed(sessions, &log[i], (int64_t)i, &parts);
	struct rph_session_checkpoint checkpoint;
	rph_sessions_checkpoint(sessions, (int64_t)restart, &checkpoint);
	assert_true(checkpoint.warm_from <= (int64_t)restart);
	run_rest(limits, &checkpoint, log, count, &parts);
	if (parts.count != whole->count)
		print_error("restart at %zu: %zu sessions, not %zu\n", restart, parts.count,
			    whole->count);
	assert_int_equal(parts.count, whole->count);
	for (size_t i = 0; i < whole->count; i++)
		assert_string_equal(parts.lines[i], whole->lines[i]);
	assert_int_equal(parts.late, whole->late);
	assert_int_equal(parts.duplicates, whole->duplicates);
	assert_int_equal(parts.ahead, whole->ahead);
	free_outcome(&parts);
}

static void a_restart_anywhere_gives_what_no_restart_gives(void **state)
{
	(void)state;
	struct logged log[160];
	unsigned cuts = 0, raises = 0, late = 0, ahead = 0;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct rph_session_limits limits = random_limits(seed);
		size_t count = random_log(seed * 77, log, RPH_ARRAY_LEN(log));
		struct outcome whole = run_log(&limits, log, count);
		for (size_t i = 0; i < whole.count; i++) {
			cuts += strstr(whole.lines[i], "(1)") || strstr(whole.lines[i], "(3)");
			raises += strstr(whole.lines[i], "(4)") != NULL;
		}
		late += whole.late;
		ahead += whole.ahead;
		for (size_t restart = 0; restart <= count; restart += 3)
			check_restart(&limits, log, count, restart, &whole);
		free_outcome(&whole);
	}
	/* The law is worth something only if what it is about happened. */
	assert_true(cuts > 100 && raises > 100 && late > 100 && ahead > 20);
}

static void restarts_after_restarts_change_nothing_either(void **state)
{
	(void)state;
	struct logged log[200];
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct rph_session_limits limits = random_limits(seed + 1000);
		size_t count = random_log(seed * 131, log, RPH_ARRAY_LEN(log));
		struct outcome whole = run_log(&limits, log, count), parts = {0};
		RPH_CLEANUP(rph_sessions_free) struct rph_sessions *sessions = NULL;
		assert_int_equal(rph_sessions_new(&limits, NULL, &sessions), 0);
		uint64_t random = seed;
		for (size_t i = 0; i < count; i++) {
			if (next_random(&random) % 9 == 0) {
				struct rph_session_checkpoint at;
				struct rph_sessions *again = NULL;
				rph_sessions_checkpoint(sessions, (int64_t)i, &at);
				assert_int_equal(rph_sessions_new(&limits, &at, &again), 0);
				for (size_t j = (size_t)at.warm_from; j < i; j++)
					feed(again, &log[j], (int64_t)j, &parts);
				rph_sessions_free(sessions);
				sessions = again;
			}
			feed(sessions, &log[i], (int64_t)i, &parts);
		}
		rph_sessions_close_all(sessions);
		drain(sessions, &parts);
		assert_int_equal(parts.count, whole.count);
		for (size_t i = 0; i < whole.count; i++)
			assert_string_equal(parts.lines[i], whole.lines[i]);
		assert_int_equal(parts.late, whole.late);
		free_outcome(&whole);
		free_outcome(&parts);
	}
}

static void every_turn_is_in_exactly_one_session_or_counted_as_dropped(void **state)
{
	(void)state;
	struct logged log[300];
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct rph_session_limits limits = random_limits(seed + 5000);
		size_t count = random_log(seed * 991, log, RPH_ARRAY_LEN(log));
		struct outcome whole = run_log(&limits, log, count);
		bool seen[300] = {false};
		size_t turns = 0;
		for (size_t i = 0; i < whole.count; i++) {
			const char *at = whole.lines[i];
			while ((at = strchr(at, '/')) != NULL) {
				long offset = strtol(++at, NULL, 10);
				assert_false(seen[offset]);
				seen[offset] = true;
				turns++;
			}
		}
		assert_int_equal(turns + whole.late + whole.duplicates + whole.ahead, count);
		free_outcome(&whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pause_of_exactly_the_gap_stays_in_the_session),
		cmocka_unit_test(a_session_closes_only_when_the_watermark_has_passed_its_gap),
		cmocka_unit_test(a_turn_between_two_open_sessions_merges_them),
		cmocka_unit_test(a_turn_of_a_closed_session_is_late_and_leaves_no_trace),
		cmocka_unit_test(an_event_id_counts_once_in_its_open_session),
		cmocka_unit_test(bounds_cut_a_session_and_the_next_turn_begins_another),
		cmocka_unit_test(too_many_open_sessions_close_the_oldest_first),
		cmocka_unit_test(one_wrong_clock_makes_nobody_late),
		cmocka_unit_test(a_gap_of_the_log_itself_is_borne_out_by_another_session),
		cmocka_unit_test(a_restart_anywhere_gives_what_no_restart_gives),
		cmocka_unit_test(restarts_after_restarts_change_nothing_either),
		cmocka_unit_test(every_turn_is_in_exactly_one_session_or_counted_as_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
