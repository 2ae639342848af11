/* SPDX-License-Identifier: Apache-2.0
 *
 * test_chain.c - the sparse walk against the dense solution of the same equations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "miner/chain.h"
#include "schemas/error.h"

enum { MOST_STATES = 24, MOST_EDGES = MOST_STATES * MOST_STATES };

struct world {
	struct rph_chain_state states[MOST_STATES];
	struct rph_chain_edge edges[MOST_EDGES];
	struct rph_chain_input input;
	struct rph_arena arena;
	struct rph_chain *chain;
};

static void make(struct world *world)
{
	world->input.states = world->states;
	world->input.edges = world->edges;
	rph_arena_init(&world->arena, SIZE_MAX);
	assert_int_equal(rph_chain_make(&world->input, &world->arena, &world->chain), 0);
}

static struct rph_chain_target target_of(struct world *world, uint32_t from)
{
	const struct rph_chain_start start = {from, 1};
	struct rph_chain_target target;
	assert_int_equal(rph_chain_target(world->chain, &start, 1, &target), 0);
	return target;
}

/* a -> b 6, a ends well 1, badly 3; b -> c 1, 8, 1; c 4, 6. */
static void worked_example(struct world *world)
{
	*world = (struct world){
		.states = {{1, 3, 10, false}, {8, 1, 4, false}, {4, 6, 9, false}},
		.edges = {{0, 1, 6}, {1, 2, 1}},
		.input = {.state_count = 3, .edge_count = 2},
	};
	make(world);
}

static void the_worked_example_comes_out(void **state)
{
	(void)state;
	struct world world;
	worked_example(&world);
	assert_true(fabs(rph_chain_last_before_success(world.chain, 0, 0) - 0.100) < 1e-9);
	assert_true(fabs(rph_chain_last_before_success(world.chain, 0, 1) - 0.480) < 1e-9);
	assert_true(fabs(rph_chain_last_before_success(world.chain, 0, 2) - 0.024) < 1e-9);
	struct rph_chain_target target = target_of(&world, 0);
	assert_int_equal(target.state, 1);
	assert_int_equal(target.success, 604);
	assert_int_equal(target.posterior, 795);
	assert_int_equal(target.path_count, 2);
	assert_int_equal(target.path[0], 0);
	assert_int_equal(target.path[1], 1);
	assert_int_equal(target_of(&world, 1).success, 840);
	assert_int_equal(target_of(&world, 2).success, 400);
	assert_int_equal(target_of(&world, 2).state, 2);
	rph_arena_free(&world.arena);
}

static uint64_t below(uint64_t limit)
{
	return (uint64_t)random() % limit;
}

/* Every state ends at least as often as people leave it, so that ten hops leave little. */
static void random_world(struct world *world)
{
	uint32_t count = 2 + (uint32_t)below(MOST_STATES - 1);

	*world = (struct world){.input = {.state_count = count, .pseudo_users = 128}};
	for (uint32_t i = 0; i < count; i++) {
		uint64_t leave = 0;
		for (uint32_t j = 0; j < count; j++) {
			if (below(count) > 2)
				continue;
			uint64_t users = (1 + below(20)) * RPH_CHAIN_USER;
			world->edges[world->input.edge_count++] =
				(struct rph_chain_edge){i, j, users};
			leave += users;
		}
		world->states[i] = (struct rph_chain_state){
			.success = below(4) * leave + below(3000),
			.failure = 2 * leave + below(3000),
			.starts = below(5) * RPH_CHAIN_USER,
			.control = below(8) == 0,
		};
	}
	make(world);
}

/* Solves (I - Q)^T x = e_i by elimination with pivots; a control state has no way out. */
static void dense(const struct world *world, const double start[], double ret[])
{
	static double m[MOST_STATES][MOST_STATES + 1];
	uint32_t n = world->input.state_count;
	double all[MOST_STATES];

	memset(m, 0, sizeof(m));
	for (uint32_t i = 0; i < n; i++) {
		m[i][i] = 1.0;
		m[i][n] = start[i];
		all[i] = (double)world->states[i].success + (double)world->states[i].failure +
			 2.0 * world->input.pseudo_users;
	}
	for (size_t e = 0; e < world->input.edge_count; e++)
		all[world->edges[e].from] += (double)world->edges[e].users;
	for (size_t e = 0; e < world->input.edge_count; e++) {
		const struct rph_chain_edge *edge = &world->edges[e];
		if (!world->states[edge->from].control)
			m[edge->to][edge->from] -= (double)edge->users / all[edge->from];
	}
	for (uint32_t c = 0; c < n; c++) {
		uint32_t pivot = c;
		for (uint32_t r = c + 1; r < n; r++)
			if (fabs(m[r][c]) > fabs(m[pivot][c]))
				pivot = r;
		for (uint32_t k = 0; k <= n; k++) {
			double swap = m[c][k];
			m[c][k] = m[pivot][k];
			m[pivot][k] = swap;
		}
		for (uint32_t r = 0; r < n; r++) {
			double factor = r == c ? 0.0 : m[r][c] / m[c][c];
			for (uint32_t k = c; k <= n && factor != 0.0; k++)
				m[r][k] -= factor * m[c][k];
		}
	}
	for (uint32_t i = 0; i < n; i++)
		ret[i] = world->states[i].control ? 0.0
						  : m[i][n] / m[i][i] *
							    ((double)world->states[i].success +
							     world->input.pseudo_users) /
							    all[i];
}

static void check_start(struct world *world, uint32_t from, const double base[])
{
	double start[MOST_STATES] = {0}, last[MOST_STATES], success = 0.0, most = 0.0;
	uint32_t n = world->input.state_count;

	start[from] = 1.0;
	dense(world, start, last);
	for (uint32_t j = 0; j < n; j++) {
		success += last[j];
		most = last[j] > most ? last[j] : most;
		assert_true(fabs(rph_chain_last_before_success(world->chain, from, j) - last[j]) <
			    2e-5);
	}
	struct rph_chain_target target = target_of(world, from);
	assert_true(fabs(target.success - 1000.0 * success) < 1.0);
	if (target.state == RPH_NO_STATE) {
		assert_true(most == 0.0);
		return;
	}
	assert_false(world->states[target.state].control);
	assert_true(fabs(last[target.state] - most) < 2e-5);
	assert_true(fabs(target.posterior - 1000.0 * most / success) < 1.0);
	if (base[target.state] > 1e-3)
		assert_true(fabs(target.lift / (256.0 * most / success / base[target.state]) -
				 1.0) < 0.02);
}

static void the_sparse_walk_is_the_dense_solution(void **state)
{
	(void)state;
	srandom(20261121);
	for (int round = 0; round < 400; round++) {
		struct world world;
		double start[MOST_STATES], base[MOST_STATES], all = 0.0, success = 0.0;
		random_world(&world);
		uint32_t n = world.input.state_count;
		for (uint32_t i = 0; i < n; i++)
			all += (double)world.states[i].starts;
		for (uint32_t i = 0; i < n; i++)
			start[i] = all > 0.0 ? (double)world.states[i].starts / all : 0.0;
		dense(&world, start, base);
		for (uint32_t i = 0; i < n; i++)
			success += base[i];
		for (uint32_t i = 0; i < n; i++)
			base[i] = success > 0.0 ? base[i] / success : 0.0;
		for (uint32_t from = 0; from < n; from++)
			check_start(&world, from, base);
		rph_arena_free(&world.arena);
	}
}

static void a_path_leads_along_edges_from_the_start_to_the_target(void **state)
{
	(void)state;
	srandom(3);
	for (int round = 0; round < 200; round++) {
		struct world world;
		random_world(&world);
		struct rph_chain_target target = target_of(&world, 0);
		for (int i = 0; i + 1 < target.path_count; i++) {
			bool found = false;
			for (size_t e = 0; e < world.input.edge_count; e++)
				found |= world.edges[e].from == target.path[i] &&
					 world.edges[e].to == target.path[i + 1];
			assert_true(found);
		}
		if (target.state != RPH_NO_STATE) {
			assert_true(target.path_count >= 1);
			assert_int_equal(target.path[0], 0);
			assert_int_equal(target.path[target.path_count - 1], target.state);
		}
		rph_arena_free(&world.arena);
	}
}

/* Everybody ends with "stop": it works, and it is still no rewrite of anything. */
static void a_control_state_is_never_a_target_nor_a_way_to_one(void **state)
{
	(void)state;
	struct world world = {
		.states = {{1, 9, 10, false}, {90, 0, 10, true}, {90, 0, 10, false}},
		.edges = {{0, 1, 80}, {1, 2, 50}},
		.input = {.state_count = 3, .edge_count = 2},
	};
	make(&world);
	assert_int_equal(target_of(&world, 0).state, 0);
	assert_int_equal(target_of(&world, 1).state, RPH_NO_STATE);
	rph_arena_free(&world.arena);
}

/* Half of the people who fail with anything then say the same popular thing. */
static void a_hub_has_no_lift_and_a_repair_has(void **state)
{
	(void)state;
	struct world world = {.input = {.state_count = 12}};
	world.states[0] = (struct rph_chain_state){1000, 10, 500, false};
	world.states[1] = (struct rph_chain_state){100, 10, 10, false};
	for (uint32_t i = 2; i < 12; i++) {
		world.states[i] = (struct rph_chain_state){0, 10, 20, false};
		world.edges[world.input.edge_count++] = (struct rph_chain_edge){i, 0, 10};
		if (i == 2)
			world.edges[world.input.edge_count++] = (struct rph_chain_edge){i, 1, 20};
	}
	make(&world);
	struct rph_chain_target repair = target_of(&world, 2), hub = target_of(&world, 3);
	assert_int_equal(repair.state, 1);
	assert_int_equal(hub.state, 0);
	assert_true(repair.lift > 3 * 256);
	assert_true(hub.lift < 3 * 256);
	assert_false(rph_chain_is_hub(repair.base, repair.lift, 512));
	/* Nearly everybody ends there: no lift can tell. */
	assert_true(hub.base > 800);
	assert_false(rph_chain_is_hub(hub.base, hub.lift, 512));
	assert_true(rph_chain_is_hub(300, 400, 512));
	assert_false(rph_chain_is_hub(300, 512, 512));
	assert_int_equal(hub.posterior, 1000);
	rph_arena_free(&world.arena);
}

static void several_starts_are_weighed(void **state)
{
	(void)state;
	struct world world;
	worked_example(&world);
	const struct rph_chain_start both[] = {{0, 1}, {2, 9}};
	struct rph_chain_target target;
	assert_int_equal(rph_chain_target(world.chain, both, 2, &target), 0);
	assert_int_equal(target.state, 2);
	/* 0.1 * 0.604 + 0.9 * 0.4 */
	assert_int_equal(target.success, 420);
	assert_int_equal(rph_chain_judge(world.chain, both, 2, 1, &target), 0);
	assert_int_equal(target.state, 1);
	/* 0.1 * 0.48 / 0.4204 */
	assert_int_equal(target.posterior, 114);
	assert_int_equal(target.path[0], 0);
	rph_arena_free(&world.arena);
}

static void walks_do_not_remember_each_other(void **state)
{
	(void)state;
	srandom(9);
	struct world world;
	random_world(&world);
	struct rph_chain_target first = target_of(&world, 0);
	for (uint32_t i = 0; i < world.input.state_count; i++)
		(void)target_of(&world, i);
	struct rph_chain_target again = target_of(&world, 0);
	assert_memory_equal(&first, &again, sizeof(first));
	rph_arena_free(&world.arena);
}

static void wrong_edges_and_starts_are_refused(void **state)
{
	(void)state;
	const struct rph_chain_state states[2] = {{1, 1, 1, false}, {1, 1, 1, false}};
	const struct rph_chain_edge wrong[][2] = {
		{{0, 1, 1}, {0, 1, 1}}, {{1, 0, 1}, {0, 1, 1}}, {{0, 2, 1}, {1, 0, 1}},
		{{2, 0, 1}, {2, 1, 1}}, {{0, 1, 0}, {1, 0, 1}},
	};
	struct rph_arena arena;
	struct rph_chain *chain = NULL;
	rph_arena_init(&arena, SIZE_MAX);
	for (size_t i = 0; i < RPH_ARRAY_LEN(wrong); i++) {
		struct rph_chain_input input = {states, 2, wrong[i], 2, 1};
		assert_int_equal(rph_chain_make(&input, &arena, &chain), RPH_E_BAD_INPUT);
	}
	struct rph_chain_input input = {states, 2, NULL, 0, 1};
	assert_int_equal(rph_chain_make(&input, &arena, &chain), 0);
	const struct rph_chain_start bad[] = {{1, 1}, {0, 1}}, none = {0, 0};
	struct rph_chain_target target;
	assert_int_equal(rph_chain_target(chain, bad, 2, &target), RPH_E_BAD_INPUT);
	assert_int_equal(rph_chain_target(chain, &none, 1, &target), RPH_E_BAD_INPUT);
	assert_int_equal(rph_chain_target(chain, bad, 0, &target), RPH_E_BAD_INPUT);
	assert_int_equal(rph_chain_judge(chain, bad, 1, 2, &target), RPH_E_BAD_INPUT);
	rph_arena_free(&arena);
}

static void an_arena_that_is_full_is_an_error(void **state)
{
	(void)state;
	const struct rph_chain_state states[2] = {{1, 1, 1, false}, {1, 1, 1, false}};
	struct rph_chain_input input = {states, 2, NULL, 0, 1};
	struct rph_chain *chain = NULL;
	struct rph_arena arena;
	rph_arena_init(&arena, 16);
	assert_int_equal(rph_chain_make(&input, &arena, &chain), RPH_E_NO_MEMORY);
	assert_null(chain);
	rph_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worked_example_comes_out),
		cmocka_unit_test(the_sparse_walk_is_the_dense_solution),
		cmocka_unit_test(a_path_leads_along_edges_from_the_start_to_the_target),
		cmocka_unit_test(a_control_state_is_never_a_target_nor_a_way_to_one),
		cmocka_unit_test(a_hub_has_no_lift_and_a_repair_has),
		cmocka_unit_test(several_starts_are_weighed),
		cmocka_unit_test(walks_do_not_remember_each_other),
		cmocka_unit_test(wrong_edges_and_starts_are_refused),
		cmocka_unit_test(an_arena_that_is_full_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
