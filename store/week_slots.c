/* SPDX-License-Identifier: Apache-2.0
 *
 * week_slots.c - clear formulations to lessons, in two passes: values first, then where else they
 * are said.
 */
#include "store/week_slots.h"

#include "schemas/error.h"
#include "store/week_facts.h"

/* A lesson that the second pass reads again. */
struct said {
	struct said *next;
	struct rph_span locale, text; /* normalised */
};

struct teach {
	const struct rph_week_view *view;
	struct rph_normaliser *normaliser;
	struct rph_slot_types *types;
	struct rph_arena keep; /* what was said */
	struct rph_fact_reader reader;
	struct rph_arena fact, scratch; /* of one formulation */
	struct said *said;
};

static int remember(struct teach *teach, uint32_t locale, struct rph_span text)
{
	struct said *said = RPH_ARENA_NEW(&teach->keep, struct said);

	if (!said)
		return RPH_E_NO_MEMORY;
	*said = (struct said){teach->said, teach->view->senses->locales[locale].tag, text};
	teach->said = said;
	return rph_arena_copy(&teach->keep, text, &said->text);
}

static int teach_fact(struct teach *teach, const struct rph_fact *fact, uint32_t locale)
{
	struct rph_wording *wording = RPH_ARENA_NEW(&teach->fact, struct rph_wording);
	struct rph_goal goal;

	if (!wording)
		return RPH_E_NO_MEMORY;
	int error = rph_goal_read(fact->goal, &teach->fact, &goal);
	if (!error)
		error = rph_wording_decode(fact->wording, wording);
	if (error)
		return error == RPH_E_BAD_INPUT ? RPH_E_STATE_CORRUPT : error;
	/* A slot that the wording does not show would count as words beside slots. */
	if (!goal.intent.len || wording->slot_count < goal.slot_count)
		return 0;
	const struct rph_slot_lesson lesson = {teach->view->senses->locales[locale].tag, &goal,
					       wording};
	rph_arena_reset(&teach->scratch);
	error = rph_slot_types_learn(teach->types, teach->normaliser, &lesson, &teach->scratch);
	return error ? error : remember(teach, locale, fact->text);
}

static int teach_all(struct teach *teach)
{
	const struct rph_senses *senses = teach->view->senses;
	unsigned since_asked = 0;
	int error = 0;

	for (size_t i = 0; i < senses->count && !error; i++) {
		struct rph_fact fact;
		if (!senses->list[i].is_clear)
			continue;
		if (rph_stop_asked_sometimes(teach->view->stop, &since_asked))
			return RPH_E_STOPPED;
		rph_arena_reset(&teach->fact);
		error = rph_fact_load(&teach->reader, &senses->list[i].formulation, &teach->fact,
				      &fact);
		if (!error && fact.text.len && fact.wording.len)
			error = teach_fact(teach, &fact, senses->list[i].locale);
	}
	return error;
}

static int recount(struct teach *teach)
{
	unsigned since_asked = 0;
	int error = 0;

	for (const struct said *said = teach->said; said && !error; said = said->next) {
		if (rph_stop_asked_sometimes(teach->view->stop, &since_asked))
			return RPH_E_STOPPED;
		rph_arena_reset(&teach->scratch);
		error = rph_slot_types_recount(teach->types, said->locale, said->text,
					       &teach->scratch);
	}
	return error;
}

int rph_week_slots_load(const struct rph_week_view *view, struct rph_normaliser *normaliser,
			struct rph_slot_types *ret)
{
	struct teach teach = {.view = view, .normaliser = normaliser, .types = ret};

	rph_arena_init(&teach.keep, SIZE_MAX);
	rph_arena_init(&teach.fact, SIZE_MAX);
	rph_arena_init(&teach.scratch, SIZE_MAX);
	int error = rph_fact_reader_init(&teach.reader, view->store, &view->window);
	if (!error)
		error = teach_all(&teach);
	if (!error)
		error = recount(&teach);
	rph_fact_reader_free(&teach.reader);
	rph_arena_free(&teach.keep);
	rph_arena_free(&teach.fact);
	rph_arena_free(&teach.scratch);
	return error;
}
