/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/trace_hash.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
	TIME_BYTES = offsetof(struct record, operation),
	HASHED_BYTES = sizeof(uint64_t) + sizeof(struct record) - TIME_BYTES,
	/* Records are hashed in groups that stay in the first-level cache. */
	GROUP_RECORDS = 256,
};

_Static_assert(HASHED_BYTES == 36, "a time and the record's other 28 bytes");

struct trace_hash {
	XXH3_state_t *state;
	uint8_t group[GROUP_RECORDS * HASHED_BYTES];
};

struct trace_hash *trace_hash_create(void)
{
	struct trace_hash *hash = malloc(sizeof(*hash));
	if (!hash)
		return NULL;
	hash->state = XXH3_createState();
	if (!hash->state || XXH3_64bits_reset(hash->state) != XXH_OK) {
		trace_hash_destroy(hash);
		return NULL;
	}
	return hash;
}

void trace_hash_destroy(struct trace_hash *hash)
{
	if (!hash)
		return;
	XXH3_freeState(hash->state);
	free(hash);
}

static void hash_group(struct trace_hash *hash, const struct record *records, uint32_t count,
		       uint64_t base_ns)
{
	uint8_t *to = hash->group;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t time_ns = base_ns + records[i].time;
		memcpy(to, &time_ns, sizeof(time_ns));
		memcpy(to + sizeof(time_ns), (const uint8_t *)&records[i] + TIME_BYTES,
		       sizeof(struct record) - TIME_BYTES);
		to += HASHED_BYTES;
	}
	XXH3_64bits_update(hash->state, hash->group, (size_t)count * HASHED_BYTES);
}

void trace_hash_update(struct trace_hash *hash, const struct batch *batch)
{
	for (uint32_t first = 0; first < batch->count; first += GROUP_RECORDS) {
		uint32_t left = batch->count - first;
		hash_group(hash, batch->records + first,
			   left < GROUP_RECORDS ? left : GROUP_RECORDS, batch->base_ns);
	}
}

uint64_t trace_hash_value(const struct trace_hash *hash, const struct definitions *definitions)
{
	uint64_t parts[2] = { XXH3_64bits_digest(hash->state), definitions_hash(definitions) };
	return XXH3_64bits(parts, sizeof(parts));
}
