/* SPDX-License-Identifier: Apache-2.0 */
#include "rewriters/rewriter.h"

const struct rph_rewriter_ops *const rph_rewriters[] = {
	&rph_rewriter_none,
	&rph_rewriter_exact,
	NULL,
};

const struct rph_rewriter_ops *rph_rewriter_find(struct rph_span name)
{
	for (size_t i = 0; rph_rewriters[i]; i++)
		if (rph_span_equal(rph_span_of(rph_rewriters[i]->name), name))
			return rph_rewriters[i];
	return NULL;
}
