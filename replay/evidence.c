/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/evidence.h"

#include <errno.h>

#include "schemas/error.h"
#include "schemas/json_text.h"

int rph_evidence_open(const char *path, bool append, struct rph_evidence_file *ret)
{
	*ret = (struct rph_evidence_file){0};
	if (!path)
		return 0;
	ret->file = fopen(path, append ? "ae" : "we");
	return ret->file ? 0 : -errno;
}

static void write_line(struct rph_buffer *line, const struct rph_evidence *evidence)
{
	const struct rph_judgement *judgement = &evidence->judgement;
	line->len = 0;
	rph_json_open(line, '{');
	rph_json_put_string(line, "from", evidence->from);
	rph_json_put_string(line, "to", evidence->to);
	rph_json_put_string(line, "type", rph_span_of(rph_edge_name(judgement->type)));
	rph_json_put_ratio(line, "p", judgement->p, 256, 4);
	rph_json_put_bool(line, "accepted", judgement->accepted);
	rph_json_put_integer(line, "gap_ms", judgement->gap);
	rph_json_key(line, "features");
	rph_json_open(line, '{');
	for (unsigned i = 0; i < RPH_FEATURE_COUNT; i++)
		rph_json_put_unsigned(line, rph_feature_name((enum rph_feature)i),
				      judgement->features.value[i]);
	rph_json_close(line, '}');
	rph_json_close(line, '}');
	rph_buffer_add_text(line, "\n");
}

int rph_evidence_write(struct rph_evidence_file *file, const struct rph_batch *batch)
{
	if (!file->file)
		return 0;
	for (size_t i = 0; i < batch->evidence_count; i++) {
		write_line(&file->line, &batch->evidence[i]);
		if (file->line.error)
			return file->line.error;
		if (fwrite(file->line.text, 1, file->line.len, file->file) != file->line.len)
			return errno ? -errno : RPH_E_IO;
	}
	return fflush(file->file) ? -errno : 0;
}

int rph_evidence_close(struct rph_evidence_file *file)
{
	int err = 0;
	if (file->file && fclose(file->file))
		err = -errno;
	file->file = NULL;
	rph_buffer_free(&file->line);
	return err;
}
