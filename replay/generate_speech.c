/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/generate_speech.h"

enum mistake {
	CONFUSION, /* a sound or word taken for another */
	DROP_WORD,
	DROP_SIGN, /* one code point */
	JOIN,      /* two words run together */
	SPLIT,
	OTHER_VALUE, /* a whole slot value heard as a similar one */
	EXCHANGE,    /* two neighbouring code points */
	DOUBLE,      /* one code point typed twice */
	MISTAKE_COUNT,
};

/* Shares in per mille for a recogniser of spaced and of unspaced writing, and for typing. */
static const unsigned shares[3][MISTAKE_COUNT] = {
	{[CONFUSION] = 470,
	 [DROP_WORD] = 130,
	 [DROP_SIGN] = 40,
	 [JOIN] = 60,
	 [SPLIT] = 60,
	 [OTHER_VALUE] = 240},
	{[CONFUSION] = 560, [DROP_SIGN] = 200, [OTHER_VALUE] = 240},
	{[CONFUSION] = 50, [DROP_SIGN] = 450, [EXCHANGE] = 300, [DOUBLE] = 200},
};

void rph_speech_say(const struct rph_language *language, const struct rph_gen_wording *wording,
		    const enum rph_slot_type *slots, const uint16_t *values, unsigned slot_count,
		    struct rph_speech *ret)
{
	ret->piece_count = 0;
	ret->slot_count = slot_count;
	ret->text_garbled = false;
	ret->stored = 0;
	for (unsigned i = 0; i < slot_count; i++) {
		ret->slots[i] = slots[i];
		ret->said[i] = ret->heard[i] = values[i];
		ret->slot_garbled[i] = false;
	}
	for (unsigned i = 0; i < wording->part_count; i++) {
		const struct rph_part *part = &wording->parts[i];
		struct rph_span text = part->text;
		if (part->slot >= 0) {
			const struct rph_value *value =
				&language->values[slots[part->slot]][values[part->slot]];
			unsigned form = part->form < value->form_count ? part->form : 0;
			ret->forms[part->slot] = form;
			text = value->forms[form].text;
			if (value->forms[form].before.len > 0)
				ret->pieces[ret->piece_count++] =
					(struct rph_piece){value->forms[form].before, -1};
		}
		ret->pieces[ret->piece_count++] = (struct rph_piece){text, part->slot};
	}
}

static bool is_inside(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static unsigned count_signs(struct rph_span text)
{
	unsigned count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += !is_inside(text.ptr[i]);
	return count;
}

/* The byte where code point `nth` begins; text.len for the one after the last. */
static size_t sign_start(struct rph_span text, unsigned nth)
{
	size_t at = 0;
	for (unsigned i = 0; i < nth && at < text.len; i++) {
		at++;
		while (at < text.len && is_inside(text.ptr[at]))
			at++;
	}
	return at;
}

static void mark(struct rph_speech *speech, struct rph_piece *piece)
{
	if (piece->slot >= 0)
		speech->slot_garbled[piece->slot] = true;
	else
		speech->text_garbled = true;
}

/* Replaces bytes from..to of the piece; refuses what would leave a slot or the whole empty. */
static bool replace(struct rph_speech *speech, struct rph_piece *piece, size_t from, size_t to,
		    struct rph_span by)
{
	struct rph_span old = piece->text;
	size_t len = old.len - (to - from) + by.len;
	bool only = speech->piece_count == 1;
	if ((len == 0 && (only || piece->slot >= 0)) ||
	    speech->stored + len > sizeof(speech->store))
		return false;
	char *at = speech->store + speech->stored;
	memcpy(at, old.ptr, from);
	if (by.len > 0)
		memcpy(at + from, by.ptr, by.len);
	memcpy(at + from + by.len, old.ptr + to, old.len - to);
	speech->stored += len;
	piece->text = (struct rph_span){at, len};
	mark(speech, piece);
	return true;
}

static struct rph_piece *pick_piece(struct rph_speech *speech, struct rph_random *random)
{
	size_t total = 0;
	for (unsigned i = 0; i < speech->piece_count; i++)
		total += speech->pieces[i].text.len;
	size_t at = rph_random_below(random, (uint32_t)total);
	unsigned i = 0;
	while (at >= speech->pieces[i].text.len)
		at -= speech->pieces[i++].text.len;
	return &speech->pieces[i];
}

static bool confuse(const struct rph_language *language, struct rph_speech *speech,
		    struct rph_piece *piece, struct rph_random *random)
{
	struct rph_span text = piece->text;
	for (int attempt = 0; attempt < 10; attempt++) {
		const struct rph_confusion *pair =
			&language->confusions[rph_random_below(random, language->confusion_count)];
		size_t skip = rph_random_below(random, (uint32_t)text.len);
		const char *hit =
			memmem(text.ptr + skip, text.len - skip, pair->from.ptr, pair->from.len);
		if (!hit)
			hit = memmem(text.ptr, text.len, pair->from.ptr, pair->from.len);
		if (!hit)
			continue;
		size_t from = (size_t)(hit - text.ptr);
		return replace(speech, piece, from, from + pair->from.len, pair->to);
	}
	return false;
}

/* A word leaves with one of its spaces. */
static bool drop_word(struct rph_speech *speech, struct rph_piece *piece, struct rph_random *random)
{
	struct rph_span text = piece->text;
	if (piece->slot >= 0)
		return false;
	size_t from = rph_random_below(random, (uint32_t)text.len);
	if (text.ptr[from] == ' ')
		return false;
	size_t to = from;
	while (from > 0 && text.ptr[from - 1] != ' ')
		from--;
	while (to < text.len && text.ptr[to] != ' ')
		to++;
	if (to < text.len)
		to++;
	else if (from > 0)
		from--;
	return replace(speech, piece, from, to, (struct rph_span){NULL, 0});
}

static bool join_words(struct rph_speech *speech, struct rph_piece *piece)
{
	const char *space = memchr(piece->text.ptr, ' ', piece->text.len);
	if (!space)
		return false;
	size_t from = (size_t)(space - piece->text.ptr);
	return replace(speech, piece, from, from + 1, (struct rph_span){NULL, 0});
}

/* Mistakes of one or two code points. */
static bool spoil_sign(enum mistake mistake, struct rph_speech *speech, struct rph_piece *piece,
		       struct rph_random *random)
{
	struct rph_span text = piece->text;
	unsigned count = count_signs(text);
	if (count < 3)
		return false;
	unsigned nth = rph_random_below(random, count - 1);
	size_t from = sign_start(text, nth), middle = sign_start(text, nth + 1);
	size_t to = sign_start(text, nth + 2);
	if (text.ptr[from] == ' ' || text.ptr[middle] == ' ')
		return false;
	char changed[16];
	size_t first = middle - from, second = to - middle;
	switch (mistake) {
	case DROP_SIGN:
		return replace(speech, piece, from, middle, (struct rph_span){NULL, 0});
	case SPLIT:
		return replace(speech, piece, middle, middle, RPH_SPAN(" "));
	case DOUBLE:
		return replace(speech, piece, from, from,
			       (struct rph_span){text.ptr + from, first});
	default:
		memcpy(changed, text.ptr + middle, second);
		memcpy(changed + second, text.ptr + from, first);
		return memcmp(changed, text.ptr + from, first + second) != 0 &&
		       replace(speech, piece, from, to, (struct rph_span){changed, first + second});
	}
}

static bool swap_value(const struct rph_language *language, struct rph_speech *speech,
		       struct rph_piece *piece, struct rph_random *random)
{
	if (speech->slot_count == 0)
		return false;
	while (piece->slot < 0)
		piece = &speech->pieces[rph_random_below(random, speech->piece_count)];
	enum rph_slot_type type = speech->slots[piece->slot];
	const struct rph_value *value = &language->values[type][speech->said[piece->slot]];
	unsigned heard = value->alike[rph_random_chance(random, 350)];
	if (rph_random_chance(random, 150))
		heard = rph_random_below(random, language->value_counts[type]);
	const struct rph_value *other = &language->values[type][heard];
	unsigned form = speech->forms[piece->slot];
	piece->text = other->forms[form < other->form_count ? form : 0].text;
	speech->heard[piece->slot] = (uint16_t)heard;
	speech->slot_garbled[piece->slot] = false;
	return true;
}

static bool make_mistake(const struct rph_language *language, enum mistake mistake,
			 struct rph_random *random, struct rph_speech *speech)
{
	struct rph_piece *piece = pick_piece(speech, random);
	switch (mistake) {
	case CONFUSION:
		return confuse(language, speech, piece, random);
	case DROP_WORD:
		return drop_word(speech, piece, random);
	case JOIN:
		return join_words(speech, piece);
	case OTHER_VALUE:
		return swap_value(language, speech, piece, random);
	default:
		return spoil_sign(mistake, speech, piece, random);
	}
}

void rph_speech_spoil(const struct rph_language *language, bool typing, struct rph_random *random,
		      struct rph_speech *speech)
{
	const unsigned *share = shares[typing ? 2 : !language->spaced];
	/* One draw a statement: C leaves open which operand is evaluated first. */
	unsigned count = 1;
	count += rph_random_chance(random, 260);
	count += rph_random_chance(random, 60);
	for (unsigned tries = 0; tries < 6 && count > 0; tries++) {
		unsigned at = rph_random_below(random, 1000);
		unsigned mistake = 0;
		while (at >= share[mistake])
			at -= share[mistake++];
		count -= make_mistake(language, mistake, random, speech);
	}
}

void rph_speech_render(const struct rph_speech *speech, struct rph_utterance *ret)
{
	size_t len = 0;
	unsigned signs = 0;
	for (unsigned i = 0; i < speech->piece_count; i++) {
		const struct rph_piece *piece = &speech->pieces[i];
		struct rph_span text = piece->text;
		/* A dropped word may leave a space at either end: nobody hears those. */
		while (len == 0 && text.len > 0 && text.ptr[0] == ' ')
			text = (struct rph_span){text.ptr + 1, text.len - 1};
		RPH_ASSERT(len + text.len <= sizeof(ret->text));
		unsigned more = count_signs(text);
		if (piece->slot >= 0) {
			ret->slots[piece->slot].start = (uint16_t)signs;
			ret->slots[piece->slot].end = (uint16_t)(signs + more);
			ret->slots[piece->slot].start_byte = (uint16_t)len;
			ret->slots[piece->slot].end_byte = (uint16_t)(len + text.len);
		}
		if (text.len > 0)
			memcpy(ret->text + len, text.ptr, text.len);
		len += text.len;
		signs += more;
	}
	while (len > 0 && ret->text[len - 1] == ' ')
		len--;
	for (unsigned i = 0; i < speech->slot_count; i++)
		RPH_ASSERT(ret->slots[i].end_byte <= len);
	ret->len = len;
}
