/* SPDX-License-Identifier: Apache-2.0
 *
 * value.h - the values of the tables as bytes; private to this folder, open to the fuzzer.
 *
 * Every value is: u8 version (1, where nothing else is said), payload, u64 XXH3-64 of everything before it. Fixed numbers are
 * little-endian; "v" below is an unsigned LEB128 number in its shortest form. There is exactly one
 * encoding of a value and decode accepts nothing else, so equal rows are equal bytes. The checksum
 * is unkeyed: it finds rot, not malice (whoever can write the file owns the store).
 *
 *   vote         u8 days, v edges[each type], v mass, v wins, v losses; with an arm the version is 2
 *                and v arm turns, wins, losses follow
 *   usage        u8 flags (1 more_users, 2 totals follow), [u8 days, counts], u8 users, per user:
 *                u64 user, u8 days, counts, u8 wording (0 none, else 1 + index); u8 wordings, per
 *                wording: v length, bytes. Totals follow only where they differ from the sum of the
 *                users'. counts: u8 mask of those that are not 0, then these as v.
 *   formulation  v locale length, locale, text
 *   goal         canonical interpretation
 *   user_index   u64 formulation prefixes, ascending
 *   cohort       v count, per cohort: v length and bytes of locale, of name, v turns, v defects
 *   review       u8 decision, u64 at, v length and bytes of who, note
 *   rewrite      target16, v p, v generation
 *   offset       i64 next, warm_from, watermark, warm_watermark, u64 tail_hash,
 *                i64 ahead_at, ahead_key16, v raises, per
 *                raise: i64 offset, watermark; v cuts, per cut: session16, i64 offset, from, to;
 *                [v generation, when not 0]
 *   export       digest32
 *   meta         bytes
 *
 * encode: the value lives in `arena`; RPH_E_NO_MEMORY, or RPH_E_BAD_INPUT for what has no encoding.
 * decode: spans borrow from `value`, arrays live in `arena`; RPH_E_STATE_CORRUPT for any byte that
 * encode would not have written, RPH_E_STATE_NEWER for a version of the future.
 */
#ifndef RPH_STORE_VALUE_H
#define RPH_STORE_VALUE_H

#include "schemas/arena.h"
#include "store/store.h"

enum {
	RPH_VALUE_VERSION = 1,
	RPH_VALUE_VOTE_VERSION = 2, /* of votes with an arm */
	RPH_VALUE_CHECKSUM_BYTES = 8,
	RPH_VALUE_META_MAX = 128,
};

/* ---- bytes out: `at` may reach `end` and no further; encoders reserve what they need ----------
 */

struct rph_writer {
	uint8_t *start, *at, *end;
};

/* Room for a value of `payload` bytes at most; writes the version. RPH_E_NO_MEMORY. */
int rph_writer_begin(struct rph_writer *writer, struct rph_arena *arena,
		     size_t payload) RPH_MUST_CHECK;
/* Another version than RPH_VALUE_VERSION. */
void rph_writer_set_version(struct rph_writer *writer, uint8_t version);
void rph_write_u8(struct rph_writer *writer, uint8_t number);
void rph_write_u64(struct rph_writer *writer, uint64_t number);
void rph_write_varint(struct rph_writer *writer, uint64_t number);
void rph_write_bytes(struct rph_writer *writer, struct rph_span bytes);
/* Adds the checksum; the value is complete. */
struct rph_span rph_writer_end(struct rph_writer *writer);
enum { RPH_VARINT_MAX_BYTES = 10 };

/* ---- bytes in: after the first fault every read gives 0 and `bad` is set -----------------------
 */

struct rph_reader {
	const uint8_t *at, *end;
	bool bad;
};

/* Checks version and checksum and leaves the payload to be read. */
int rph_reader_begin(struct rph_reader *reader, struct rph_span value) RPH_MUST_CHECK;
/* The same for a value of which versions 1 to `newest` exist; *ret is its version. */
int rph_reader_begin_versions(struct rph_reader *reader, struct rph_span value, uint8_t newest,
			      uint8_t *ret) RPH_MUST_CHECK;
uint8_t rph_read_u8(struct rph_reader *reader);
uint64_t rph_read_u64(struct rph_reader *reader);
uint64_t rph_read_varint(struct rph_reader *reader);
uint32_t rph_read_varint32(struct rph_reader *reader);
struct rph_span rph_read_bytes(struct rph_reader *reader, uint64_t len);
/* 0 when everything was read and nothing was wrong, else RPH_E_STATE_CORRUPT. */
int rph_reader_end(const struct rph_reader *reader) RPH_MUST_CHECK;
/* A number of things of at least `bytes_each` that may still follow; bad when it is too high. */
uint32_t rph_read_count(struct rph_reader *reader, size_t bytes_each);

/* ---- the tables --------------------------------------------------------------------------------
 */

/* A row of the user index. */
struct rph_said_row {
	uint64_t *formulations; /* ascending prefixes, each once */
	size_t count;
};

int rph_value_encode_vote(const struct rph_vote *vote, struct rph_arena *arena,
			  struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_vote(struct rph_span value, struct rph_vote *ret) RPH_MUST_CHECK;

int rph_value_encode_usage(const struct rph_usage *usage, struct rph_arena *arena,
			   struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_usage(struct rph_span value, struct rph_arena *arena,
			   struct rph_usage *ret) RPH_MUST_CHECK;
/* Whether somebody beyond users[] contributed, without decoding it: for many look-ups in rows
 * that were or will be checked. */
bool rph_value_usage_has_more(struct rph_span value);

/* The id is the key's: left alone by decode. */
int rph_value_encode_formulation(const struct rph_formulation_delta *formulation,
				 struct rph_arena *arena, struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_formulation(struct rph_span value,
				 struct rph_formulation_delta *ret) RPH_MUST_CHECK;

int rph_value_encode_goal(struct rph_span canonical, struct rph_arena *arena,
			  struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_goal(struct rph_span value, struct rph_span *ret) RPH_MUST_CHECK;

int rph_value_encode_said(const struct rph_said_row *row, struct rph_arena *arena,
			  struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_said(struct rph_span value, struct rph_arena *arena,
			  struct rph_said_row *ret) RPH_MUST_CHECK;
/* Whether a row has the formulation, without decoding it: as above. */
bool rph_value_said_has(struct rph_span value, uint64_t formulation);

/* Keys are those of the user index. */
int rph_value_encode_cohorts(const struct rph_cohorts *row, struct rph_arena *arena,
			     struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_cohorts(struct rph_span value, struct rph_arena *arena,
			     struct rph_cohorts *ret) RPH_MUST_CHECK;

/* Source and target are the key's. */
int rph_value_encode_review(const struct rph_review *review, struct rph_arena *arena,
			    struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_review(struct rph_span value, struct rph_review *ret) RPH_MUST_CHECK;

/* The source is the key's. */
int rph_value_encode_rewrite(const struct rph_published *rewrite, struct rph_arena *arena,
			     struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_rewrite(struct rph_span value, struct rph_published *ret) RPH_MUST_CHECK;

/* Topic and partition are the key's. RPH_E_BAD_INPUT when warm_from > next, or raises or cuts are
 * out of order or outside of what may be read again. */
int rph_value_encode_offset(const struct rph_offset *offset, struct rph_arena *arena,
			    struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_offset(struct rph_span value, struct rph_arena *arena,
			    struct rph_offset *ret) RPH_MUST_CHECK;

/* The week is the key's. */
int rph_value_encode_export(const struct rph_export_row *row, struct rph_arena *arena,
			    struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_export(struct rph_span value, struct rph_export_row *ret) RPH_MUST_CHECK;

/* Needs no arena: `buffer` holds the value. RPH_E_BAD_INPUT when it does not fit. */
int rph_value_encode_meta(struct rph_span bytes, char buffer[static RPH_VALUE_META_MAX],
			  struct rph_span *ret) RPH_MUST_CHECK;
int rph_value_decode_meta(struct rph_span value, struct rph_span *ret) RPH_MUST_CHECK;

#endif
