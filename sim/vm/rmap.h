/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who maps a frame (mm/rmap.c), so that its page can be moved to another frame. One that more than
 * one process maps has no one owner, only the page that it was at when it came to be shared.
 */
#ifndef SLABYARD_VM_RMAP_H
#define SLABYARD_VM_RMAP_H

#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"

struct mm;

enum rmap_use {
	RMAP_NOBODY, /* no frame of a process */
	RMAP_PAGE,   /* one process's page */
	RMAP_SHARED, /* of several, since a fork */
	RMAP_TABLE,  /* a page table */
};

/* Where a frame is mapped: in mms[owner - RMAP_OWNERS], at that page. */
struct rmap {
	uint64_t *entries; /* by pfn: owner in the high bits, page below; 0: nobody */
	uint64_t capacity;
	struct mm **mms;
	uint32_t mm_count, mm_capacity;
};

struct rmap_place {
	enum rmap_use use;
	struct mm *mm; /* of RMAP_PAGE */
	uint64_t page; /* of RMAP_SHARED: where it was at the fork */
};

void rmap_finish(struct rmap *r);

/* A number for the mm, -1 and *err when memory is spent; and it given back. */
int rmap_join(struct rmap *r, struct mm *mm, uint32_t *number, struct error *err);
void rmap_leave(struct rmap *r, uint32_t number);

void rmap_set_page(struct rmap *r, pfn_t pfn, uint32_t number, uint64_t page);
void rmap_set_shared(struct rmap *r, pfn_t pfn, uint64_t page);
void rmap_set(struct rmap *r, pfn_t pfn, enum rmap_use use); /* RMAP_NOBODY, RMAP_TABLE */
struct rmap_place rmap_find(const struct rmap *r, pfn_t pfn);

#endif
