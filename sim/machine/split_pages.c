/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/split_pages.h"

#include <stdlib.h>

#include "base/ptrmap.h"
#include "core/assert.h"
#include "core/host_memory.h"

/* Frames already freed, a bit each; slots are used again. */
struct split_block {
	uint64_t *freed;
	uint32_t next_unused;
};

struct split_pages {
	struct ptrmap *slot_of; /* by id */
	struct split_block *blocks;
	uint32_t count, capacity;
	uint32_t unused; /* first of the slots to use again, PTRMAP_NONE: none */
};

struct split_pages *split_pages_create(struct error *err)
{
	struct split_pages *s = calloc(1, sizeof(*s));
	if (!s) {
		error_set(err, ERROR_RUN, "no memory for pages freed in parts");
		return NULL;
	}
	s->unused = PTRMAP_NONE;
	s->slot_of = ptrmap_create(err);
	if (!s->slot_of) {
		free(s);
		return NULL;
	}
	return s;
}

void split_pages_destroy(struct split_pages *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->count; i++)
		free(s->blocks[i].freed);
	free(s->blocks);
	ptrmap_destroy(s->slot_of);
	free(s);
}

static const char wanted[] = "pages freed in parts";

static uint32_t new_slot(struct split_pages *s)
{
	uint32_t slot = s->unused;
	if (slot != PTRMAP_NONE) {
		s->unused = s->blocks[slot].next_unused;
		return slot;
	}
	if (s->count == s->capacity) {
		uint32_t capacity = s->capacity ? 2 * s->capacity : 16;
		s->blocks =
			host_memory_need(realloc(s->blocks, capacity * sizeof(*s->blocks)), wanted);
		s->capacity = capacity;
	}
	return s->count++;
}

static struct split_block *block_of(struct split_pages *s, uint32_t id, uint32_t order)
{
	uint32_t slot = ptrmap_get(s->slot_of, id);
	if (slot != PTRMAP_NONE)
		return &s->blocks[slot];
	slot = new_slot(s);
	s->blocks[slot].freed = NULL;
	s->blocks[slot].freed =
		host_memory_need(calloc(((1u << order) + 63) / 64, sizeof(uint64_t)), wanted);
	host_memory_check(ptrmap_put(s->slot_of, id, slot, NULL) == 0, wanted);
	return &s->blocks[slot];
}

bool split_pages_take(struct split_pages *s, uint32_t id, uint32_t order, uint32_t offset,
		      uint32_t part)
{
	uint64_t *freed = block_of(s, id, order)->freed;
	uint32_t end = offset + (1u << part);
	SIM_ASSERT(end <= 1u << order);
	for (uint32_t i = offset; i < end; i++)
		if (freed[i / 64] >> (i % 64) & 1)
			return false;
	for (uint32_t i = offset; i < end; i++)
		freed[i / 64] |= 1ull << (i % 64);
	return true;
}

void split_pages_end(struct split_pages *s, uint32_t id)
{
	uint32_t slot = ptrmap_take(s->slot_of, id);
	if (slot == PTRMAP_NONE)
		return;
	free(s->blocks[slot].freed);
	s->blocks[slot] = (struct split_block){ .next_unused = s->unused };
	s->unused = slot;
}
