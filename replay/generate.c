/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate.h"

#include <stdlib.h>

#include "replay/generate_event.h"
#include "replay/generate_queue.h"
#include "replay/generate_schedule.h"
#include "schemas/error.h"

enum {
	SESSIONS_PER_USER = 12,
	USERS_MIN = 64,
	USERS_PER_BOT = 5000,
	LATE_PER_MILLE = 5,
	LATE_MIN_MS = 6 * 60 * 1000, /* beyond the usual grace of five minutes */
	LATE_MAX_MS = 150 * 60 * 1000,
	DISORDERED_PER_MILLE = 15, /* out of order, within the grace */
	DISORDERED_MIN_MS = 3000,
	DISORDERED_MAX_MS = 200 * 1000,
	DUPLICATE_PER_MILLE = 7,
	DUPLICATE_MAX_MS = 60 * 1000, /* after the first copy */
	PROGRESS_SESSIONS = 1 << 14,
};

#define ARENA_BYTES ((size_t)256 << 20)

struct generator {
	const struct rph_generate_output *output;
	struct rph_world world;
	struct rph_arena arena;
	struct rph_schedule schedule;
	struct rph_queue queue;
	struct rph_gen_session session;
	struct rph_random random; /* of the session's delivery */
	struct rph_generate_stats stats;
	char line[RPH_EVENT_LINE_MAX];
};

static struct generator *generator_free(struct generator *generator)
{
	if (generator) {
		rph_schedule_free(&generator->schedule);
		rph_queue_free(&generator->queue);
		rph_arena_free(&generator->arena);
		free(generator);
	}
	return NULL;
}
RPH_DEFINE_CLEANUP(struct generator, generator_free)

static int build_world(const struct rph_generate_options *options, struct rph_arena *arena,
		       struct rph_world *world)
{
	uint64_t users = options->users;
	if (users == 0)
		users = options->sessions / SESSIONS_PER_USER;
	if (options->users == 0 && users < USERS_MIN)
		users = USERS_MIN;
	world->seed = rph_mix(options->seed);
	world->users = users > UINT32_MAX ? UINT32_MAX : (uint32_t)users;
	world->bots = world->users / USERS_PER_BOT + (world->users >= USERS_MIN);
	world->devices_max = options->devices;
	world->partitions = options->partitions;
	for (unsigned i = 0; i < RPH_LANGUAGE_COUNT; i++) {
		if (options->locales && !(options->locales >> i & 1))
			continue;
		int error = rph_language_build(i, world->seed, arena,
					       &world->languages[world->language_count]);
		if (error)
			return error;
		world->language_count++;
	}
	return 0;
}

static rph_time_ms draw_delay(struct rph_random *random, bool *ret_late)
{
	unsigned at = rph_random_below(random, 1000);
	*ret_late = at < LATE_PER_MILLE;
	if (*ret_late)
		return rph_random_between(random, LATE_MIN_MS, LATE_MAX_MS);
	if (at < LATE_PER_MILLE + DISORDERED_PER_MILLE)
		return rph_random_between(random, DISORDERED_MIN_MS, DISORDERED_MAX_MS);
	return rph_random_between(random, 40, 1200);
}

static void tell_truth(struct generator *generator, unsigned turn, struct rph_delivery delivery)
{
	generator->stats.lines++;
	generator->stats.late += delivery.late;
	generator->stats.duplicates += delivery.duplicate;
	if (!generator->output->truth)
		return;
	size_t len = rph_truth_event_line(&generator->session, turn, delivery, generator->line);
	rph_gen_writer_append(generator->output->truth, (struct rph_span){generator->line, len});
}

static int send_turn(struct generator *generator, unsigned turn)
{
	const struct rph_gen_session *session = &generator->session;
	struct rph_random *random = &generator->random;
	size_t len = rph_event_line(&generator->world, session, turn, random, generator->line);
	struct rph_span line = {generator->line, len};
	struct rph_delivery delivery = {0};
	rph_time_ms arrival = session->turns[turn].at + draw_delay(random, &delivery.late);
	int error = rph_queue_push(&generator->queue, arrival, session->user.partition, line);
	bool twice = rph_random_chance(random, DUPLICATE_PER_MILLE);
	if (!error && twice) {
		arrival += rph_random_between(random, 50, DUPLICATE_MAX_MS);
		error = rph_queue_push(&generator->queue, arrival, session->user.partition, line);
	}
	if (error)
		return error;
	tell_truth(generator, turn, delivery);
	delivery.duplicate = true;
	if (twice)
		tell_truth(generator, turn, delivery);
	return 0;
}

static void tell_edges(struct generator *generator, unsigned to)
{
	unsigned from = to < RPH_TRANSITION_DISTANCE ? 0 : to - RPH_TRANSITION_DISTANCE;
	for (; from < to; from++) {
		size_t len = rph_truth_edge_line(&generator->session, from, to, generator->line);
		rph_gen_writer_append(generator->output->truth,
				      (struct rph_span){generator->line, len});
	}
}

static void count_turn(struct generator *generator, unsigned nth)
{
	const struct rph_gen_session *session = &generator->session;
	const struct rph_gen_turn *turn = &session->turns[nth];
	struct rph_generate_stats *stats = &generator->stats;
	stats->turns++;
	stats->bot_turns += session->user.bot;
	if (session->user.bot || (nth > 0 && turn[-1].chain == turn->chain))
		return;
	stats->first_attempts++;
	stats->first_failures += !turn->went_well;
}

static int send_session(struct generator *generator, const struct rph_plan *plan)
{
	struct rph_gen_session *session = &generator->session;
	rph_script_session(&generator->world, plan, session);
	rph_random_seed(&generator->random,
			rph_mix2(generator->world.seed ^ UINT64_C(0xde11), plan->number));
	for (unsigned i = 0; i < session->turn_count; i++) {
		int error = send_turn(generator, i);
		if (error)
			return error;
		if (generator->output->truth)
			tell_edges(generator, i);
		count_turn(generator, i);
	}
	generator->stats.sessions++;
	return 0;
}

/* Writes what arrives before `time`. An error of a writer sticks there. */
static int deliver(struct generator *generator, rph_time_ms time)
{
	const struct rph_generate_output *output = generator->output;
	const struct rph_line *line;
	while ((line = rph_queue_pop(&generator->queue, time))) {
		struct rph_gen_writer *writer =
			&output->events[line->partition % output->event_count];
		rph_gen_writer_append(writer, (struct rph_span){line->text, line->len});
		if (writer->error)
			return writer->error;
	}
	return output->truth ? output->truth->error : 0;
}

static int run(struct generator *generator)
{
	const struct rph_generate_output *output = generator->output;
	for (;;) {
		struct rph_plan plan;
		int more = rph_schedule_next(&generator->schedule, &plan);
		if (more <= 0)
			return more < 0 ? more : deliver(generator, INT64_MAX);
		/* Nothing that is still to happen can arrive before this session begins. */
		int error = deliver(generator, plan.start);
		if (!error)
			error = send_session(generator, &plan);
		if (error)
			return error;
		if (output->progress && generator->stats.sessions % PROGRESS_SESSIONS == 0)
			output->progress(output->context, &generator->stats);
	}
}

static int flush_all(const struct rph_generate_output *output)
{
	int first = 0;
	for (unsigned i = 0; i < output->event_count; i++) {
		int error = rph_gen_writer_flush(&output->events[i]);
		first = first ? first : error;
	}
	int error = output->truth ? rph_gen_writer_flush(output->truth) : 0;
	return first ? first : error;
}

int rph_generate(const struct rph_generate_options *options,
		 const struct rph_generate_output *output, struct rph_generate_stats *ret_stats)
{
	RPH_ASSERT(options->sessions >= 1 && options->weeks >= 1 && options->partitions >= 1);
	RPH_ASSERT(options->devices >= 1 && output->event_count >= 1);
	RPH_CLEANUP(generator_free) struct generator *generator = calloc(1, sizeof(*generator));
	if (!generator)
		return RPH_E_NO_MEMORY;
	generator->output = output;
	rph_arena_init(&generator->arena, ARENA_BYTES);
	int error = build_world(options, &generator->arena, &generator->world);
	if (error)
		return error;
	error = rph_schedule_init(&generator->world, options->start, options->weeks,
				  options->sessions, &generator->schedule);
	if (error)
		return error;
	error = run(generator);
	int flushed = flush_all(output);
	if (error || flushed)
		return error ? error : flushed;
	*ret_stats = generator->stats;
	return 0;
}
