/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocation: first fit along one of three lists, from where the last search on it ended.
 * Reference: mm/slob.c (slob_alloc, slob_alloc_node, __do_kmalloc_node).
 */
#include "core/assert.h"
#include "core/gfp.h"
#include "slab/kmalloc.h"
#include "slab/slob.h"

/* Counts the search's steps under the lock that it is made under. */
static void search_end(struct slob *slob, uint64_t steps)
{
	work_count_n(slob->work, WORK_list_step, steps);
	op_unlock(slob->services->clock, slob->lock);
}

static void search_begin(struct slob *slob)
{
	work_count(slob->work, WORK_partial_list_lock);
	op_lock(slob->services->clock, slob->lock);
}

static object_t block_address(const struct slob *slob, uint32_t id, uint32_t block)
{
	return ((object_t)slob->pages[id].pfn << PAGE_SHIFT) + (block << SLOB_UNIT_SHIFT);
}

/* A page that gave a block: the next search begins with it, unless nothing is left in it. */
static void page_taken_from(struct slob *slob, uint32_t id)
{
	struct slob_page *page = &slob->pages[id];

	if (page->units == 0)
		slob_list_remove(slob, id);
	else
		slob->head[page->list] = id;
}

/* The first unit taken, or SLOB_END. A page that is known to have no room is not searched. */
static uint32_t take_of(struct slob *slob, uint32_t id, const struct slob_need *need,
			uint64_t *steps)
{
	if (slob->pages[id].largest >= need->units)
		return slob_page_take(slob, id, need, steps);
	*steps += slob->pages[id].blocks; /* all of which the kernel looks at */
	return SLOB_END;
}

/* OBJECT_NONE when no page of the list has room. */
static object_t search_list(struct slob *slob, const struct slob_need *need, uint64_t *steps)
{
	const uint32_t head = slob->head[need->list];
	uint32_t id = head;

	if (id == SLOB_NONE)
		return OBJECT_NONE;
	do {
		struct slob_page *page = &slob->pages[id];

		++*steps;
		if (slob_may_fit(slob, page, need)) {
			const uint32_t block = take_of(slob, id, need, steps);

			if (block != SLOB_END) {
				page_taken_from(slob, id);
				return block_address(slob, id, block);
			}
		}
		id = page->next;
	} while (id != head);
	return OBJECT_NONE;
}

/* Puts an empty page at the head of a list; its number, or SLOB_NONE. */
static uint32_t new_page(struct slob *slob, const struct request *request, enum slob_list list)
{
	const uint32_t gfp = request->gfp & ~(uint32_t)GFP_BIT_ZERO;
	const struct request ask = page_request(request, gfp, 0);
	const pfn_t pfn = page_source_alloc(slob->source, &ask);

	if (pfn_is_none(pfn))
		return SLOB_NONE;
	const uint32_t id = slob_page_number(slob);

	if (id == SLOB_NONE) {
		page_source_free(slob->source, &ask, pfn);
		return SLOB_NONE;
	}
	slob->pages[id] = (struct slob_page){
		.pfn = pfn.v, .units = SLOB_PAGE_UNITS, .largest = SLOB_PAGE_UNITS, .blocks = 1
	};
	slob_row_open(slob, id, SLOB_FREE);
	slob_list_add_head(slob, id, list);
	frame_map_set(&slob->frames, pfn.v, 0, id);
	slob->held++;
	work_count(slob->work, WORK_slab_new);
	return id;
}

/* The first object of a page of its own. */
static object_t block_of_new_page(struct slob *slob, const struct request *request,
				  const struct slob_need *need)
{
	const uint32_t id = new_page(slob, request, need->list);
	uint64_t steps = 0;

	if (id == SLOB_NONE)
		return OBJECT_NONE;
	search_begin(slob);
	const uint32_t block = slob_page_take(slob, id, need, &steps);

	SIM_ASSERT(block != SLOB_END);
	page_taken_from(slob, id);
	search_end(slob, steps);
	return block_address(slob, id, block);
}

bool slob_may_fit(const struct slob *slob, const struct slob_page *page,
		  const struct slob_need *need)
{
	return page->units >= need->units &&
	       (need->node < 0 ||
		slab_nodes_of_frame(&slob->numa, page->pfn) == (uint32_t)need->node);
}

struct slob_need slob_kmalloc_need(const struct slob *slob, const struct request *request,
				   uint32_t bytes)
{
	/* Powers of two are aligned to themselves. */
	const bool natural = !(bytes & (bytes - 1)) && bytes > SLOB_HEAD_BYTES;

	return (struct slob_need){ .units = slob_units_for(bytes + SLOB_HEAD_BYTES),
				   .align = natural ? bytes : SLOB_HEAD_BYTES,
				   .ahead = SLOB_HEAD_BYTES,
				   .list = slob_list_for(bytes + SLOB_HEAD_BYTES),
				   .node = slab_nodes_asked(&slob->numa, request->node),
				   .kind = bytes % 2 ? SLOB_ODD : SLOB_EVEN };
}

struct slob_need slob_cache_need(const struct slob *slob, const struct request *request,
				 cache_id cache)
{
	const uint32_t size = slob->caches[cache.v].size;

	return (struct slob_need){ .units = slob_units_for(size),
				   .align = cache_at(&slob->table, cache)->align,
				   .list = slob_list_for(size),
				   .node = slab_nodes_asked(&slob->numa, request->node),
				   .kind = SLOB_CACHE,
				   .cache = (uint16_t)cache.v };
}

/* Address of a block, or OBJECT_NONE. */
static object_t block_alloc(struct slob *slob, const struct request *request,
			    const struct slob_need *need)
{
	object_t found = OBJECT_NONE;
	uint64_t steps = 0;

	work_count(slob->work, WORK_slab_slowpath);
	/* Who has been waiting for pages had found that none had room. */
	if (!(request->flags & REQUEST_WAITED)) {
		search_begin(slob);
		found = search_list(slob, need, &steps);
		search_end(slob, steps);
	}
	const object_t block =
		found != OBJECT_NONE ? found : block_of_new_page(slob, request, need);

	slob->used_units += block != OBJECT_NONE ? need->units : 0;
	return block;
}

/* The sums that the object counts in. */
static void object_given(struct slob *slob, object_t object, uint32_t cache, uint32_t bytes)
{
	slob->pages[frame_map_owner(&slob->frames, object)].objects++;
	slob->caches[cache].objects++;
	slob->caches[cache].requested += bytes;
	slob->caches[cache].allocated += slob_whole_units(bytes);
}

/* Whole pages, which no list knows. */
static object_t pages_alloc(struct slob *slob, const struct request *request, uint32_t gfp,
			    uint32_t order)
{
	const struct request ask = page_request(request, gfp, order);
	const pfn_t pfn = page_source_alloc(slob->source, &ask);

	if (pfn_is_none(pfn))
		return OBJECT_NONE;
	slob->frames.owner[pfn.v] = FRAME_LARGE | order;
	return (object_t)pfn.v << PAGE_SHIFT;
}

object_t slob_alloc(void *state, const struct request *request, cache_id cache)
{
	struct slob *slob = state;
	const uint32_t size = slob->caches[cache.v].size;

	if (size >= PAGE_SIZE_BYTES)
		return pages_alloc(slob, request, request->gfp, order_for_bytes(size));
	const struct slob_need need = slob_cache_need(slob, request, cache);
	const object_t object = block_alloc(slob, request, &need);

	if (object != OBJECT_NONE)
		object_given(slob, object, cache.v, request->bytes);
	return object;
}

static object_t kmalloc_pages(struct slob *slob, const struct request *request, uint32_t bytes)
{
	if (bytes > slob->frames.large_max)
		return OBJECT_NONE;
	const uint32_t order = order_for_bytes(bytes);

	return pages_alloc(slob, request, request->gfp | (order ? GFP_BIT_COMP : 0), order);
}

object_t slob_kmalloc(void *state, const struct request *request, uint32_t bytes)
{
	struct slob *slob = state;

	if (bytes == 0)
		return OBJECT_ZERO_SIZE;
	if (bytes >= PAGE_SIZE_BYTES - SLOB_HEAD_BYTES)
		return kmalloc_pages(slob, request, bytes);
	const struct slob_need need = slob_kmalloc_need(slob, request, bytes);
	const object_t block = block_alloc(slob, request, &need);

	if (block == OBJECT_NONE)
		return OBJECT_NONE;
	object_given(slob, block + SLOB_HEAD_BYTES, SLOB_KMALLOC, bytes);
	return block + SLOB_HEAD_BYTES;
}
