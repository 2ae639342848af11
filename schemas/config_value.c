/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/config_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/error.h"

enum { LONGEST_SHOWN = 60, LONGEST_PROPERTY_NAME = 128 };

const struct rph_config_unit rph_config_duration_units[] = {
	{"ms", 1},         {"s", 1000},        {"m", 60000}, {"h", 3600000},
	{"d", RPH_DAY_MS}, {"w", RPH_WEEK_MS}, {0},
};
const struct rph_config_unit rph_config_byte_units[] = {
	{"B", 1},
	{"KiB", INT64_C(1) << 10},
	{"MiB", INT64_C(1) << 20},
	{"GiB", INT64_C(1) << 30},
	{"TiB", INT64_C(1) << 40},
	{0},
};

const char *const rph_config_kind_names[] = {
	[RPH_CONFIG_DURATION] = "a duration",
	[RPH_CONFIG_BYTES] = "a size",
	[RPH_CONFIG_INTEGER] = "a whole number",
	[RPH_CONFIG_SHARE] = "a share",
	[RPH_CONFIG_BOOLEAN] = "true or false",
	[RPH_CONFIG_STRING] = "a text",
	[RPH_CONFIG_LIST] = "a list",
	[RPH_CONFIG_MAP] = "a map",
};

void rph_config_quote(struct rph_span text, char ret[static 80])
{
	size_t len = text.len < LONGEST_SHOWN ? text.len : LONGEST_SHOWN;
	/* Never in the middle of a character. */
	while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
		len--;
	char *out = ret;
	*out++ = '\'';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		*out = text.ptr[i];
		if (c < 0x20 || c == 0x7f)
			*out = '?';
		out++;
	}
	snprintf(out, (size_t)(ret + 80 - out), "%s", len < text.len ? "...'" : "'");
}

const char *rph_config_copy(struct rph_config *config, struct rph_span text)
{
	char *copy = rph_arena_bytes(&config->arena, text.len + 1);
	if (!copy)
		return NULL;
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return copy;
}

/* The digits at the front of `text`; false without one or beyond int64_t. */
static bool take_digits(struct rph_span *text, int64_t *ret)
{
	int64_t value = 0;
	size_t used = 0;
	for (; used < text->len && text->ptr[used] >= '0' && text->ptr[used] <= '9'; used++)
		if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
		    __builtin_add_overflow(value, text->ptr[used] - '0', &value))
			return false;
	*text = (struct rph_span){text->ptr + used, text->len - used};
	*ret = value;
	return used > 0;
}

static bool parse_with_unit(struct rph_span text, const struct rph_config_unit *units, int64_t *ret)
{
	int64_t value;
	if (!take_digits(&text, &value))
		return false;
	for (; units->name; units++)
		if (rph_span_equal(text, rph_span_of(units->name)))
			return !__builtin_mul_overflow(value, units->size, ret);
	return false;
}

/* Up to `places` decimals, scaled: "0.7" with 3 is 700. */
static bool parse_decimal(struct rph_span text, int places, int64_t *ret)
{
	int64_t value;
	if (!take_digits(&text, &value) || value > RPH_SHARE_ONE)
		return false;
	bool point = text.len > 0 && text.ptr[0] == '.';
	struct rph_span decimals = {text.ptr + point, text.len - point};
	if (point ? decimals.len == 0 || decimals.len > (size_t)places : text.len > 0)
		return false;
	for (size_t i = 0; i < (size_t)places; i++) {
		int digit = point && i < decimals.len ? decimals.ptr[i] : '0';
		if (digit < '0' || digit > '9')
			return false;
		value = value * 10 + (digit - '0');
	}
	*ret = value;
	return true;
}

static bool parse_share(struct rph_span text, int64_t *ret)
{
	if (text.len > 0 && text.ptr[text.len - 1] == '%')
		return parse_decimal((struct rph_span){text.ptr, text.len - 1}, 1, ret);
	return parse_decimal(text, 3, ret);
}

static bool parse_boolean(struct rph_span text, int64_t *ret)
{
	*ret = rph_span_equal(text, RPH_SPAN("true"));
	return *ret || rph_span_equal(text, RPH_SPAN("false"));
}

/* Every kind that is a number underneath. */
static bool parse_number(enum rph_config_kind kind, struct rph_span text, int64_t *ret)
{
	switch (kind) {
	case RPH_CONFIG_DURATION:
		return parse_with_unit(text, rph_config_duration_units, ret);
	case RPH_CONFIG_BYTES:
		return parse_with_unit(text, rph_config_byte_units, ret);
	case RPH_CONFIG_INTEGER:
		return take_digits(&text, ret) && text.len == 0;
	case RPH_CONFIG_SHARE:
		return parse_share(text, ret);
	case RPH_CONFIG_BOOLEAN:
		return parse_boolean(text, ret);
	case RPH_CONFIG_STRING:
	case RPH_CONFIG_LIST:
	case RPH_CONFIG_MAP:
		break;
	}
	return false;
}

static void refuse(struct rph_config_refusal *why, const char *suggestion, const char *format, ...)
	RPH_PRINTF(3, 4);

static void refuse(struct rph_config_refusal *why, const char *suggestion, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(why->sentence, sizeof(why->sentence), format, arguments);
	va_end(arguments);
	snprintf(why->suggestion, sizeof(why->suggestion), "%s", suggestion);
}

static void refuse_number(const struct rph_config_fact *fact, struct rph_span text,
			  struct rph_config_refusal *why)
{
	char shown[80], remedy[160];
	int64_t number;
	struct rph_span rest = text;
	rph_config_quote(text, shown);
	bool bare = take_digits(&rest, &number) && rest.len == 0;
	if (bare && text.len < 12 && fact->kind == RPH_CONFIG_DURATION) {
		snprintf(remedy, sizeof(remedy), "write %.*ss, %.*sm or %.*sh", (int)text.len,
			 text.ptr, (int)text.len, text.ptr, (int)text.len, text.ptr);
		refuse(why, remedy, "%s has no unit", shown);
	} else if (bare && text.len < 12 && fact->kind == RPH_CONFIG_BYTES) {
		snprintf(remedy, sizeof(remedy), "write %.*sB, %.*sKiB or %.*sMiB", (int)text.len,
			 text.ptr, (int)text.len, text.ptr, (int)text.len, text.ptr);
		refuse(why, remedy, "%s has no unit", shown);
	} else {
		snprintf(remedy, sizeof(remedy), "write it as %s",
			 fact->kind == RPH_CONFIG_SHARE ? "0.25 or 25%" : fact->standard);
		refuse(why, fact->kind == RPH_CONFIG_BOOLEAN ? "" : remedy, "%s is not %s", shown,
		       rph_config_kind_names[fact->kind]);
	}
}

static int set_number(struct rph_config *config, const struct rph_config_fact *fact,
		      struct rph_span text, struct rph_config_refusal *why)
{
	int64_t value, min = 0, max = 1;
	char shown[80], remedy[160];
	if (!parse_number(fact->kind, text, &value)) {
		refuse_number(fact, text, why);
		return RPH_E_BAD_CONFIG;
	}
	bool bounded = fact->kind != RPH_CONFIG_BOOLEAN;
	RPH_ASSERT(!bounded || (parse_number(fact->kind, rph_span_of(fact->min), &min) &&
				parse_number(fact->kind, rph_span_of(fact->max), &max)));
	if (value < min || value > max) {
		rph_config_quote(text, shown);
		snprintf(remedy, sizeof(remedy), "the default is %s", fact->standard);
		refuse(why, remedy, "%s is out of range; it may be %s to %s", shown, fact->min,
		       fact->max);
		return RPH_E_BAD_CONFIG;
	}
	void *field = (char *)config + fact->offset;
	if (fact->kind == RPH_CONFIG_DURATION)
		*(rph_time_ms *)field = value;
	else if (fact->kind == RPH_CONFIG_BYTES)
		*(uint64_t *)field = (uint64_t)value;
	else if (fact->kind == RPH_CONFIG_BOOLEAN)
		*(bool *)field = value;
	else
		*(uint32_t *)field = (uint32_t)value;
	return 0;
}

static int set_string(struct rph_config *config, const struct rph_config_fact *fact,
		      struct rph_span text, struct rph_config_refusal *why)
{
	unsigned long min = strtoul(fact->min, NULL, 10), max = strtoul(fact->max, NULL, 10);
	if (memchr(text.len ? text.ptr : "", '\0', text.len)) {
		refuse(why, "", "the text holds a NUL character");
		return RPH_E_BAD_CONFIG;
	}
	if (text.len < min || text.len > max) {
		refuse(why, "", "the text has %zu bytes; it may have %lu to %lu", text.len, min,
		       max);
		return RPH_E_BAD_CONFIG;
	}
	const char *copy = rph_config_copy(config, text);
	if (!copy)
		return RPH_E_NO_MEMORY;
	*(const char **)(void *)((char *)config + fact->offset) = copy;
	return 0;
}

int rph_config_set_scalar(struct rph_config *config, enum rph_config_key key, struct rph_span text,
			  struct rph_config_refusal *why)
{
	const struct rph_config_fact *fact = &rph_config_facts[key];
	RPH_ASSERT(fact->kind != RPH_CONFIG_LIST && fact->kind != RPH_CONFIG_MAP);
	if (fact->kind == RPH_CONFIG_STRING)
		return set_string(config, fact, text, why);
	return set_number(config, fact, text, why);
}

size_t rph_config_max_items(enum rph_config_key key)
{
	return strtoul(rph_config_facts[key].max, NULL, 10);
}

static int check_count(enum rph_config_key key, size_t count, struct rph_config_refusal *why)
{
	const struct rph_config_fact *fact = &rph_config_facts[key];
	if (count >= strtoul(fact->min, NULL, 10) && count <= rph_config_max_items(key))
		return 0;
	refuse(why, "", "%s to %s entries are allowed", fact->min, fact->max);
	return RPH_E_BAD_CONFIG;
}

int rph_config_set_list(struct rph_config *config, enum rph_config_key key,
			const char *const *items, size_t count, struct rph_config_refusal *why)
{
	int err = check_count(key, count, why);
	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		if (items[i][0])
			continue;
		refuse(why, "", "the list holds an empty text");
		return RPH_E_BAD_CONFIG;
	}
	const char **copy = RPH_ARENA_ARRAY(&config->arena, const char *, count + 1);
	if (!copy)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		copy[i] = items[i];
	*(struct rph_config_list *)(void *)((char *)config + rph_config_facts[key].offset) =
		(struct rph_config_list){copy, count};
	return 0;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct rph_config_pair *left = a, *right = b;
	return strcmp(left->name, right->name);
}

static bool is_property_name(const char *name)
{
	size_t len = strlen(name);
	return len > 0 && len <= LONGEST_PROPERTY_NAME &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       len;
}

int rph_config_set_map(struct rph_config *config, enum rph_config_key key,
		       const struct rph_config_pair *pairs, size_t count,
		       struct rph_config_refusal *why)
{
	char shown[80];
	int err = check_count(key, count, why);
	if (err)
		return err;
	struct rph_config_pair *copy =
		RPH_ARENA_ARRAY(&config->arena, struct rph_config_pair, count + 1);
	if (!copy)
		return RPH_E_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		copy[i] = pairs[i];
	qsort(copy, count, sizeof(*copy), compare_pairs);
	for (size_t i = 0; i < count; i++) {
		rph_config_quote(rph_span_of(copy[i].name), shown);
		if (!is_property_name(copy[i].name))
			refuse(why, "", "%s is not the name of a property", shown);
		else if (i > 0 && strcmp(copy[i].name, copy[i - 1].name) == 0)
			refuse(why, "", "%s is given twice", shown);
		else
			continue;
		return RPH_E_BAD_CONFIG;
	}
	*(struct rph_config_map *)(void *)((char *)config + rph_config_facts[key].offset) =
		(struct rph_config_map){copy, count};
	return 0;
}

static int set_standard_list(struct rph_config *config, enum rph_config_key key,
			     struct rph_config_refusal *why)
{
	enum { MOST_STANDARD_ITEMS = 64 };
	const char *items[MOST_STANDARD_ITEMS];
	size_t count = 0;
	const char *text = rph_config_facts[key].standard;
	while (*text) {
		size_t len = strcspn(text, ",");
		RPH_ASSERT(count < MOST_STANDARD_ITEMS);
		items[count] = rph_config_copy(config, (struct rph_span){text, len});
		if (!items[count++])
			return RPH_E_NO_MEMORY;
		text += len;
		text += strspn(text, ", ");
	}
	return rph_config_set_list(config, key, items, count, why);
}

int rph_config_set_standard(struct rph_config *config, enum rph_config_key key)
{
	struct rph_config_refusal why;
	const struct rph_config_fact *fact = &rph_config_facts[key];
	int err;
	if (fact->kind == RPH_CONFIG_LIST)
		err = set_standard_list(config, key, &why);
	else if (fact->kind == RPH_CONFIG_MAP)
		err = rph_config_set_map(config, key, NULL, 0, &why);
	else
		err = rph_config_set_scalar(config, key, rph_span_of(fact->standard), &why);
	RPH_ASSERT(err != RPH_E_BAD_CONFIG); /* a default must be a value */
	return err;
}
