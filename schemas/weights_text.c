/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/weights_text.h"

#include <jansson.h>

static const char not_ours[] = "it is no file of weights of this version";
static const char other_features[] = "it was made for other features than this version has";

static bool take_weight(const json_t *value, int32_t limit, int32_t *ret)
{
	json_int_t number = json_integer_value(value);
	if (!json_is_integer(value) || number < -limit || number > limit)
		return false;
	*ret = (int32_t)number;
	return true;
}

static const char *take(const struct rph_weights_frame *frame, const json_t *root,
			int32_t *ret_bias, int32_t *ret_weights)
{
	const json_t *weights = json_object_get(root, "weights");
	if (json_integer_value(json_object_get(root, RPH_WEIGHTS_MARK)) != RPH_WEIGHTS_FORMAT ||
	    json_object_size(root) != 3)
		return not_ours;
	if (!take_weight(json_object_get(root, "bias"), frame->limit, ret_bias))
		return "'bias' is not a whole number within the limits";
	if (json_object_size(weights) != frame->count)
		return other_features;
	for (unsigned i = 0; i < frame->count; i++) {
		const json_t *value = json_object_get(weights, frame->name_of(i));
		if (!value)
			return other_features;
		if (!take_weight(value, frame->limit, &ret_weights[i]))
			return "a weight is not a whole number within the limits";
	}
	return NULL;
}

const char *rph_weights_parse(const struct rph_weights_frame *frame, struct rph_span text,
			      int32_t *ret_bias, int32_t *ret_weights)
{
	json_error_t fault;
	json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &fault);
	const char *wrong =
		root ? take(frame, root, ret_bias, ret_weights) : "it is not JSON, or too large";
	json_decref(root);
	return wrong;
}

bool rph_label_parse(struct rph_span line,
		     void (*take_label)(void *context, struct rph_span from, struct rph_span to,
					bool same),
		     void *context)
{
	json_error_t fault;
	json_t *row = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, &fault);
	const json_t *from = json_object_get(row, "from"), *to = json_object_get(row, "to");
	const json_t *same = json_object_get(row, "same");
	bool whole = json_is_string(from) && json_is_string(to) && json_is_boolean(same);
	if (whole)
		take_label(context, rph_span_of(json_string_value(from)),
			   rph_span_of(json_string_value(to)), json_is_true(same));
	json_decref(row);
	return whole;
}
