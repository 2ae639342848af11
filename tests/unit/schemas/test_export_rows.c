/* SPDX-License-Identifier: Apache-2.0
 *
 * test_export_rows.c - rows have every key, in one order, each of one type; read back by jansson.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "schemas/export_columns.h"
#include "schemas/export_rows.h"

static json_t *read_line(const struct rph_buffer *buffer)
{
	json_error_t error;
	assert_int_equal(buffer->error, 0);
	assert_true(buffer->len > 0 && buffer->text[buffer->len - 1] == '\n');
	assert_ptr_equal(strchr(buffer->text, '\n'), buffer->text + buffer->len - 1);
	json_t *row = json_loadb(buffer->text, buffer->len, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(row);
	return row;
}

static void expect_type(const json_t *value, const char *type)
{
	if (strcmp(type, "string") == 0)
		assert_true(json_is_string(value));
	else if (strcmp(type, "int64") == 0)
		assert_true(json_is_integer(value));
	else if (strcmp(type, "float64") == 0)
		assert_true(json_is_real(value));
	else
		assert_true(json_is_array(value));
}

static void expect_columns(json_t *row, const struct rph_export_column *columns, size_t count)
{
	const char *key;
	json_t *value;
	size_t at = 0;

	assert_int_equal(json_object_size(row), count);
	json_object_foreach(row, key, value)
	{
		assert_string_equal(key, columns[at].name);
		expect_type(value, columns[at].card);
		at++;
	}
}

static struct rph_example example_of(uint16_t weight, uint16_t confidence)
{
	static const struct rph_example_slot slots[] = {{{"room", 4}, {"küche", 6}, 0, 5}};
	return (struct rph_example){
		.text = RPH_SPAN("Küche \"hell\" bitte"),
		.locale = RPH_SPAN("de-DE"),
		.domain = RPH_SPAN(""),
		.intent = RPH_SPAN("licht_an"),
		.slots = slots,
		.slot_count = 1,
		.weight = weight,
		.kind = "mined",
		.type = "paraphrase",
		.confidence = confidence,
		.users = 12,
		.days = 4,
		.first_week = 2951,
		.last_week = 2953,
		.source = RPH_SPAN("küche hell bitte"),
		.target = RPH_SPAN("mach das licht in der küche an"),
	};
}

static void a_row_has_every_key_in_order_and_of_its_type(void **state)
{
	static const uint16_t weights[] = {0, 1, 500, 623, 1000};
	(void)state;

	for (size_t i = 0; i < RPH_ARRAY_LEN(weights); i++) {
		struct rph_buffer line = {0};
		struct rph_example example = example_of(weights[i], (uint16_t)(weights[i] % 1025));
		static const uint32_t lengths[] = {0, 2, 3};
		example.slot_count = i % 2;
		example.via = RPH_SPAN("via");
		example.chain_count = lengths[i % 3];
		rph_example_write(&line, &example);
		json_t *row = read_line(&line);
		expect_columns(row, rph_example_columns, RPH_ARRAY_LEN(rph_example_columns));
		assert_int_equal(json_array_size(json_object_get(row, "slots")), i % 2);
		assert_int_equal(json_array_size(json_object_get(row, "chain")), lengths[i % 3]);
		double weight = json_real_value(json_object_get(row, "weight"));
		assert_true(weight * 1000 > weights[i] - 0.001 &&
			    weight * 1000 < weights[i] + 0.001);
		json_decref(row);
		rph_buffer_free(&line);
	}
}

static void a_row_is_these_bytes(void **state)
{
	struct rph_buffer line = {0};
	struct rph_example example = example_of(623, 1024);
	(void)state;

	rph_example_write(&line, &example);
	assert_string_equal(
		line.text,
		"{\"text\":\"Küche \\\"hell\\\" bitte\",\"locale\":\"de-DE\",\"domain\":\"\","
		"\"intent\":\"licht_an\",\"slots\":[{\"name\":\"room\",\"value\":\"küche\","
		"\"start\":0,"
		"\"end\":5}],\"weight\":0.623,\"kind\":\"mined\",\"confidence\":1.0,\"users\":12,"
		"\"days\":4,\"first_week\":\"2026-W30\",\"last_week\":\"2026-W32\",\"source\":"
		"\"küche hell bitte\",\"target\":\"mach das licht in der küche "
		"an\",\"type\":\"paraphrase\",\"chain\":[]}\n");
	rph_buffer_free(&line);
}

static void a_pair_has_every_key_in_order_and_of_its_type(void **state)
{
	static const char *const reasons[] = {"too_few_users", "too_few_days"};
	struct rph_pair_row pair = {.locale = RPH_SPAN("th-TH"),
				    .source = RPH_SPAN("ห้องครัวมืด"),
				    .target = RPH_SPAN("เปิดไฟห้องครัว"),
				    .direction = "rewrite",
				    .type = "paraphrase",
				    .status = "pending",
				    .trend = "steady",
				    .reasons = reasons,
				    .first_week = 2951,
				    .last_week = 2950};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		struct rph_buffer line = {0};
		pair.reason_count = i;
		pair.p = (uint16_t)(i * 128);
		rph_pair_row_write(&line, &pair);
		json_t *row = read_line(&line);
		expect_columns(row, rph_pair_columns, RPH_ARRAY_LEN(rph_pair_columns));
		assert_int_equal(json_array_size(json_object_get(row, "reasons")), i);
		double p = json_real_value(json_object_get(row, "p"));
		assert_true(p > (double)i / 2 - 0.0001 && p < (double)i / 2 + 0.0001);
		json_decref(row);
		rph_buffer_free(&line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_every_key_in_order_and_of_its_type),
		cmocka_unit_test(a_row_is_these_bytes),
		cmocka_unit_test(a_pair_has_every_key_in_order_and_of_its_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
