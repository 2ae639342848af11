/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/outcome_graph.h"

#include "miner/log2.h"

/* p log2(p / ((p + q) / 2)) + the same of q, halved: one outcome's share of the divergence. */
static double divergence_term(double p, double q)
{
	double middle = (p + q) / 2.0, sum = 0.0;

	if (p > 0.0)
		sum += p * rph_log2(p / middle);
	if (q > 0.0)
		sum += q * rph_log2(q / middle);
	return sum / 2.0;
}

double rph_divergence(const double *p, const double *q, size_t count)
{
	double sum = 0.0;

	for (size_t i = 0; i < count; i++)
		sum += divergence_term(p[i], q[i]);
	return sum < 0.0 ? 0.0 : sum > 1.0 ? 1.0 : sum;
}

static uint64_t users_of(const struct rph_goal_profile *profile)
{
	uint64_t users = 0;

	for (size_t i = 0; i < profile->count; i++)
		users += profile->goals[i].users;
	return users;
}

/* Two profiles walked together, goal by goal. */
struct walk {
	double pseudo, all;      /* a, and what shares are of */
	double total_a, total_b; /* W + a */
	double seen;             /* sum of p(g) over the goals of either */
	double divergence;
	uint64_t shared_a, shared_b;
};

static void walk_goal(struct walk *walk, const struct rph_goal_weight *a,
		      const struct rph_goal_weight *b)
{
	/* What the two sides say of one goal comes from one table; if not, the larger count. */
	uint64_t everybody = a ? a->all_users : 0;
	if (b && b->all_users > everybody)
		everybody = b->all_users;
	double prior = walk->all > 0.0 ? (double)everybody / walk->all : 0.0;
	double smooth = walk->pseudo * prior;

	walk->seen += prior;
	walk->divergence += divergence_term(((a ? a->users : 0) + smooth) / walk->total_a,
					    ((b ? b->users : 0) + smooth) / walk->total_b);
	if (a && b) {
		walk->shared_a += a->users;
		walk->shared_b += b->users;
	}
}

static void walk_all(struct walk *walk, const struct rph_goal_profile *a,
		     const struct rph_goal_profile *b)
{
	size_t i = 0, j = 0;

	while (i < a->count || j < b->count) {
		int order = i == a->count   ? 1
			    : j == b->count ? -1
					    : rph_id_compare(&a->goals[i].goal, &b->goals[j].goal);
		walk_goal(walk, order <= 0 ? &a->goals[i] : NULL, order >= 0 ? &b->goals[j] : NULL);
		i += order <= 0;
		j += order >= 0;
	}
	/* The goals that neither met differ by one constant factor: one term for all of them. */
	double rest = walk->seen < 1.0 ? walk->pseudo * (1.0 - walk->seen) : 0.0;
	if (walk->all > 0.0)
		walk->divergence += divergence_term(rest / walk->total_a, rest / walk->total_b);
}

struct rph_goal_similarity rph_goal_compare(const struct rph_graph_params *params,
					    const struct rph_goal_profile *a,
					    const struct rph_goal_profile *b)
{
	struct rph_goal_similarity none = {.divergence = RPH_GRAPH_ONE};
	bool smooth = params->all_users > 0;
	struct walk walk = {
		.pseudo = smooth ? params->pseudo_users : 0.0,
		.all = (double)params->all_users,
	};

	if (a->count == 0 || b->count == 0)
		return none;
	walk.total_a = (double)users_of(a) + walk.pseudo;
	walk.total_b = (double)users_of(b) + walk.pseudo;
	walk_all(&walk, a, b);
	double divergence = walk.divergence;
	divergence = divergence < 0.0 ? 0.0 : divergence > 1.0 ? 1.0 : divergence;
	uint64_t shared = walk.shared_a < walk.shared_b ? walk.shared_a : walk.shared_b;
	double evidence = shared < 60 ? 1.0 - rph_exp2(-(double)shared) : 1.0;
	return (struct rph_goal_similarity){
		.divergence = (uint16_t)((divergence * 2.0 * RPH_GRAPH_ONE + 1.0) / 2.0),
		.similarity = (uint16_t)((1.0 - divergence) * evidence * RPH_GRAPH_ONE),
		.shared_users = shared,
	};
}

uint32_t rph_goal_entropy(const struct rph_goal_profile *profile)
{
	double all = (double)users_of(profile), sum = 0.0;

	for (size_t i = 0; i < profile->count; i++)
		sum += profile->goals[i].users * rph_log2(all / profile->goals[i].users);
	return all > 0.0 ? (uint32_t)((sum / all * 2.0 * RPH_GRAPH_ONE + 1.0) / 2.0) : 0;
}
