/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "miner/pipeline.h"

enum { RECORDS_MAX = 400, LINE_MAX_BYTES = 512, ROWS_MAX = 4096 };

/* Monday of 2026-W02, a second before midnight: logs run over the border of two days. */
#define START INT64_C(1767657599000)

static const uint8_t secret[RPH_SECRET_BYTES] = {2, 7, 1};
static struct rph_keys keys;

static int set_up(void **state)
{
	(void)state;
	rph_keys_derive(secret, &keys);
	return 0;
}

static uint64_t next_random(uint64_t *seed)
{
	*seed += 0x9E3779B97F4A7C15u;
	uint64_t z = *seed;
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

/* ---- logs ------------------------------------------------------------------------------------ */

struct log {
	char lines[RECORDS_MAX][LINE_MAX_BYTES];
	int64_t count;
};

static void write_event(char *line, uint64_t dice, int event, int64_t at)
{
	static const char *const said[][2] = {
		{"en-US", "play chess"}, {"en-US", "Play jazz"},    {"de-DE", "mach Licht an"},
		{"de-DE", "Licht an!"},  {"ja-JP", "電気をつけて"}, {"ja-JP", "明かりをつけて"},
		{"tr-TR", "IŞIĞI aç"},   {"tr-TR", "ışık"},         {"th-TH", "เปิดไฟ"},
		{"ar-SA", "شغل الضوء"},
	};
	static const char *const nlus[] = {
		"", ",\"nlu\":{\"domain\":\"lights\",\"intent\":\"on\",\"confidence\":0.9}",
		",\"nlu\":{\"domain\":\"music\",\"intent\":\"play\",\"slots\":[{\"name\":\"genre\","
		"\"value\":\"jazz\",\"start\":0,\"end\":4}]}"};
	static const char *const outcomes[] = {
		"", ",\"outcome\":{\"status\":\"success\",\"response\":\"done\"}",
		",\"outcome\":{\"status\":\"failure\",\"signals\":[\"no_match\",\"made_up\"]}"};
	int user = (int)(dice / 16 % 5);
	/* Most keep to a language of their own. */
	size_t text = dice % 4 ? 2 * (size_t)user + dice / 4 % 2 : dice / 4 % RPH_ARRAY_LEN(said);
	snprintf(line, LINE_MAX_BYTES,
		 "{\"event_id\":\"e%d\",\"ts\":%lld,\"user_id\":\"u%d\",\"locale\":\"%s\","
		 "\"utterance\":\"%s\"%s%s}",
		 event, (long long)at, user, said[text][0], said[text][1],
		 nlus[dice / 128 % RPH_ARRAY_LEN(nlus)],
		 outcomes[dice / 512 % RPH_ARRAY_LEN(outcomes)]);
}

/* A log with late events, duplicates and records that are no events. */
static void random_log(uint64_t seed, struct log *log, int64_t count)
{
	int64_t now = START;
	log->count = count;
	for (int64_t i = 0; i < count; i++) {
		uint64_t dice = next_random(&seed);
		now += dice % 11 == 0 ? 100000 : (int64_t)(dice / 16 % 9000);
		int64_t back = dice / 1024 % 6 == 0 ? (int64_t)(dice / 8192 % 150000) : 0;
		uint64_t kind = dice / 64 % 20;
		if (kind == 0 && i > 0)
			memcpy(log->lines[i], log->lines[i - 1], LINE_MAX_BYTES);
		else if (kind == 1)
			snprintf(log->lines[i], LINE_MAX_BYTES, "{\"event_id\":%d", (int)i);
		else
			write_event(log->lines[i], next_random(&seed), (int)i, now - back);
	}
}

/* ---- rows: the tables that a store would hold ------------------------------------------------- */

struct rows {
	struct rph_vote_delta votes[ROWS_MAX];
	struct rph_usage_delta usages[ROWS_MAX];
	struct rph_said_delta saids[ROWS_MAX];
	size_t vote_count, usage_count, said_count;
	uint64_t fates[RPH_FATE_COUNT], unknown_signals;
	struct rph_mining_counts mining;
	struct rph_arena arena;
};

static struct rows *new_rows(void)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	assert_non_null(rows);
	rph_arena_init(&rows->arena, (size_t)1 << 30);
	return rows;
}

static void free_rows(struct rows *rows)
{
	rph_arena_free(&rows->arena);
	free(rows);
}

static void add_vote(struct rows *rows, const struct rph_vote_delta *vote)
{
	for (size_t i = 0; i < rows->vote_count; i++)
		if (rph_vote_key_compare(&rows->votes[i].key, &vote->key) == 0) {
			rph_vote_merge(&rows->votes[i].vote, &vote->vote);
			return;
		}
	assert_true(rows->vote_count < ROWS_MAX);
	rows->votes[rows->vote_count++] = *vote;
}

static void add_usage(struct rows *rows, const struct rph_usage_delta *usage)
{
	size_t at = 0;
	while (at < rows->usage_count &&
	       rph_usage_key_compare(&rows->usages[at].key, &usage->key) != 0)
		at++;
	assert_true(at < ROWS_MAX);
	struct rph_usage_delta *row = &rows->usages[at];
	if (at == rows->usage_count) {
		*row = (struct rph_usage_delta){.key = usage->key};
		rows->usage_count++;
	}
	assert_int_equal(rph_usage_merge(&row->usage, &usage->usage, &rows->arena, &row->usage), 0);
	/* The batch's bytes are about to go. */
	for (uint32_t i = 0; i < row->usage.wording_count; i++) {
		struct rph_span *encoded = &row->usage.wordings[i].encoded;
		assert_int_equal(rph_arena_copy(&rows->arena, *encoded, encoded), 0);
	}
}

static void add_said(struct rows *rows, const struct rph_said_delta *said)
{
	for (size_t i = 0; i < rows->said_count; i++)
		if (rows->saids[i].week == said->week && rows->saids[i].user == said->user &&
		    rows->saids[i].formulation == said->formulation)
			return;
	assert_true(rows->said_count < ROWS_MAX);
	rows->saids[rows->said_count++] = *said;
}

static void add_deltas(const struct rph_deltas *deltas, struct rows *rows)
{
	for (size_t i = 0; i < deltas->vote_count; i++)
		add_vote(rows, &deltas->votes[i]);
	for (size_t i = 0; i < deltas->usage_count; i++)
		add_usage(rows, &deltas->usages[i]);
	for (size_t i = 0; i < deltas->said_count; i++)
		add_said(rows, &deltas->saids[i]);
}

static void add_batch(struct rph_pipeline *pipeline, struct rows *rows)
{
	struct rph_batch batch;
	assert_int_equal(rph_pipeline_end_batch(pipeline, &batch), 0);
	add_deltas(&batch.deltas, rows);
	rph_pipeline_next_batch(pipeline);
}

static int order_votes(const void *a, const void *b)
{
	const struct rph_vote_delta *left = a, *right = b;
	return rph_vote_key_compare(&left->key, &right->key);
}

static int order_usages(const void *a, const void *b)
{
	const struct rph_usage_delta *left = a, *right = b;
	return rph_usage_key_compare(&left->key, &right->key);
}

static void assert_usage_equal(const struct rph_usage *a, const struct rph_usage *b)
{
	assert_memory_equal(&a->total, &b->total, sizeof(a->total));
	assert_int_equal(a->days, b->days);
	assert_int_equal(a->user_count, b->user_count);
	for (uint32_t i = 0; i < a->user_count; i++) {
		assert_true(a->users[i].user == b->users[i].user);
		assert_true(a->users[i].wording == b->users[i].wording);
		assert_int_equal(a->users[i].days, b->users[i].days);
	}
	assert_int_equal(a->wording_count, b->wording_count);
	for (uint32_t i = 0; i < a->wording_count; i++)
		assert_true(rph_span_equal(a->wordings[i].encoded, b->wordings[i].encoded));
}

static void assert_rows_equal(struct rows *a, struct rows *b)
{
	qsort(a->votes, a->vote_count, sizeof(*a->votes), order_votes);
	qsort(b->votes, b->vote_count, sizeof(*b->votes), order_votes);
	qsort(a->usages, a->usage_count, sizeof(*a->usages), order_usages);
	qsort(b->usages, b->usage_count, sizeof(*b->usages), order_usages);
	assert_int_equal(a->vote_count, b->vote_count);
	assert_int_equal(a->usage_count, b->usage_count);
	assert_int_equal(a->said_count, b->said_count);
	for (size_t i = 0; i < a->vote_count; i++) {
		const struct rph_vote *left = &a->votes[i].vote, *right = &b->votes[i].vote;
		assert_int_equal(order_votes(&a->votes[i], &b->votes[i]), 0);
		assert_memory_equal(left->edges, right->edges, sizeof(left->edges));
		assert_true(left->mass == right->mass && left->days == right->days);
		assert_true(left->wins == right->wins && left->losses == right->losses);
	}
	for (size_t i = 0; i < a->usage_count; i++) {
		assert_int_equal(order_usages(&a->usages[i], &b->usages[i]), 0);
		assert_usage_equal(&a->usages[i].usage, &b->usages[i].usage);
	}
	for (int fate = 0; fate < RPH_FATE_COUNT; fate++)
		if (fate != RPH_FATE_WARM)
			assert_int_equal(a->fates[fate], b->fates[fate]);
	assert_int_equal(a->unknown_signals, b->unknown_signals);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static struct rph_pipeline_options options(void)
{
	return (struct rph_pipeline_options){
		.params = {.session = {.gap = 60000,
				       .grace = 30000,
				       .max_duration = 200000,
				       .max_turns = 5,
				       .max_bytes = 4096,
				       .max_open = 4,
				       .max_jump = 10 * RPH_DAY_MS},
			   .judge = {.rephrase_gap = 40000,
				     .max_distance = 3,
				     .accept = 128,
				     .record_floor = 0}},
		.decode = {.max_record_bytes = 4096, .max_utterance_bytes = 256},
		.keys = &keys,
		.from = INT64_MIN,
		.to = INT64_MAX,
	};
}

static struct rph_pipeline *open_pipeline(const struct rph_pipeline_options *with,
					  const struct rph_session_checkpoint *checkpoint)
{
	struct rph_pipeline *pipeline = NULL;
	uint32_t partition = 99;
	assert_int_equal(rph_pipeline_new(with, &pipeline), 0);
	assert_int_equal(rph_pipeline_add_partition(pipeline, checkpoint, &partition), 0);
	assert_int_equal(partition, 0);
	return pipeline;
}

static enum rph_fate feed_text(struct rph_pipeline *pipeline, int64_t offset, const char *text)
{
	struct rph_record record = {.value = rph_span_of(text),
				    .offset = offset,
				    .next_offset = offset + 1,
				    .log_time = RPH_NO_LOG_TIME};
	struct rph_record_outcome outcome = {.fate = RPH_FATE_COUNT};
	assert_int_equal(rph_pipeline_record(pipeline, &record, &outcome), 0);
	return outcome.fate;
}

static void feed(struct rph_pipeline *pipeline, const struct log *log, int64_t at)
{
	feed_text(pipeline, at, log->lines[at]);
}

static void add_counts(struct rph_pipeline *pipeline, struct rows *rows)
{
	const struct rph_pipeline_counts *counts = rph_pipeline_counts(pipeline);
	for (int i = 0; i < RPH_FATE_COUNT; i++)
		rows->fates[i] += counts->fates[i];
	rows->unknown_signals += counts->unknown_signals;
}

static void finish(struct rph_pipeline *pipeline, struct rows *rows)
{
	assert_int_equal(rph_pipeline_close_partition(pipeline, 0), 0);
	assert_int_equal(rph_pipeline_open_sessions(pipeline), 0);
	add_batch(pipeline, rows);
	add_counts(pipeline, rows);
	rph_pipeline_free(pipeline);
}

static struct rows *run(const struct log *log, uint64_t batch_seed)
{
	const struct rph_pipeline_options with = options();
	struct rph_pipeline *pipeline = open_pipeline(&with, NULL);
	struct rows *rows = new_rows();
	for (int64_t i = 0; i < log->count; i++) {
		feed(pipeline, log, i);
		if (batch_seed && next_random(&batch_seed) % 7 == 0)
			add_batch(pipeline, rows);
	}
	finish(pipeline, rows);
	return rows;
}

/* As a store keeps it: the pipeline's arrays do not outlive the pipeline. */
static void keep_checkpoint(struct rph_pipeline *pipeline, int64_t next, struct rph_arena *arena,
			    struct rph_session_checkpoint *ret)
{
	rph_pipeline_checkpoint(pipeline, 0, next, ret);
	struct rph_session_raise *raises =
		RPH_ARENA_ARRAY(arena, struct rph_session_raise, ret->raise_count + 1);
	struct rph_session_cut *cuts =
		RPH_ARENA_ARRAY(arena, struct rph_session_cut, ret->cut_count + 1);
	assert_true(raises && cuts);
	if (ret->raise_count)
		memcpy(raises, ret->raises, ret->raise_count * sizeof(*raises));
	if (ret->cut_count)
		memcpy(cuts, ret->cuts, ret->cut_count * sizeof(*cuts));
	ret->raises = raises;
	ret->cuts = cuts;
}

static struct rows *run_with_restart(const struct log *log, int64_t restart)
{
	const struct rph_pipeline_options with = options();
	struct rph_session_checkpoint checkpoint;
	struct rows *rows = new_rows();
	struct rph_pipeline *pipeline = open_pipeline(&with, NULL);
	for (int64_t i = 0; i < restart; i++)
		feed(pipeline, log, i);
	add_batch(pipeline, rows);
	keep_checkpoint(pipeline, restart, &rows->arena, &checkpoint);
	add_counts(pipeline, rows);
	rph_pipeline_free(pipeline);

	pipeline = open_pipeline(&with, &checkpoint);
	for (int64_t i = checkpoint.warm_from; i < log->count; i++)
		feed(pipeline, log, i);
	finish(pipeline, rows);
	return rows;
}

/* ---- laws ------------------------------------------------------------------------------------ */

static void where_a_batch_ends_changes_no_row(void **state)
{
	(void)state;
	static struct log log;
	uint64_t late = 0, duplicates = 0, rejected = 0;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		random_log(seed, &log, 300);
		struct rows *whole = run(&log, 0);
		assert_true(whole->vote_count > 5 && whole->usage_count > 10);
		late += whole->fates[RPH_FATE_LATE];
		duplicates += whole->fates[RPH_FATE_DUPLICATE];
		rejected += whole->fates[RPH_FATE_REJECTED];
		for (uint64_t cut = 1; cut <= 4; cut++) {
			struct rows *parts = run(&log, seed * 100 + cut);
			assert_rows_equal(whole, parts);
			free_rows(parts);
		}
		free_rows(whole);
	}
	/* The law is worth something only if what it is about happened. */
	assert_true(late > 20 && duplicates > 20 && rejected > 50);
}

static void a_restart_at_any_record_changes_no_row(void **state)
{
	(void)state;
	static struct log log;
	uint64_t warm = 0;
	for (uint64_t seed = 21; seed <= 23; seed++) {
		random_log(seed, &log, 120);
		struct rows *whole = run(&log, 0);
		for (int64_t restart = 0; restart <= log.count; restart++) {
			struct rows *parts = run_with_restart(&log, restart);
			assert_rows_equal(whole, parts);
			warm += parts->fates[RPH_FATE_WARM];
			free_rows(parts);
		}
		free_rows(whole);
	}
	assert_true(warm > 500);
}

static void every_record_has_one_fate(void **state)
{
	(void)state;
	static struct log log;
	random_log(77, &log, RECORDS_MAX);
	struct rows *rows = run(&log, 5);
	uint64_t sum = 0, turns = 0;
	for (int i = 0; i < RPH_FATE_COUNT; i++)
		sum += rows->fates[i];
	for (size_t i = 0; i < rows->usage_count; i++) {
		const struct rph_usage_counts *total = &rows->usages[i].usage.total;
		turns += (uint64_t)total->successes + total->failures + total->unknown;
	}
	assert_int_equal(sum, RECORDS_MAX);
	assert_int_equal(turns, rows->fates[RPH_FATE_COUNTED]);
	free_rows(rows);
}

/* ---- lanes ----------------------------------------------------------------------------------- */

enum { LANES_MAX = 7, EVIDENCE_MAX = 2000 };

/* Deals tasks to lanes at random, in the order of their numbers: whatever threads may do. */
struct dealer {
	uint64_t seed;
	uint32_t lanes;
};

static void deal(void *context, uint32_t count,
		 void (*task)(void *data, uint32_t index, uint32_t lane), void *data)
{
	struct dealer *dealer = context;
	for (uint32_t i = 0; i < count; i++)
		task(data, i, (uint32_t)(next_random(&dealer->seed) % dealer->lanes));
}

struct evidence_list {
	struct {
		char from[16], to[16];
		struct rph_judgement judgement;
	} items[EVIDENCE_MAX];
	size_t count;
};

static void copy_id(struct rph_span id, char to[16])
{
	assert_true(id.len < 16);
	memcpy(to, id.ptr, id.len);
	to[id.len] = '\0';
}

static void end_batch(struct rph_pipeline *pipeline, struct rows *rows, struct evidence_list *list)
{
	struct rph_batch batch;
	assert_int_equal(rph_pipeline_end_batch(pipeline, &batch), 0);
	for (size_t i = 0; i < batch.evidence_count; i++, list->count++) {
		assert_true(list->count < EVIDENCE_MAX);
		copy_id(batch.evidence[i].from, list->items[list->count].from);
		copy_id(batch.evidence[i].to, list->items[list->count].to);
		list->items[list->count].judgement = batch.evidence[i].judgement;
	}
	add_deltas(&batch.deltas, rows);
	rph_pipeline_next_batch(pipeline);
}

/* Feeds the log in blocks of up to `most` records, with a batch's end after some of them. */
static struct rows *run_in_lanes(const struct log *log, uint32_t lanes, uint32_t most,
				 struct evidence_list *list)
{
	static struct rph_record records[RECORDS_MAX];
	static struct rph_record_outcome outcomes[RECORDS_MAX];
	struct dealer dealer = {lanes * 1000 + most, lanes};
	struct rph_pipeline_options with = options();
	with.parallel = (struct rph_parallel){.lanes = lanes, .run = deal, .context = &dealer};
	with.evidence = true;
	struct rph_pipeline *pipeline = open_pipeline(&with, NULL);
	struct rows *rows = new_rows();
	list->count = 0;
	for (int64_t at = 0; at < log->count;) {
		uint32_t count = 0, failed;
		uint32_t wanted = 1 + (uint32_t)(next_random(&dealer.seed) % most);
		for (; count < wanted && at < log->count; count++, at++)
			records[count] = (struct rph_record){.value = rph_span_of(log->lines[at]),
							     .offset = at,
							     .next_offset = at + 1,
							     .log_time = RPH_NO_LOG_TIME};
		assert_int_equal(rph_pipeline_records(pipeline, records, count, outcomes, &failed),
				 0);
		if (next_random(&dealer.seed) % 3 == 0)
			end_batch(pipeline, rows, list);
	}
	assert_int_equal(rph_pipeline_close_partition(pipeline, 0), 0);
	end_batch(pipeline, rows, list);
	add_counts(pipeline, rows);
	rows->mining = rph_pipeline_counts(pipeline)->mining;
	rph_pipeline_free(pipeline);
	return rows;
}

static void the_number_of_lanes_changes_neither_rows_nor_the_order_of_evidence(void **state)
{
	(void)state;
	static struct log log;
	static struct evidence_list one, many;
	for (uint64_t seed = 41; seed <= 43; seed++) {
		random_log(seed, &log, RECORDS_MAX);
		struct rows *expected = run_in_lanes(&log, 1, 1, &one);
		assert_true(one.count > 20);
		for (uint32_t lanes = 1; lanes <= LANES_MAX; lanes++) {
			struct rows *rows =
				run_in_lanes(&log, lanes, lanes % 2 ? RECORDS_MAX : 40, &many);
			assert_rows_equal(expected, rows);
			assert_memory_equal(&expected->mining, &rows->mining, sizeof(rows->mining));
			assert_int_equal(one.count, many.count);
			for (size_t i = 0; i < one.count; i++) {
				assert_string_equal(one.items[i].from, many.items[i].from);
				assert_string_equal(one.items[i].to, many.items[i].to);
				assert_int_equal(one.items[i].judgement.p,
						 many.items[i].judgement.p);
			}
			free_rows(rows);
		}
		free_rows(expected);
	}
}

/* Records of each lane that were begun and not ended. */
struct watcher {
	int64_t inside[LANES_MAX];
	uint64_t begun;
};

static void on_begin(void *context, uint32_t lane, uint32_t partition, int64_t offset)
{
	struct watcher *watcher = context;
	assert_int_equal(partition, 0);
	assert_int_equal(watcher->inside[lane], -1);
	watcher->inside[lane] = offset;
	watcher->begun++;
}

static void on_end(void *context, uint32_t lane)
{
	struct watcher *watcher = context;
	assert_true(watcher->inside[lane] >= 0);
	watcher->inside[lane] = -1;
}

static void a_watcher_hears_of_every_record_and_of_every_session_that_closes(void **state)
{
	(void)state;
	static struct log log;
	random_log(51, &log, RECORDS_MAX);
	struct watcher watcher = {0};
	memset(watcher.inside, 0xff, sizeof(watcher.inside));
	struct rph_pipeline_options with = options();
	with.watch = (struct rph_pipeline_watch){on_begin, on_end, &watcher};
	struct rph_pipeline *pipeline = open_pipeline(&with, NULL);
	for (int64_t i = 0; i < log.count; i++)
		feed(pipeline, &log, i);
	uint64_t closed = 0;
	for (int i = 0; i < RPH_CLOSE_REASON_COUNT; i++)
		closed += rph_pipeline_counts(pipeline)->closed[i];
	assert_true(closed > 0);
	assert_true(watcher.begun >= RECORDS_MAX + closed);
	assert_int_equal(watcher.inside[0], -1);
	rph_pipeline_free(pipeline);
}

static void a_batch_lives_on_while_the_next_one_is_filled(void **state)
{
	(void)state;
	static struct log log;
	random_log(61, &log, RECORDS_MAX);
	struct rows *expected = run(&log, 0), *rows = new_rows();
	const struct rph_pipeline_options with = options();
	struct rph_pipeline *pipeline = open_pipeline(&with, NULL);
	struct rph_batch batch;
	for (int64_t i = 0; i < log.count; i++) {
		if (i == log.count / 2)
			assert_int_equal(rph_pipeline_end_batch(pipeline, &batch), 0);
		feed(pipeline, &log, i);
	}
	add_deltas(&batch.deltas, rows);
	rph_pipeline_next_batch(pipeline);
	finish(pipeline, rows);
	assert_rows_equal(expected, rows);
	free_rows(expected);
	free_rows(rows);
}

/* ---- fates ----------------------------------------------------------------------------------- */

static enum rph_fate feed_event(struct rph_pipeline *pipeline, int64_t offset, const char *id,
				int64_t at, const char *utterance)
{
	char line[LINE_MAX_BYTES];
	snprintf(line, sizeof(line),
		 "{\"event_id\":\"%s\",\"ts\":%lld,\"user_id\":\"u\",\"locale\":\"en-US\","
		 "\"utterance\":\"%s\"}",
		 id, (long long)at, utterance);
	return feed_text(pipeline, offset, line);
}

static void a_record_is_counted_rejected_late_duplicate_or_outside(void **state)
{
	(void)state;
	struct rph_pipeline_options with = options();
	with.from = START;
	with.to = START + 1000000;
	struct rph_pipeline *pipeline = open_pipeline(&with, NULL);
	assert_int_equal(feed_event(pipeline, 0, "a", START, "hello"), RPH_FATE_COUNTED);
	assert_int_equal(feed_event(pipeline, 1, "a", START + 5, "hello"), RPH_FATE_DUPLICATE);
	assert_int_equal(feed_event(pipeline, 2, "b", START - 1, "hello"), RPH_FATE_OUTSIDE);
	assert_int_equal(feed_event(pipeline, 3, "c", with.to, "hello"), RPH_FATE_OUTSIDE);
	assert_int_equal(feed_event(pipeline, 4, "d", START + 1, "?!"), RPH_FATE_REJECTED);
	assert_int_equal(feed_text(pipeline, 5, "no event"), RPH_FATE_REJECTED);
	assert_int_equal(feed_event(pipeline, 6, "e", START + 500000, "later"), RPH_FATE_COUNTED);
	assert_int_equal(feed_event(pipeline, 7, "f", START + 6, "hello"), RPH_FATE_LATE);
	const struct rph_pipeline_counts *counts = rph_pipeline_counts(pipeline);
	assert_int_equal(counts->fates[RPH_FATE_COUNTED], 2);
	assert_int_equal(counts->fates[RPH_FATE_OUTSIDE], 2);
	assert_int_equal(counts->rejects[RPH_REJECT_nothing_said], 1);
	assert_int_equal(counts->rejects[RPH_REJECT_not_json], 1);
	assert_int_equal(counts->closed[RPH_CLOSE_GAP], 1);
	assert_int_equal(counts->mining.turns, 1);
	assert_int_equal(rph_pipeline_open_sessions(pipeline), 1);
	rph_pipeline_free(pipeline);
}

static void time_is_complete_before_the_watermark_and_every_open_session(void **state)
{
	(void)state;
	const struct rph_pipeline_options with = options();
	struct rph_pipeline *pipeline = open_pipeline(&with, NULL);
	assert_true(rph_pipeline_complete_before(pipeline, 0) == INT64_MIN);
	feed_event(pipeline, 0, "a", START, "hello");
	assert_true(rph_pipeline_complete_before(pipeline, 0) == START - 90000);
	feed_event(pipeline, 1, "b", START + 50000, "hello");
	feed_event(pipeline, 2, "c", START + 100000, "hello");
	/* The open session reaches back to its first turn. */
	assert_true(rph_pipeline_complete_before(pipeline, 0) == START);
	feed_event(pipeline, 3, "d", START + 900000, "hello");
	assert_true(rph_pipeline_complete_before(pipeline, 0) == START + 810000);
	rph_pipeline_free(pipeline);
}

static void evidence_names_both_events_and_waits_for_the_batch(void **state)
{
	(void)state;
	struct rph_pipeline_options with = options();
	with.evidence = true;
	struct rph_pipeline *pipeline = open_pipeline(&with, NULL);
	feed_event(pipeline, 0, "first", START, "a lamp");
	feed_event(pipeline, 1, "second", START + 1000, "the lamp");
	assert_int_equal(rph_pipeline_close_partition(pipeline, 0), 0);
	struct rph_batch batch;
	assert_int_equal(rph_pipeline_end_batch(pipeline, &batch), 0);
	assert_int_equal(batch.evidence_count, 1);
	assert_true(rph_span_equal(batch.evidence[0].from, RPH_SPAN("first")));
	assert_true(rph_span_equal(batch.evidence[0].to, RPH_SPAN("second")));
	assert_int_equal(batch.evidence[0].judgement.gap, 1000);
	rph_pipeline_next_batch(pipeline);
	assert_int_equal(rph_pipeline_end_batch(pipeline, &batch), 0);
	assert_int_equal(batch.evidence_count, 0);
	rph_pipeline_free(pipeline);
}

static void partitions_keep_their_sessions_and_times_apart(void **state)
{
	(void)state;
	const struct rph_pipeline_options with = options();
	struct rph_pipeline *pipeline = open_pipeline(&with, NULL);
	uint32_t second = 0;
	assert_int_equal(rph_pipeline_add_partition(pipeline, NULL, &second), 0);
	assert_int_equal(second, 1);
	feed_event(pipeline, 0, "a", START + 900000, "hello");
	assert_true(rph_pipeline_complete_before(pipeline, 1) == INT64_MIN);
	assert_int_equal(rph_pipeline_close_partition(pipeline, 1), 0);
	assert_int_equal(rph_pipeline_open_sessions(pipeline), 1);
	rph_pipeline_free(pipeline);
}

static void fates_and_reasons_have_names(void **state)
{
	(void)state;
	assert_string_equal(rph_fate_name(RPH_FATE_COUNTED), "counted");
	assert_string_equal(rph_close_reason_name(RPH_CLOSE_FINAL), "final");
	for (int i = 0; i < RPH_FATE_COUNT; i++)
		assert_non_null(rph_fate_name((enum rph_fate)i));
	for (int i = 0; i < RPH_CLOSE_REASON_COUNT; i++)
		assert_non_null(rph_close_reason_name((enum rph_close_reason)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_a_batch_ends_changes_no_row),
		cmocka_unit_test(a_restart_at_any_record_changes_no_row),
		cmocka_unit_test(
			the_number_of_lanes_changes_neither_rows_nor_the_order_of_evidence),
		cmocka_unit_test(a_watcher_hears_of_every_record_and_of_every_session_that_closes),
		cmocka_unit_test(a_batch_lives_on_while_the_next_one_is_filled),
		cmocka_unit_test(every_record_has_one_fate),
		cmocka_unit_test(a_record_is_counted_rejected_late_duplicate_or_outside),
		cmocka_unit_test(time_is_complete_before_the_watermark_and_every_open_session),
		cmocka_unit_test(evidence_names_both_events_and_waits_for_the_batch),
		cmocka_unit_test(partitions_keep_their_sessions_and_times_apart),
		cmocka_unit_test(fates_and_reasons_have_names),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
