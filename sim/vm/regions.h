/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mappings of an address space, by address, and where a new one goes: the highest gap that is
 * large enough, below the stack (mm/mmap.c, vm_unmapped_area from the top down).
 */
#ifndef SLABYARD_VM_REGIONS_H
#define SLABYARD_VM_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address_space.h"

/* The end of user space less the gap for the stack, as with 47 bits and no randomisation. */
#define REGIONS_END UINT64_C(0x7ffff7fff000)

struct region {
	uint64_t start, end; /* whole pages */
};

struct regions {
	struct region *list; /* by address, never overlapping; neighbours stay apart */
	size_t count, capacity;
	/* From here up no gap is as long as that: where the search for one begins. 0: at the top.
	 */
	uint64_t full_from, full_length;
};

/* Index of the first region that ends behind `address`. */
size_t regions_behind(const struct regions *r, uint64_t address);

/* The region that holds the address, or NULL. */
const struct region *regions_at(const struct regions *r, uint64_t address);

bool regions_overlap(const struct regions *r, uint64_t start, uint64_t end);

/* Highest place with room, or ADDRESS_NONE. */
uint64_t regions_place(struct regions *r, uint64_t length);

/* [start, end) overlaps none. */
void regions_add(struct regions *r, uint64_t start, uint64_t end);

/* The same, but a region that ends at `start` grows. */
void regions_extend(struct regions *r, uint64_t start, uint64_t end);

/* Takes [start, end) out of the first region that overlaps it; bytes taken, 0: none overlaps. */
uint64_t regions_cut(struct regions *r, uint64_t start, uint64_t end);

/* dst becomes what src is. */
void regions_copy(struct regions *dst, const struct regions *src);

#endif
