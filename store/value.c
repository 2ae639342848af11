/* SPDX-License-Identifier: Apache-2.0 */
#include "store/value.h"

#include <endian.h>
#include <xxhash.h>

#include "schemas/error.h"

static void start(struct rph_writer *writer, void *bytes, size_t size)
{
	writer->start = writer->at = bytes;
	writer->end = writer->start + size;
	rph_write_u8(writer, RPH_VALUE_VERSION);
}

int rph_writer_begin(struct rph_writer *writer, struct rph_arena *arena, size_t payload)
{
	size_t size = 1 + payload + RPH_VALUE_CHECKSUM_BYTES;
	char *bytes = rph_arena_bytes(arena, size);
	if (!bytes)
		return RPH_E_NO_MEMORY;
	start(writer, bytes, size);
	return 0;
}

void rph_writer_set_version(struct rph_writer *writer, uint8_t version)
{
	*writer->start = version;
}

void rph_write_u8(struct rph_writer *writer, uint8_t number)
{
	RPH_ASSERT(writer->at < writer->end);
	*writer->at++ = number;
}

void rph_write_u64(struct rph_writer *writer, uint64_t number)
{
	uint64_t little = htole64(number);
	RPH_ASSERT((size_t)(writer->end - writer->at) >= sizeof(little));
	memcpy(writer->at, &little, sizeof(little));
	writer->at += sizeof(little);
}

void rph_write_varint(struct rph_writer *writer, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		rph_write_u8(writer, (uint8_t)(number | 0x80));
	rph_write_u8(writer, (uint8_t)number);
}

void rph_write_bytes(struct rph_writer *writer, struct rph_span bytes)
{
	RPH_ASSERT((size_t)(writer->end - writer->at) >= bytes.len);
	if (bytes.len)
		memcpy(writer->at, bytes.ptr, bytes.len);
	writer->at += bytes.len;
}

struct rph_span rph_writer_end(struct rph_writer *writer)
{
	rph_write_u64(writer, XXH3_64bits(writer->start, (size_t)(writer->at - writer->start)));
	return (struct rph_span){(const char *)writer->start, (size_t)(writer->at - writer->start)};
}

int rph_reader_begin_versions(struct rph_reader *reader, struct rph_span value, uint8_t newest,
			      uint8_t *ret)
{
	uint64_t checksum;
	*reader = (struct rph_reader){.bad = true};
	if (value.len < 1 + sizeof(checksum))
		return RPH_E_STATE_CORRUPT;
	size_t covered = value.len - sizeof(checksum);
	memcpy(&checksum, value.ptr + covered, sizeof(checksum));
	if (le64toh(checksum) != XXH3_64bits(value.ptr, covered))
		return RPH_E_STATE_CORRUPT;
	const uint8_t *bytes = (const uint8_t *)value.ptr;
	if (bytes[0] < RPH_VALUE_VERSION || bytes[0] > newest)
		return bytes[0] > newest ? RPH_E_STATE_NEWER : RPH_E_STATE_CORRUPT;
	*reader = (struct rph_reader){.at = bytes + 1, .end = bytes + covered};
	*ret = bytes[0];
	return 0;
}

int rph_reader_begin(struct rph_reader *reader, struct rph_span value)
{
	uint8_t version;
	return rph_reader_begin_versions(reader, value, RPH_VALUE_VERSION, &version);
}

uint8_t rph_read_u8(struct rph_reader *reader)
{
	if (reader->bad || reader->at == reader->end) {
		reader->bad = true;
		return 0;
	}
	return *reader->at++;
}

uint64_t rph_read_u64(struct rph_reader *reader)
{
	uint64_t little;
	struct rph_span bytes = rph_read_bytes(reader, sizeof(little));
	if (reader->bad)
		return 0;
	memcpy(&little, bytes.ptr, sizeof(little));
	return le64toh(little);
}

uint64_t rph_read_varint(struct rph_reader *reader)
{
	uint64_t number = 0;
	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = rph_read_u8(reader);
		uint64_t bits = byte & 0x7F;
		/* The tenth byte has one bit to give; a last byte of 0 is not the shortest form. */
		if (shift > 63 || (shift == 63 && bits > 1) || (byte == 0 && shift > 0))
			reader->bad = true;
		if (reader->bad)
			return 0;
		number |= bits << shift;
		if (!(byte & 0x80))
			return number;
	}
}

uint32_t rph_read_varint32(struct rph_reader *reader)
{
	uint64_t number = rph_read_varint(reader);
	if (number > UINT32_MAX) {
		reader->bad = true;
		return 0;
	}
	return (uint32_t)number;
}

struct rph_span rph_read_bytes(struct rph_reader *reader, uint64_t len)
{
	if (reader->bad || len > (uint64_t)(reader->end - reader->at)) {
		reader->bad = true;
		return (struct rph_span){0};
	}
	struct rph_span bytes = {(const char *)reader->at, (size_t)len};
	reader->at += len;
	return bytes;
}

uint32_t rph_read_count(struct rph_reader *reader, size_t bytes_each)
{
	uint32_t count = rph_read_varint32(reader);
	if (!reader->bad && count > (size_t)(reader->end - reader->at) / bytes_each) {
		/* Before anybody allocates for it. */
		reader->bad = true;
		return 0;
	}
	return count;
}

int rph_reader_end(const struct rph_reader *reader)
{
	return reader->bad || reader->at != reader->end ? RPH_E_STATE_CORRUPT : 0;
}

int rph_value_encode_meta(struct rph_span bytes, char buffer[static RPH_VALUE_META_MAX],
			  struct rph_span *ret)
{
	struct rph_writer writer;
	if (bytes.len > RPH_VALUE_META_MAX - 1 - RPH_VALUE_CHECKSUM_BYTES)
		return RPH_E_BAD_INPUT;
	start(&writer, buffer, RPH_VALUE_META_MAX);
	rph_write_bytes(&writer, bytes);
	*ret = rph_writer_end(&writer);
	return 0;
}

int rph_value_decode_meta(struct rph_span value, struct rph_span *ret)
{
	struct rph_reader reader;
	int error = rph_reader_begin(&reader, value);
	if (error)
		return error;
	*ret = rph_read_bytes(&reader, (uint64_t)(reader.end - reader.at));
	return rph_reader_end(&reader);
}
