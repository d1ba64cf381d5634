/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contiguous memory areas: pageblocks that boot sets aside for drivers and lends to movable pages.
 * Reference: cma_init_reserved_areas() of mm/cma.c, init_cma_reserved_pageblock() of
 * mm/page_alloc.c. Private to sim/page.
 */
#ifndef SLABYARD_PAGE_CMA_H
#define SLABYARD_PAGE_CMA_H

#include <stdint.h>

#include "base/error.h"

enum { CMA_AREAS_MAX = 8 };

struct buddy;
struct memory_map;

struct cma_areas {
	struct cma_area {
		uint32_t start, frames;
	} area[CMA_AREAS_MAX];
	uint32_t count;
};

/* Takes the configured areas out of the memory that boot will free. */
int cma_reserve(const struct buddy *b, struct memory_map *map, struct cma_areas *areas,
		struct error *err);
/* Gives their pageblocks to the free lists. */
void cma_activate(struct buddy *b, const struct cma_areas *areas);

#endif
