/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simplest address space that a process's allocator can stand on: it has a break and mappings,
 * places mappings as mm/mmap.c does (highest gap that is large enough, below the stack), and counts
 * system calls, pages present and minor faults. It has no page tables and never runs out of memory.
 *
 * What a simulation cannot know may be told: where the next mapping is to lie, and up to where the
 * break can grow.
 */
#ifndef SLABYARD_VM_PAGE_COUNTER_H
#define SLABYARD_VM_PAGE_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/address_space.h"
#include "core/work.h"

struct page_counter;

/* The break begins at brk0. System calls and faults are counted in *work. */
struct page_counter *page_counter_create(uint64_t brk0, struct work *work, struct error *err);
void page_counter_destroy(struct page_counter *counter);

/* What allocators are given; lives as long as the counter. */
const struct address_space *page_counter_space(const struct page_counter *counter);

/*
 * The next mapping, if one is made before the next call of this, is to hold this block: as near its
 * start as an aligned block's header allows. in_heap: it lies in a heap that is aligned to 64 MiB,
 * and only a mapping for such a one is meant. 0: nothing is known. Ignored where the place is
 * taken.
 */
void page_counter_expect(struct page_counter *counter, uint64_t block, bool in_heap);

/* The break cannot be moved beyond this address: a mapping is in the way. */
void page_counter_limit_break(struct page_counter *counter, uint64_t end);

/* The program itself moves the break. */
void page_counter_set_break(struct page_counter *counter, uint64_t end);

struct space_counts {
	uint64_t mapped_bytes; /* the heap and all mappings: VSS as far as it is known here */
	uint64_t present_pages, present_pages_max;
	uint64_t faults;
	uint64_t system_calls;
	uint64_t placed; /* mappings that lie where page_counter_expect said */
};

struct space_counts page_counter_counts(const struct page_counter *counter);

#endif
