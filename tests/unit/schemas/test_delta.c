/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/schemas/evidence.h"

#include "schemas/delta_merge.h"
#include "schemas/error.h"

enum { MOST_ATOMS = 3000, MOST_BATCHES = 6 };

enum atom_kind { ATOM_TURN, ATOM_VOTE, ATOM_FORMULATION, ATOM_GOAL, ATOM_COHORT };

struct atom {
	enum atom_kind kind;
	struct rph_usage_key row;
	struct turn turn;
	struct rph_vote_delta vote;
	struct rph_formulation_delta formulation;
	struct rph_goal_delta goal;
	struct rph_cohort cohort; /* of the vote's user and week */
};

static const char *const texts[] = {"play jazz", "spiel jazz", "lights off", "licht aus"};

/* Few keys, so that much has to be folded; few users or many. */
static struct atom random_atom(struct random *random, uint32_t users)
{
	uint32_t formulation = random_below(random, 1 + random_below(random, 30));
	uint32_t goal = random_below(random, 4);
	struct atom atom = {.kind = random_below(random, 5) ? ATOM_TURN
							    : 1 + random_below(random, 4)};
	atom.row.formulation = id_number(formulation);
	if (goal)
		atom.row.goal = id_number(1000 + goal);
	atom.row.week = (rph_week)(2900 + random_below(random, 3));
	atom.turn = random_turn(random, users);
	atom.vote.key = (struct rph_vote_key){id_number(formulation), id_number(40 + goal),
					      user_number(random_below(random, 6)), atom.row.week};
	atom.vote.vote.edges[random_below(random, RPH_EDGE_COUNT)] = 1;
	atom.vote.vote.mass = random_below(random, 257);
	atom.vote.vote.wins = random_below(random, 2);
	atom.vote.vote.days = (uint8_t)(1 << random_below(random, 7));
	atom.formulation = (struct rph_formulation_delta){id_number(formulation), RPH_SPAN("de-DE"),
							  rph_span_of(texts[formulation % 4])};
	atom.goal = (struct rph_goal_delta){id_number(1000 + goal), rph_span_of(texts[goal])};
	/* More cohorts than a row holds. */
	static const char names[] = "abcdefghijklmnopqrstuvwxyz";
	atom.cohort = (struct rph_cohort){RPH_SPAN("de-DE"),
					  {&names[random_below(random, 26)], 1},
					  1,
					  random_below(random, 2)};
	return atom;
}

static int try_add(struct rph_delta_list *list, const struct atom *atom)
{
	switch (atom->kind) {
	case ATOM_TURN:
		return rph_delta_add_turn(list, &atom->row, &atom->turn.user, atom->turn.wording);
	case ATOM_VOTE:
		return rph_delta_add_vote(list, &atom->vote);
	case ATOM_FORMULATION:
		return rph_delta_add_formulation(list, &atom->formulation);
	case ATOM_GOAL:
		return rph_delta_add_goal(list, &atom->goal);
	case ATOM_COHORT:
		return rph_delta_add_cohort(list, atom->vote.key.week, atom->vote.key.user,
					    &atom->cohort);
	}
	return RPH_E_BAD_INPUT;
}

static void add(struct rph_delta_list *list, const struct atom *atom)
{
	assert_int_equal(try_add(list, atom), 0);
}

static struct rph_deltas fold(struct rph_delta_list *list, const struct atom *atoms, uint32_t count,
			      struct rph_arena *arena)
{
	struct rph_deltas deltas;
	for (uint32_t i = 0; i < count; i++)
		add(list, &atoms[i]);
	assert_int_equal(rph_delta_list_fold(list, arena, &deltas), 0);
	return deltas;
}

static int compare_saids(const struct rph_said_delta *a, const struct rph_said_delta *b)
{
	if (a->week != b->week)
		return a->week < b->week ? -1 : 1;
	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return (a->formulation > b->formulation) - (a->formulation < b->formulation);
}

static int compare_cohorts(const struct rph_cohort_delta *a, const struct rph_cohort_delta *b)
{
	if (a->week != b->week)
		return a->week < b->week ? -1 : 1;
	return (a->user > b->user) - (a->user < b->user);
}

static void assert_same_cohorts(const struct rph_deltas *a, const struct rph_deltas *b)
{
	assert_int_equal(a->cohort_count, b->cohort_count);
	for (size_t i = 0; i < a->cohort_count; i++) {
		const struct rph_cohorts *left = &a->cohorts[i].cohorts;
		const struct rph_cohorts *right = &b->cohorts[i].cohorts;
		assert_int_equal(compare_cohorts(&a->cohorts[i], &b->cohorts[i]), 0);
		assert_int_equal(left->count, right->count);
		for (uint32_t j = 0; j < left->count; j++) {
			assert_int_equal(rph_cohort_compare(&left->list[j], &right->list[j]), 0);
			assert_int_equal(left->list[j].turns, right->list[j].turns);
			assert_int_equal(left->list[j].defects, right->list[j].defects);
		}
	}
}

static void assert_ascending(const struct rph_deltas *deltas)
{
	for (size_t i = 1; i < deltas->formulation_count; i++)
		assert_true(rph_id_compare(&deltas->formulations[i - 1].id,
					   &deltas->formulations[i].id) < 0);
	for (size_t i = 1; i < deltas->goal_count; i++)
		assert_true(rph_id_compare(&deltas->goals[i - 1].id, &deltas->goals[i].id) < 0);
	for (size_t i = 1; i < deltas->vote_count; i++)
		assert_true(rph_vote_key_compare(&deltas->votes[i - 1].key, &deltas->votes[i].key) <
			    0);
	for (size_t i = 1; i < deltas->usage_count; i++)
		assert_true(rph_usage_key_compare(&deltas->usages[i - 1].key,
						  &deltas->usages[i].key) < 0);
	for (size_t i = 0; i < deltas->usage_count; i++)
		assert_usage_is_sound(&deltas->usages[i].usage);
	for (size_t i = 1; i < deltas->said_count; i++)
		assert_true(compare_saids(&deltas->saids[i - 1], &deltas->saids[i]) < 0);
	for (size_t i = 1; i < deltas->cohort_count; i++)
		assert_true(compare_cohorts(&deltas->cohorts[i - 1], &deltas->cohorts[i]) < 0);
}

static void assert_same_texts(const struct rph_deltas *a, const struct rph_deltas *b)
{
	assert_int_equal(a->formulation_count, b->formulation_count);
	for (size_t i = 0; i < a->formulation_count; i++) {
		assert_memory_equal(&a->formulations[i].id, &b->formulations[i].id, 16);
		assert_true(rph_span_equal(a->formulations[i].text, b->formulations[i].text));
		assert_true(rph_span_equal(a->formulations[i].locale, b->formulations[i].locale));
	}
	assert_int_equal(a->goal_count, b->goal_count);
	for (size_t i = 0; i < a->goal_count; i++) {
		assert_memory_equal(&a->goals[i].id, &b->goals[i].id, 16);
		assert_true(rph_span_equal(a->goals[i].canonical, b->goals[i].canonical));
	}
}

static void assert_same_deltas(const struct rph_deltas *a, const struct rph_deltas *b)
{
	assert_same_texts(a, b);
	assert_int_equal(a->vote_count, b->vote_count);
	for (size_t i = 0; i < a->vote_count; i++) {
		const struct rph_vote *left = &a->votes[i].vote, *right = &b->votes[i].vote;
		assert_int_equal(rph_vote_key_compare(&a->votes[i].key, &b->votes[i].key), 0);
		assert_memory_equal(left->edges, right->edges, sizeof(left->edges));
		assert_true(left->mass == right->mass);
		assert_int_equal(left->wins, right->wins);
		assert_int_equal(left->losses, right->losses);
		assert_int_equal(left->days, right->days);
	}
	assert_int_equal(a->usage_count, b->usage_count);
	for (size_t i = 0; i < a->usage_count; i++) {
		assert_int_equal(rph_usage_key_compare(&a->usages[i].key, &b->usages[i].key), 0);
		assert_same_usage(&a->usages[i].usage, &b->usages[i].usage);
	}
	assert_int_equal(a->said_count, b->said_count);
	for (size_t i = 0; i < a->said_count; i++)
		assert_int_equal(compare_saids(&a->saids[i], &b->saids[i]), 0);
	assert_same_cohorts(a, b);
}

/* ---- what a store does with two batches, by plain merging of sorted arrays ---------------------
 */

#define MERGE_SETS(result, a, b, array, count, compare)                                          \
	do {                                                                                     \
		size_t i_ = 0, j_ = 0;                                                           \
		(result)->array = test_calloc((a)->count + (b)->count + 1, sizeof(*(a)->array)); \
		while (i_ < (a)->count || j_ < (b)->count) {                                     \
			int order_ = i_ == (a)->count ? 1                                        \
				     : j_ == (b)->count                                          \
					     ? -1                                                \
					     : compare(&(a)->array[i_], &(b)->array[j_]);        \
			(result)->array[(result)->count++] =                                     \
				order_ <= 0 ? (a)->array[i_] : (b)->array[j_];                   \
			i_ += order_ <= 0;                                                       \
			j_ += order_ >= 0;                                                       \
		}                                                                                \
	} while (0)

static int compare_formulations(const struct rph_formulation_delta *a,
				const struct rph_formulation_delta *b)
{
	return rph_id_compare(&a->id, &b->id);
}

static int compare_goals(const struct rph_goal_delta *a, const struct rph_goal_delta *b)
{
	return rph_id_compare(&a->id, &b->id);
}

static void merge_votes(struct rph_deltas *sum, const struct rph_deltas *more)
{
	size_t i = 0, count = 0;
	struct rph_vote_delta *votes =
		test_calloc(sum->vote_count + more->vote_count + 1, sizeof(*votes));
	for (size_t j = 0; i < sum->vote_count || j < more->vote_count;) {
		int order = i == sum->vote_count ? 1
			    : j == more->vote_count
				    ? -1
				    : rph_vote_key_compare(&sum->votes[i].key, &more->votes[j].key);
		votes[count] = order <= 0 ? sum->votes[i] : more->votes[j];
		if (order == 0)
			rph_vote_merge(&votes[count].vote, &more->votes[j].vote);
		count++;
		i += order <= 0;
		j += order >= 0;
	}
	test_free(sum->votes);
	sum->votes = votes;
	sum->vote_count = count;
}

static void merge_usages(struct rph_deltas *sum, const struct rph_deltas *more,
			 struct rph_arena *arena)
{
	size_t i = 0, count = 0;
	struct rph_usage_delta *usages =
		test_calloc(sum->usage_count + more->usage_count + 1, sizeof(*usages));
	for (size_t j = 0; i < sum->usage_count || j < more->usage_count;) {
		int order = i == sum->usage_count    ? 1
			    : j == more->usage_count ? -1
						     : rph_usage_key_compare(&sum->usages[i].key,
									     &more->usages[j].key);
		usages[count] = order <= 0 ? sum->usages[i] : more->usages[j];
		if (order == 0)
			assert_int_equal(rph_usage_merge(&sum->usages[i].usage,
							 &more->usages[j].usage, arena,
							 &usages[count].usage),
					 0);
		count++;
		i += order <= 0;
		j += order >= 0;
	}
	test_free(sum->usages);
	sum->usages = usages;
	sum->usage_count = count;
}

static void merge_cohorts(struct rph_deltas *sum, const struct rph_deltas *more,
			  struct rph_arena *arena)
{
	size_t i = 0, count = 0;
	struct rph_cohort_delta *rows =
		test_calloc(sum->cohort_count + more->cohort_count + 1, sizeof(*rows));
	for (size_t j = 0; i < sum->cohort_count || j < more->cohort_count;) {
		int order = i == sum->cohort_count ? 1
			    : j == more->cohort_count
				    ? -1
				    : compare_cohorts(&sum->cohorts[i], &more->cohorts[j]);
		rows[count] = order <= 0 ? sum->cohorts[i] : more->cohorts[j];
		if (order == 0)
			assert_int_equal(rph_cohorts_merge(&sum->cohorts[i].cohorts,
							   &more->cohorts[j].cohorts, arena,
							   &rows[count].cohorts),
					 0);
		count++;
		i += order <= 0;
		j += order >= 0;
	}
	test_free(sum->cohorts);
	sum->cohorts = rows;
	sum->cohort_count = count;
}

/* *sum += *more; sum's arrays are the test's. */
static void merge_deltas(struct rph_deltas *sum, const struct rph_deltas *more,
			 struct rph_arena *arena)
{
	struct rph_deltas sets = {0};
	MERGE_SETS(&sets, sum, more, formulations, formulation_count, compare_formulations);
	MERGE_SETS(&sets, sum, more, goals, goal_count, compare_goals);
	MERGE_SETS(&sets, sum, more, saids, said_count, compare_saids);
	test_free(sum->formulations);
	test_free(sum->goals);
	test_free(sum->saids);
	sum->formulations = sets.formulations;
	sum->formulation_count = sets.formulation_count;
	sum->goals = sets.goals;
	sum->goal_count = sets.goal_count;
	sum->saids = sets.saids;
	sum->said_count = sets.said_count;
	merge_votes(sum, more);
	merge_usages(sum, more, arena);
	merge_cohorts(sum, more, arena);
}

static struct rph_deltas empty_sum(void)
{
	return (struct rph_deltas){.formulations = test_calloc(1, 1),
				   .goals = test_calloc(1, 1),
				   .votes = test_calloc(1, 1),
				   .usages = test_calloc(1, 1),
				   .saids = test_calloc(1, 1),
				   .cohorts = test_calloc(1, 1)};
}

static void free_sum(struct rph_deltas *sum)
{
	test_free(sum->formulations);
	test_free(sum->goals);
	test_free(sum->votes);
	test_free(sum->usages);
	test_free(sum->saids);
	test_free(sum->cohorts);
}

/* ---- the laws -------------------------------------------------------------------------------- */

struct bench {
	struct rph_arena arena;
	struct rph_delta_list *list;
	struct atom *atoms;
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	if (!bench || rph_delta_list_new(&bench->list))
		return -1;
	bench->atoms = calloc(MOST_ATOMS, sizeof(*bench->atoms));
	rph_arena_init(&bench->arena, (size_t)256 << 20);
	*state = bench;
	return bench->atoms ? 0 : -1;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	rph_delta_list_free(bench->list);
	rph_arena_free(&bench->arena);
	free(bench->atoms);
	free(bench);
	return 0;
}

static uint32_t random_atoms(struct random *random, struct bench *bench)
{
	uint32_t count = random_below(random, MOST_ATOMS);
	uint32_t users = 1 + random_below(random, 300);
	for (uint32_t i = 0; i < count; i++)
		bench->atoms[i] = random_atom(random, users);
	return count;
}

static void the_order_of_atoms_does_not_matter_and_keys_are_ascending(void **state)
{
	struct bench *bench = *state;
	struct random random = {1};
	for (int round = 0; round < 60; round++) {
		uint32_t count = random_atoms(&random, bench);
		struct rph_deltas first = fold(bench->list, bench->atoms, count, &bench->arena);
		assert_ascending(&first);
		for (uint32_t i = count; i > 1; i--) {
			uint32_t j = random_below(&random, i);
			struct atom swap = bench->atoms[i - 1];
			bench->atoms[i - 1] = bench->atoms[j];
			bench->atoms[j] = swap;
		}
		struct rph_deltas second = fold(bench->list, bench->atoms, count, &bench->arena);
		assert_same_deltas(&first, &second);
		rph_arena_reset(&bench->arena);
	}
}

static struct rph_deltas merge_parts(const struct rph_deltas *parts, uint32_t count,
				     struct rph_arena *arena)
{
	struct rph_deltas merged = {0};
	for (int table = 0; table < RPH_DELTA_TABLES; table++)
		assert_int_equal(rph_deltas_merge_table((enum rph_delta_table)table, parts, count,
							arena, &merged),
				 0);
	return merged;
}

/* As lanes do: every atom goes to any of them. */
static void parts_folded_apart_and_merged_equal_all_folded_at_once(void **state)
{
	struct bench *bench = *state;
	struct random random = {3};
	struct rph_delta_list *lists[MOST_BATCHES];
	for (uint32_t i = 0; i < MOST_BATCHES; i++)
		assert_int_equal(rph_delta_list_new(&lists[i]), 0);
	for (int round = 0; round < 60; round++) {
		uint32_t count = random_atoms(&random, bench);
		uint32_t lanes = 1 + random_below(&random, MOST_BATCHES);
		struct rph_deltas all = fold(bench->list, bench->atoms, count, &bench->arena);
		struct rph_deltas parts[MOST_BATCHES];
		for (uint32_t i = 0; i < count; i++)
			add(lists[random_below(&random, lanes)], &bench->atoms[i]);
		for (uint32_t i = 0; i < lanes; i++)
			parts[i] = fold(lists[i], NULL, 0, &bench->arena);
		struct rph_deltas merged = merge_parts(parts, lanes, &bench->arena);
		assert_ascending(&merged);
		assert_same_deltas(&all, &merged);
		rph_arena_reset(&bench->arena);
	}
	for (uint32_t i = 0; i < MOST_BATCHES; i++)
		rph_delta_list_free(lists[i]);
}

static void merging_without_memory_is_an_error(void **state)
{
	struct bench *bench = *state;
	struct random random = {4};
	random_atoms(&random, bench);
	struct rph_deltas parts[2], merged = {0};
	parts[0] = fold(bench->list, bench->atoms, MOST_ATOMS / 2, &bench->arena);
	parts[1] = fold(bench->list, bench->atoms, MOST_ATOMS / 2, &bench->arena);
	struct rph_arena small;
	rph_arena_init(&small, 64);
	for (int table = 0; table < RPH_DELTA_TABLES; table++)
		assert_int_equal(rph_deltas_merge_table((enum rph_delta_table)table, parts, 2,
							&small, &merged),
				 RPH_E_NO_MEMORY);
	rph_arena_free(&small);
}

static void batches_folded_and_merged_equal_all_folded_at_once(void **state)
{
	struct bench *bench = *state;
	struct random random = {2};
	for (int round = 0; round < 60; round++) {
		uint32_t count = random_atoms(&random, bench);
		struct rph_deltas all = fold(bench->list, bench->atoms, count, &bench->arena);
		struct rph_deltas parts[MOST_BATCHES], sum = empty_sum();
		uint32_t batches = 1 + random_below(&random, MOST_BATCHES), first = 0;
		for (uint32_t i = 0; i < batches; i++) {
			uint32_t left = count - first;
			uint32_t size = i + 1 == batches ? left : random_below(&random, left + 1);
			parts[i] = fold(bench->list, bench->atoms + first, size, &bench->arena);
			first += size;
		}
		/* Merged in another order than they were folded. */
		for (uint32_t i = batches; i > 0; i--)
			merge_deltas(&sum, &parts[i - 1], &bench->arena);
		assert_same_deltas(&sum, &all);
		free_sum(&sum);
		rph_arena_reset(&bench->arena);
	}
}

static void nothing_is_lost_and_nothing_counted_twice(void **state)
{
	struct bench *bench = *state;
	struct random random = {3};
	uint64_t turns = 0, votes = 0, turns_seen = 0, votes_seen = 0;
	for (uint32_t i = 0; i < MOST_ATOMS; i++) {
		bench->atoms[i] = random_atom(&random, 200);
		bench->atoms[i].turn.user.counts = (struct rph_usage_counts){.unknown = 1};
		turns += bench->atoms[i].kind == ATOM_TURN;
		votes += bench->atoms[i].kind == ATOM_VOTE;
	}
	struct rph_deltas deltas = fold(bench->list, bench->atoms, MOST_ATOMS, &bench->arena);
	for (size_t i = 0; i < deltas.usage_count; i++)
		turns_seen += deltas.usages[i].usage.total.unknown;
	for (size_t i = 0; i < deltas.vote_count; i++)
		votes_seen += rph_vote_count(&deltas.votes[i].vote);
	assert_int_equal(turns_seen, turns);
	assert_int_equal(votes_seen, votes);
	rph_arena_reset(&bench->arena);
}

static void keys_that_differ_only_in_their_last_byte_stay_apart(void **state)
{
	struct bench *bench = *state;
	for (uint32_t i = 0; i < 200; i++) {
		struct atom *atom = &bench->atoms[i];
		*atom = (struct atom){.kind = i / 50};
		uint8_t last = (uint8_t)(49 - i % 50);
		atom->row.goal.bytes[15] = last;
		atom->turn.user.user = UINT64_C(0xAAAAAAAA00000000) + i;
		atom->vote.key.source.bytes[15] = last;
		atom->formulation.id.bytes[15] = last;
		atom->goal.id.bytes[15] = last;
	}
	struct rph_deltas deltas = fold(bench->list, bench->atoms, 200, &bench->arena);
	assert_int_equal(deltas.usage_count, 50);
	assert_int_equal(deltas.vote_count, 50);
	assert_int_equal(deltas.formulation_count, 50);
	assert_int_equal(deltas.goal_count, 50);
	assert_int_equal(deltas.said_count, 50);
	assert_ascending(&deltas);
	rph_arena_reset(&bench->arena);
}

static void an_empty_list_folds_to_nothing(void **state)
{
	struct bench *bench = *state;
	struct rph_deltas deltas = fold(bench->list, NULL, 0, &bench->arena);
	assert_int_equal(deltas.formulation_count + deltas.goal_count + deltas.vote_count +
				 deltas.usage_count + deltas.said_count,
			 0);
	rph_arena_reset(&bench->arena);
}

static void without_memory_the_fold_fails_and_the_list_is_empty_and_usable(void **state)
{
	struct bench *bench = *state;
	struct random random = {4};
	struct rph_deltas untouched = {.vote_count = 77}, expected;
	uint32_t count = 500;
	for (uint32_t i = 0; i < count; i++)
		bench->atoms[i] = random_atom(&random, 100);
	expected = fold(bench->list, bench->atoms, count, &bench->arena);
	int failures = 0;
	for (size_t limit = 0;; limit += 4096) {
		struct rph_arena small;
		rph_arena_init(&small, limit);
		for (uint32_t i = 0; i < count; i++)
			add(bench->list, &bench->atoms[i]);
		int error = rph_delta_list_fold(bench->list, &small, &untouched);
		if (!error)
			assert_same_deltas(&untouched, &expected);
		rph_arena_free(&small);
		if (!error)
			break;
		assert_int_equal(error, RPH_E_NO_MEMORY);
		assert_int_equal(untouched.vote_count, 77);
		failures++;
	}
	assert_true(failures > 3);
	rph_arena_reset(&bench->arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_atoms_does_not_matter_and_keys_are_ascending),
		cmocka_unit_test(batches_folded_and_merged_equal_all_folded_at_once),
		cmocka_unit_test(parts_folded_apart_and_merged_equal_all_folded_at_once),
		cmocka_unit_test(merging_without_memory_is_an_error),
		cmocka_unit_test(nothing_is_lost_and_nothing_counted_twice),
		cmocka_unit_test(keys_that_differ_only_in_their_last_byte_stay_apart),
		cmocka_unit_test(an_empty_list_folds_to_nothing),
		cmocka_unit_test(without_memory_the_fold_fails_and_the_list_is_empty_and_usable),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
