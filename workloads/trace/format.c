/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/format.h"

#include <xxhash.h>
#ifdef SLABYARD_XXHASH_DISPATCH
/* The same functions on the widest vectors that the processor has. */
#include <xxh_x86dispatch.h>
#endif

uint64_t syt_block_checksum(const struct syt_block_header *header, const void *payload)
{
	uint64_t seed = XXH3_64bits(header, offsetof(struct syt_block_header, checksum));
	return XXH3_64bits_withSeed(payload, syt_padded(header->stored_bytes), seed);
}

uint64_t syt_frame_checksum(const void *frame)
{
	return XXH3_64bits(frame, offsetof(struct syt_file_header, checksum));
}
