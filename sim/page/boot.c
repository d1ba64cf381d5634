/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fresh machine: its memory goes to the free lists in the order in which boot frees it, as that
 * decides where the first allocations come from. Reference: memblock_free_all() and
 * __free_pages_memory() of mm/memblock.c, __free_pages_core() and init_cma_reserved_pageblock() of
 * mm/page_alloc.c, add_highpages_with_active_regions() of arch/x86/mm/highmem_32.c,
 * shuffle_free_memory() of mm/shuffle.c.
 *
 * What the running kernel allocates by itself is not here: nothing is in use.
 */
#include "page/cma.h"
#include "page/pcp.h"
#include "page/shuffle.h"
#include "page/watermark.h"
#include "page/zone.h"

/* The block that starts at pfn and is aligned and inside the range, as large as can be. */
static unsigned block_order_at(const struct buddy *b, uint32_t pfn, uint32_t end)
{
	unsigned order = b->orders - 1;

	if (pfn && (unsigned)__builtin_ctz(pfn) < order)
		order = (unsigned)__builtin_ctz(pfn);
	while ((uint64_t)pfn + (1u << order) > end)
		order--;
	return order;
}

/*
 * Directly mapped memory is freed in blocks, to the tails. High memory is freed page by page, as it
 * would be at any other time: only blocks of the largest order can be told from it, and they come
 * to the heads.
 */
static void free_range(struct buddy *b, uint32_t zone, uint32_t pfn, uint32_t end)
{
	struct buddy_zone *z = &b->zones[zone];
	bool high = zone_is_highmem(b, z);

	while (pfn < end) {
		unsigned order = block_order_at(b, pfn, end);
		if (high && order + 1 < b->orders)
			order = 0;
		block_free(b, zone, pfn, order, pageblock_type(b, pfn), !high);
		z->managed += 1u << order;
		pfn += 1u << order;
	}
}

static void mark_reserved(struct buddy *b, uint32_t pfn, uint32_t end)
{
	uint32_t chunk = 1u << b->frames.coarse_order;

	while (pfn < end) {
		bool whole = (pfn & (chunk - 1)) == 0 && end - pfn >= chunk;
		unsigned order = whole ? b->frames.coarse_order : 0;
		frames_set(&b->frames, pfn, order, FRAME_RESERVED);
		pfn += 1u << order;
	}
}

/* What of [*pfn, end) comes first: a stretch of one kind. True when it is to be freed. */
static bool next_stretch(const struct memory_map *map, uint32_t pfn, uint32_t end, uint32_t *stop)
{
	bool present = false, reserved = false;

	*stop = end;
	for (uint32_t i = 0; i < map->ram_count; i++) {
		const struct memory_range *r = &map->ram[i];
		uint32_t edge = pfn < r->start ? r->start : r->end;
		present = present || (pfn >= r->start && pfn < r->end);
		if (pfn < r->end && edge < *stop)
			*stop = edge;
	}
	for (uint32_t i = 0; i < map->reserved_count; i++) {
		const struct frame_range *r = &map->reserved[i];
		uint32_t edge = pfn < r->start ? r->start : r->end;
		reserved = reserved || (pfn >= r->start && pfn < r->end);
		if (pfn < r->end && edge < *stop)
			*stop = edge;
	}
	return present && !reserved;
}

static void fill_zone(struct buddy *b, uint32_t zone, const struct memory_map *map)
{
	struct buddy_zone *z = &b->zones[zone];

	for (uint32_t pfn = z->start, stop; pfn < z->end; pfn = stop) {
		if (next_stretch(map, pfn, z->end, &stop))
			free_range(b, zone, pfn, stop);
		else
			mark_reserved(b, pfn, stop);
	}
	z->nr_free = (int64_t)buddy_free_frames(z);
	b->tally = (struct tally){ 0 };
}

/* Boot computes watermarks before it frees its own code and data, which lie from 16 MiB on. */
static void setup_watermarks(struct buddy *b)
{
	uint64_t initmem = b->params.initmem_bytes >> PAGE_SHIFT;
	uint32_t managed[PAGE_ZONES_MAX];

	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		const struct buddy_zone *z = &b->zones[zone];
		bool holds = z->type != b->arch->dma && z->type <= b->arch->normal;
		uint32_t held = holds ? z->managed : 0;
		if (held > initmem)
			held = (uint32_t)initmem;
		managed[zone] = z->managed - held;
		initmem -= held;
	}
	watermark_setup(b, managed);
}

static int make_pcp_room(struct buddy *b, struct error *err)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (pcp_make_room(b, zone, 0, err))
			return -1;
	}
	return 0;
}

/* page_group_by_mobility_disabled: too small to have pageblocks for each type. */
static bool groups_by_mobility(const struct buddy *b, uint64_t frames)
{
	return b->params.page_group_by_mobility && frames >> b->pageblock_order >= MIGRATE_TYPES;
}

static int describe_memory(struct buddy *b, const struct page_machine *machine,
			   struct memory_map *map, struct cma_areas *areas, struct error *err)
{
	if (machine->memory_bytes >> PAGE_SHIFT <= 2 * FRAMES_MIB ||
	    machine->memory_bytes > PAGE_MEMORY_BYTES_MAX)
		return error_set(err, ERROR_INPUT,
				 "page.buddy: memory must be more than 2MiB and at most 8TiB");
	if (memory_map_create(map, machine, &b->topology, err) || cma_reserve(b, map, areas, err))
		return -1;
	zone_divide(b, map);
	pageblock_find_shared(b);
	return 0;
}

int boot_layout(struct buddy *b, const struct page_machine *machine, struct error *err)
{
	uint64_t frames = machine->memory_bytes >> PAGE_SHIFT;
	struct cma_areas areas;
	struct memory_map map;

	if (watermark_parse_reserve(b, err) || describe_memory(b, machine, &map, &areas, err))
		return -1;
	b->group_by_mobility = groups_by_mobility(b, frames);
	if (zonelist_build(b, err) || buddy_arrays(b, map.end, err) || pcp_create(b, err))
		return -1;
	block_lists_init(b);
	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		zone_init_pageblocks(b, &map, &b->zones[zone]);
	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		fill_zone(b, zone, &map);
	shuffle_all(b);
	cma_activate(b, &areas);
	setup_watermarks(b);
	return make_pcp_room(b, err);
}
