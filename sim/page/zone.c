/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fresh x86-64 machine, laid out as its memory is after boot. Reference: free_area_init(),
 * memmap_init_range(), __free_pages_memory() and __free_pages_core() of mm/.
 *
 * Memory beyond 3 GiB continues at 4 GiB where there are 3.5 GiB or more, as on a PC. Never managed
 * are frame 0 and the rest of the first MiB, and the machine's reserved bytes: the memory map (64
 * bytes a frame) at the top of memory, and what remains of them, the kernel image, from 16 MiB up
 * (from 1 MiB on a machine that has no more than 32).
 */
#include "page/buddy.h"

enum {
	FRAME_SHIFT_MIB = 20 - PAGE_SHIFT,
	FRAMES_MIB = 1 << FRAME_SHIFT_MIB,
	DMA_END = 16 * FRAMES_MIB,
	LOW_END = 3072 * FRAMES_MIB,   /* where the hole for devices begins */
	HOLE_FROM = 3584 * FRAMES_MIB, /* on machines with this much memory */
	HIGH_START = 4096 * FRAMES_MIB,
	IMAGE_SMALL = 32 * FRAMES_MIB,
	MEMMAP_BYTES = 64, /* sizeof(struct page) */
	RANGES = 3,
};

struct range {
	uint32_t start, end;
};

/* The machine's memory, and what of it boot has reserved. */
struct layout {
	uint32_t low_end, high_end;
	struct range reserved[RANGES]; /* ascending */
};

static void layout_machine(struct layout *l, uint32_t frames, uint32_t reserved)
{
	uint32_t memmap =
		(uint32_t)(((uint64_t)frames * MEMMAP_BYTES + PAGE_SIZE_BYTES - 1) >> PAGE_SHIFT);
	uint32_t top, image;

	l->low_end = frames < HOLE_FROM ? frames : LOW_END;
	l->high_end = frames < HOLE_FROM ? 0 : HIGH_START + (frames - LOW_END);
	top = l->high_end ? l->high_end : l->low_end;
	if (memmap > reserved)
		memmap = reserved;
	image = frames > IMAGE_SMALL ? DMA_END : FRAMES_MIB;
	l->reserved[0] = (struct range){ 0, FRAMES_MIB };
	l->reserved[1] = (struct range){ image, image + (reserved - memmap) };
	l->reserved[2] = (struct range){ top - memmap, top };
}

static void zone_add(struct buddy *b, enum zone_type type, uint32_t start, uint32_t end)
{
	static const char *const names[ZONE_TYPES] = { "DMA", "DMA32", "Normal", "Movable" };
	struct buddy_zone *z = &b->zones[b->zone_count];

	if (start >= end)
		return;
	b->zone_count++;
	*z = (struct buddy_zone){ .type = type, .start = start, .end = end };
	z->present = end - start;
	for (unsigned i = 0; i + 1 < ZONE_NAME_MAX && names[type][i]; i++)
		z->name[i] = names[type][i];
}

/* memmap_init_range() marks whole pageblocks movable; one that begins before its zone keeps 0. */
static void init_pageblocks(struct buddy *b, struct buddy_zone *z)
{
	uint32_t first = pageblock_of(b, z->start);
	uint32_t last = pageblock_of(b, z->end - 1);

	for (uint32_t block = first; block <= last; block++) {
		bool whole = block << b->pageblock_order >= z->start && b->group_by_mobility;
		uint8_t type = whole ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE;
		b->pageblock_type[block] = type;
		z->pageblocks[type]++;
	}
}

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

static void free_range(struct buddy *b, uint32_t zone, uint32_t pfn, uint32_t end)
{
	while (pfn < end) {
		unsigned order = block_order_at(b, pfn, end);
		block_free(b, zone, pfn, order, pageblock_type(b, pfn), true);
		b->zones[zone].managed += 1u << order;
		pfn += 1u << order;
	}
}

static void reserve_range(struct buddy *b, uint32_t pfn, uint32_t end)
{
	uint32_t chunk = 1u << b->frames.coarse_order;

	while (pfn < end) {
		bool whole = (pfn & (chunk - 1)) == 0 && end - pfn >= chunk;
		unsigned order = whole ? b->frames.coarse_order : 0;
		frames_set(&b->frames, pfn, order, FRAME_RESERVED);
		pfn += 1u << order;
	}
}

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
	value = value < low ? low : value;
	return value > high ? high : value;
}

static void fill_zone(struct buddy *b, uint32_t zone, const struct layout *l)
{
	struct buddy_zone *z = &b->zones[zone];
	uint32_t at = z->start;

	init_pageblocks(b, z);
	for (unsigned i = 0; i < RANGES; i++) {
		uint32_t start = clamp(l->reserved[i].start, at, z->end);
		uint32_t end = clamp(l->reserved[i].end, at, z->end);
		free_range(b, zone, at, start);
		reserve_range(b, start, end);
		at = end;
	}
	free_range(b, zone, at, z->end);
	z->nr_free = (int64_t)buddy_free_frames(z);
	b->tally = (struct tally){ 0 };
}

/* Boot computes watermarks before it frees its own code and data. */
static void setup_watermarks(struct buddy *b)
{
	uint64_t initmem = b->params.initmem_bytes >> PAGE_SHIFT;
	uint32_t managed[ZONE_TYPES];

	for (uint32_t zone = b->zone_count; zone-- > 0;) {
		uint32_t held = b->zones[zone].type == ZONE_DMA ? 0 : b->zones[zone].managed;
		if (held > initmem)
			held = (uint32_t)initmem;
		managed[zone] = b->zones[zone].managed - held;
		initmem -= held;
	}
	watermark_setup(b, managed);
}

/* Room for the per-cpu lists however the machine's zones share its memory. */
static uint32_t pcp_high_most(const struct buddy *b, uint32_t frames)
{
	uint64_t fraction = b->params.percpu_pagelist_high_fraction;
	uint64_t scale = b->params.watermark_scale_factor;
	uint64_t kbytes = b->params.min_free_kbytes ? b->params.min_free_kbytes : 1 << 18;
	uint64_t min = b->params.khugepaged ? frames / 20 + (kbytes >> 2) : kbytes >> 2;
	uint64_t low = min + (min >> 2) + frames / 10000 * scale + scale;
	uint64_t high = fraction ? frames / fraction : low;

	if (high > frames)
		high = frames;
	high /= b->cpus;
	return (uint32_t)(high > 256 ? high : 256);
}

int zone_layout(struct buddy *b, const struct page_machine *machine, struct error *err)
{
	struct layout layout;
	uint64_t frames = machine->memory_bytes >> PAGE_SHIFT;
	uint64_t reserved = machine->reserved_bytes >> PAGE_SHIFT;
	uint32_t top;

	if (frames <= 2 * FRAMES_MIB || machine->memory_bytes > PAGE_MEMORY_BYTES_MAX)
		return error_set(err, ERROR_INPUT,
				 "page.buddy: memory must be more than 2MiB and at most 8TiB");
	if (reserved >= frames - 2 * FRAMES_MIB)
		return error_set(err, ERROR_INPUT,
				 "page.buddy: %llu reserved pages leave nothing of %llu to manage",
				 (unsigned long long)reserved, (unsigned long long)frames);
	layout_machine(&layout, (uint32_t)frames, (uint32_t)reserved);
	top = layout.high_end ? layout.high_end : layout.low_end;
	zone_add(b, ZONE_DMA, 1, clamp(DMA_END, 1, layout.low_end));
	zone_add(b, ZONE_DMA32, DMA_END, layout.low_end);
	zone_add(b, ZONE_NORMAL, HIGH_START, layout.high_end);
	/* page_group_by_mobility_disabled: too small to have pageblocks for each type */
	b->group_by_mobility =
		b->params.page_group_by_mobility && frames >> b->pageblock_order >= MIGRATE_TYPES;
	if (buddy_arrays(b, top, err) || pcp_create(b, pcp_high_most(b, (uint32_t)frames), err))
		return -1;
	block_lists_init(b);
	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		fill_zone(b, zone, &layout);
	setup_watermarks(b);
	return 0;
}
