/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "schemas/error.h"
#include "schemas/json_text.h"

enum { TOPIC_SIZE = 256, MARKER_BYTES = 4096, MARKER_VERSION = 2 };

/* As it lies in the file; of this machine only, so in its byte order. */
struct marker {
	uint32_t version;
	int32_t partition;
	char topic[TOPIC_SIZE];
	int64_t offset;
	uint32_t generation;
	_Atomic uint32_t inside; /* 1: the record at `offset` is being taken */
	/* The record that the process before died at, and how often in a row. */
	uint32_t deaths;
	char suspect_topic[TOPIC_SIZE];
	int32_t suspect_partition;
	uint32_t suspect_generation;
	int64_t suspect_offset;
};

struct place {
	char topic[TOPIC_SIZE];
	int32_t partition;
	uint32_t generation;
	int64_t offset;
};

struct rph_quarantine {
	char *list_path, *marker_path;
	struct marker *marker;
	struct place *places;
	size_t count;
};

/* ---- the list ----------------------------------------------------------------------------------
 */

static int add_place(struct rph_quarantine *quarantine, const struct place *place)
{
	struct place *grown = realloc(quarantine->places, (quarantine->count + 1) * sizeof(*grown));
	if (!grown)
		return RPH_E_NO_MEMORY;
	quarantine->places = grown;
	grown[quarantine->count++] = *place;
	return 0;
}

/* A Kafka topic's name has no character that JSON escapes. */
static bool read_line(const char *line, struct place *ret)
{
	int head = 0, end = 0;
	ret->generation = 0;
	if (sscanf(line, "{\"topic\":\"%255[A-Za-z0-9._-]\",\"partition\":%9" SCNd32 ",%n",
		   ret->topic, &ret->partition, &head) != 2 ||
	    !head)
		return false;
	line += head;
	head = 0;
	if (sscanf(line, "\"generation\":%9" SCNu32 ",%n", &ret->generation, &head) == 1)
		line += head;
	return sscanf(line, "\"offset\":%19" SCNd64 "}%n", &ret->offset, &end) == 1 && end &&
	       (line[end] == '\n' || line[end] == '\0');
}

static int read_list(struct rph_quarantine *quarantine)
{
	FILE *file = fopen(quarantine->list_path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	char *line = NULL;
	size_t size = 0;
	int err = 0;
	while (!err && getline(&line, &size, file) > 0) {
		struct place place;
		err = read_line(line, &place) ? add_place(quarantine, &place) : RPH_E_BAD_INPUT;
	}
	free(line);
	fclose(file);
	return err;
}

static int append_place(struct rph_quarantine *quarantine, const char *dir,
			const struct place *place)
{
	RPH_BUFFER_CLEANUP struct rph_buffer line = {0};
	rph_json_open(&line, '{');
	rph_json_put_string(&line, "topic", rph_span_of(place->topic));
	rph_json_put_integer(&line, "partition", place->partition);
	rph_json_put_unsigned(&line, "generation", place->generation);
	rph_json_put_integer(&line, "offset", place->offset);
	rph_json_close(&line, '}');
	rph_buffer_add_text(&line, "\n");
	if (line.error)
		return line.error;
	int fd = open(quarantine->list_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int err = 0;
	if (write(fd, line.text, line.len) != (ssize_t)line.len || fsync(fd))
		err = errno ? -errno : -EIO;
	close(fd);
	/* The name must outlive a power cut too. */
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!err && (fd < 0 || fsync(fd)))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err ? err : add_place(quarantine, place);
}

/* ---- the marker --------------------------------------------------------------------------------
 */

/* Written whole and not as a hole: a page that finds no room on the disk later would be SIGBUS. */
static int fill_marker(int fd)
{
	static const char zeros[MARKER_BYTES];
	off_t size = lseek(fd, 0, SEEK_END);
	if (size == MARKER_BYTES)
		return 0;
	if (ftruncate(fd, 0) || pwrite(fd, zeros, MARKER_BYTES, 0) != MARKER_BYTES)
		return errno ? -errno : -EIO;
	return 0;
}

static int map_marker(struct rph_quarantine *quarantine)
{
	_Static_assert(sizeof(struct marker) <= MARKER_BYTES, "the marker fits into its page");
	int fd = open(quarantine->marker_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int err = fill_marker(fd);
	void *page = err ? MAP_FAILED
			 : mmap(NULL, MARKER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!err && page == MAP_FAILED)
		err = -errno;
	close(fd);
	if (err)
		return err;
	quarantine->marker = page;
	if (quarantine->marker->version != MARKER_VERSION) {
		memset(page, 0, MARKER_BYTES);
		quarantine->marker->version = MARKER_VERSION;
	}
	return 0;
}

/* Moves what the last process was at to the suspects, and the third time to the list. */
static int look_back(struct rph_quarantine *quarantine, const char *dir,
		     struct rph_quarantine_report *report)
{
	struct marker *marker = quarantine->marker;
	if (!atomic_load(&marker->inside))
		return 0;
	marker->topic[TOPIC_SIZE - 1] = marker->suspect_topic[TOPIC_SIZE - 1] = '\0';
	bool again = strcmp(marker->topic, marker->suspect_topic) == 0 &&
		     marker->partition == marker->suspect_partition &&
		     marker->generation == marker->suspect_generation &&
		     marker->offset == marker->suspect_offset;
	marker->deaths = again ? marker->deaths + 1 : 1;
	memcpy(marker->suspect_topic, marker->topic, TOPIC_SIZE);
	marker->suspect_partition = marker->partition;
	marker->suspect_generation = marker->generation;
	marker->suspect_offset = marker->offset;
	atomic_store(&marker->inside, 0);
	*report = (struct rph_quarantine_report){
		.died = true,
		.topic = marker->suspect_topic,
		.partition = marker->suspect_partition,
		.generation = marker->suspect_generation,
		.offset = marker->suspect_offset,
		.deaths = marker->deaths,
	};
	if (marker->deaths < RPH_QUARANTINE_DEATHS ||
	    rph_quarantine_has(quarantine, marker->suspect_topic, marker->suspect_partition,
			       marker->suspect_generation, marker->suspect_offset))
		return 0;
	struct place place = {.partition = report->partition,
			      .generation = report->generation,
			      .offset = report->offset};
	memcpy(place.topic, report->topic, TOPIC_SIZE);
	report->quarantined = true;
	return append_place(quarantine, dir, &place);
}

/* ---- both --------------------------------------------------------------------------------------
 */

int rph_quarantine_open(const char *dir, struct rph_quarantine **ret,
			struct rph_quarantine_report *report)
{
	*report = (struct rph_quarantine_report){0};
	RPH_CLEANUP(rph_quarantine_close)
	struct rph_quarantine *quarantine = calloc(1, sizeof(*quarantine));
	if (!quarantine)
		return RPH_E_NO_MEMORY;
	if (asprintf(&quarantine->list_path, "%s/quarantine.jsonl", dir) < 0) {
		quarantine->list_path = NULL;
		return RPH_E_NO_MEMORY;
	}
	if (asprintf(&quarantine->marker_path, "%s/in-flight", dir) < 0) {
		quarantine->marker_path = NULL;
		return RPH_E_NO_MEMORY;
	}
	int err = read_list(quarantine);
	if (!err)
		err = map_marker(quarantine);
	if (!err)
		err = look_back(quarantine, dir, report);
	if (err)
		return err;
	*ret = quarantine;
	quarantine = NULL;
	return 0;
}

struct rph_quarantine *rph_quarantine_close(struct rph_quarantine *quarantine)
{
	if (!quarantine)
		return NULL;
	if (quarantine->marker)
		munmap(quarantine->marker, MARKER_BYTES);
	free(quarantine->places);
	free(quarantine->list_path);
	free(quarantine->marker_path);
	free(quarantine);
	return NULL;
}

bool rph_quarantine_has(const struct rph_quarantine *quarantine, const char *topic,
			int32_t partition, uint32_t generation, int64_t offset)
{
	for (size_t i = 0; i < quarantine->count; i++)
		if (quarantine->places[i].offset == offset &&
		    quarantine->places[i].partition == partition &&
		    quarantine->places[i].generation == generation &&
		    strcmp(quarantine->places[i].topic, topic) == 0)
			return true;
	return false;
}

size_t rph_quarantine_count(const struct rph_quarantine *quarantine)
{
	return quarantine->count;
}

void rph_quarantine_partition(struct rph_quarantine *quarantine, const char *topic,
			      int32_t partition, uint32_t generation)
{
	size_t len = strlen(topic);
	RPH_ASSERT(len < TOPIC_SIZE);
	memcpy(quarantine->marker->topic, topic, len + 1);
	quarantine->marker->partition = partition;
	quarantine->marker->generation = generation;
}

void rph_quarantine_begin(struct rph_quarantine *quarantine, int64_t offset)
{
	quarantine->marker->offset = offset;
	atomic_store_explicit(&quarantine->marker->inside, 1, memory_order_release);
}

void rph_quarantine_end(struct rph_quarantine *quarantine)
{
	atomic_store_explicit(&quarantine->marker->inside, 0, memory_order_release);
}
