/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of an address space share. */
#ifndef SLABYARD_VM_MM_PRIVATE_H
#define SLABYARD_VM_MM_PRIVATE_H

#include "vm/mm.h"
#include "vm/page_table.h"
#include "vm/regions.h"

struct mm {
	struct address_space space;
	struct mm_frames *frames;
	uint64_t brk0, break_end, break_limit;
	uint64_t allocator_end; /* up to here the break is the allocator's */
	uint64_t expected;      /* block, 0: nothing */
	bool expected_in_heap;
	bool lock_future;       /* MCL_FUTURE: what is mapped is touched at once */
	struct regions regions; /* the heap is one of them, while it has pages */
	struct page_table table;
	uint32_t number; /* in the frames' rmap */
	bool returning;
	struct ptrmap *returned; /* pages given back while returning; NULL: none yet */
	struct mm_counts counts;
};

static inline uint64_t mm_page_up(uint64_t address)
{
	return (address + PAGE_SIZE_BYTES - 1) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
}

/* mm_fault.c: faults of pages, by number */
void mm_touch_pages(struct mm *mm, uint64_t first, uint64_t end, bool write);
/* Without the exception: by mlock and its like (mm/gup.c, populate_vma_page_range). */
void mm_populate(struct mm *mm, uint64_t start, uint64_t end);
/* The frames of [start, end) are given back, and page tables that serve nothing else. */
void mm_zap(struct mm *mm, uint64_t start, uint64_t end);
void mm_free_tables(struct mm *mm, uint64_t start, uint64_t end);
void mm_move_pages(struct mm *mm, uint64_t from, uint64_t to, uint64_t length);
/* Both map the same frames from now on. */
void mm_share_pages(struct mm *parent, struct mm *child);
struct table_source mm_table_source(struct mm *mm);

/* mm_space.c */
struct address_space mm_make_space(struct mm *mm);

#endif
