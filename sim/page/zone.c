/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The zones that a machine's memory is divided into. Reference: free_area_init(),
 * find_zone_movable_pfns_for_nodes(), adjust_zone_range_for_zone_movable() and memmap_init_range()
 * of mm/page_alloc.c; zone_sizes_init() of arch/x86/mm/init.c.
 */
#include "page/zone.h"

#include <string.h>

static const struct zone_arch x86_64 = {
	.names = { "DMA", "DMA32", "Normal", "Movable" },
	.dma = 0,
	.dma32 = 1,
	.normal = 2,
	.highmem = 2, /* what __GFP_HIGHMEM means where all memory is mapped directly */
	.movable = 3,
	.lowmem_reserve_ratio = { 256, 256, 32, 0 },
	.pgalloc = { VM_pgalloc_dma, VM_pgalloc_dma32, VM_pgalloc_normal, VM_pgalloc_movable },
	.allocstall = { VM_allocstall_dma, VM_allocstall_dma32, VM_allocstall_normal,
			VM_allocstall_movable },
	.spreads_over_dma32 = true,
};

static const struct zone_arch ia32 = {
	.names = { "DMA", "Normal", "HighMem", "Movable" },
	.dma = 0,
	.dma32 = 1,
	.normal = 1,
	.highmem = 2,
	.movable = 3,
	.lowmem_reserve_ratio = { 256, 32, 0, 0 },
	.pgalloc = { VM_pgalloc_dma, VM_pgalloc_normal, VM_pgalloc_high, VM_pgalloc_movable },
	.allocstall = { VM_allocstall_dma, VM_allocstall_normal, VM_allocstall_high,
			VM_allocstall_movable },
	.spreads_over_dma32 = false,
};

const struct zone_arch *zone_arch_of(enum machine_arch arch)
{
	return arch == ARCH_IA32 ? &ia32 : &x86_64;
}

enum { DMA_END = 16 * FRAMES_MIB };

/* arch_zone_lowest_possible_pfn and arch_zone_highest_possible_pfn, but for the movable zone. */
static struct frame_range type_limits(const struct topology *t, unsigned type)
{
	uint32_t lowmem = (uint32_t)(t->lowmem_bytes >> PAGE_SHIFT);

	if (type == 0)
		return (struct frame_range){ 0, DMA_END };
	if (t->arch == ARCH_IA32)
		return type == 1 ? (struct frame_range){ DMA_END, lowmem }
				 : (struct frame_range){ lowmem, UINT32_MAX };
	return type == 1 ? (struct frame_range){ DMA_END, MEMORY_HIGH_START }
			 : (struct frame_range){ MEMORY_HIGH_START, UINT32_MAX };
}

static struct frame_range node_span(const struct memory_map *map, uint32_t node)
{
	struct frame_range span = { UINT32_MAX, 0 };

	for (uint32_t i = 0; i < map->ram_count; i++) {
		if (map->ram[i].node != node)
			continue;
		span.start = map->ram[i].start < span.start ? map->ram[i].start : span.start;
		span.end = map->ram[i].end > span.end ? map->ram[i].end : span.end;
	}
	return span;
}

/* --- where movable memory begins --- */

/* find_usable_zone_for_movable(): the highest zone that there is memory for. */
static unsigned movable_source(const struct topology *t, const struct memory_map *map)
{
	unsigned type = ZONE_TYPES - 1;

	while (type-- > 0) {
		struct frame_range limits = type_limits(t, type);
		if (memory_map_present(map, limits.start, limits.end))
			return type;
	}
	return 0;
}

struct movable_plan {
	const struct memory_map *map;
	uint32_t nodes;
	uint32_t usable_start; /* movable memory cannot be below */
	uint64_t core;         /* frames that are still wanted for the kernel */
	uint32_t *start;       /* by node: first frame that may be movable, 0: not known yet */
};

/* The kernel's share of one node: what is left of `share` afterwards. */
static void plan_node(struct movable_plan *plan, uint32_t node, uint64_t share)
{
	for (uint32_t i = 0; i < plan->map->ram_count; i++) {
		uint32_t start = plan->map->ram[i].start, end = plan->map->ram[i].end;
		uint64_t size;
		if (plan->map->ram[i].node != node)
			continue;
		start = start > plan->start[node] ? start : plan->start[node];
		if (start >= end)
			continue;
		if (start < plan->usable_start) {
			uint64_t low =
				(end < plan->usable_start ? end : plan->usable_start) - start;
			share -= low < share ? low : share;
			plan->core -= low < plan->core ? low : plan->core;
			if (end <= plan->usable_start) {
				plan->start[node] = end;
				continue;
			}
			start = plan->usable_start;
		}
		size = end - start < share ? end - start : share;
		plan->start[node] = start + (uint32_t)size;
		plan->core -= size < plan->core ? size : plan->core;
		share -= size;
		if (!share)
			break;
	}
}

/* Shares the kernel's part out to nodes as evenly as they have memory for it. */
static void plan_core(struct movable_plan *plan)
{
	uint32_t usable = plan->nodes;

	do {
		uint64_t share = plan->core / usable;
		for (uint32_t node = 0; node < plan->nodes; node++) {
			if (plan->core < share)
				share = plan->core / usable;
			plan_node(plan, node, share);
		}
		usable--;
	} while (usable && plan->core > usable);
}

/* Frames that must not be movable, 0: there is no movable zone. */
static uint64_t core_frames(const struct buddy *b, uint64_t total)
{
	uint64_t block = 1ull << (b->orders - 1);
	uint64_t core = b->params.kernelcore_bytes >> PAGE_SHIFT;
	uint64_t movable = b->params.movablecore_bytes >> PAGE_SHIFT;

	if (movable) {
		movable = (movable + block - 1) / block * block;
		movable = movable < total ? movable : total;
		core = core > total - movable ? core : total - movable;
	}
	return core < total ? core : 0;
}

/* By node: the first frame of its movable zone, 0 when it has none. */
static void plan_movable(const struct buddy *b, const struct memory_map *map,
			 uint32_t start[NODES_MAX])
{
	const struct topology *t = &b->topology;
	uint32_t block = 1u << (b->orders - 1);
	struct movable_plan plan = {
		.map = map,
		.nodes = t->nodes,
		.usable_start = type_limits(t, movable_source(t, map)).start,
		.core = core_frames(b, memory_map_present(map, 0, map->end)),
		.start = start,
	};

	memset(start, 0, NODES_MAX * sizeof(*start));
	/* all memory but the first node's can be unplugged */
	for (uint32_t node = 1; b->params.movable_node && node < t->nodes; node++) {
		uint32_t first = node_span(map, node).start;
		start[node] = first > plan.usable_start ? first : plan.usable_start;
	}
	if (!b->params.movable_node && plan.core)
		plan_core(&plan);
	for (uint32_t node = 0; node < t->nodes; node++) {
		uint64_t aligned = ((uint64_t)start[node] + block - 1) / block * block;
		start[node] = aligned < node_span(map, node).end ? (uint32_t)aligned : 0;
	}
}

/* --- zones --- */

static void zone_add(struct buddy *b, const struct memory_map *map, uint32_t node, unsigned type,
		     struct frame_range range)
{
	struct frame_range span = node_span(map, node);
	struct buddy_zone *z = &b->zones[b->zone_count];
	uint32_t start = range.start > span.start ? range.start : span.start;
	uint32_t end = range.end < span.end ? range.end : span.end;
	uint32_t present = start < end ? memory_map_present(map, start, end) : 0;

	if (!present)
		return;
	b->zone_count++;
	*z = (struct buddy_zone){
		.node = node, .type = type, .start = start, .end = end, .present = present
	};
	strncpy(z->name, b->arch->names[type], ZONE_NAME_MAX - 1);
}

void zone_divide(struct buddy *b, const struct memory_map *map)
{
	const struct topology *t = &b->topology;
	unsigned source = movable_source(t, map);
	uint32_t movable[NODES_MAX];

	b->movable_is_high = source == b->arch->highmem && b->arch->highmem != b->arch->normal;
	plan_movable(b, map, movable);
	for (uint32_t node = 0; node < t->nodes; node++) {
		uint32_t from = movable[node] ? movable[node] : UINT32_MAX;
		for (unsigned type = 0; type < b->arch->movable; type++) {
			struct frame_range range = type_limits(t, type);
			range.end = range.end < from ? range.end : from;
			zone_add(b, map, node, type, range);
		}
		if (movable[node])
			zone_add(b, map, node, b->arch->movable,
				 (struct frame_range){ from, type_limits(t, source).end });
	}
}

/* The first range of RAM that ends above pfn, from number `from` on. */
static uint32_t ram_above(const struct memory_map *map, uint32_t from, uint32_t pfn)
{
	while (from < map->ram_count && map->ram[from].end <= pfn)
		from++;
	return from;
}

/*
 * memmap_init_range(): a pageblock is movable when its first frame is RAM of the zone; one that
 * begins in a hole, or before its zone, keeps 0. Where a whole section is missing there are none.
 */
void zone_init_pageblocks(struct buddy *b, const struct memory_map *map, struct buddy_zone *z)
{
	uint32_t last = pageblock_of(b, z->end - 1), at = 0, near = 0;

	for (uint32_t block = pageblock_of(b, z->start); block <= last; block++) {
		uint32_t pfn = block << b->pageblock_order;
		uint32_t section = pfn & ~(SECTION_FRAMES - 1u);
		uint32_t end = section + SECTION_FRAMES;
		at = ram_above(map, at, pfn);
		near = ram_above(map, near, section > z->start ? section : z->start);
		end = end > pfn + pageblock_frames(b) ? end : pfn + pageblock_frames(b);
		if (near == map->ram_count || map->ram[near].start >= end) {
			b->pageblock_type[block] = PAGEBLOCK_ABSENT;
			continue;
		}
		if (pfn >= z->start && map->ram[at].start <= pfn &&
		    b->params.page_group_by_mobility)
			b->pageblock_type[block] = MIGRATE_MOVABLE;
		z->pageblocks[b->pageblock_type[block]]++;
	}
}
