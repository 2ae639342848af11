/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/calibrate_labels.h"

#include <stdlib.h>

#include "replay/calibrate_sample.h"
#include "replay/log.h"
#include "schemas/error.h"
#include "schemas/weights_text.h"

static int add(struct rph_labels *labels, struct rph_label label)
{
	if (labels->count == labels->capacity) {
		size_t capacity = labels->capacity ? 2 * labels->capacity : 1024;
		struct rph_label *grown =
			reallocarray(labels->items, capacity, sizeof(*labels->items));
		if (!grown)
			return RPH_E_NO_MEMORY;
		labels->items = grown;
		labels->capacity = capacity;
	}
	labels->items[labels->count++] = label;
	return 0;
}

static void take_label(void *context, struct rph_span from, struct rph_span to, bool same)
{
	struct rph_label *label = context;
	*label = (struct rph_label){.pair = rph_pair_hash(from, to), .same = same};
}

static int read_lines(struct rph_log *log, const char *path, struct rph_labels *ret,
		      struct rph_buffer *problem)
{
	struct rph_log_line line;
	for (unsigned long number = 1;; number++) {
		bool end;
		int err = rph_log_next(log, &line, &end);
		if (err || end)
			return err;
		struct rph_label label;
		if (!rph_label_parse(line.text, take_label, &label)) {
			rph_buffer_format(problem,
					  "labels %s, line %lu: an object with the strings 'from' "
					  "and 'to' and the boolean 'same' was expected\n",
					  path, number);
			return RPH_E_BAD_INPUT;
		}
		err = add(ret, label);
		if (err)
			return err;
	}
}

static int compare(const void *a, const void *b)
{
	const struct rph_label *x = a, *y = b;
	return (x->pair > y->pair) - (x->pair < y->pair);
}

/* False when one pair has two labels. */
static bool sort(struct rph_labels *labels)
{
	size_t kept = 0;
	if (labels->count)
		qsort(labels->items, labels->count, sizeof(*labels->items), compare);
	for (size_t i = 0; i < labels->count; i++) {
		const struct rph_label *last = kept ? &labels->items[kept - 1] : NULL;
		if (last && last->pair == labels->items[i].pair) {
			if (last->same != labels->items[i].same)
				return false;
			continue;
		}
		labels->items[kept++] = labels->items[i];
	}
	labels->count = kept;
	return true;
}

int rph_labels_read(const char *path, struct rph_labels *ret, struct rph_buffer *problem)
{
	RPH_CLEANUP(rph_log_close) struct rph_log *log = NULL;
	*ret = (struct rph_labels){0};
	int err = rph_log_open(path, &log);
	if (!err)
		err = read_lines(log, path, ret, problem);
	if (!err && !sort(ret)) {
		rph_buffer_format(problem,
				  "labels %s: a pair is labelled both true and false; decide\n",
				  path);
		err = RPH_E_BAD_INPUT;
	}
	if (err && !problem->len) {
		rph_buffer_format(problem, "labels %s: %s; check the path\n", path,
				  rph_strerror(err));
		err = err == RPH_E_NO_MEMORY ? err : RPH_E_NO_INPUT;
	}
	return err;
}

const struct rph_label *rph_labels_find(const struct rph_labels *labels, uint64_t pair)
{
	const struct rph_label wanted = {.pair = pair};
	return labels->count ? bsearch(&wanted, labels->items, labels->count,
				       sizeof(*labels->items), compare)
			     : NULL;
}

void rph_labels_free(struct rph_labels *labels)
{
	free(labels->items);
	*labels = (struct rph_labels){0};
}
