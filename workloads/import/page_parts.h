/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks of pages by address. One may be freed piece by piece (split_page(), alloc_pages_exact(), a
 * huge page that reclaim split): what is left of it then stands in the map as smaller blocks under
 * addresses of their own, with the id of the whole.
 */
#ifndef SLABYARD_IMPORT_PAGE_PARTS_H
#define SLABYARD_IMPORT_PAGE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct page_parts;

struct page_parts *page_parts_create(struct error *err);
void page_parts_destroy(struct page_parts *parts);

/* What a block is freed as. */
struct page_part {
	uint32_t id; /* PTRMAP_NONE: nothing known lies there */
	uint8_t order;
	uint8_t flags; /* as page_parts_add was told */
	bool whole;    /* nothing of the block was freed before or is left after it */
	bool last;     /* nothing is left after it */
};

/* A block of 2^order pages at pfn, where nothing must be. `flags` come back with its frees. */
int page_parts_add(struct page_parts *parts, uint64_t pfn, uint32_t id, uint32_t order,
		   uint8_t flags, struct error *err);
/* 2^order pages at pfn are freed. A size that does not fit what is there means all of it. */
int page_parts_take(struct page_parts *parts, uint64_t pfn, uint32_t order, struct page_part *part,
		    struct error *err);
/* The block, or what is left of one, that begins at pfn is gone, whatever its size. */
void page_parts_end(struct page_parts *parts, uint64_t pfn, struct page_part *part);
/* What page_parts_take() would find, with nothing changed. */
struct page_part page_parts_find(const struct page_parts *parts, uint64_t pfn, uint32_t order);

#endif
