/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/source.h"

#include "schemas/error.h"
#include "store/checkpoint.h"

static const size_t ARENA_LIMIT = (size_t)64 << 20;
#define TOPIC RPH_SPAN("file")

static int find_name(const struct rph_keys *keys, struct rph_source *source)
{
	struct rph_span line;
	int err = rph_log_first_line(source->log, &line);
	if (err)
		return err;
	source->is_empty = rph_log_is_empty(source->log);
	struct rph_id id = rph_id_of(keys->session, line);
	for (size_t i = 0; i < sizeof(id.bytes); i++) {
		source->name[2 * i] = "0123456789abcdef"[id.bytes[i] >> 4];
		source->name[2 * i + 1] = "0123456789abcdef"[id.bytes[i] & 15];
	}
	source->name[2 * sizeof(id.bytes)] = '\0';
	return 0;
}

int rph_source_offset(struct rph_source *source, struct rph_pipeline *pipeline,
		      struct rph_arena *arena, struct rph_offset *ret)
{
	struct rph_session_checkpoint from;
	rph_pipeline_checkpoint(pipeline, source->partition, rph_log_offset(source->log), &from);
	*ret = (struct rph_offset){
		.topic = TOPIC,
		.partition = rph_span_of(source->name),
		.tail_hash = rph_log_tail_hash(source->log),
	};
	return rph_checkpoint_to_offset(&from, arena, ret);
}

/* Gives the pipeline the partition as the store has it; a log it has never seen starts at 0. */
static int find_place(struct rph_store *store, struct rph_pipeline *pipeline,
		      struct rph_source *source)
{
	struct rph_offset offset;
	struct rph_session_checkpoint checkpoint;
	int err = rph_store_get_offset(store, TOPIC, rph_span_of(source->name), &source->arena,
				       &offset);
	if (err == RPH_E_NOT_FOUND) {
		source->checked = true;
		return rph_pipeline_add_partition(pipeline, NULL, &source->partition);
	}
	if (!err)
		err = rph_checkpoint_of_offset(&offset, &source->arena, &checkpoint);
	if (!err)
		err = rph_pipeline_add_partition(pipeline, &checkpoint, &source->partition);
	if (err)
		return err;
	source->counted = offset.next;
	source->counted_tail = offset.tail_hash;
	return rph_log_skip_to(source->log, offset.warm_from, offset.next);
}

int rph_source_open(const char *path, const struct rph_keys *keys, struct rph_store *store,
		    struct rph_pipeline *pipeline, const char *dead_letters_dir,
		    struct rph_source *source)
{
	*source = (struct rph_source){.path = path, .letters = {.fd = -1}};
	rph_arena_init(&source->arena, ARENA_LIMIT);
	int err = rph_log_open(path, &source->log);
	if (!err)
		err = find_name(keys, source);
	if (!err)
		err = find_place(store, pipeline, source);
	if (!err)
		err = rph_dead_letters_open(dead_letters_dir, rph_span_of(path), 0,
					    rph_span_of(source->name), source->counted,
					    &source->letters);
	if (err)
		rph_source_close(source);
	return err;
}

void rph_source_close(struct rph_source *source)
{
	source->log = rph_log_close(source->log);
	rph_dead_letters_close(&source->letters);
	rph_arena_free(&source->arena);
}

void rph_source_hold_back(struct rph_source *source)
{
	/* What was counted as a line stays one. */
	rph_log_hold_back(source->log, source->counted);
}

/* At the counted offset the bytes before must be those that were counted. */
static int check_tail(struct rph_source *source)
{
	if (source->checked || rph_log_offset(source->log) < source->counted)
		return 0;
	source->checked = true;
	if (rph_log_offset(source->log) > source->counted ||
	    rph_log_tail_hash(source->log) != source->counted_tail)
		return RPH_E_LOG_CHANGED;
	return 0;
}

int rph_source_next(struct rph_source *source, struct rph_record *ret, bool *ret_end)
{
	struct rph_log_line line;
	int err = check_tail(source);
	if (!err)
		err = rph_log_next(source->log, &line, ret_end);
	if (err)
		return err;
	if (*ret_end) {
		source->ended = true;
		return source->checked ? 0 : RPH_E_LOG_CHANGED;
	}
	*ret = (struct rph_record){
		.value = line.text,
		.partition = source->partition,
		.offset = line.offset,
		.next_offset = line.next_offset,
		.log_time = RPH_NO_LOG_TIME,
	};
	return 0;
}
