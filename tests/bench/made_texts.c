/* SPDX-License-Identifier: Apache-2.0 */
#include "made_texts.h"

enum { SYLLABLES = 48, LOCALES = 3 };

struct language {
	const char *locale, *space;
	const char *const *syllables;
};

static const char *const latin[SYLLABLES] = {
	"ba", "be", "bo", "da", "di", "do", "fa", "fe", "go", "gu", "ha", "he",
	"jo", "ka", "ke", "ki", "la", "le", "li", "lo", "ma", "me", "mi", "mo",
	"na", "ne", "ni", "no", "pa", "pe", "pi", "po", "ra", "re", "ri", "ro",
	"sa", "se", "si", "so", "ta", "te", "ti", "to", "va", "ve", "wi", "zu"};
static const char *const kana[SYLLABLES] = {
	"あ", "い", "う", "え", "お", "か", "き", "く", "け", "こ", "さ", "し",
	"す", "せ", "そ", "た", "ち", "つ", "て", "と", "な", "に", "ぬ", "ね",
	"の", "は", "ひ", "ふ", "へ", "ほ", "ま", "み", "む", "め", "も", "や",
	"ゆ", "よ", "ら", "り", "る", "れ", "ろ", "わ", "が", "ぎ", "ぐ", "げ"};

static const struct language languages[LOCALES] = {
	{"en-US", " ", latin}, {"de-DE", " ", latin}, {"ja-JP", "", kana}};

uint64_t made_random(uint64_t what, uint64_t number)
{
	/* SplitMix64 (Steele, Lea and Flood 2014). */
	uint64_t z = what * UINT64_C(0xD1B54A32D192ED03) + number * UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static const struct language *language_of(uint64_t goal)
{
	return &languages[goal % LOCALES];
}

struct rph_span made_locale(uint64_t goal)
{
	return rph_span_of(language_of(goal)->locale);
}

static void add(struct made_text *text, const char *part)
{
	size_t len = strlen(part);

	RPH_ASSERT(text->len + len < sizeof(text->bytes));
	memcpy(text->bytes + text->len, part, len);
	text->len += len;
}

static uint16_t points_of(const struct made_text *text)
{
	uint16_t points = 0;
	for (size_t i = 0; i < text->len; i++)
		points += ((uint8_t)text->bytes[i] & 0xC0) != 0x80;
	return points;
}

/* Words of 2 syllables and more; different numbers, different words. */
static void add_word(struct made_text *text, const struct language *language, uint64_t number)
{
	for (int i = 0; i < 2 || number; i++, number /= SYLLABLES)
		add(text, language->syllables[number % SYLLABLES]);
}

static void add_space(struct made_text *text, const struct language *language)
{
	if (text->len)
		add(text, language->space);
}

/* Names of one word in four, of two words else; neighbours differ in all syllables. */
static void add_value(struct made_text *text, uint64_t goal)
{
	const struct language *language = language_of(goal);
	uint64_t mixed = goal * UINT64_C(2654435761) & 0xFFFFFFFF;

	add_word(text, language, mixed);
	if (goal % 4) {
		add(text, language->space);
		add_word(text, language, made_random(1, goal) % 4096);
	}
}

void made_value(uint64_t goal, struct made_text *ret)
{
	*ret = (struct made_text){.len = 0};
	add_value(ret, goal);
	ret->end = points_of(ret);
}

/* The frame around the value: one or two words before it, often one behind. */
static void frame(uint64_t goal, unsigned wording, uint64_t more, struct made_text *ret)
{
	const struct language *language = language_of(goal);
	uint64_t phrase = made_random(2, goal % MADE_INTENTS * MADE_WORDINGS + wording);

	*ret = (struct made_text){.len = 0};
	if (more) {
		add_word(ret, language, more);
		add_space(ret, language);
	}
	add_word(ret, language, phrase % 2304);
	add_space(ret, language);
	if (phrase >> 20 & 1) {
		add_word(ret, language, phrase >> 24 & 1023);
		add_space(ret, language);
	}
	ret->start = points_of(ret);
	add_value(ret, goal);
	ret->end = points_of(ret);
	if (phrase >> 21 & 1) {
		add_space(ret, language);
		add_word(ret, language, phrase >> 36 & 2047);
	}
}

void made_wording(uint64_t goal, unsigned wording, struct made_text *ret)
{
	frame(goal, wording, 0, ret);
}

/* Two code points of the value change places. */
static void slip(struct made_text *text, uint64_t number)
{
	size_t width = text->bytes[0] & 0x80 ? 3 : 1;
	char kept[3];

	if (text->end - text->start < 3)
		return;
	size_t at = (text->start + 1 + number % (uint64_t)(text->end - text->start - 2)) * width;
	memcpy(kept, text->bytes + at, width);
	memmove(text->bytes + at, text->bytes + at + width, width);
	memcpy(text->bytes + at + width, kept, width);
}

void made_variant(uint64_t goal, uint64_t number, struct made_text *ret)
{
	uint64_t random = made_random(3, number);

	frame(goal, (unsigned)(random % MADE_WORDINGS), 1 + number, ret);
	if (random >> 8 & 1)
		slip(ret, random >> 16);
}
