/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks against the recorded ones. A block of the main arena lies in the heap that the break
 * bounds: its address is compared. Where the kernel puts mappings is not the allocator's to decide:
 * of a block with a mapping of its own the decision for one is compared, and of a block in a
 * mapping with others (another arena's heap) where in that mapping it lies.
 */
#ifndef SLABYARD_MACHINE_LIBC_COMPARE_H
#define SLABYARD_MACHINE_LIBC_COMPARE_H

#include "machine/machine.h"

/* Low bits of a chunk's size field, as a record's detail has them. */
enum { CHUNK_IS_MMAPPED = 2, CHUNK_NON_MAIN_ARENA = 4 };

/* A block that is not simply where the recording has it, or a failure, or --placements. */
void libc_compare_closely(struct machine *m, const struct record *r, struct process *p,
			  uint64_t block);

/* The break, after the allocator moved it. */
void libc_compare_break(struct machine *m, const struct record *r, struct process *p);

static inline void libc_compare(struct machine *m, const struct record *r, struct process *p,
				uint64_t block)
{
	if (__builtin_expect(block != r->address || record_detail(r) & CHUNK_IS_MMAPPED || !block ||
				     m->placements || !p->brk0_recorded,
			     0)) {
		libc_compare_closely(m, r, p, block);
		return;
	}
	m->summary->compared++;
	m->summary->matched++;
}

#endif
