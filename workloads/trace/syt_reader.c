/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "core/trace_hash.h"
#include "trace/definition_codec.h"
#include "trace/format.h"
#include "trace/source.h"
#include "trace/syt.h"
#include "trace/verify.h"

_Static_assert((int)SYT_PAYLOAD_MAX <= (int)SOURCE_TAKE_MAX, "a payload is taken at once");

struct syt_reader {
	struct trace_cursor cursor; /* first: a cursor is cast to its reader */
	struct source source;
	char *name;
	struct definition_table *table;
	struct trace_hash *hash; /* NULL: the footer promises a trailer, which has it */
	ZSTD_DCtx *zstd;
	uint8_t *raw; /* SYT_PAYLOAD_MAX bytes, once a compressed block was met */

	uint32_t block_number;
	uint64_t record_count, definition_count, last_ns;
	bool ended;    /* nothing more to read */
	bool complete; /* with a trailer */
	uint64_t trailer_hash;
};

static const struct trace_cursor_ops syt_ops;

static int damaged(const struct syt_reader *r, const char *what, struct error *err)
{
	return error_at_record(err, r->name, "block", r->block_number, "%s", what);
}

/* 1: *header is the next block's; 0: the file ends here. */
static int take_header(struct syt_reader *r, struct syt_block_header *header, struct error *err)
{
	const void *bytes;
	size_t got;
	if (source_take(&r->source, sizeof(*header), &bytes, &got, err) != 0)
		return -1;
	if (got == 0)
		return 0;
	r->block_number++;
	if (got < sizeof(*header))
		return damaged(r, "cut short in its header", err);
	memcpy(header, bytes, sizeof(*header));
	if (header->magic != SYT_BLOCK_MAGIC)
		return damaged(r, "does not begin like a block", err);
	if (header->stored_bytes > SYT_PAYLOAD_MAX || header->raw_bytes > SYT_PAYLOAD_MAX)
		return damaged(r, "has an impossible size", err);
	return 1;
}

static int take_payload(struct syt_reader *r, const struct syt_block_header *header,
			const void **payload, struct error *err)
{
	size_t padded = syt_padded(header->stored_bytes), got;
	if (source_take(&r->source, padded, payload, &got, err) != 0)
		return -1;
	if (got < padded)
		return damaged(r, "cut short", err);
	if (syt_block_checksum(header, *payload) != header->checksum)
		return damaged(r, "damaged: its checksum differs", err);
	return 0;
}

static int check_header(const struct syt_reader *r, const struct syt_block_header *header,
			struct error *err)
{
	if (header->number != r->block_number)
		return damaged(r, "out of place: blocks are missing or repeated", err);
	if (header->first_record != r->record_count || header->base_ns < r->last_ns)
		return damaged(r, "out of place: it does not follow the block before it", err);
	if (header->reserved || header->reserved_words[0] || header->reserved_words[1])
		return damaged(r, "needs a newer version", err);
	return 0;
}

static int decompress(struct syt_reader *r, const struct syt_block_header *header,
		      const void **payload, struct error *err)
{
	if (!r->zstd)
		r->zstd = ZSTD_createDCtx();
	if (!r->raw)
		r->raw = aligned_alloc(SYT_ALIGNMENT, SYT_PAYLOAD_MAX);
	if (!r->zstd || !r->raw)
		return error_set(err, ERROR_RUN, "%s: out of memory", r->name);
	size_t size = ZSTD_decompressDCtx(r->zstd, r->raw, SYT_PAYLOAD_MAX, *payload,
					  header->stored_bytes);
	if (ZSTD_isError(size) || size != header->raw_bytes)
		return damaged(r, "does not decompress", err);
	*payload = r->raw;
	return 0;
}

static int decode_payload(struct syt_reader *r, const struct syt_block_header *header,
			  const void **payload, struct error *err)
{
	switch (header->codec) {
	case SYT_STORED:
		if (header->stored_bytes != header->raw_bytes)
			return damaged(r, "has an impossible size", err);
		return 0;
	case SYT_ZSTD:
		return decompress(r, header, payload, err);
	default:
		return damaged(r, "compressed in a way that this version does not know", err);
	}
}

/* 1 with the block's header and decoded payload, 0 at the end of the file. */
static int take_block(struct syt_reader *r, struct syt_block_header *header, const void **payload,
		      struct error *err)
{
	int result = take_header(r, header, err);
	if (result <= 0)
		return result;
	if (take_payload(r, header, payload, err) != 0 || check_header(r, header, err) != 0 ||
	    decode_payload(r, header, payload, err) != 0)
		return -1;
	return 1;
}

static int read_definitions(struct syt_reader *r, const struct syt_block_header *header,
			    const void *payload, struct error *err)
{
	const char *wrong = definition_decode(r->table, payload, header->raw_bytes, header->count);
	if (wrong == definition_no_memory)
		return error_set(err, ERROR_RUN, "%s: out of memory", r->name);
	if (wrong)
		return damaged(r, wrong, err);
	r->definition_count += header->count;
	return 0;
}

static int read_records(struct syt_reader *r, const struct syt_block_header *header,
			const void *payload, struct batch *batch, struct error *err)
{
	if (header->count == 0 || header->count > SYT_BLOCK_RECORDS ||
	    header->raw_bytes != header->count * sizeof(struct record))
		return damaged(r, "has an impossible number of records", err);
	const struct record *records = payload;
	uint64_t last_ns = header->base_ns + records[header->count - 1].time;
	if (last_ns < header->base_ns)
		return damaged(r, "has a time beyond the range of the clock", err);
	if (!records_verify(records, header->count, r->cursor.definitions)) {
		uint32_t bad;
		const char *what =
			records_explain(records, header->count, r->cursor.definitions, &bad);
		return error_at_record(err, r->name, "block", r->block_number, "record %llu: %s",
				       (unsigned long long)(r->record_count + bad + 1), what);
	}
	*batch = (struct batch){ .records = records,
				 .count = header->count,
				 .base_ns = header->base_ns,
				 .first_record = r->record_count,
				 .ahead = source_ahead(&r->source, header->raw_bytes) };
	if (r->hash)
		trace_hash_update(r->hash, batch);
	r->record_count += header->count;
	r->last_ns = last_ns;
	return 1;
}

static int read_footer(struct syt_reader *r, uint64_t trailer_offset, struct error *err)
{
	struct syt_footer footer;
	const void *bytes;
	size_t got;
	if (source_take(&r->source, sizeof(footer), &bytes, &got, err) != 0)
		return -1;
	if (got < sizeof(footer))
		return damaged(r, "the end of the file behind it is missing", err);
	memcpy(&footer, bytes, sizeof(footer));
	if (memcmp(footer.magic, SYT_FOOTER_MAGIC, SYT_MAGIC_BYTES) != 0 ||
	    footer.checksum != syt_frame_checksum(&footer) ||
	    footer.trailer_offset != trailer_offset)
		return damaged(r, "the end of the file behind it is damaged", err);
	if (source_take(&r->source, 1, &bytes, &got, err) != 0)
		return -1;
	return got ? damaged(r, "more bytes follow the end of the trace", err) : 0;
}

static int read_trailer(struct syt_reader *r, const struct syt_block_header *header,
			const void *payload, struct error *err)
{
	struct syt_trailer trailer;
	if (header->count > SYT_INDEX_MAX ||
	    header->raw_bytes != sizeof(trailer) + header->count * sizeof(struct syt_index_entry))
		return damaged(r, "has an impossible size", err);
	memcpy(&trailer, payload, sizeof(trailer));
	if (trailer.records != r->record_count || trailer.definitions != r->definition_count ||
	    trailer.blocks != r->block_number - 1 || trailer.last_ns != r->last_ns)
		return damaged(r, "its totals are not those of the trace", err);
	r->trailer_hash = trailer.trace_hash;
	r->complete = true;
	r->ended = true;
	return read_footer(
		r, r->source.position - sizeof(*header) - syt_padded(header->stored_bytes), err);
}

static int syt_next(struct trace_cursor *cursor, struct batch *batch, struct error *err)
{
	struct syt_reader *r = (struct syt_reader *)cursor;
	while (!r->ended) {
		struct syt_block_header header;
		const void *payload;
		int result = take_block(r, &header, &payload, err);
		if (result < 0)
			return -1;
		if (result == 0) {
			r->ended = true;
			break;
		}
		if (header.type == SYT_RECORDS)
			return read_records(r, &header, payload, batch, err);
		if (header.type != SYT_DEFINITIONS && header.type != SYT_TRAILER)
			return damaged(r, "of a kind that this version does not know", err);
		result = header.type == SYT_TRAILER ? read_trailer(r, &header, payload, err)
						    : read_definitions(r, &header, payload, err);
		if (result != 0)
			return -1;
	}
	return 0;
}

static double syt_progress(const struct trace_cursor *cursor)
{
	return source_progress(&((const struct syt_reader *)cursor)->source);
}

static uint64_t syt_hash(const struct trace_cursor *cursor)
{
	const struct syt_reader *r = (const struct syt_reader *)cursor;
	return r->complete ? r->trailer_hash : trace_hash_value(r->hash, r->cursor.definitions);
}

static void syt_close(struct trace_cursor *cursor)
{
	struct syt_reader *r = (struct syt_reader *)cursor;
	source_close(&r->source);
	definition_table_destroy(r->table);
	trace_hash_destroy(r->hash);
	ZSTD_freeDCtx(r->zstd);
	free(r->raw);
	free(r->name);
	free(r);
}

static const struct trace_cursor_ops syt_ops = {
	.next = syt_next,
	.progress = syt_progress,
	.hash = syt_hash,
	.close = syt_close,
};

bool syt_is_complete(const struct trace_cursor *cursor)
{
	return cursor->ops != &syt_ops || ((const struct syt_reader *)cursor)->complete;
}

static int read_file_header(struct syt_reader *r, struct error *err)
{
	struct syt_file_header header;
	const void *bytes;
	size_t got;
	if (source_take(&r->source, sizeof(header), &bytes, &got, err) != 0)
		return -1;
	if (got < SYT_MAGIC_BYTES || memcmp(bytes, SYT_FILE_MAGIC, SYT_MAGIC_BYTES) != 0)
		return error_set(err, ERROR_INPUT, "%s: not a .syt trace", r->name);
	if (got < sizeof(header))
		return error_set(err, ERROR_INPUT, "%s: cut short in its header", r->name);
	memcpy(&header, bytes, sizeof(header));
	if (header.checksum != syt_frame_checksum(&header))
		return error_set(err, ERROR_INPUT, "%s: its header is damaged", r->name);
	if (header.version != SYT_VERSION)
		return error_set(err, ERROR_INPUT,
				 "%s: .syt version %u, this program reads version %d", r->name,
				 header.version, SYT_VERSION);
	if (header.header_bytes != sizeof(header) ||
	    header.block_header_bytes != sizeof(struct syt_block_header) ||
	    header.record_bytes != sizeof(struct record))
		return error_set(err, ERROR_INPUT, "%s: its header is malformed", r->name);
	return 0;
}

static bool promises_trailer(const struct source *source)
{
	struct syt_footer footer;
	const void *tail = source_tail(source, sizeof(footer));
	if (!tail)
		return false;
	memcpy(&footer, tail, sizeof(footer));
	return memcmp(footer.magic, SYT_FOOTER_MAGIC, SYT_MAGIC_BYTES) == 0 &&
	       footer.checksum == syt_frame_checksum(&footer);
}

static int reader_open(struct syt_reader *r, int fd, struct error *err)
{
	if (source_open(&r->source, fd, r->name, err) != 0 || read_file_header(r, err) != 0)
		return -1;
	if (promises_trailer(&r->source))
		return 0;
	r->hash = trace_hash_create();
	return r->hash ? 0 : error_set(err, ERROR_RUN, "%s: out of memory", r->name);
}

static struct syt_reader *reader_create(const char *name)
{
	struct syt_reader *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->source.fd = -1;
	r->name = strdup(name);
	r->table = definition_table_create();
	if (!r->name || !r->table) {
		syt_close(&r->cursor);
		return NULL;
	}
	r->cursor = (struct trace_cursor){ .ops = &syt_ops,
					   .definitions = definition_table_view(r->table),
					   .name = r->name,
					   .format = "syt" };
	return r;
}

struct trace_cursor *syt_open(const char *path, struct error *err)
{
	bool standard = strcmp(path, "-") == 0;
	struct syt_reader *r = reader_create(standard ? "standard input" : path);
	if (!r) {
		error_set(err, ERROR_RUN, "%s: out of memory", path);
		return NULL;
	}
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			  : open(path, O_RDONLY | O_CLOEXEC);
	int result = fd < 0 ? error_set(err, ERROR_INPUT, "%s: cannot open: %s", r->name,
					strerror(errno))
			    : reader_open(r, fd, err);
	if (result != 0) {
		syt_close(&r->cursor);
		return NULL;
	}
	return &r->cursor;
}
