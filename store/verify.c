/* SPDX-License-Identifier: Apache-2.0 */
#include "store/verify.h"

#include <stdarg.h>
#include <stdio.h>

#include "schemas/error.h"
#include "store/keys.h"
#include "store/value.h"

enum { SENTENCE_BYTES = 1400, MOST_LOCALE_BYTES = 63, MOST_TEXT_BYTES = 64 * 1024 };

void rph_verify_fault(struct rph_verify *verify, const char *format, ...)
{
	/* After a failed look-up what it was for only seems to be missing. */
	if (verify->txn.error)
		return;
	char sentence[SENTENCE_BYTES];
	static const char digits[] = "0123456789abcdef";
	size_t len =
		(size_t)snprintf(sentence, sizeof(sentence), "%s ", rph_tables[verify->table].name);
	for (size_t i = 0; i < verify->key.len && i < RPH_KEY_MAX_BYTES; i++) {
		unsigned byte = (uint8_t)verify->key.ptr[i];
		sentence[len++] = digits[byte >> 4];
		sentence[len++] = digits[byte & 15];
	}
	len += (size_t)snprintf(sentence + len, sizeof(sentence) - len, ": ");
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sentence + len, sizeof(sentence) - len, format, arguments);
	va_end(arguments);
	verify->verdict.faults++;
	if (verify->report)
		verify->report(verify->context, sentence);
}

static bool has_row(struct rph_verify *verify, enum rph_table table, struct rph_span prefix)
{
	struct rph_span key, value;
	return rph_txn_seek(&verify->txn, table, prefix, &key, &value) &&
	       rph_has_prefix(key, prefix);
}

/* True when the texts that nobody names may be those of a housekeeping that is to go on. */
static bool is_interrupted(const struct rph_verify *verify)
{
	return verify->forgetting || verify->expiring;
}

static void undecodable(struct rph_verify *verify, int error)
{
	rph_verify_fault(verify, "%s", rph_strerror(error));
}

static int verify_formulation(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	const struct rph_store *store = verify->txn.store;
	struct rph_formulation_delta text;
	if (!rph_key_read_id(key, &text.id))
		return 0;
	int error = rph_value_decode_formulation(value, &text);
	if (error) {
		undecodable(verify, error);
		return 0;
	}
	if (text.locale.len == 0 || text.locale.len > MOST_LOCALE_BYTES ||
	    text.text.len > MOST_TEXT_BYTES) {
		rph_verify_fault(verify, "its locale or text has an impossible length");
		return 0;
	}
	if (store->has_keys) {
		struct rph_id id = rph_formulation_id(&store->keys, text.locale, text.text);
		if (rph_id_compare(&id, &text.id) != 0)
			rph_verify_fault(verify, "the id is not that of the text");
	}
	if (!is_interrupted(verify) && !has_row(verify, RPH_TABLE_usage, key) &&
	    !has_row(verify, RPH_TABLE_vote, key))
		rph_verify_fault(verify, "nothing names this text");
	return 0;
}

static int verify_goal(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	const struct rph_store *store = verify->txn.store;
	struct rph_goal_delta goal;
	if (!rph_key_read_id(key, &goal.id))
		return 0;
	int error = rph_value_decode_goal(value, &goal.canonical);
	if (error) {
		undecodable(verify, error);
		return 0;
	}
	if (store->has_keys) {
		struct rph_id id = rph_goal_id(&store->keys, goal.canonical);
		if (rph_id_compare(&id, &goal.id) != 0)
			rph_verify_fault(verify, "the id is not that of the goal");
	}
	if (!is_interrupted(verify) && !rph_id_set_has(&verify->goals, &goal.id))
		rph_verify_fault(verify, "no usage names this goal");
	return 0;
}

static int verify_cohort(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	struct rph_cohorts row;
	int error = rph_value_decode_cohorts(value, &verify->arena, &row);
	if (error == RPH_E_NO_MEMORY)
		return error;
	if (error)
		undecodable(verify, error);
	else if (!is_interrupted(verify) && !has_row(verify, RPH_TABLE_user_index, key))
		rph_verify_fault(verify, "the user index knows nothing of this user's week");
	return 0;
}

static int verify_review(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	struct rph_review review;
	(void)key;
	int error = rph_value_decode_review(value, &review);
	if (error)
		undecodable(verify, error);
	return 0;
}

static int verify_rewrite(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	struct rph_published rewrite;
	int error = rph_value_decode_rewrite(value, &rewrite);
	if (error) {
		undecodable(verify, error);
		return 0;
	}
	if (rewrite.p > 256)
		rph_verify_fault(verify, "its probability is more than 1");
	if (is_interrupted(verify))
		return 0;
	if (!has_row(verify, RPH_TABLE_formulation, key) ||
	    !has_row(verify, RPH_TABLE_formulation, rph_id_span(&rewrite.target)))
		rph_verify_fault(verify, "its source or target has no text");
	return 0;
}

static int verify_offset(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	struct rph_offset offset = {0};
	if (!rph_key_read_offset(key, &offset.topic, &offset.partition))
		rph_verify_fault(verify, "the key is not a topic and a partition");
	int error = rph_value_decode_offset(value, &verify->arena, &offset);
	if (error == RPH_E_NO_MEMORY)
		return error;
	if (error)
		undecodable(verify, error);
	return 0;
}

static int verify_export(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	struct rph_export_row row;
	(void)key;
	int error = rph_value_decode_export(value, &row);
	if (error)
		undecodable(verify, error);
	return 0;
}

static int verify_meta(struct rph_verify *verify, struct rph_span key, struct rph_span value)
{
	struct rph_span bytes;
	(void)key;
	int error = rph_value_decode_meta(value, &bytes);
	if (error)
		undecodable(verify, error);
	return 0;
}

typedef int verify_row(struct rph_verify *verify, struct rph_span key, struct rph_span value);

/* Goals are last: usage says which are named. */
static const struct {
	enum rph_table table;
	verify_row *check;
} tables[RPH_TABLE_COUNT] = {
	{RPH_TABLE_meta, verify_meta},           {RPH_TABLE_formulation, verify_formulation},
	{RPH_TABLE_vote, rph_verify_vote},       {RPH_TABLE_usage, rph_verify_usage},
	{RPH_TABLE_user_index, rph_verify_said}, {RPH_TABLE_review, verify_review},
	{RPH_TABLE_rewrite, verify_rewrite},     {RPH_TABLE_offset, verify_offset},
	{RPH_TABLE_export, verify_export},       {RPH_TABLE_cohort, verify_cohort},
	{RPH_TABLE_goal, verify_goal},
};

static int verify_table(struct rph_verify *verify, enum rph_table table, verify_row *check)
{
	struct rph_span value;
	size_t key_bytes = rph_tables[table].key_bytes;
	uint64_t rows = 0;
	verify->table = table;
	bool found = rph_txn_first(&verify->txn, table, &verify->key, &value);
	while (found) {
		struct rph_span last = verify->key;
		rows++;
		rph_arena_reset(&verify->arena);
		if (key_bytes && verify->key.len != key_bytes)
			rph_verify_fault(verify, "the key has a wrong length");
		int error = check(verify, verify->key, value);
		if (error)
			return error;
		found = rph_txn_next(&verify->txn, table, &verify->key, &value);
		if (found && rph_span_compare(last, verify->key) >= 0)
			rph_verify_fault(verify, "the key is out of order");
	}
	verify->verdict.rows += rows;
	if (!verify->txn.error && rows != rph_txn_rows(&verify->txn, table)) {
		verify->key = (struct rph_span){0};
		rph_verify_fault(verify, "the table holds more or fewer rows than it counts");
	}
	return verify->txn.error;
}

static int verify_all(struct rph_verify *verify)
{
	verify->forgetting = rph_meta_get_number(&verify->txn, RPH_META_FORGETTING);
	verify->expiring = (rph_week)rph_meta_get_number(&verify->txn, RPH_META_EXPIRING);
	int error = verify->txn.error;
	for (size_t i = 0; i < RPH_ARRAY_LEN(tables) && !error; i++)
		error = verify_table(verify, tables[i].table, tables[i].check);
	return error;
}

int rph_store_verify(struct rph_store *store, rph_report_fault *report, void *context,
		     struct rph_verdict *ret)
{
	struct rph_verify verify = {.report = report, .context = context};
	int error = rph_txn_begin(store, false, &verify.txn);
	if (error)
		return error;
	rph_arena_init(&verify.arena, SIZE_MAX);
	rph_arena_init(&verify.other, SIZE_MAX);
	error = verify_all(&verify);
	*ret = verify.verdict;
	rph_txn_end(&verify.txn);
	rph_id_set_free(&verify.goals);
	rph_arena_free(&verify.arena);
	rph_arena_free(&verify.other);
	return error;
}
