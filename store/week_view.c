/* SPDX-License-Identifier: Apache-2.0
 *
 * week_view.c - what readers of a candidate ask of it.
 */
#include "store/week_fold.h"

rph_week rph_pair_view_first_week(const struct rph_pair_view *view)
{
	bool own = view->pair->all_users || !view->support->users;
	return own ? view->pair->first_week : view->support->first_week;
}

rph_week rph_pair_view_last_week(const struct rph_pair_view *view)
{
	bool own = view->pair->all_users || !view->support->users;
	return own ? view->pair->last_week : view->support->last_week;
}

enum rph_trend rph_pair_view_trend(const struct rph_pair_view *view)
{
	bool own = view->pair->all_users >= view->support->users;
	uint32_t recent = own ? view->pair->recent : view->support->recent;
	uint32_t earlier = own ? view->pair->earlier : view->support->earlier;
	rph_week first = own ? view->pair->first_week : view->support->first_week;

	return rph_trend_of(recent, earlier, (uint32_t)(view->week - first));
}

void rph_pair_view_row(const struct rph_pair_view *view, struct rph_pair_view_row *ret)
{
	const struct rph_promotion *promotion = view->promotion;
	size_t count = 0;
	for (unsigned i = 0; i < RPH_REASON_COUNT; i++)
		if (promotion->reasons & UINT32_C(1) << i)
			ret->reasons[count++] = rph_reason_name(i);
	ret->row = (struct rph_pair_row){
		.locale = view->locale,
		.source = view->source,
		.target = view->target,
		.direction = rph_direction_name(promotion->direction),
		.type = rph_edge_name(promotion->type),
		.status = rph_pair_status_name(promotion->status),
		.p = promotion->p,
		.users = view->pair->users,
		.days = view->pair->days,
		.wins = view->pair->wins,
		.losses = view->pair->losses,
		.reasons = ret->reasons,
		.reason_count = count,
		.first_week = rph_pair_view_first_week(view),
		.last_week = rph_pair_view_last_week(view),
		.meant_by = view->support->users,
		.tolerated = view->support->tolerated,
		.trend = rph_trend_name(rph_pair_view_trend(view)),
	};
}
