/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which page allocations were one __alloc_pages_bulk() call. No event of a stock kernel says so,
 * but vmalloc(), which thread stacks come from too, is who calls it: order-0 pages, all with the
 * same flags, of which __GFP_HIGHMEM and __GFP_NOWARN stand together nowhere else, and nothing of
 * the task's own between them but what they cause. It asks for 100 at a time (vm_area_alloc_pages()
 * of mm/vmalloc.c), and one page left over is not a bulk.
 *
 * What was one run of two calls with nothing between them is taken for one, and pages with
 * __GFP_ACCOUNT for none, as a bulk cannot be charged to a memory cgroup.
 */
#ifndef SLABYARD_IMPORT_BULK_PAGES_H
#define SLABYARD_IMPORT_BULK_PAGES_H

#include "import/import.h"
#include "import/names.h"
#include "import/window.h"

/* What has been allocated in a row on a CPU. */
struct bulk_run {
	uint32_t task, raw_origin;
	uint32_t length;
	uint64_t latest; /* number of its last event, */
	bool told;       /* which stood between brackets */
};

struct bulk_pages {
	struct bulk_run runs[RECORD_CPU_MASK + 1]; /* by CPU */
	bool told[RECORD_CPU_MASK + 1];            /* between the brackets of a bulk call */
};

/*
 * The event of that number, the window's latest, has come in: it and the one before it get
 * RECORD_BULK when they turn out to be of one call.
 */
void bulk_pages_enter(struct bulk_pages *bulk, const struct names *names, struct window *window,
		      uint64_t number, struct import_report *report);

#endif
