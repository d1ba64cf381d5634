/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/rmap.h"

#include <stdlib.h>
#include <string.h>

#include "core/host_memory.h"

/* Pages are numbers of 36 bits; owners below RMAP_OWNERS say what else it is. */
enum { OWNER_SHIFT = 36, OWNER_SHARED = 1, OWNER_TABLE = 2, RMAP_OWNERS = 3, ENTRIES_FIRST = 4096 };

void rmap_finish(struct rmap *r)
{
	free(r->entries);
	free(r->mms);
	*r = (struct rmap){ 0 };
}

static int grow_mms(struct rmap *r, struct error *err)
{
	const uint32_t capacity = r->mm_capacity ? 2 * r->mm_capacity : 64;
	struct mm **mms = realloc(r->mms, capacity * sizeof(*mms));

	if (!mms)
		return error_set(err, ERROR_RUN, "no memory for an address space");
	r->mms = mms;
	r->mm_capacity = capacity;
	return 0;
}

int rmap_join(struct rmap *r, struct mm *mm, uint32_t *number, struct error *err)
{
	uint32_t unused = 0;

	while (unused < r->mm_count && r->mms[unused])
		unused++;
	if (unused == r->mm_capacity && grow_mms(r, err) != 0)
		return -1;
	if (unused == r->mm_count)
		r->mm_count++;
	r->mms[unused] = mm;
	*number = unused;
	return 0;
}

void rmap_leave(struct rmap *r, uint32_t number)
{
	r->mms[number] = NULL;
}

/* Frames are as many as the machine has: their entries grow with those that are used. */
static uint64_t *entry(struct rmap *r, pfn_t pfn)
{
	if (pfn.v >= r->capacity) {
		uint64_t capacity = r->capacity ? r->capacity : ENTRIES_FIRST;

		while (capacity <= pfn.v)
			capacity *= 2;
		/* Frames come from the top of memory: what is not used is not touched either. */
		uint64_t *grown =
			host_memory_need(calloc(capacity, sizeof(*grown)), "owners of frames");

		if (r->entries)
			memcpy(grown, r->entries, r->capacity * sizeof(*grown));
		free(r->entries);
		r->entries = grown;
		r->capacity = capacity;
	}
	return &r->entries[pfn.v];
}

void rmap_set_page(struct rmap *r, pfn_t pfn, uint32_t number, uint64_t page)
{
	*entry(r, pfn) = (uint64_t)(number + RMAP_OWNERS) << OWNER_SHIFT | page;
}

void rmap_set_shared(struct rmap *r, pfn_t pfn, uint64_t page)
{
	*entry(r, pfn) = (uint64_t)OWNER_SHARED << OWNER_SHIFT | page;
}

void rmap_set(struct rmap *r, pfn_t pfn, enum rmap_use use)
{
	*entry(r, pfn) = use == RMAP_TABLE ? (uint64_t)OWNER_TABLE << OWNER_SHIFT : 0;
}

struct rmap_place rmap_find(const struct rmap *r, pfn_t pfn)
{
	const uint64_t value = pfn.v < r->capacity ? r->entries[pfn.v] : 0;
	const uint64_t owner = value >> OWNER_SHIFT;
	struct rmap_place place = { .page = value & ((UINT64_C(1) << OWNER_SHIFT) - 1) };

	if (owner < RMAP_OWNERS) {
		place.use = owner == OWNER_SHARED  ? RMAP_SHARED
			    : owner == OWNER_TABLE ? RMAP_TABLE
						   : RMAP_NOBODY;
	} else {
		place.use = RMAP_PAGE;
		place.mm = r->mms[owner - RMAP_OWNERS];
	}
	return place;
}
