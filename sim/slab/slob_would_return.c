/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an allocation would return now, without making it: the search is that of slob_alloc.c. Of a
 * new page only the place in it is known, not the page.
 */
#include "slab/kmalloc.h"
#include "slab/slob.h"

/* A page as it will be when one of its blocks is free; page SLOB_NONE: all is as it is. */
struct thought {
	uint32_t page;
	uint32_t blocks;
	bool gone;           /* it was the last block */
	bool comes;          /* the page was full: it comes to the head of a list */
	enum slob_list list; /* of this one */
	uint16_t row[SLOB_PAGE_UNITS + 1];
};

static void think_nothing(struct thought *t)
{
	t->page = SLOB_NONE;
	t->blocks = 0;
	t->gone = t->comes = false;
}

/* Free stretches next to each other are one. */
static uint32_t add_stretch(struct thought *t, uint32_t count, uint32_t stretch)
{
	if (count && stretch & t->row[count - 1] & SLOB_FREE)
		return count;
	t->blocks += (stretch & SLOB_FREE) != 0;
	t->row[count] = (uint16_t)stretch;
	return count + 1;
}

/* The page's row with the block free that lies in stretch number `at`. */
static void think_free(const struct slob *slob, struct thought *t, uint32_t at, uint32_t unit,
		       uint32_t size)
{
	const struct slob_page *page = &slob->pages[t->page];
	const uint16_t *row = slob_row(slob, t->page);
	uint32_t count = 0;

	for (uint32_t i = 0; i <= page->stretches; i++) {
		if (i != at) {
			count = add_stretch(t, count, row[i]);
			continue;
		}
		if (slob_begin(row[i]) < unit)
			count = add_stretch(t, count, row[i]);
		count = add_stretch(t, count, SLOB_FREE | unit);
		if (unit + size < slob_begin(row[i + 1]))
			count = add_stretch(t, count, slob_kind(row[i]) | (unit + size));
	}
	t->gone = page->units + size == SLOB_PAGE_UNITS;
	t->comes = page->units == 0;
}

/* Bytes of the block that becomes free at once, 0: none does; *block: where it begins. */
static uint32_t bytes_freed(const struct slob *slob, const struct slab_free *before, uint32_t id,
			    uint32_t at, object_t *block)
{
	const uint16_t *stretch = slob_row(slob, id) + at;
	const uint32_t asked = slob_kmalloc_bytes(stretch, before->object);
	cache_id cache = before->cache;

	*block = before->object;
	if (before->bytes)
		return before->bytes;
	if (asked) {
		*block -= SLOB_HEAD_BYTES;
		return asked + SLOB_HEAD_BYTES;
	}
	if (slob_kind(*stretch) == SLOB_CACHE)
		cache = (cache_id){ slob_row_cache(slob, id, at) };
	if (cache_is_none(cache) || cache_at(&slob->table, cache)->flags & CACHE_TYPESAFE_BY_RCU)
		return 0;
	return slob->caches[cache.v].size;
}

static void think(const struct slob *slob, struct thought *t, const struct slab_free *before)
{
	const uint32_t id = frame_map_owner(&slob->frames, before->object);
	object_t block;

	think_nothing(t);
	if (!slob_is_page(id))
		return;
	const uint32_t at = slob_row_find(slob, id, slob_unit(before->object));
	const uint32_t bytes = bytes_freed(slob, before, id, at, &block);
	const uint32_t size = slob_units_for(bytes);

	if (!bytes || !slob_page_holds(slob, id, at, slob_unit(block), size))
		return;
	t->page = id;
	t->list = slob_list_for(bytes);
	think_free(slob, t, at, slob_unit(block), size);
}

/* The block that would be found in the page, as an address; OBJECT_NONE: none. */
static object_t block_of_page(const struct slob *slob, const struct slob_need *need, uint32_t id,
			      const struct thought *t)
{
	const struct slob_page *page = &slob->pages[id];
	const bool thought = id == t->page;
	uint64_t steps = 0;

	if (thought ? t->gone : !slob_may_fit(slob, page, need) || page->largest < need->units)
		return OBJECT_NONE;
	const struct slob_fit fit =
		thought ? slob_page_find(t->row, t->blocks, need, &steps)
			: slob_page_find(slob_row(slob, id), page->blocks, need, &steps);

	if (fit.at == SLOB_END)
		return OBJECT_NONE;
	return ((object_t)page->pfn << PAGE_SHIFT) + (fit.unit << SLOB_UNIT_SHIFT);
}

/* The block that a search of the list would find, as an address; OBJECT_NONE: a new page. */
static object_t block_of_list(const struct slob *slob, const struct slob_need *need,
			      const struct thought *t)
{
	const uint32_t head = slob->head[need->list];
	uint32_t id = head;
	object_t block = OBJECT_NONE;

	if (t->page != SLOB_NONE && t->comes && t->list == need->list)
		block = block_of_page(slob, need, t->page, t);
	if (block != OBJECT_NONE || id == SLOB_NONE)
		return block;
	do {
		block = block_of_page(slob, need, id, t);
		id = slob->pages[id].next;
	} while (block == OBJECT_NONE && id != head);
	return block;
}

static bool may_be_found(const struct slob *slob, const struct slob_need *need, bool waited,
			 object_t object, const struct thought *t)
{
	const object_t block = waited ? OBJECT_NONE : block_of_list(slob, need, t);
	const object_t in_page = object & (PAGE_SIZE_BYTES - 1);

	const uint32_t owner = frame_map_owner(&slob->frames, object);

	if (block != OBJECT_NONE)
		return object == block + need->ahead;
	return (owner == SLOB_NONE || (t->gone && owner == t->page)) &&
	       in_page == align_up(need->ahead, need->align ? need->align : 1);
}

static bool would_return(const struct slob *slob, const struct request *request, cache_id cache,
			 object_t object, const struct thought *t)
{
	const bool kmalloc = cache_is_none(cache);
	const uint32_t bytes =
		kmalloc ? request->bytes + SLOB_HEAD_BYTES : slob->caches[cache.v].size;

	if (bytes >= PAGE_SIZE_BYTES || (kmalloc && request->bytes == 0))
		return true;
	const struct slob_need need = kmalloc ? slob_kmalloc_need(slob, request, request->bytes)
					      : slob_cache_need(slob, request, cache);

	return may_be_found(slob, &need, request->flags & REQUEST_WAITED, object, t);
}

bool slob_would_return(const void *state, const struct request *request, cache_id cache,
		       object_t object)
{
	struct thought nothing;

	think_nothing(&nothing);
	return would_return(state, request, cache, object, &nothing);
}

bool slob_would_return_after(const void *state, const struct request *request, cache_id cache,
			     object_t object, const struct slab_free *before)
{
	struct thought t;

	think(state, &t, before);
	return would_return(state, request, cache, object, &t);
}
