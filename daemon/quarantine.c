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

enum {
	TOPIC_SIZE = 256,
	MARKER_VERSION = 3,
	/* A suspect that never comes again (its topic is gone, say) must not slow us for good. */
	CAREFUL_RECORDS = 1000000,
};

struct place {
	char topic[TOPIC_SIZE];
	int32_t partition;
	uint32_t generation;
	int64_t offset;
};

struct note {
	_Alignas(64) struct place place; /* lanes do not share lines of the cache */
	_Atomic uint32_t inside;         /* 1: the record is in flight */
};

struct suspect {
	struct place place;
	uint32_t deaths; /* in a row */
};

/* As it lies in the file; of this machine only, so in its byte order. */
struct marker {
	uint32_t version;
	uint32_t suspect_count;
	struct suspect suspects[RPH_QUARANTINE_LANES]; /* what was in flight at the last death */
	struct note notes[RPH_QUARANTINE_LANES];
};

struct rph_quarantine {
	char *list_path, *marker_path;
	struct marker *marker;
	struct place *places;
	size_t count;
	struct place pending[RPH_QUARANTINE_LANES]; /* suspects that were not passed yet */
	uint32_t pending_count;
	uint32_t careful_left; /* records */
};

static bool is_same(const struct place *a, const struct place *b)
{
	return a->offset == b->offset && a->partition == b->partition &&
	       a->generation == b->generation && strcmp(a->topic, b->topic) == 0;
}

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
	static const char zeros[sizeof(struct marker)];
	off_t size = lseek(fd, 0, SEEK_END);
	if (size == (off_t)sizeof(zeros))
		return 0;
	if (ftruncate(fd, 0) || pwrite(fd, zeros, sizeof(zeros), 0) != (ssize_t)sizeof(zeros))
		return errno ? -errno : -EIO;
	return 0;
}

static int map_marker(struct rph_quarantine *quarantine)
{
	int fd = open(quarantine->marker_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int err = fill_marker(fd);
	void *pages =
		err ? MAP_FAILED
		    : mmap(NULL, sizeof(struct marker), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!err && pages == MAP_FAILED)
		err = -errno;
	close(fd);
	if (err)
		return err;
	quarantine->marker = pages;
	if (quarantine->marker->version != MARKER_VERSION) {
		memset(pages, 0, sizeof(struct marker));
		quarantine->marker->version = MARKER_VERSION;
	}
	return 0;
}

static uint32_t deaths_before(const struct marker *marker, const struct place *place)
{
	for (uint32_t i = 0; i < marker->suspect_count; i++)
		if (is_same(&marker->suspects[i].place, place))
			return marker->suspects[i].deaths;
	return 0;
}

/* Makes what was in flight the suspects. */
static void find_suspects(struct marker *marker)
{
	struct suspect found[RPH_QUARANTINE_LANES];
	uint32_t count = 0;
	if (marker->suspect_count > RPH_QUARANTINE_LANES)
		marker->suspect_count = 0;
	for (uint32_t i = 0; i < RPH_QUARANTINE_LANES; i++) {
		struct note *note = &marker->notes[i];
		if (!atomic_load(&note->inside))
			continue;
		atomic_store(&note->inside, 0);
		note->place.topic[TOPIC_SIZE - 1] = '\0';
		found[count].place = note->place;
		found[count++].deaths = deaths_before(marker, &note->place) + 1;
	}
	if (!count)
		return;
	memcpy(marker->suspects, found, count * sizeof(*found));
	marker->suspect_count = count;
}

static bool was_inside(const struct marker *marker)
{
	for (uint32_t i = 0; i < RPH_QUARANTINE_LANES; i++)
		if (atomic_load(&marker->notes[i].inside))
			return true;
	return false;
}

/* Moves what the last process was at to the suspects, and the third time to the list. */
static int look_back(struct rph_quarantine *quarantine, const char *dir,
		     struct rph_quarantine_report *report)
{
	struct marker *marker = quarantine->marker;
	if (!was_inside(marker))
		return 0;
	find_suspects(marker);
	const struct suspect *worst = &marker->suspects[0];
	for (uint32_t i = 0; i < marker->suspect_count; i++) {
		quarantine->pending[i] = marker->suspects[i].place;
		if (marker->suspects[i].deaths > worst->deaths)
			worst = &marker->suspects[i];
	}
	*report = (struct rph_quarantine_report){
		.died = true,
		.topic = worst->place.topic,
		.partition = worst->place.partition,
		.generation = worst->place.generation,
		.offset = worst->place.offset,
		.deaths = worst->deaths,
		.others = marker->suspect_count - 1,
	};
	quarantine->pending_count = marker->suspect_count;
	quarantine->careful_left = CAREFUL_RECORDS;
	/* Only what was in flight alone is to blame for certain. */
	if (worst->deaths < RPH_QUARANTINE_DEATHS || report->others ||
	    rph_quarantine_has(quarantine, report->topic, report->partition, report->generation,
			       report->offset))
		return 0;
	report->quarantined = true;
	return append_place(quarantine, dir, &worst->place);
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
		munmap(quarantine->marker, sizeof(struct marker));
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

/* ---- records ---------------------------------------------------------------------------------- */

void rph_quarantine_begin(struct rph_quarantine *quarantine, uint32_t lane,
			  const struct rph_quarantine_place *at)
{
	RPH_ASSERT(lane < RPH_QUARANTINE_LANES);
	struct note *note = &quarantine->marker->notes[lane];
	struct place *place = &note->place;
	if (place->partition != at->partition || place->generation != at->generation ||
	    strcmp(place->topic, at->topic) != 0) {
		size_t len = strlen(at->topic);
		RPH_ASSERT(len < TOPIC_SIZE);
		memcpy(place->topic, at->topic, len + 1);
		place->partition = at->partition;
		place->generation = at->generation;
	}
	place->offset = at->offset;
	atomic_store_explicit(&note->inside, 1, memory_order_release);
}

void rph_quarantine_end(struct rph_quarantine *quarantine, uint32_t lane)
{
	atomic_store_explicit(&quarantine->marker->notes[lane].inside, 0, memory_order_release);
}

bool rph_quarantine_is_careful(const struct rph_quarantine *quarantine)
{
	return quarantine->pending_count > 0;
}

void rph_quarantine_passed(struct rph_quarantine *quarantine, const char *topic, int32_t partition,
			   uint32_t generation, int64_t offset)
{
	uint32_t left = 0;
	for (uint32_t i = 0; i < quarantine->pending_count; i++) {
		const struct place *place = &quarantine->pending[i];
		if (place->partition != partition || place->generation != generation ||
		    place->offset > offset || strcmp(place->topic, topic) != 0)
			quarantine->pending[left++] = *place;
	}
	quarantine->pending_count = left;
	if (left && !--quarantine->careful_left)
		quarantine->pending_count = 0;
}
