/* SPDX-License-Identifier: Apache-2.0
 *
 * week_lanes.c - every source in the order of texts: many at a time are judged by as many lanes as there
 * are, then shown in order.
 */
#include <stdlib.h>

#include "schemas/error.h"
#include "schemas/parallel.h"
#include "store/week_judge.h"

/* So many sources a lane are judged before they are shown. */
enum { BLOCK_OF_A_LANE = 64 };

/* Sources that are judged at the same time. */
struct block {
	const struct rph_week_basis *basis;
	const struct rph_id *sources;
	struct rph_showing *showings; /* by source, as are the errors */
	int *errors;
	struct rph_week_judge **judges; /* by lane */
	uint32_t lanes;
	const struct rph_parallel *parallel;
};

static void judge_task(void *data, uint32_t index, uint32_t lane)
{
	struct block *block = data;

	block->errors[index] = rph_week_judge_source(block->judges[lane], &block->sources[index],
						     &block->showings[index]);
}

static int show(const struct rph_showing *showing, rph_visit_pair *visit, void *context)
{
	int error = 0;

	for (size_t i = 0; i < showing->count && !error; i++)
		error = visit(context, &showing->views[i]);
	return error;
}

static int visit_block(struct block *block, uint32_t count, rph_visit_pair *visit, void *context)
{
	int error = 0;

	rph_parallel_run(block->parallel, count, judge_task, block);
	for (uint32_t i = 0; i < block->lanes; i++)
		rph_week_judge_rest(block->judges[i]);
	for (uint32_t i = 0; i < count && !error; i++) {
		error = block->errors[i];
		if (!error)
			error = show(&block->showings[i], visit, context);
	}
	for (uint32_t i = 0; i < block->lanes; i++)
		rph_week_judge_forget(block->judges[i]);
	return error;
}

static int visit_sources(struct block *block, rph_visit_pair *visit, void *context)
{
	const struct rph_week_basis *basis = block->basis;
	uint32_t most = BLOCK_OF_A_LANE * block->lanes;
	int error = 0;

	for (size_t start = 0; start < basis->source_count && !error; start += most) {
		size_t left = basis->source_count - start;
		if (rph_stop_asked(basis->options->stop))
			return RPH_E_STOPPED;
		block->sources = basis->sources + start;
		error = visit_block(block, left < most ? (uint32_t)left : most, visit, context);
	}
	return error;
}

int rph_week_basis_scan(const struct rph_week_basis *basis, rph_visit_pair *visit, void *context)
{
	static const struct rph_parallel alone;
	struct block block = {
		.basis = basis,
		.parallel = basis->options->parallel ? basis->options->parallel : &alone,
	};
	int error = 0;

	block.lanes = rph_parallel_lanes(block.parallel);
	size_t most = (size_t)BLOCK_OF_A_LANE * block.lanes;
	block.showings = calloc(most, sizeof(*block.showings));
	block.errors = calloc(most, sizeof(*block.errors));
	block.judges = calloc(block.lanes, sizeof(struct rph_week_judge *));
	if (!block.showings || !block.errors || !block.judges)
		error = RPH_E_NO_MEMORY;
	for (uint32_t i = 0; i < block.lanes && !error; i++)
		error = rph_week_judge_new(basis, &block.judges[i]);
	if (!error)
		error = visit_sources(&block, visit, context);
	for (uint32_t i = 0; block.judges && i < block.lanes; i++)
		rph_week_judge_free(block.judges[i]);
	free(block.judges);
	free(block.errors);
	free(block.showings);
	return error;
}

int rph_pairs_scan(struct rph_store *store, const struct rph_pairs_options *options,
		   rph_visit_pair *visit, void *context)
{
	struct rph_week_basis *basis = calloc(1, sizeof(*basis));

	if (!basis)
		return RPH_E_NO_MEMORY;
	int error = rph_week_basis_load(store, options, basis);
	if (!error)
		error = rph_week_basis_scan(basis, visit, context);
	rph_week_basis_free(basis);
	free(basis);
	return error;
}
