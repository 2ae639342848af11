/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/partition_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "schemas/error.h"

struct rph_table_topic {
	char *name;
	const void *handle;
	struct rph_partition **by_number; /* NULL where there is none */
	int32_t size, count;
};

void rph_partition_table_free(struct rph_partition_table *table)
{
	for (uint32_t i = 0; i < table->count; i++) {
		if (table->items[i]->letters_open)
			rph_dead_letters_close(&table->items[i]->letters);
		free(table->items[i]);
	}
	for (size_t i = 0; i < table->topic_count; i++) {
		free(table->topics[i].name);
		free(table->topics[i].by_number);
	}
	free(table->items);
	free(table->topics);
	*table = (struct rph_partition_table){0};
}

static struct rph_table_topic *find_topic(const struct rph_partition_table *table, const char *name)
{
	for (size_t i = 0; i < table->topic_count; i++)
		if (strcmp(table->topics[i].name, name) == 0)
			return &table->topics[i];
	return NULL;
}

static struct rph_table_topic *add_topic(struct rph_partition_table *table, const char *name)
{
	struct rph_table_topic *grown =
		realloc(table->topics, (table->topic_count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	table->topics = grown;
	struct rph_table_topic *topic = &grown[table->topic_count];
	*topic = (struct rph_table_topic){.name = strdup(name)};
	if (!topic->name)
		return NULL;
	table->topic_count++;
	return topic;
}

static int make_room(struct rph_partition_table *table, struct rph_table_topic *topic,
		     int32_t number)
{
	struct rph_partition **items =
		realloc(table->items, (table->count + 1) * sizeof(struct rph_partition *));
	if (!items)
		return RPH_E_NO_MEMORY;
	table->items = items;
	if (number < topic->size)
		return 0;
	items = realloc(topic->by_number, ((size_t)number + 1) * sizeof(struct rph_partition *));
	if (!items)
		return RPH_E_NO_MEMORY;
	topic->by_number = items;
	while (topic->size <= number)
		items[topic->size++] = NULL;
	return 0;
}

int rph_partition_table_add(struct rph_partition_table *table, const char *name, int32_t number,
			    int64_t start, int64_t counted, struct rph_partition **ret)
{
	struct rph_table_topic *topic = find_topic(table, name);
	if (!topic)
		topic = add_topic(table, name);
	if (!topic)
		return RPH_E_NO_MEMORY;
	int err = make_room(table, topic, number);
	struct rph_partition *partition = err ? NULL : calloc(1, sizeof(*partition));
	if (!partition)
		return RPH_E_NO_MEMORY;
	RPH_ASSERT(topic->by_number && !topic->by_number[number]);
	*partition = (struct rph_partition){
		.topic = topic->name,
		.number = number,
		.index = table->count,
		.fetch_next = start,
		.committed = counted,
		.told = -1,
		.end = -1,
		.complete_before = INT64_MIN,
		.next = start,
		.counted = counted,
	};
	snprintf(partition->name, sizeof(partition->name), "%d", number);
	topic->by_number[number] = partition;
	topic->count++;
	table->items[table->count++] = partition;
	*ret = partition;
	return 0;
}

struct rph_partition *rph_partition_table_find(struct rph_partition_table *table,
					       const void *handle, const char *name, int32_t number)
{
	struct rph_table_topic *topic = NULL;
	for (size_t i = 0; handle && !topic && i < table->topic_count; i++)
		if (table->topics[i].handle == handle)
			topic = &table->topics[i];
	if (!topic) {
		topic = find_topic(table, name);
		if (topic)
			topic->handle = handle;
	}
	return topic && number >= 0 && number < topic->size ? topic->by_number[number] : NULL;
}

int32_t rph_partition_table_of_topic(const struct rph_partition_table *table, const char *name)
{
	const struct rph_table_topic *topic = find_topic(table, name);
	return topic ? topic->count : 0;
}
