/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/kafka_conf.h"
#include "schemas/error.h"
#include "store/checkpoint.h"

static const size_t ARENA_LIMIT = (size_t)256 << 20;
enum { COMMITTED_CHUNK = 256 };

void rph_plan_free(struct rph_plan *plan)
{
	free(plan->entries);
	plan->entries = NULL;
	plan->count = 0;
	rph_arena_free(&plan->arena);
	rph_buffer_free(&plan->problem);
}

/* ---- which partitions ------------------------------------------------------------------------ */

static bool is_configured(const struct rph_config *config, const char *topic, int32_t number)
{
	const struct rph_config_list *ranges = &config->kafka.partitions;
	for (size_t i = 0; i < ranges->count; i++) {
		struct rph_partition_range range;
		if (rph_partition_range_parse(ranges->items[i], &range) &&
		    rph_span_equal(range.topic, rph_span_of(topic)) && number >= range.first &&
		    number <= range.last)
			return true;
	}
	return ranges->count == 0;
}

static int check_ranges(struct rph_plan *plan, const char *topic, int32_t count)
{
	const struct rph_config_list *ranges = &plan->config->kafka.partitions;
	for (size_t i = 0; i < ranges->count; i++) {
		struct rph_partition_range range;
		if (!rph_partition_range_parse(ranges->items[i], &range) ||
		    !rph_span_equal(range.topic, rph_span_of(topic)) || range.last < count)
			continue;
		rph_buffer_format(&plan->problem,
				  "kafka.partitions: topic %s has %d partitions, there is no %d\n",
				  topic, count, range.last);
		return RPH_E_BAD_CONFIG;
	}
	return 0;
}

static int add_topic(struct rph_plan *plan, const char *topic)
{
	int32_t count = 0;
	size_t said = plan->problem.len;
	int err = rph_consumer_count(plan->consumer, topic, &count, &plan->problem);
	if (err == RPH_E_NOT_FOUND) {
		/* In place of the broker's words: these say what to do. */
		plan->problem.len = said;
		rph_buffer_format(&plan->problem,
				  "kafka.topics: there is no topic %s; make it, or correct the "
				  "name\n",
				  topic);
		return RPH_E_BAD_CONFIG;
	}
	if (!err)
		err = check_ranges(plan, topic, count);
	if (err)
		return err;
	struct rph_plan_entry *grown =
		realloc(plan->entries, (plan->count + (size_t)count + 1) * sizeof(*plan->entries));
	if (!grown)
		return RPH_E_NO_MEMORY;
	plan->entries = grown;
	for (int32_t number = 0; number < count; number++) {
		if (!is_configured(plan->config, topic, number) ||
		    rph_partition_table_find(plan->table, NULL, topic, number))
			continue;
		struct rph_plan_entry *entry = &plan->entries[plan->count++];
		*entry = (struct rph_plan_entry){.topic = topic, .number = number};
		snprintf(entry->name, sizeof(entry->name), "%d", number);
	}
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct rph_plan_entry *a = left, *b = right;
	int order = strcmp(a->topic, b->topic);
	return order ? order : (a->number > b->number) - (a->number < b->number);
}

static int list_partitions(struct rph_plan *plan)
{
	const struct rph_config_list *topics = &plan->config->kafka.topics;
	int err = 0;
	for (size_t i = 0; !err && i < topics->count; i++)
		err = atomic_load(plan->give_up) ? RPH_E_KAFKA : add_topic(plan, topics->items[i]);
	if (!err && plan->count)
		qsort(plan->entries, plan->count, sizeof(*plan->entries), compare_entries);
	return err;
}

/* ---- what the store has ---------------------------------------------------------------------- */

static struct rph_plan_entry *find_entry(struct rph_plan *plan, const struct rph_offset *row)
{
	for (size_t i = 0; i < plan->count; i++)
		if (rph_span_equal(row->topic, rph_span_of(plan->entries[i].topic)) &&
		    rph_span_equal(row->partition, rph_span_of(plan->entries[i].name)))
			return &plan->entries[i];
	return NULL;
}

static const char *configured_topic(const struct rph_plan *plan, struct rph_span name)
{
	const struct rph_config_list *topics = &plan->config->kafka.topics;
	for (size_t i = 0; i < topics->count; i++)
		if (rph_span_equal(name, rph_span_of(topics->items[i])))
			return topics->items[i];
	return NULL;
}

/* A partition that was counted once and is not there any more. */
static int refuse_missing(struct rph_plan *plan, const struct rph_offset *row)
{
	char number[12];
	const char *topic = configured_topic(plan, row->topic);
	snprintf(number, sizeof(number), "%.*s", (int)row->partition.len, row->partition.ptr);
	int32_t partition = (int32_t)strtol(number, NULL, 10);
	if (!topic || rph_partition_table_find(plan->table, NULL, topic, partition) ||
	    !is_configured(plan->config, topic, partition))
		return 0;
	rph_buffer_format(&plan->problem,
			  "topic %s has no partition %s any more, but the store has counted it: "
			  "the topic was made anew; give it another name, or start with a new "
			  "store\n",
			  topic, number);
	return RPH_E_BAD_CONFIG;
}

static int read_store(struct rph_plan *plan, struct rph_offset **rows, size_t *row_count)
{
	int err = rph_store_list_offsets(plan->store, &plan->arena, rows, row_count);
	for (size_t i = 0; !err && i < *row_count; i++) {
		const struct rph_offset *row = &(*rows)[i];
		struct rph_plan_entry *entry = find_entry(plan, row);
		if (entry) {
			entry->known = true;
			entry->offset = *row;
		} else {
			err = refuse_missing(plan, row);
		}
	}
	return err;
}

static bool knows_topic(const char *topic, const struct rph_offset *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rph_span_equal(rows[i].topic, rph_span_of(topic)))
			return true;
	return false;
}

/* ---- whose group it is ----------------------------------------------------------------------- */

static int check_claim(struct rph_plan *plan, const struct rph_plan_entry *entry,
		       const struct rph_committed *committed)
{
	struct rph_owner owner = {{0}, {0}, 0};
	int64_t next = entry->known ? entry->offset.next : 0;
	enum rph_claim claim = rph_claim_of(plan->self, committed->offset,
					    rph_span_of(committed->metadata), next, &owner);
	if (claim == RPH_CLAIM_FREE || claim == RPH_CLAIM_OURS)
		return 0;
	if (plan->take_over) {
		RPH_SAY(plan->log, taken_over, RPH_TEXT("group", plan->config->kafka.group),
			RPH_TEXT("store", owner.store), RPH_TEXT("host", owner.host));
		return 0;
	}
	rph_claim_sentence(claim, plan->config->kafka.group, plan->self, &owner, &plan->problem);
	rph_buffer_add_text(&plan->problem, "\n");
	return RPH_E_FENCED;
}

static int check_owner(struct rph_plan *plan)
{
	struct rph_position positions[COMMITTED_CHUNK];
	struct rph_committed *committed = calloc(COMMITTED_CHUNK, sizeof(*committed));
	int err = committed ? 0 : RPH_E_NO_MEMORY;
	for (size_t from = 0; !err && from < plan->count; from += COMMITTED_CHUNK) {
		size_t count = plan->count - from;
		if (count > COMMITTED_CHUNK)
			count = COMMITTED_CHUNK;
		for (size_t i = 0; i < count; i++)
			positions[i] = (struct rph_position){plan->entries[from + i].topic,
							     plan->entries[from + i].number, -1};
		err = rph_consumer_committed(plan->consumer, positions, count, committed,
					     &plan->problem);
		for (size_t i = 0; !err && i < count; i++)
			err = check_claim(plan, &plan->entries[from + i], &committed[i]);
	}
	free(committed);
	return err;
}

/* ---- where to begin -------------------------------------------------------------------------- */

static int begin_new(struct rph_plan *plan, struct rph_plan_entry *entry, bool topic_known)
{
	const char *start = plan->config->kafka.start;
	bool added = topic_known && !plan->config->kafka.partitions.count;
	int64_t at = !added && strcmp(start, "end") == 0 ? entry->high : entry->low;
	if (!added && strcmp(start, "fail") == 0) {
		rph_buffer_format(&plan->problem,
				  "topic %s partition %d was never read into this store, and "
				  "kafka.start says fail; set it to beginning or end\n",
				  entry->topic, entry->number);
		return RPH_E_BAD_CONFIG;
	}
	entry->changed = true;
	entry->offset = (struct rph_offset){
		.next = at,
		.warm_from = at,
		.watermark = INT64_MIN,
		.warm_watermark = INT64_MIN,
	};
	return 0;
}

static void begin_at(struct rph_plan_entry *entry, int64_t next)
{
	struct rph_offset *offset = &entry->offset;
	entry->changed = true;
	offset->next = offset->warm_from = next;
	offset->warm_watermark = offset->watermark;
	offset->raise_count = offset->cut_count = 0;
	offset->tail_hash = 0;
}

/* What open sessions had before `low` is gone; what is left of them is rebuilt. */
static void begin_late(struct rph_plan_entry *entry)
{
	struct rph_offset *offset = &entry->offset;
	uint32_t raises = 0, cuts = 0;
	while (raises < offset->raise_count && offset->raises[raises].offset < entry->low)
		raises++;
	while (cuts < offset->cut_count && offset->cuts[cuts].offset <= entry->low)
		cuts++;
	entry->changed = true;
	offset->warm_from = entry->low;
	offset->raises += raises;
	offset->raise_count -= raises;
	offset->cuts += cuts;
	offset->cut_count -= cuts;
}

static void describe_loss(struct rph_plan *plan, const struct rph_plan_entry *entry, bool short_log)
{
	const struct rph_offset *offset = &entry->offset;
	if (short_log)
		rph_buffer_format(&plan->problem,
				  "topic %s partition %d ends at offset %" PRId64
				  ", but the store has counted up to %" PRId64
				  ": the topic was made anew or has lost records; start once with "
				  "--accept-gap to go on at its end, or use a new store\n",
				  entry->topic, entry->number, entry->high, offset->next);
	else if (entry->anew)
		rph_buffer_format(&plan->problem,
				  "topic %s partition %d has another record at offset %" PRId64
				  " than the one that the store has counted: the topic was made "
				  "anew; start once with --accept-gap to go on at its end, or use "
				  "a new store\n",
				  entry->topic, entry->number, offset->next - 1);
	else
		rph_buffer_format(&plan->problem,
				  "topic %s partition %d begins at offset %" PRId64
				  ", but the store needs %" PRId64 " (%" PRId64
				  " records were never counted): Kafka's retention overtook the "
				  "service; start once with --accept-gap to go on without them\n",
				  entry->topic, entry->number, entry->low, offset->warm_from,
				  entry->low > offset->next ? entry->low - offset->next : 0);
}

static int begin_known(struct rph_plan *plan, struct rph_plan_entry *entry)
{
	struct rph_offset *offset = &entry->offset;
	bool short_log = entry->high < offset->next;
	bool lost = entry->low > offset->warm_from;
	entry->anew =
		short_log || (offset->tail_hash && entry->tail && entry->tail != offset->tail_hash);
	if (!entry->anew && !lost)
		return 0;
	if (!plan->accept_gap) {
		describe_loss(plan, entry, short_log);
		return RPH_E_RECORDS_LOST;
	}
	RPH_SAY(plan->log, gap_accepted, RPH_TEXT("topic", entry->topic),
		RPH_NUMBER("partition", entry->number), RPH_NUMBER("needed", offset->warm_from),
		RPH_NUMBER("counted", offset->next), RPH_NUMBER("low", entry->low),
		RPH_NUMBER("high", entry->high));
	rph_metrics_add(plan->metrics, RPH_METRIC_offset_gaps, 1);
	if (entry->anew) {
		begin_at(entry, entry->high);
		offset->generation++;
	} else if (entry->low >= offset->next) {
		begin_at(entry, entry->low);
	} else {
		begin_late(entry);
	}
	return 0;
}

int rph_plan_decide(struct rph_plan *plan, struct rph_plan_entry *entry, bool topic_known)
{
	int err = entry->known ? begin_known(plan, entry) : begin_new(plan, entry, topic_known);
	entry->offset.topic = rph_span_of(entry->topic);
	entry->offset.partition = rph_span_of(entry->name);
	return err;
}

static int read_bounds(struct rph_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct rph_plan_entry *entry = &plan->entries[i];
		if (atomic_load(plan->give_up))
			return RPH_E_KAFKA;
		int err = rph_consumer_bounds(plan->consumer, entry->topic, entry->number,
					      &entry->low, &entry->high, &plan->problem);
		if (err)
			return err == RPH_E_NOT_FOUND ? RPH_E_KAFKA : err;
	}
	return 0;
}

static bool has_tail(const struct rph_plan_entry *entry)
{
	const struct rph_offset *offset = &entry->offset;
	return entry->known && offset->tail_hash && offset->next > entry->low &&
	       offset->next <= entry->high;
}

/* An offset alone does not say which record stood there. */
static int read_tails(struct rph_plan *plan)
{
	struct rph_tail *tails = RPH_ARENA_ARRAY(&plan->arena, struct rph_tail, plan->count);
	struct rph_plan_entry **of =
		RPH_ARENA_ARRAY(&plan->arena, struct rph_plan_entry *, plan->count);
	size_t count = 0;
	if (!tails || !of)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < plan->count; i++) {
		struct rph_plan_entry *entry = &plan->entries[i];
		if (!has_tail(entry))
			continue;
		of[count] = entry;
		tails[count++] = (struct rph_tail){
			.at = {entry->topic, entry->number, entry->offset.next - 1}};
	}
	int err = count ? rph_consumer_look_at(plan->consumer, tails, count, plan->give_up,
					       &plan->problem)
			: 0;
	for (size_t i = 0; !err && i < count; i++)
		of[i]->tail = tails[i].found ? tails[i].hash : 0;
	return err == RPH_E_NOT_FOUND ? RPH_E_KAFKA : err;
}

/* Every partition is looked at: whoever has to act wants to know all of it. */
static int decide_all(struct rph_plan *plan, const struct rph_offset *rows, size_t row_count)
{
	int result = 0;
	for (size_t i = 0; i < plan->count; i++) {
		struct rph_plan_entry *entry = &plan->entries[i];
		int err = rph_plan_decide(plan, entry, knows_topic(entry->topic, rows, row_count));
		if (err && !result)
			result = err;
	}
	return result;
}

/* Before the offsets move: a death in between leaves letters set aside that nobody continues. */
static int set_letters_aside(struct rph_plan *plan)
{
	int err = 0;
	for (size_t i = 0; !err && plan->sink && i < plan->count; i++) {
		const struct rph_plan_entry *entry = &plan->entries[i];
		if (!entry->anew)
			continue;
		err = rph_dead_letter_sink_set_aside(plan->sink, entry->topic, entry->name);
		if (err)
			rph_buffer_format(&plan->problem,
					  "dead letters of topic %s partition %d: %s\n",
					  entry->topic, entry->number, rph_strerror(err));
	}
	return err;
}

static int write_changes(struct rph_plan *plan)
{
	struct rph_offset *changed = RPH_ARENA_ARRAY(&plan->arena, struct rph_offset, plan->count);
	size_t count = 0;
	if (!changed)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->entries[i].changed)
			changed[count++] = plan->entries[i].offset;
	return count ? rph_store_reset_offsets(plan->store, changed, count) : 0;
}

int rph_plan_make(struct rph_plan *plan)
{
	struct rph_offset *rows = NULL;
	size_t row_count = 0;
	rph_arena_init(&plan->arena, ARENA_LIMIT);
	int err = list_partitions(plan);
	if (!err)
		err = read_store(plan, &rows, &row_count);
	if (!err && plan->check_owner)
		err = check_owner(plan);
	if (!err)
		err = read_bounds(plan);
	if (!err && plan->count)
		err = read_tails(plan);
	if (!err)
		err = decide_all(plan, rows, row_count);
	if (!err)
		err = set_letters_aside(plan);
	if (!err)
		err = write_changes(plan);
	return err;
}

int rph_plan_take_up(struct rph_plan *plan, struct rph_pipeline *pipeline)
{
	int err = 0;
	for (size_t i = 0; !err && i < plan->count; i++) {
		struct rph_plan_entry *entry = &plan->entries[i];
		struct rph_session_checkpoint checkpoint;
		uint32_t index;
		err = rph_checkpoint_of_offset(&entry->offset, &plan->arena, &checkpoint);
		if (!err)
			err = rph_pipeline_add_partition(pipeline, &checkpoint, &index);
		if (!err)
			err = rph_partition_table_add(plan->table, entry->topic, entry->number,
						      entry->offset.warm_from, entry->offset.next,
						      &entry->partition);
		if (err)
			break;
		RPH_ASSERT(entry->partition->index == index);
		entry->partition->generation = entry->offset.generation;
		entry->partition->end = entry->high;
		entry->partition->fetch_at_end = entry->offset.warm_from >= entry->high;
		entry->partition->complete_before = rph_pipeline_complete_before(pipeline, index);
	}
	return err;
}
