/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/decode_json.h"

#include <cstring>
#include <new>

#include <simdjson.h>

#include "schemas/error.h"
#include "schemas/json_fault.h"

struct rph_json_reader {
	simdjson::dom::parser parser;
	unsigned max_depth = 0;
};

namespace
{
constexpr size_t LONGEST_TEXT = size_t(1) << 30;

/* The parser and the slow reader should never disagree; if they do, the parser is believed. */
enum rph_reject fault_of(simdjson::error_code error, const char *text, size_t len,
			 unsigned max_depth)
{
	enum rph_reject fault = rph_json_fault(text, len, max_depth);
	if (fault != RPH_ACCEPTED)
		return fault;
	return error == simdjson::NUMBER_ERROR ? RPH_REJECT_bad_number : RPH_REJECT_not_json;
}

bool starts_with_mark(const char *text, size_t len)
{
	return len >= 3 && std::memcmp(text, "\xef\xbb\xbf", 3) == 0;
}
} // namespace

extern "C" int rph_json_reader_new(unsigned max_depth, struct rph_json_reader **ret)
{
	*ret = new (std::nothrow) rph_json_reader;
	if (!*ret)
		return RPH_E_NO_MEMORY;
	(*ret)->max_depth = max_depth;
	return 0;
}

extern "C" struct rph_json_reader *rph_json_reader_free(struct rph_json_reader *reader)
{
	delete reader;
	return nullptr;
}

extern "C" int rph_json_read(struct rph_json_reader *reader, const char *text, size_t len,
			     struct rph_json *ret, enum rph_reject *ret_fault)
{
	*ret_fault = len == 0 ? RPH_REJECT_empty : RPH_REJECT_too_large;
	if (len == 0 || len > LONGEST_TEXT)
		return 0;
	/* The parser copies the text into a padded buffer of its own; it reports errors as values,
	 * failed allocations included, and throws nothing. */
	simdjson::error_code error = reader->parser.parse(text, len, true).error();
	if (error == simdjson::MEMALLOC) {
		/* Half allocated, the parser would crash at the next text: start from an empty one. */
		reader->parser = simdjson::dom::parser();
		return RPH_E_NO_MEMORY;
	}
	/* The parser lets U+0000 and some halves of surrogate pairs through, and later versions of
	 * it skip a byte order mark. */
	bool bad_escape = !error && std::memchr(text, '\\', len) &&
			  rph_json_escape_fault(text, len) != RPH_ACCEPTED;
	if (error || bad_escape || starts_with_mark(text, len)) {
		*ret_fault = fault_of(error, text, len, reader->max_depth);
		return 0;
	}
	*ret_fault = RPH_ACCEPTED;
	ret->tape = reader->parser.doc.tape.get();
	ret->strings = reinterpret_cast<const char *>(reader->parser.doc.string_buf.get());
	return 0;
}
