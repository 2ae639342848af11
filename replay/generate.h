/* SPDX-License-Identifier: Apache-2.0
 *
 * generate.h - synthetic interaction logs with known truth.
 *
 * Users of six languages talk to an assistant that understands only a part of what they say, so
 * that every kind of rephrasing, friction, noise and bad delivery occurs, and the truth
 * about each is known. The pipeline, one file each:
 *
 *	grammar    what can be wanted, and in which words
 *	world      who exists, with which habits
 *	schedule   when each session begins
 *	script     what happens in a session (speech: what is heard; nlu: what is understood;
 *	           outcome: what the log says about the end of it)
 *	event      the turns as JSON
 *	queue      the order of arrival: most events at once, some out of order, late, or twice
 *
 * The same options give the same bytes on every machine. Memory is bounded by the sessions of a few
 * hours and does not grow with their total number over a given number of weeks' rate.
 */
#ifndef RPH_REPLAY_GENERATE_H
#define RPH_REPLAY_GENERATE_H

#include "replay/generate_writer.h"
#include "replay/grammar.h"
#include "schemas/time.h"

struct rph_generate_options {
	uint64_t seed;
	uint64_t sessions;   /* >= 1 */
	unsigned weeks;      /* 1..520; sessions begin within them, or up to three hours later */
	rph_time_ms start;   /* a full hour, UTC, not before 1970 */
	unsigned partitions; /* 1..RPH_GENERATE_PARTITIONS_MAX; a user is always in the same one */
	uint32_t users;      /* 0: one for every twelve sessions, at least 64 */
	unsigned devices;    /* per user, at most; >= 1 */
	uint32_t locales;    /* bit i: rph_language_tag(i); 0: all */
};

enum { RPH_GENERATE_PARTITIONS_MAX = 256 };

struct rph_generate_stats {
	uint64_t sessions, turns; /* turns that happened */
	uint64_t lines;           /* events written, duplicates included */
	uint64_t late, duplicates, bot_turns;
	uint64_t first_attempts, first_failures; /* of people's chains */
};

/* Where the lines go. Events of partition p go to events[p % event_count], so one writer gets all
 * of them in one order of arrival. `truth` may be NULL. */
struct rph_generate_output {
	struct rph_gen_writer *events;
	unsigned event_count;
	struct rph_gen_writer *truth;
	/* Called now and then with the figures so far; may be NULL. */
	void (*progress)(void *context, const struct rph_generate_stats *stats);
	void *context;
};

/* Writes everything and flushes. Returns 0, RPH_E_NO_MEMORY, RPH_E_USAGE (more users are needed for
 * so many sessions in so short a time), or -errno of writing. `ret_stats` is filled on success. */
int rph_generate(const struct rph_generate_options *options,
		 const struct rph_generate_output *output,
		 struct rph_generate_stats *ret_stats) RPH_MUST_CHECK;

#endif
