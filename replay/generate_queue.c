/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate_queue.h"

#include <stdlib.h>

#include "schemas/error.h"

static void free_line(struct rph_line *line)
{
	free(line->text);
	free(line);
}

void rph_queue_free(struct rph_queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		free_line(queue->entries[i].line);
	while (queue->spare) {
		struct rph_line *line = queue->spare;
		queue->spare = line->next;
		free_line(line);
	}
	free(queue->entries);
	*queue = (struct rph_queue){0};
}

static bool is_before(const struct rph_queue_entry *a, const struct rph_queue_entry *b)
{
	return a->arrival != b->arrival ? a->arrival < b->arrival : a->order < b->order;
}

static int grow(struct rph_queue *queue)
{
	size_t capacity = queue->capacity ? queue->capacity * 2 : 256;
	struct rph_queue_entry *entries = reallocarray(queue->entries, capacity, sizeof(*entries));
	if (!entries)
		return RPH_E_NO_MEMORY;
	queue->entries = entries;
	queue->capacity = capacity;
	return 0;
}

static void keep_spare(struct rph_queue *queue, struct rph_line *line)
{
	line->next = queue->spare;
	queue->spare = line;
}

static struct rph_line *take_spare(struct rph_queue *queue)
{
	struct rph_line *line = queue->spare;
	if (!line)
		return calloc(1, sizeof(*line));
	queue->spare = line->next;
	return line;
}

static int fill_line(struct rph_line *line, struct rph_span text)
{
	if (!line->text || text.len > line->capacity) {
		size_t capacity = text.len < 1000 ? 1024 : text.len * 2;
		char *bytes = realloc(line->text, capacity);
		if (!bytes)
			return RPH_E_NO_MEMORY;
		line->text = bytes;
		line->capacity = capacity;
	}
	memcpy(line->text, text.ptr, text.len);
	line->len = text.len;
	return 0;
}

int rph_queue_push(struct rph_queue *queue, rph_time_ms arrival, unsigned partition,
		   struct rph_span text)
{
	RPH_ASSERT(text.len > 0);
	if (queue->count == queue->capacity) {
		int error = grow(queue);
		if (error)
			return error;
	}
	struct rph_line *line = take_spare(queue);
	if (!line)
		return RPH_E_NO_MEMORY;
	int error = fill_line(line, text);
	if (error) {
		keep_spare(queue, line);
		return error;
	}
	line->partition = partition;
	struct rph_queue_entry entry = {arrival, queue->pushed++, line};
	size_t at = queue->count++;
	for (; at > 0 && is_before(&entry, &queue->entries[(at - 1) / 2]); at = (at - 1) / 2)
		queue->entries[at] = queue->entries[(at - 1) / 2];
	queue->entries[at] = entry;
	return 0;
}

const struct rph_line *rph_queue_pop(struct rph_queue *queue, rph_time_ms time)
{
	if (queue->count == 0 || queue->entries[0].arrival >= time)
		return NULL;
	struct rph_line *line = queue->entries[0].line;
	struct rph_queue_entry last = queue->entries[--queue->count];
	size_t at = 0;
	for (size_t child; (child = 2 * at + 1) < queue->count; at = child) {
		if (child + 1 < queue->count &&
		    is_before(&queue->entries[child + 1], &queue->entries[child]))
			child++;
		if (!is_before(&queue->entries[child], &last))
			break;
		queue->entries[at] = queue->entries[child];
	}
	queue->entries[at] = last;
	keep_spare(queue, line);
	return line;
}
