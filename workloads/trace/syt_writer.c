/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/atomic_file.h"
#include "core/trace_hash.h"
#include "trace/definition_codec.h"
#include "trace/format.h"
#include "trace/syt.h"
#include "trace/verify.h"

/* Header and payload in one piece, so that a block is one write. */
struct block {
	struct syt_block_header header;
	union {
		uint8_t payload[SYT_PAYLOAD_MAX];
		struct record records[SYT_BLOCK_RECORDS];
	};
};

struct syt_writer {
	struct atomic_file *file;
	char *name; /* for messages */
	struct definition_news *news;
	struct trace_hash *hash;
	ZSTD_CCtx *zstd; /* NULL: stored */
	int level;

	struct block *records;    /* being filled */
	struct block *scratch;    /* definitions and trailer */
	struct block *compressed; /* what a block became */

	uint32_t block_number;
	uint64_t offset; /* in the file */
	uint64_t record_count, definition_count, last_ns;

	uint32_t index_count;
	uint32_t record_blocks;
	uint64_t index_stride;
	struct syt_index_entry index[SYT_INDEX_MAX];
};

static int writer_allocate(struct syt_writer *w, const char *path, int level)
{
	w->name = strdup(strcmp(path, "-") == 0 ? "standard output" : path);
	w->news = definition_news_create();
	w->hash = trace_hash_create();
	w->records = calloc(1, sizeof(*w->records));
	w->scratch = calloc(1, sizeof(*w->scratch));
	w->compressed = calloc(1, sizeof(*w->compressed));
	w->level = level;
	w->index_stride = 1;
	if (level != 0)
		w->zstd = ZSTD_createCCtx();
	return w->name && w->news && w->hash && w->records && w->scratch && w->compressed &&
			       (w->zstd || level == 0)
		       ? 0
		       : -1;
}

static void writer_free(struct syt_writer *w)
{
	definition_news_destroy(w->news);
	trace_hash_destroy(w->hash);
	ZSTD_freeCCtx(w->zstd);
	free(w->records);
	free(w->scratch);
	free(w->compressed);
	free(w->name);
	free(w);
}

static int write_bytes(struct syt_writer *w, const void *bytes, size_t size, struct error *err)
{
	if (fwrite(bytes, 1, size, atomic_file_stream(w->file)) != size)
		return error_errno(err, w->name, "cannot write");
	w->offset += size;
	return 0;
}

static int write_file_header(struct syt_writer *w, struct error *err)
{
	struct syt_file_header header = { .version = SYT_VERSION,
					  .header_bytes = sizeof(header),
					  .block_header_bytes = sizeof(struct syt_block_header),
					  .record_bytes = sizeof(struct record) };
	memcpy(header.magic, SYT_FILE_MAGIC, SYT_MAGIC_BYTES);
	header.checksum = syt_frame_checksum(&header);
	return write_bytes(w, &header, sizeof(header), err);
}

struct syt_writer *syt_writer_open(const char *path, const struct syt_writer_options *options,
				   struct error *err)
{
	int level = options ? options->compression_level : 0;
	if (level < ZSTD_minCLevel() || level > ZSTD_maxCLevel()) {
		error_set(err, ERROR_INPUT, "%s: zstd has no compression level %d", path, level);
		return NULL;
	}
	struct syt_writer *w = calloc(1, sizeof(*w));
	if (!w || writer_allocate(w, path, level) != 0) {
		error_set(err, ERROR_RUN, "%s: out of memory", path);
		if (w)
			writer_free(w);
		return NULL;
	}
	w->file = atomic_file_open(path, err);
	if (!w->file) {
		writer_free(w);
		return NULL;
	}
	/* Blocks are buffers of their own. */
	setvbuf(atomic_file_stream(w->file), NULL, _IONBF, 0);
	if (write_file_header(w, err) != 0) {
		syt_writer_abandon(w);
		return NULL;
	}
	return w;
}

void syt_writer_abandon(struct syt_writer *writer)
{
	if (!writer)
		return;
	atomic_file_abandon(writer->file);
	writer_free(writer);
}

/* Returns the block to write: the compressed one when that is smaller. */
static struct block *compress(struct syt_writer *w, struct block *block)
{
	block->header.codec = SYT_STORED;
	block->header.stored_bytes = block->header.raw_bytes;
	if (!w->zstd || block->header.raw_bytes == 0)
		return block;
	size_t size = ZSTD_compressCCtx(w->zstd, w->compressed->payload, SYT_PAYLOAD_MAX,
					block->payload, block->header.raw_bytes, w->level);
	if (ZSTD_isError(size) || size >= block->header.raw_bytes)
		return block;
	w->compressed->header = block->header;
	w->compressed->header.codec = SYT_ZSTD;
	w->compressed->header.stored_bytes = (uint32_t)size;
	return w->compressed;
}

/* The caller has set type, count, raw_bytes, base_ns and first_record, and zero elsewhere. */
static int write_block(struct syt_writer *w, struct block *block, struct error *err)
{
	block->header.magic = SYT_BLOCK_MAGIC;
	block->header.number = ++w->block_number;
	struct block *out = compress(w, block);
	size_t padded = syt_padded(out->header.stored_bytes);
	memset(out->payload + out->header.stored_bytes, 0, padded - out->header.stored_bytes);
	out->header.checksum = syt_block_checksum(&out->header, out->payload);
	return write_bytes(w, out, sizeof(out->header) + padded, err);
}

static int write_definitions(struct syt_writer *w, const struct definitions *d, struct error *err)
{
	for (;;) {
		struct syt_block_header *header = &w->scratch->header;
		*header = (struct syt_block_header){ .type = SYT_DEFINITIONS,
						     .base_ns = w->last_ns,
						     .first_record = w->record_count };
		if (definition_encode(w->news, d, w->scratch->payload, &header->count,
				      &header->raw_bytes, err) != 0)
			return -1;
		if (header->count == 0)
			return 0;
		w->definition_count += header->count;
		if (write_block(w, w->scratch, err) != 0)
			return -1;
	}
}

/* Twice as far apart from here on, so that the index does not grow with the trace. */
static void index_thin(struct syt_writer *w)
{
	w->index_count /= 2;
	for (uint32_t i = 0; i < w->index_count; i++)
		w->index[i] = w->index[2 * i];
	w->index_stride *= 2;
}

static void index_add(struct syt_writer *w, const struct syt_block_header *header)
{
	if (w->record_blocks++ % w->index_stride != 0)
		return;
	w->index[w->index_count++] = (struct syt_index_entry){ .offset = w->offset,
							       .first_record = header->first_record,
							       .base_ns = header->base_ns };
	if (w->index_count == SYT_INDEX_MAX)
		index_thin(w);
}

/* A cursor that breaks its contract must not leave a file that no reader accepts. */
static int check_records(struct syt_writer *w, const struct definitions *d, struct error *err)
{
	const struct syt_block_header *header = &w->records->header;
	const struct record *records = w->records->records;
	if (records_verify(records, header->count, d))
		return 0;
	uint32_t bad;
	const char *what = records_explain(records, header->count, d, &bad);
	return error_at_record(err, w->name, "record", header->first_record + bad + 1,
			       "cannot be written: %s", what);
}

static int flush_records(struct syt_writer *w, const struct definitions *d, struct error *err)
{
	struct syt_block_header *header = &w->records->header;
	if (header->count == 0)
		return 0;
	if (check_records(w, d, err) != 0 || write_definitions(w, d, err) != 0)
		return -1;
	header->type = SYT_RECORDS;
	header->raw_bytes = header->count * (uint32_t)sizeof(struct record);
	struct batch batch = { .records = w->records->records,
			       .count = header->count,
			       .base_ns = header->base_ns };
	trace_hash_update(w->hash, &batch);
	index_add(w, header);
	if (write_block(w, w->records, err) != 0)
		return -1;
	w->record_count += header->count;
	*header = (struct syt_block_header){ 0 };
	return 0;
}

/* Room in the block for `count` records that begin at time_ns; a new block if need be. */
static int make_room(struct syt_writer *w, uint32_t count, uint64_t time_ns,
		     const struct definitions *d, struct error *err)
{
	struct syt_block_header *header = &w->records->header;
	bool full = header->count + count > SYT_BLOCK_RECORDS;
	bool too_late = header->count && time_ns - header->base_ns > UINT32_MAX;
	if ((full || too_late) && flush_records(w, d, err) != 0)
		return -1;
	if (header->count == 0) {
		header->base_ns = time_ns;
		header->first_record = w->record_count;
	}
	return 0;
}

/* Records that belong together: one, and the extensions behind it. */
static uint32_t group_length(const struct batch *batch, uint32_t at)
{
	uint32_t length = 1;
	while (at + length < batch->count &&
	       (batch->records[at + length - 1].flags & RECORD_EXTENDED))
		length++;
	return length;
}

static void put_group(struct syt_writer *w, const struct batch *batch, uint32_t at, uint32_t count)
{
	struct syt_block_header *header = &w->records->header;
	struct record *to = w->records->records + header->count;
	uint64_t shift = batch->base_ns - header->base_ns;
	for (uint32_t i = 0; i < count; i++) {
		to[i] = batch->records[at + i];
		to[i].time = (uint32_t)(to[i].time + shift);
	}
	header->count += count;
	w->last_ns = header->base_ns + to[count - 1].time;
}

int syt_writer_append(struct syt_writer *writer, const struct definitions *definitions,
		      const struct batch *batch, struct error *err)
{
	for (uint32_t i = 0; i < batch->count;) {
		uint32_t count = group_length(batch, i);
		uint64_t time_ns = batch->base_ns + batch->records[i].time;
		uint64_t number = writer->record_count + writer->records->header.count + 1;
		if (time_ns < writer->last_ns)
			return error_at_record(err, writer->name, "record", number,
					       "cannot be written: its time is before the record "
					       "before it");
		if (count > SYT_BLOCK_RECORDS)
			return error_at_record(err, writer->name, "record", number,
					       "cannot be written: too many extensions");
		if (make_room(writer, count, time_ns, definitions, err) != 0)
			return -1;
		put_group(writer, batch, i, count);
		i += count;
	}
	return 0;
}

int syt_writer_flush(struct syt_writer *writer, const struct definitions *definitions,
		     struct error *err)
{
	return flush_records(writer, definitions, err);
}

const char *syt_writer_file(const struct syt_writer *writer)
{
	return atomic_file_temporary(writer->file);
}

static int write_trailer(struct syt_writer *w, const struct definitions *d, struct error *err)
{
	struct syt_trailer trailer = { .records = w->record_count,
				       .definitions = w->definition_count,
				       .blocks = w->block_number,
				       .last_ns = w->last_ns,
				       .trace_hash = trace_hash_value(w->hash, d),
				       .index_stride = w->index_stride };
	size_t index_bytes = w->index_count * sizeof(w->index[0]);
	w->scratch->header =
		(struct syt_block_header){ .type = SYT_TRAILER,
					   .count = w->index_count,
					   .raw_bytes = (uint32_t)(sizeof(trailer) + index_bytes),
					   .base_ns = w->last_ns,
					   .first_record = w->record_count };
	memcpy(w->scratch->payload, &trailer, sizeof(trailer));
	memcpy(w->scratch->payload + sizeof(trailer), w->index, index_bytes);
	return write_block(w, w->scratch, err);
}

static int write_end(struct syt_writer *w, const struct definitions *d, struct error *err)
{
	if (flush_records(w, d, err) != 0 || write_definitions(w, d, err) != 0)
		return -1;
	struct syt_footer footer = { .trailer_offset = w->offset };
	memcpy(footer.magic, SYT_FOOTER_MAGIC, SYT_MAGIC_BYTES);
	footer.checksum = syt_frame_checksum(&footer);
	if (write_trailer(w, d, err) != 0)
		return -1;
	return write_bytes(w, &footer, sizeof(footer), err);
}

int syt_writer_finish(struct syt_writer *writer, const struct definitions *definitions,
		      struct error *err)
{
	if (write_end(writer, definitions, err) != 0) {
		syt_writer_abandon(writer);
		return -1;
	}
	int result = atomic_file_finish(writer->file, err);
	writer_free(writer);
	return result;
}
