/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/progress.h"

#include "schemas/buffer.h"

/* Three figures and a power of ten: 999, 1.2 k, 34.0 k, 410 k. */
static void add_count(struct rph_buffer *line, uint64_t count, const char *what)
{
	static const char *const powers[] = {"", " k", " M", " G", " T"};
	size_t power = 0;
	uint64_t unit = 1;
	while (power + 1 < RPH_ARRAY_LEN(powers) && count / unit >= 1000) {
		unit *= 1000;
		power++;
	}
	uint64_t whole = count / unit;
	rph_buffer_format(line, "%llu", (unsigned long long)whole);
	if (power > 0 && whole < 100)
		rph_buffer_format(line, ".%llu", (unsigned long long)(count % unit / (unit / 10)));
	rph_buffer_format(line, "%s%s", powers[power], what);
}

static void add_time_left(struct rph_buffer *line, const struct rph_progress *progress)
{
	uint64_t done = progress->done - progress->done_before;
	double left = (double)(progress->total - progress->done);
	double ms = (double)progress->elapsed_ms * left / (double)done;
	uint64_t seconds = ms < 1e15 ? (uint64_t)(ms / 1000) : UINT64_C(1000000000000);
	unsigned long long hours = seconds / 3600, minutes = seconds / 60 % 60;
	if (hours > 0)
		rph_buffer_format(line, ", %llu:%02llu:%02llu left", hours, minutes,
				  (unsigned long long)(seconds % 60));
	else
		rph_buffer_format(line, ", %llu:%02llu left", minutes,
				  (unsigned long long)(seconds % 60));
}

void rph_progress_format(const struct rph_progress *progress,
			 char text[static RPH_PROGRESS_TEXT_SIZE])
{
	struct rph_buffer line = rph_buffer_fixed(text, RPH_PROGRESS_TEXT_SIZE);
	add_count(&line, progress->events, " events");
	if (progress->elapsed_ms > 0) {
		double rate = (double)progress->events * 1000 / (double)progress->elapsed_ms;
		rph_buffer_add_text(&line, ", ");
		add_count(&line, (uint64_t)rate, "/s");
	}
	rph_buffer_add_text(&line, ", ");
	add_count(&line, progress->sessions, " sessions, ");
	add_count(&line, progress->votes, " votes");
	if (progress->total == 0 || progress->done > progress->total)
		return;
	double share = (double)progress->done / (double)progress->total;
	rph_buffer_format(&line, ", %u %%", (unsigned)(share * 100));
	if (progress->elapsed_ms > 0 && progress->done > progress->done_before)
		add_time_left(&line, progress);
}
