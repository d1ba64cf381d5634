/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The physical memory of a PC as firmware describes it and boot leaves it: where there is RAM,
 * which node it is of, and what of it the page allocator never gets. Reference: the e820 map that
 * SeaBIOS gives, trim_bios_range() and reserve_real_mode() of arch/x86, memblock's top-down
 * allocation.
 */
#ifndef SLABYARD_PAGE_MEMORY_MAP_H
#define SLABYARD_PAGE_MEMORY_MAP_H

#include <stdint.h>

#include "base/error.h"
#include "core/topology.h"
#include "page/page.h"

enum {
	FRAMES_MIB = (1 << 20) >> PAGE_SHIFT,
	MEMORY_RANGES_MAX = 2 * NODES_MAX + 4,
	SECTION_FRAMES = 128 * FRAMES_MIB, /* SECTION_SIZE_BITS: memory maps come in such pieces */
};

struct frame_range {
	uint32_t start, end;
};

/* In address order; each lies in one node. */
struct memory_range {
	uint32_t start, end, node;
};

struct memory_map {
	struct memory_range ram[MEMORY_RANGES_MAX];
	uint32_t ram_count;
	/* Frames of `ram` that are not managed, in address order. */
	struct frame_range reserved[MEMORY_RANGES_MAX];
	uint32_t reserved_count;
	uint32_t end; /* of the last RAM */
};

/* First frame above the addresses that devices have below 4 GiB. */
#define MEMORY_HIGH_START ((uint32_t)4096 * FRAMES_MIB)

int memory_map_create(struct memory_map *map, const struct page_machine *machine,
		      const struct topology *topology, struct error *err);

/* Takes 2^n-aligned frames off the highest unreserved RAM below `limit`; UINT32_MAX: no room. */
uint32_t memory_map_take(struct memory_map *map, uint32_t frames, uint32_t align, uint32_t limit);

/* Likewise off the lowest unreserved RAM at `start` or above. */
uint32_t memory_map_take_above(struct memory_map *map, uint32_t frames, uint32_t align,
			       uint32_t start);

/* Frames of RAM between two frame numbers. */
uint32_t memory_map_present(const struct memory_map *map, uint32_t start, uint32_t end);

#endif
