/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting from a recorded state, the state as neutral lists, and a walk of pages. */
#include <stdlib.h>
#include <string.h>

#include "slab/kmalloc.h"
#include "slab/slob.h"

static const uint8_t state_lists[SLOB_LISTS + 1] = {
	[SLOB_SMALL] = SLOB_LIST_SMALL,
	[SLOB_MEDIUM] = SLOB_LIST_MEDIUM,
	[SLOB_LARGE] = SLOB_LIST_LARGE,
	[SLOB_FULL] = SLAB_LIST_FULL,
};

static int load_cache(struct slob *slob, const struct cache_state *from, struct error *err)
{
	const struct cache_args args = {
		.name = from->name,
		.object_size = from->object_size,
		.align = from->align,
		.flags = from->flags,
		.refcount = from->refcount,
	};

	if (from->size == 0 || from->align > PAGE_SIZE_BYTES || (from->align & (from->align - 1)))
		return error_set(err, ERROR_INPUT, "cache '%s': impossible geometry", from->name);
	return cache_is_none(slob_cache_open(slob, &args, from->size, err)) ? -1 : 0;
}

static int page_error(const struct slab_entry *entry, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "slob page at pfn %u: %s", entry->pfn, what);
}

static int check_entry(const struct slob *slob, const struct slab_entry *entry, struct error *err)
{
	const bool full = entry->list == SLAB_LIST_FULL;

	if (entry->pfn >= slob->frames.frames)
		return page_error(entry, "beyond the machine's memory", err);
	if (slob->frames.owner[entry->pfn])
		return page_error(entry, "stands twice", err);
	if (full != (entry->free_count == 0) || entry->free_count % 2 ||
	    (!full && (entry->list < SLOB_LIST_SMALL || entry->list > SLOB_LIST_LARGE)))
		return page_error(entry, "cannot be on the list that it is on", err);
	return 0;
}

/* The page's free blocks, which are told in address order, and what lies between them. */
static int load_blocks(struct slob *slob, uint32_t id, const struct slab_entry *entry,
		       struct error *err)
{
	uint16_t stretches[SLOB_PAGE_UNITS + 1];
	struct slob_page *page = &slob->pages[id];
	uint32_t end = 0, count = 0;

	for (size_t i = 0; i < entry->free_count; i += 2) {
		const uint32_t block = entry->freelist[i] >> SLOB_UNIT_SHIFT;
		const uint32_t size = entry->freelist[i + 1];

		if (size == 0 || block < end || block + size > SLOB_PAGE_UNITS)
			return page_error(entry, "its free blocks overlap or leave it", err);
		if (block > end)
			stretches[count++] = (uint16_t)(SLOB_OLDER | end);
		stretches[count++] = (uint16_t)(SLOB_FREE | block);
		page->units = (uint16_t)(page->units + size);
		page->largest = (uint16_t)(size > page->largest ? size : page->largest);
		page->blocks++;
		end = block + size;
	}
	if (end < SLOB_PAGE_UNITS)
		stretches[count++] = (uint16_t)(SLOB_OLDER | end);
	page->older = (uint16_t)(count - page->blocks);
	slob_row_replace(slob, id, 0, 1, stretches, count);
	return 0;
}

static int load_page(struct slob *slob, const struct slab_entry *entry, struct error *err)
{
	struct slob_cache *owner = &slob->caches[SLOB_KMALLOC];

	if (check_entry(slob, entry, err))
		return -1;
	const uint32_t id = slob_page_number(slob);

	if (id == SLOB_NONE)
		return page_error(entry, "more pages than slob can have here", err);
	struct slob_page *page = &slob->pages[id];

	*page = (struct slob_page){ .pfn = entry->pfn, .list = SLOB_FULL };
	slob_row_open(slob, id, SLOB_OLDER);
	if (load_blocks(slob, id, entry, err))
		return -1;
	if (entry->list != SLAB_LIST_FULL)
		slob_list_add_tail(slob, id,
				   (enum slob_list)(entry->list - SLOB_LIST_SMALL + SLOB_SMALL));
	frame_map_set(&slob->frames, entry->pfn, 0, id);
	slob->held++;
	owner->objects += page->older;
	slob->used_units += SLOB_PAGE_UNITS - page->units;
	owner->requested += (uint64_t)(SLOB_PAGE_UNITS - page->units) << SLOB_UNIT_SHIFT;
	owner->allocated += (uint64_t)(SLOB_PAGE_UNITS - page->units) << SLOB_UNIT_SHIFT;
	return 0;
}

int slob_load(void *state, const struct slab_state *from, struct error *err)
{
	struct slob *slob = state;

	if (strcmp(from->allocator, "slob") != 0)
		return error_set(err, ERROR_INPUT,
				 "the start state is of a kernel with %s, not with slob",
				 from->allocator);
	if (slob->page_count > SLOB_NONE + 1)
		return error_set(err, ERROR_INPUT, "a start state needs a machine without slabs");
	cache_table_clear(&slob->table);
	if (slob_kmalloc_open(slob, err))
		return -1;
	/* The kernel lists the newest cache first, the table the oldest. */
	for (size_t i = from->cache_count; i-- > 0;)
		if (load_cache(slob, &from->caches[i], err))
			return -1;
	for (size_t i = 0; i < from->slab_count; i++)
		if (load_page(slob, &from->slabs[i], err))
			return -1;
	return slob_check(slob, err) ? 0 : -1;
}

static int dump_page(const struct slob *slob, struct slab_state *to, uint32_t id)
{
	const struct slob_page *page = &slob->pages[id];
	const uint16_t *row = slob_row(slob, id);
	struct slab_entry *entry = &to->slabs[to->slab_count++];

	*entry = (struct slab_entry){ .pfn = page->pfn,
				      .list = state_lists[page->list],
				      .units = page->units };
	if (page->list == SLOB_FULL)
		return 0;
	entry->freelist = malloc(2u * page->blocks * sizeof(*entry->freelist));
	if (!entry->freelist)
		return -1;
	for (uint32_t i = 0; i < page->stretches; i++) {
		if (!(row[i] & SLOB_FREE))
			continue;
		entry->freelist[entry->free_count++] =
			(uint16_t)(slob_begin(row[i]) << SLOB_UNIT_SHIFT);
		entry->freelist[entry->free_count++] = (uint16_t)slob_length(row + i);
	}
	return 0;
}

static int compare_pfn(const void *a, const void *b)
{
	const struct slab_entry *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static int dump_pages(const struct slob *slob, struct slab_state *to)
{
	for (uint32_t list = 0; list < SLOB_LISTS; list++) {
		uint32_t id = slob->head[list];

		if (id == SLOB_NONE)
			continue;
		do {
			if (dump_page(slob, to, id))
				return -1;
			id = slob->pages[id].next;
		} while (id != slob->head[list]);
	}
	const size_t listed = to->slab_count;

	for (uint32_t id = SLOB_NONE + 1; id < slob->page_count; id++)
		if (slob->pages[id].pfn && slob->pages[id].list == SLOB_FULL)
			dump_page(slob, to, id);
	qsort(to->slabs + listed, to->slab_count - listed, sizeof(*to->slabs), compare_pfn);
	return 0;
}

static int dump_caches(const struct slob *slob, struct slab_state *to)
{
	for (uint32_t i = slob->table.count; --i > SLOB_KMALLOC;) {
		const struct kmem_cache *cache = &slob->table.caches[i];
		struct cache_state *out = &to->caches[to->cache_count];

		/* The cache of caches itself is on no list of the kernel's. */
		if (!cache->alive ||
		    strcmp(cache_name(&slob->table, (cache_id){ i }), "kmem_cache") == 0)
			continue;
		to->cache_count++;
		*out = (struct cache_state){
			.name = strdup(cache_name(&slob->table, (cache_id){ i })),
			.object_size = cache->object_size,
			.size = slob->caches[i].size,
			.align = cache->align,
			.flags = cache->flags,
			.refcount = cache->refcount,
			.constructor = cache->constructor,
		};
		if (!out->name)
			return -1;
	}
	return 0;
}

int slob_dump(const void *state, struct slab_state *to, struct error *err)
{
	const struct slob *slob = state;

	*to = (struct slab_state){
		.allocator = "slob",
		.kmalloc_max_cache = PAGE_SIZE_BYTES,
		.kmalloc_max = slob->frames.large_max,
		.kmalloc_min = SLOB_HEAD_BYTES,
		.caches = calloc(slob->table.count, sizeof(*to->caches)),
		.slabs = calloc(slob->held + 1, sizeof(*to->slabs)),
	};
	if (to->caches && to->slabs && !dump_caches(slob, to) && !dump_pages(slob, to))
		return 0;
	slab_state_free(to);
	return error_set(err, ERROR_RUN, "no memory to describe the slab state");
}

void slob_walk(const void *state, void (*visit)(void *context, const struct slab_extent *extent),
	       void *context)
{
	const struct slob *slob = state;

	for (uint32_t id = SLOB_NONE + 1; id < slob->page_count; id++) {
		const struct slob_page *page = &slob->pages[id];
		const uint32_t objects = (uint32_t)page->objects + page->older;
		const struct slab_extent extent = {
			.cache = { SLOB_KMALLOC },
			.pfn = { page->pfn },
			.list = state_lists[page->list],
			.objects = objects,
			.inuse = objects,
			.free_bytes = (uint32_t)page->units << SLOB_UNIT_SHIFT,
		};

		if (page->pfn)
			visit(context, &extent);
	}
}
