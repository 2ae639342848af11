/* SPDX-License-Identifier: Apache-2.0 */
#include "miner/session_memory.h"

#include <stdlib.h>

#include "schemas/error.h"

enum { FIRST_CAPACITY = 8 };

static int copy_array(const void *from, size_t count, size_t size, void **ret)
{
	*ret = NULL;
	if (!count)
		return 0;
	*ret = malloc(count * size);
	if (!*ret)
		return RPH_E_NO_MEMORY;
	memcpy(*ret, from, count * size);
	return 0;
}

int rph_session_memory_init(struct rph_session_memory *memory,
			    const struct rph_session_checkpoint *from)
{
	*memory = (struct rph_session_memory){0};
	if (!from)
		return 0;
	void *raises, *cuts = NULL;
	int err = copy_array(from->raises, from->raise_count, sizeof(*from->raises), &raises);
	if (!err)
		err = copy_array(from->cuts, from->cut_count, sizeof(*from->cuts), &cuts);
	memory->raises = raises;
	memory->cuts = cuts;
	memory->raise_count = memory->raise_capacity = from->raise_count;
	memory->cut_count = memory->cut_capacity = from->cut_count;
	return err;
}

void rph_session_memory_free(struct rph_session_memory *memory)
{
	free(memory->raises);
	free(memory->cuts);
	*memory = (struct rph_session_memory){0};
}

/* Makes room for one more item of `size` in an array. */
static int reserve_one(void **items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return 0;
	size_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	void *grown = realloc(*items, wanted * size);
	if (!grown)
		return RPH_E_NO_MEMORY;
	*items = grown;
	*capacity = wanted;
	return 0;
}

int rph_session_memory_add_raise(struct rph_session_memory *memory, int64_t offset, rph_time_ms top)
{
	void *raises = memory->raises;
	int err = reserve_one(&raises, memory->raise_count, &memory->raise_capacity,
			      sizeof(*memory->raises));
	memory->raises = raises;
	if (!err)
		memory->raises[memory->raise_count++] =
			(struct rph_session_raise){.offset = offset, .top = top};
	return err;
}

int rph_session_memory_add_cut(struct rph_session_memory *memory, const struct rph_session_cut *cut)
{
	void *cuts = memory->cuts;
	int err =
		reserve_one(&cuts, memory->cut_count, &memory->cut_capacity, sizeof(*memory->cuts));
	memory->cuts = cuts;
	if (!err)
		memory->cuts[memory->cut_count++] = *cut;
	return err;
}

const struct rph_session_raise *rph_session_memory_next_raise(struct rph_session_memory *memory,
							      int64_t offset)
{
	if (memory->raises_applied == memory->raise_count ||
	    memory->raises[memory->raises_applied].offset > offset)
		return NULL;
	return &memory->raises[memory->raises_applied++];
}

bool rph_session_memory_was_cut_off(const struct rph_session_memory *memory,
				    const struct rph_id *key, const struct rph_turn *turn,
				    rph_time_ms gap)
{
	for (size_t i = memory->cut_count; i-- > 0;) {
		const struct rph_session_cut *cut = &memory->cuts[i];
		if (cut->offset <= turn->offset)
			return false;
		if (rph_id_compare(&cut->session, key) == 0 && turn->at >= cut->from - gap &&
		    turn->at <= cut->to + gap)
			return true;
	}
	return false;
}

static void drop_raises_before(struct rph_session_memory *memory, int64_t warm_from)
{
	size_t first = 0;
	while (first < memory->raise_count && memory->raises[first].offset < warm_from)
		first++;
	if (!first)
		return;
	memory->raise_count -= first;
	memory->raises_applied -= first < memory->raises_applied ? first : memory->raises_applied;
	memmove(memory->raises, memory->raises + first,
		memory->raise_count * sizeof(*memory->raises));
}

static void drop_cuts_before(struct rph_session_memory *memory, int64_t warm_from)
{
	size_t first = 0;
	while (first < memory->cut_count && memory->cuts[first].offset <= warm_from)
		first++;
	if (!first)
		return;
	memory->cut_count -= first;
	memmove(memory->cuts, memory->cuts + first, memory->cut_count * sizeof(*memory->cuts));
}

void rph_session_memory_drop_before(struct rph_session_memory *memory, int64_t warm_from)
{
	drop_raises_before(memory, warm_from);
	drop_cuts_before(memory, warm_from);
}
