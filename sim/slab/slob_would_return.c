/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an allocation would return now, without making it: the search is that of slob_alloc.c. Of a
 * new page only the place in it is known, not the page.
 */
#include "slab/kmalloc.h"
#include "slab/slob.h"

/* The block that a search of the list would find, as an address; OBJECT_NONE: a new page. */
static object_t block_of_list(const struct slob *slob, const struct slob_need *need)
{
	const uint32_t head = slob->head[need->list];
	uint32_t id = head;
	uint64_t steps = 0;

	if (id == SLOB_NONE)
		return OBJECT_NONE;
	do {
		const struct slob_page *page = &slob->pages[id];
		const struct slob_fit fit =
			slob_may_fit(slob, page, need) && page->largest >= need->units
				? slob_page_find(slob, id, need, &steps)
				: (struct slob_fit){ .at = SLOB_END };

		if (fit.at != SLOB_END)
			return ((object_t)page->pfn << PAGE_SHIFT) + (fit.unit << SLOB_UNIT_SHIFT);
		id = page->next;
	} while (id != head);
	return OBJECT_NONE;
}

static bool may_be_found(const struct slob *slob, const struct slob_need *need, object_t object)
{
	const object_t block = block_of_list(slob, need);
	const object_t in_page = object & (PAGE_SIZE_BYTES - 1);

	if (block != OBJECT_NONE)
		return object == block + need->ahead;
	return frame_map_owner(&slob->frames, object) == SLOB_NONE &&
	       in_page == align_up(need->ahead, need->align ? need->align : 1);
}

bool slob_would_return(const void *state, const struct request *request, cache_id cache,
		       object_t object)
{
	const struct slob *slob = state;
	const bool kmalloc = cache_is_none(cache);
	const uint32_t bytes =
		kmalloc ? request->bytes + SLOB_HEAD_BYTES : slob->caches[cache.v].size;

	if (bytes >= PAGE_SIZE_BYTES || (kmalloc && request->bytes == 0))
		return true;
	const struct slob_need need = kmalloc ? slob_kmalloc_need(slob, request, request->bytes)
					      : slob_cache_need(slob, request, cache);

	return may_be_found(slob, &need, object);
}
