/* SPDX-License-Identifier: Apache-2.0
 *
 * week_source.c - votes and usage of one source to ballots, pools and meanings.
 */
#include "store/week_source.h"

#include <stdlib.h>

#include "miner/association.h"
#include "schemas/error.h"
#include "store/scan.h"

#define MOST_ODDS 1e9
/* How often people go on to a goal is believed as far as there are more votes than these; until
 * then it is taken to be how often they meet it at all. */
#define PRIOR_VOTES 20.0

int rph_source_init(struct rph_source *source, struct rph_store *store)
{
	*source = (struct rph_source){0};
	rph_arena_init(&source->arena, SIZE_MAX);
	return rph_scan_open(store, RPH_TABLE_usage, &source->usage);
}

void rph_source_free(struct rph_source *source)
{
	free(source->votes);
	free(source->ballots);
	free(source->pools);
	source->usage = rph_scan_close(source->usage);
	rph_arena_free(&source->arena);
}

void rph_source_begin(struct rph_source *source, const struct rph_id *id)
{
	source->id = *id;
	source->vote_count = 0;
	source->ballot_count = 0;
	source->pool_count = 0;
	source->target = (struct rph_id){0};
	source->locale = UINT32_MAX;
	source->sense = NULL;
	source->meanings = (struct rph_meanings){0};
	rph_arena_reset(&source->arena);
}

static int reserve(void **list, size_t *size, size_t wanted, size_t bytes_each)
{
	size_t grown_size = *size ? *size : 256;

	if (wanted <= *size)
		return 0;
	while (grown_size < wanted)
		grown_size *= 2;
	void *grown = reallocarray(*list, grown_size, bytes_each);
	if (!grown)
		return RPH_E_NO_MEMORY;
	*list = grown;
	*size = grown_size;
	return 0;
}

/* Rows hold samples, and ballots need not be among what has a sense: where the numbers of the source
 * do not fit into the others these grow, in one proportion. */
static void widen(struct rph_association *table)
{
	uint64_t times = 1, others = table->left - table->both;

	if (table->right == 0) {
		table->right = table->both;
		table->all += table->both;
	}
	if (table->right < table->both)
		times = (table->both + table->right - 1) / table->right;
	table->right *= times;
	table->all *= times;
	if (table->all < table->right + others)
		table->all = table->right + others;
}

/* Fills in how often anything that is said in the locale ends in the goal. False: nothing is known
 * of the locale. */
static bool set_against_all(const struct rph_senses *senses, uint32_t locale,
			    const struct rph_id *goal, struct rph_association *table)
{
	if (locale >= senses->locale_count)
		return false;
	const struct rph_sense_goal *met = rph_senses_goal(senses, locale, goal);
	table->right = met ? met->reach : 0;
	table->all = senses->locales[locale].sayings;
	widen(table);
	return true;
}

int rph_source_add(struct rph_source *source, const struct rph_week_view *view,
		   const struct rph_vote_key *key, const struct rph_vote *vote)
{
	if (!rph_window_has(&view->window, key->week) ||
	    rph_id_compare(&key->source, &key->target) == 0)
		return 0;
	if (rph_id_compare(&source->target, &key->target) != 0) {
		source->target = key->target;
		source->sense = rph_senses_find(view->senses, &key->target);
	}
	if (!source->sense)
		return 0;
	source->locale = source->sense->locale; /* a pair keeps to one */
	int error = reserve((void **)&source->votes, &source->vote_size, source->vote_count + 1,
			    sizeof(*source->votes));
	if (error)
		return error;
	struct rph_vote_delta *kept = &source->votes[source->vote_count++];
	*kept = (struct rph_vote_delta){*key, *vote};
	kept->key.target = source->sense->goal;
	return 0;
}

/* ---- what follows a failure -------------------------------------------------------------------
 */

static bool same_goal(const struct rph_goal_ballot *a, const struct rph_goal_ballot *b)
{
	return rph_id_compare(&a->goal, &b->goal) == 0;
}

/* Ballots come by goal, user. */
static uint32_t count_users(const struct rph_goal_ballot *ballots, size_t count)
{
	uint32_t users = 0;

	for (size_t i = 0; i < count; i++)
		users += i == 0 || ballots[i].user != ballots[i - 1].user ||
			 !same_goal(&ballots[i], &ballots[i - 1]);
	return users;
}

/* After a failure many go on to something new. That falls where everything falls, so weak ballots
 * stay only for goals that come beyond chance. */
static void sift(struct rph_source *source, const struct rph_senses *senses)
{
	struct rph_goal_ballot *ballots = source->ballots;
	uint32_t all = count_users(ballots, source->ballot_count);
	size_t used = 0;

	for (size_t start = 0, end; start < source->ballot_count; start = end) {
		bool weak = false;
		for (end = start; end < source->ballot_count; end++) {
			if (!same_goal(&ballots[start], &ballots[end]))
				break;
			weak |= ballots[end].weak;
		}
		struct rph_association table = {.both = count_users(ballots + start, end - start),
						.left = all};
		bool follows =
			weak &&
			set_against_all(senses, source->locale, &ballots[start].goal, &table) &&
			rph_goal_follows(&table);
		for (size_t i = start; i < end; i++)
			if (follows || !ballots[i].weak)
				ballots[used++] = ballots[i];
	}
	source->ballot_count = used;
}

/* ---- own usage --------------------------------------------------------------------------------
 */

/* One row; rows of a goal follow one another. */
struct own_row {
	struct rph_usage_key key;
	struct rph_usage usage; /* without wordings */
	struct own_row *next;
};

struct own {
	struct rph_source *source;
	struct own_row *rows, **end;
	struct rph_usage_gather gather; /* the same, merged over the weeks */
};

static const struct rph_usage_user *user_of(const struct rph_usage *usage, uint64_t hash)
{
	size_t low = 0, high = usage->user_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (usage->users[middle].user < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low < usage->user_count && usage->users[low].user == hash ? &usage->users[low]
									 : NULL;
}

/* Whether it worked for somebody is decided over all weeks; when it did, row by row. */
static int add_row(struct rph_source *source, const struct rph_goal_usage *goal,
		   const struct own_row *row)
{
	int error = reserve((void **)&source->ballots, &source->ballot_size,
			    source->ballot_count + row->usage.user_count, sizeof(*source->ballots));
	for (uint32_t i = 0; i < row->usage.user_count && !error; i++) {
		const struct rph_usage_user *user = &row->usage.users[i];
		const struct rph_usage_user *all = user_of(&goal->usage, user->user);
		if (!all || !rph_usage_worked(&all->counts) || user->counts.successes == 0)
			continue;
		source->ballots[source->ballot_count++] =
			(struct rph_goal_ballot){.goal = row->key.goal,
						 .user = user->user,
						 .week = row->key.week,
						 .days = user->days,
						 .own = true};
	}
	return error;
}

static int visit_own(void *context, const struct rph_usage_key *key, const struct rph_usage *usage)
{
	struct own *own = context;
	struct rph_arena *arena = own->gather.arena;

	if (!rph_window_has(&own->gather.window, key->week))
		return 0;
	struct own_row *row = RPH_ARENA_NEW(arena, struct own_row);
	if (!row)
		return RPH_E_NO_MEMORY;
	*row = (struct own_row){.key = *key};
	*own->end = row;
	own->end = &row->next;
	int error = rph_usage_copy_bare(usage, arena, &row->usage);
	return error ? error : rph_usage_gather_take(&own->gather, key, &row->usage);
}

/* Where the source's rows hold a sample of its users, everybody else is left out everywhere. */
static void keep_sample(struct rph_source *source, uint64_t limit)
{
	size_t used = 0;

	for (size_t i = 0; i < source->ballot_count; i++)
		if (source->ballots[i].user <= limit)
			source->ballots[used++] = source->ballots[i];
	source->ballot_count = used;
}

static int add_own(struct rph_source *source, const struct rph_week_view *view)
{
	struct own own = {.source = source,
			  .gather = {.window = view->window, .arena = &source->arena}};
	uint64_t limit = UINT64_MAX;

	own.end = &own.rows;
	/* What nobody understood casts no ballot. */
	int error = rph_scan_usage_of(source->usage, &source->id, true, visit_own, &own);
	const struct own_row *row = own.rows;
	for (size_t i = 0; i < own.gather.count && !error; i++) {
		const struct rph_goal_usage *goal = &own.gather.goals[i];
		bool met = rph_goal_is_met(goal);
		/* Rows that cast no ballot may be as full as they like. */
		uint64_t complete = met ? rph_usage_complete_below(goal, 1) : UINT64_MAX;
		limit = complete < limit ? complete : limit;
		for (; row && rph_id_compare(&row->key.goal, &goal->goal) == 0; row = row->next)
			if (met && !error)
				error = add_row(source, goal, row);
	}
	if (!error && limit != UINT64_MAX)
		keep_sample(source, limit);
	return error;
}

int rph_source_end(struct rph_source *source, const struct rph_week_view *view)
{
	struct rph_pool_lists lists;

	int error = reserve((void **)&source->pools, &source->pool_size, source->vote_count,
			    sizeof(*source->pools));
	if (!error)
		error = reserve((void **)&source->ballots, &source->ballot_size, source->vote_count,
				sizeof(*source->ballots));
	if (error)
		return error;
	lists = (struct rph_pool_lists){.pools = source->pools, .ballots = source->ballots};
	rph_pools_fold(&view->window, source->votes, source->vote_count, &lists);
	source->pool_count = lists.pool_count;
	source->ballot_count = lists.ballot_count;
	sift(source, view->senses);
	error = add_own(source, view);
	return error ? error
		     : rph_meanings_fold(&view->window, source->ballots, source->ballot_count,
					 &source->arena, &source->meanings);
}

const struct rph_pair *rph_source_pool(const struct rph_source *source, const struct rph_id *goal)
{
	for (size_t i = 0; i < source->pool_count; i++)
		if (rph_id_compare(&source->pools[i].target, goal) == 0)
			return &source->pools[i];
	return NULL;
}

/* Where people go on to a goal after other failures more often than it is met at all, that is what
 * it is set against: what is said after everything follows nothing. */
static void set_against_votes(const struct rph_senses *senses, uint32_t locale,
			      const struct rph_meanings *meanings,
			      const struct rph_goal_count *count, struct rph_association *table)
{
	const struct rph_sense_goal *met = rph_senses_goal(senses, locale, &count->goal);
	uint64_t voted = senses->locales[locale].voted;

	if (!met || voted <= meanings->voted || met->voted <= count->voted)
		return;
	double any = (double)table->right / (double)table->all;
	double others = (double)(voted - meanings->voted);
	double rate =
		((double)(met->voted - count->voted) + PRIOR_VOTES * any) / (others + PRIOR_VOTES);
	uint64_t right = (uint64_t)((double)table->all * rate);
	if (right > table->right)
		table->right = right;
	if (table->all < table->left + table->right - table->both)
		table->all = table->left + table->right - table->both;
}

struct rph_source_strength rph_source_strength(const struct rph_senses *senses, uint32_t locale,
					       const struct rph_meanings *meanings,
					       const struct rph_id *goal)
{
	const struct rph_goal_count *count = rph_meanings_find(meanings, goal);
	struct rph_source_strength strength = {0, 0};
	struct rph_association_result result = {0};

	if (!count)
		return strength;
	struct rph_association table = {.both = count->users, .left = meanings->users};
	if (!set_against_all(senses, locale, goal, &table))
		return strength;
	if (2 * count->voted > count->users)
		set_against_votes(senses, locale, meanings, count, &table);
	if (rph_associate(&table, &result))
		strength.evidence = result.evidence;
	double with = (double)(2 * table.both + 1) / (double)(2 * (table.left - table.both) + 1);
	double any = (double)(2 * table.right + 1) / (double)(2 * (table.all - table.right) + 1);
	double odds = 1000.0 * with / any;
	strength.odds = odds >= MOST_ODDS ? (uint32_t)MOST_ODDS : (uint32_t)odds;
	/* Wherever else people go on to it they mean something else: a hub, whatever its odds. */
	const struct rph_sense_goal *met = rph_senses_goal(senses, locale, goal);
	if (met && count->voted && 2 * met->agreed < met->voted)
		strength.odds = 0;
	return strength;
}
