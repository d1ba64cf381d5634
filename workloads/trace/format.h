/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a .syt file. All numbers are little endian; the structs below are the layout.
 *
 *     file header, then blocks: block header, payload, zeros up to the next multiple of 32.
 *
 * A block's checksum covers its header and its payload as it is stored, padding included. As
 * stored, not as decoded: so damage is found before the decompressor meets it, and a compressed
 * file is checked at the price of its compressed bytes.
 *
 * The last block of a whole file is the trailer, and behind it the file ends with a footer, which
 * leads a reader of a seekable file to the trailer.
 */
#ifndef SLABYARD_TRACE_FORMAT_H
#define SLABYARD_TRACE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "core/record.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are used where they lie");

/* A text-mode transfer, which would change line ends, damages the magic itself. */
#define SYT_FILE_MAGIC   "\211SYT\r\n\032\n"
#define SYT_FOOTER_MAGIC "SYT-END\n"

enum {
	SYT_VERSION = 1,
	SYT_MAGIC_BYTES = 8,
	SYT_ALIGNMENT = 32,
	SYT_BLOCK_MAGIC = 0x4b425953, /* "SYBK" */
	SYT_BLOCK_RECORDS = 8192,
	/* Largest payload of any block, decoded or stored. */
	SYT_PAYLOAD_MAX = SYT_BLOCK_RECORDS * (int)sizeof(struct record),
	SYT_TEXT_MAX = UINT16_MAX, /* bytes of a string in a definition */
};

struct syt_file_header {
	uint8_t magic[SYT_MAGIC_BYTES];
	uint32_t version;
	uint32_t header_bytes;       /* of this struct */
	uint32_t block_header_bytes; /* of struct syt_block_header */
	uint32_t record_bytes;       /* of struct record */
	uint64_t checksum;           /* XXH3 of the bytes before */
};

_Static_assert(sizeof(struct syt_file_header) == 32, "file header");
_Static_assert(offsetof(struct syt_file_header, checksum) == 24, "the checksum is last");

enum syt_block_type {
	SYT_DEFINITIONS = 1, /* entries, see enum syt_definition */
	SYT_RECORDS = 2,     /* struct record, at most SYT_BLOCK_RECORDS */
	SYT_TRAILER = 3,     /* struct syt_trailer and its index */
};

enum syt_codec {
	SYT_STORED = 0,
	SYT_ZSTD = 1, /* one zstd frame */
};

struct syt_block_header {
	uint32_t magic;
	uint8_t type;  /* enum syt_block_type */
	uint8_t codec; /* enum syt_codec */
	uint16_t reserved;
	uint32_t number;       /* 1 for the first block */
	uint32_t count;        /* records or definitions in it; index entries of a trailer */
	uint32_t raw_bytes;    /* of the decoded payload */
	uint32_t stored_bytes; /* of the payload in the file, without padding */
	uint64_t base_ns;      /* records: time of record.time == 0 */
	uint64_t first_record; /* records before this block */
	uint64_t reserved_words[2];
	uint64_t checksum; /* XXH3 of padded payload, seeded with XXH3 of the bytes before this */
};

_Static_assert(sizeof(struct syt_block_header) == 64, "block header");
_Static_assert(offsetof(struct syt_block_header, checksum) == 56, "the checksum is last");

/*
 * A definition is its tag byte and then its fields in this order, unaligned; text is a 16-bit
 * length and the bytes, without NUL.
 */
enum syt_definition {
	SYT_TASK = 1,         /* u32 tid, u32 tgid, text comm */
	SYT_CACHE = 2,        /* u32 object_size, size, align, flags, useroffset;
				 u8 enum syt_cache_bits; text name */
	SYT_CACHE_UPDATE = 3, /* u32 index, then as SYT_CACHE */
	SYT_ORIGIN = 4,       /* u32 cache, gfp, bytes_alloc, align; i16 node;
				 u8 order, migratetype, enum syt_origin_bits; text call_site */
	SYT_META = 5,         /* text key, text value; replaces an earlier value */
	SYT_ID_MAX = 6,       /* u8 enum id_space, u32 id */
	SYT_SITE = 7,         /* u32 cache; u64 allocations; text call_site */
};

enum syt_origin_bits {
	SYT_ORIGIN_ACCOUNTED = 1 << 0,
	SYT_ORIGIN_OWN = 1 << 1,
	SYT_ORIGIN_BITS = (1 << 2) - 1,
};

enum syt_cache_bits {
	SYT_CACHE_CONSTRUCTOR = 1 << 0,
	SYT_CACHE_COMPLETE = 1 << 1,
	SYT_CACHE_NAMED = 1 << 2,
	SYT_CACHE_BITS = (1 << 3) - 1,
};

/* Where every stride-th records block stands, so that a reader can start in the middle. */
struct syt_index_entry {
	uint64_t offset; /* of the block header in the file */
	uint64_t first_record;
	uint64_t base_ns;
};

_Static_assert(sizeof(struct syt_index_entry) == 24, "index entry");

struct syt_trailer {
	uint64_t records;
	uint64_t definitions;
	uint64_t blocks; /* before the trailer */
	uint64_t last_ns;
	uint64_t trace_hash; /* core/trace_hash.h */
	uint64_t index_stride;
};

_Static_assert(sizeof(struct syt_trailer) == 48, "trailer");

enum {
	SYT_INDEX_MAX = (SYT_PAYLOAD_MAX - (int)sizeof(struct syt_trailer)) /
			(int)sizeof(struct syt_index_entry),
};

struct syt_footer {
	uint8_t magic[SYT_MAGIC_BYTES];
	uint64_t trailer_offset; /* of its block header */
	uint64_t reserved;
	uint64_t checksum; /* XXH3 of the bytes before */
};

_Static_assert(sizeof(struct syt_footer) == 32, "footer");
_Static_assert(offsetof(struct syt_footer, checksum) == 24, "the checksum is last");

static inline size_t syt_padded(size_t bytes)
{
	return (bytes + SYT_ALIGNMENT - 1) & ~(size_t)(SYT_ALIGNMENT - 1);
}

/* The checksum of a block; payload is readable up to syt_padded(header->stored_bytes). */
uint64_t syt_block_checksum(const struct syt_block_header *header, const void *payload);

/* The checksum at the end of a file header or footer of 32 bytes. */
uint64_t syt_frame_checksum(const void *frame);

#endif
