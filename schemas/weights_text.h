/* SPDX-License-Identifier: Apache-2.0
 *
 * weights_text.h - named whole numbers in JSON, and labels of transitions: what calibrating reads.
 *
 *	{"rephrased_judge_weights":1,"bias":-812,"weights":{"ngram_dice":5026,...}}
 *	{"from":"event 1","to":"event 2","same":true}
 */
#ifndef RPH_SCHEMAS_WEIGHTS_TEXT_H
#define RPH_SCHEMAS_WEIGHTS_TEXT_H

#include "schemas/base.h"

#define RPH_WEIGHTS_MARK "rephrased_judge_weights"
#define RPH_WEIGHTS_FORMAT 1

/* Names wanted and the bounds of every number. */
struct rph_weights_frame {
	const char *(*name_of)(unsigned index);
	unsigned count;
	int32_t limit; /* -limit..limit */
};

/* Reads all `count` numbers and the bias; no name may be missing, none more may be there. Returns
 * NULL, or what is wrong, a static text without a full stop; the results are then undefined. */
const char *rph_weights_parse(const struct rph_weights_frame *frame, struct rph_span text,
			      int32_t *ret_bias, int32_t *ret_weights) RPH_MUST_CHECK;

/* Hands the ids of a label to `take`, with `context`; they live during the call. False: the line is
 * no label. Keys beyond the three are ignored. */
bool rph_label_parse(struct rph_span line,
		     void (*take)(void *context, struct rph_span from, struct rph_span to,
				  bool same),
		     void *context) RPH_MUST_CHECK;

#endif
