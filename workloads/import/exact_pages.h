/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alloc_pages_exact() has no event of its own. It allocates a whole block and at once gives back
 * what lies beyond the size asked for, page by page, past the per-cpu lists (make_alloc_exact() of
 * mm/page_alloc.c): that is how it is known.
 */
#ifndef SLABYARD_IMPORT_EXACT_PAGES_H
#define SLABYARD_IMPORT_EXACT_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"

/* What a CPU's latest allocation of pages may give back. */
struct exact_pages {
	struct exact_block {
		uint64_t next, end; /* pages; next == end: nothing */
		uint32_t task;
		bool begun; /* the first page was given back: the others follow it */
	} of_cpu[RECORD_CPU_MASK + 1];
};

/* An allocation; a compound page is never given back in parts. */
void exact_pages_allocated(struct exact_pages *x, const struct record *r, bool compound);
/* Whether this free gives back what alloc_pages_exact() does not need. */
bool exact_pages_freed(struct exact_pages *x, const struct record *r);

#endif
