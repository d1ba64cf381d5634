/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policy `bitmap-firstfit`: one bitmap over all memory, and every request gets the lowest free
 * block that fits and is aligned to its size. The naive base line: no zones, no watermarks, no
 * per-cpu lists, no mobility, one lock.
 *
 * A fresh machine's memory is in one piece, with what boot reserves at its beginning.
 */
#include <stdlib.h>
#include <string.h>

#include "page/bitmap.h"
#include "page/page.h"

static const char zone_name[] = "all";

struct firstfit {
	struct bitmap bitmap; /* what is reserved is used, too */
	uint64_t *reserved;   /* by frame: never managed */
	uint32_t orders, pageblock_order;
	uint32_t managed, free;
	lock_id lock;
	const struct services *services;
};

static int arrays(struct firstfit *f, uint32_t count, struct error *err)
{
	if (bitmap_create(&f->bitmap, count, f->services->arena, err))
		return -1;
	f->reserved = arena_array(f->services->arena, count / 64 + 1, sizeof(uint64_t), err);
	return f->reserved ? 0 : -1;
}

static void reserve(struct firstfit *f, uint32_t pfn, uint32_t end)
{
	for (; pfn < end; pfn++)
		f->reserved[pfn / 64] |= UINT64_C(1) << pfn % 64;
}

static void *firstfit_create(const struct page_machine *machine, const void *params,
			     const struct services *services, struct error *err)
{
	uint64_t frames = machine->memory_bytes >> PAGE_SHIFT;
	uint64_t reserved = machine->reserved_bytes >> PAGE_SHIFT;
	struct firstfit *f = arena_array(services->arena, 1, sizeof(*f), err);

	(void)params;
	if (!f)
		return NULL;
	if (machine->memory_bytes > PAGE_MEMORY_BYTES_MAX || reserved + 1 >= frames ||
	    machine->orders > PAGE_ORDERS_MAX) {
		error_set(err, ERROR_INPUT,
			  "page.bitmap-firstfit: memory must be at most 8TiB and more than "
			  "what is reserved, orders at most %d",
			  (int)PAGE_ORDERS_MAX);
		return NULL;
	}
	f->services = services;
	f->orders = machine->orders;
	f->pageblock_order = machine->pageblock_order;
	if (arrays(f, (uint32_t)frames, err))
		return NULL;
	reserved += reserved == 0; /* frame 0 is nobody's */
	reserve(f, 0, (uint32_t)reserved);
	bitmap_mark(&f->bitmap, 0, (uint32_t)reserved, true);
	f->managed = f->free = (uint32_t)(frames - reserved);
	if (services->clock->locks)
		f->lock = lock_add(services->clock->locks, "bitmap");
	return f;
}

static void lock(const struct firstfit *f)
{
	work_count(f->services->work, WORK_zone_lock);
	op_lock(f->services->clock, f->lock);
}

static pfn_t firstfit_alloc(void *state, const struct request *request)
{
	struct firstfit *f = state;
	struct work *work = f->services->work;
	uint32_t frames = 1u << request->order;
	uint32_t steps = 0;
	uint32_t pfn = UINT32_MAX;

	lock(f);
	if (request->order < f->orders)
		pfn = bitmap_first_fit(&f->bitmap, request->order, &steps);
	work_count_n(work, WORK_list_step, steps);
	if (pfn != UINT32_MAX) {
		bitmap_mark(&f->bitmap, pfn, frames, true);
		f->free -= frames;
		work_count(work, WORK_buddy_take);
	}
	op_unlock(f->services->clock, f->lock);
	if (pfn != UINT32_MAX && request->gfp & GFP_BIT_ZERO)
		work_count_n(work, WORK_zero_page, frames);
	return (pfn_t){ pfn };
}

static bool is_allocated(const struct firstfit *f, uint32_t pfn, uint32_t frames)
{
	return pfn < f->bitmap.count && f->bitmap.count - pfn >= frames &&
	       bitmap_all_used(&f->bitmap, pfn, frames) && !bitmap_bit(f->reserved, pfn) &&
	       bitmap_run_end(f->reserved, pfn, pfn + frames) == pfn + frames;
}

static void firstfit_free(void *state, const struct request *request, pfn_t pfn)
{
	struct firstfit *f = state;
	uint32_t frames = 1u << request->order;

	if (request->order >= f->orders || !is_allocated(f, pfn.v, frames)) {
		work_count(f->services->work, WORK_bad_page);
		return;
	}
	lock(f);
	bitmap_mark(&f->bitmap, pfn.v, frames, false);
	f->free += frames;
	work_count(f->services->work, WORK_buddy_put);
	op_unlock(f->services->clock, f->lock);
}

static uint32_t pageblocks(const struct firstfit *f)
{
	return ((f->bitmap.count - 1) >> f->pageblock_order) + 1;
}

/* Counted when asked for: whole free or used stretches are one node, so that it is soon done. */
static void firstfit_counts(const void *state, struct page_counts *counts)
{
	const struct firstfit *f = state;
	struct zone_counts *zone = &counts->zones[0];
	uint64_t blocks[PAGE_ORDERS_MAX] = { 0 };

	memset(zone, 0, sizeof(*zone));
	counts->orders = f->orders;
	counts->pageblock_order = f->pageblock_order;
	counts->zone_count = 1;
	memcpy(zone->name, zone_name, sizeof(zone_name));
	zone->spanned = f->bitmap.count;
	zone->managed = f->managed;
	zone->free_pages = f->free;
	zone->pageblocks[MIGRATE_UNMOVABLE] = pageblocks(f);
	bitmap_count(&f->bitmap, f->orders, blocks);
	for (unsigned order = 0; order < f->orders; order++)
		zone->free_blocks[order][MIGRATE_UNMOVABLE] = blocks[order];
}

/* Frames up to the next one that is of another kind. */
static uint32_t stretch_end(const struct firstfit *f, uint32_t pfn)
{
	uint32_t end = bitmap_run_end(f->bitmap.used, pfn, f->bitmap.count);

	return bitmap_run_end(f->reserved, pfn, end);
}

static unsigned block_order_at(const struct firstfit *f, uint32_t pfn, uint32_t end)
{
	unsigned order = f->orders - 1;

	while (pfn & ((1u << order) - 1) || end - pfn < 1u << order)
		order--;
	return order;
}

/* Neighbouring allocations cannot be told apart: they are reported as they are aligned. */
static void firstfit_walk(const void *state, void (*visit)(void *, const struct page_extent *),
			  void *context)
{
	const struct firstfit *f = state;

	for (uint32_t pfn = 0; pfn < f->bitmap.count;) {
		uint32_t end = stretch_end(f, pfn);
		bool free = !bitmap_bit(f->bitmap.used, pfn);
		if (bitmap_bit(f->reserved, pfn))
			pfn = end;
		while (pfn < end) {
			unsigned order = block_order_at(f, pfn, end);
			struct page_extent extent = { .pfn = { pfn },
						      .order = (uint8_t)order,
						      .free = free };
			visit(context, &extent);
			pfn += 1u << order;
		}
	}
}

static uint32_t state_end(const struct page_state *from)
{
	uint32_t end = 0;

	for (size_t i = 0; i < from->zone_count; i++) {
		uint32_t zone_end = from->zones[i].start_pfn + from->zones[i].spanned;
		end = zone_end > end ? zone_end : end;
	}
	return end;
}

static int load_free(struct firstfit *f, const struct pfn_list *list, unsigned order,
		     struct error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		uint32_t pfn = list->pfn[i];
		if (!is_allocated(f, pfn, 1u << order))
			return error_set(err, ERROR_INPUT,
					 "page.bitmap-firstfit: state: impossible free block at "
					 "frame %u",
					 pfn);
		bitmap_mark(&f->bitmap, pfn, 1u << order, false);
		f->free += 1u << order;
	}
	return 0;
}

static int load_zone(struct firstfit *f, const struct zone_state *from, struct error *err)
{
	for (unsigned order = 0; order < f->orders; order++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			if (load_free(f, &from->free[order][type], order, err))
				return -1;
		}
	}
	for (size_t i = 0; i < from->pcp_count; i++) {
		const struct pcp_state *pcp = &from->pcp[i];
		for (unsigned index = 0; index < pcp->list_count; index++) {
			unsigned order = pcp_state_order(index, f->pageblock_order);
			if (load_free(f, &pcp->lists[index], order, err))
				return -1;
		}
	}
	return 0;
}

/* Everything is reserved but what a zone's runs, or else its span, say is managed. */
static int load_managed(struct firstfit *f, const struct zone_state *from, struct error *err)
{
	uint32_t end = from->start_pfn + from->spanned;
	uint32_t at = from->start_pfn;

	for (size_t i = 0; i < from->run_count; i++) {
		const struct page_run *run = &from->runs[i];
		bool managed = run->kind != 'R';
		if (run->pfn < at || run->pfn > end || run->count > end - run->pfn)
			return error_set(err, ERROR_INPUT,
					 "page.bitmap-firstfit: state: impossible run of pages at "
					 "frame %u",
					 run->pfn);
		reserve(f, at, managed ? run->pfn : run->pfn + run->count);
		at = run->pfn + run->count;
	}
	if (from->run_count)
		reserve(f, at, end);
	return 0;
}

static int firstfit_load(void *state, const struct page_state *from, struct error *err)
{
	struct firstfit *f = state;
	uint32_t end = state_end(from);
	uint32_t at = 0;

	if (from->orders > PAGE_ORDERS_MAX || from->pageblock_order >= from->orders || !end)
		return error_set(err, ERROR_INPUT, "page.bitmap-firstfit: state of no machine");
	f->orders = from->orders;
	f->pageblock_order = from->pageblock_order;
	f->free = 0;
	if (arrays(f, end, err))
		return -1;
	bitmap_mark(&f->bitmap, 0, end, true);
	for (size_t i = 0; i < from->zone_count; i++) {
		reserve(f, at, from->zones[i].start_pfn);
		if (load_managed(f, &from->zones[i], err))
			return -1;
		at = from->zones[i].start_pfn + from->zones[i].spanned;
	}
	f->managed = end;
	for (uint32_t word = 0; word <= end / 64; word++)
		f->managed -= (uint32_t)__builtin_popcountll(f->reserved[word]);
	for (size_t i = 0; i < from->zone_count; i++) {
		if (load_zone(f, &from->zones[i], err))
			return -1;
	}
	return 0;
}

static int dump_extents(const struct firstfit *f, struct zone_state *to)
{
	for (uint32_t pfn = 0; pfn < f->bitmap.count;) {
		uint32_t end = stretch_end(f, pfn);
		bool reserved = bitmap_bit(f->reserved, pfn);
		bool free = !bitmap_bit(f->bitmap.used, pfn);
		if (page_run_add(to, pfn, end - pfn, reserved ? 'R' : free ? 'B' : 'P'))
			return -1;
		while (free && pfn < end) {
			unsigned order = block_order_at(f, pfn, end);
			if (pfn_list_add(&to->free[order][MIGRATE_UNMOVABLE], pfn))
				return -1;
			pfn += 1u << order;
		}
		pfn = end;
	}
	return 0;
}

static int dump_zone(const struct firstfit *f, struct zone_state *to)
{
	memcpy(to->name, zone_name, sizeof(zone_name));
	to->spanned = to->present = f->bitmap.count;
	to->managed = f->managed;
	to->nr_free = f->free;
	to->pageblocks = calloc(pageblocks(f), sizeof(*to->pageblocks));
	if (!to->pageblocks)
		return -1;
	to->pageblock_count = pageblocks(f);
	for (uint32_t i = 0; i < to->pageblock_count; i++)
		to->pageblocks[i].pfn = i << f->pageblock_order;
	return dump_extents(f, to);
}

static int firstfit_dump(const void *state, struct page_state *to, struct error *err)
{
	const struct firstfit *f = state;

	*to = (struct page_state){
		.cpus = f->services->cpus,
		.orders = f->orders,
		.pageblock_order = f->pageblock_order,
		.total_ram_pages = f->managed,
		.zones = calloc(1, sizeof(*to->zones)),
		.zone_count = 1,
	};
	if (to->zones && dump_zone(f, &to->zones[0]) == 0)
		return 0;
	to->zone_count = to->zones ? 1 : 0;
	page_state_free(to);
	return error_set(err, ERROR_RUN, "no memory to describe the page allocator's state");
}

static bool firstfit_check(const void *state, struct error *err)
{
	const struct firstfit *f = state;
	uint32_t level, free = 0, managed = 0;
	uint32_t node = bitmap_wrong_node(&f->bitmap, &level);

	if (node != UINT32_MAX)
		return error_set(err, ERROR_RUN, "node %u of level %u of the bitmap is wrong", node,
				 level) == 0;
	for (uint32_t pfn = 0; pfn < f->bitmap.count; pfn++) {
		bool reserved = bitmap_bit(f->reserved, pfn);
		if (reserved && !bitmap_bit(f->bitmap.used, pfn))
			return error_set(err, ERROR_RUN, "reserved frame %u is free", pfn) == 0;
		free += !bitmap_bit(f->bitmap.used, pfn);
		managed += !reserved;
	}
	if (free != f->free || managed != f->managed)
		return error_set(err, ERROR_RUN, "free or managed frames miscounted") == 0;
	return true;
}

const struct page_policy bitmap_firstfit_page_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "bitmap-firstfit",
		.help = "one bitmap, the lowest free block that fits: the naive base line",
		.capabilities = POLICY_PLACES | POLICY_REUSES | POLICY_RESTORES,
	},
	.create = firstfit_create,
	.alloc = firstfit_alloc,
	.free = firstfit_free,
	.counts = firstfit_counts,
	.load = firstfit_load,
	.dump = firstfit_dump,
	.walk = firstfit_walk,
	.check = firstfit_check,
};
