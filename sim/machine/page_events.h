/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the page allocator did, as tables: /events/extfrag and /events/compaction. */
#ifndef SLABYARD_MACHINE_PAGE_EVENTS_H
#define SLABYARD_MACHINE_PAGE_EVENTS_H

#include "base/error.h"
#include "core/page_observer.h"

struct machine;

/* The first rows of each table are kept: the counts in /summary are exact however many there are.
 */
struct page_events {
	struct result_table *extfrag, *compaction;
	uint64_t extfrag_rows, compaction_rows;
	struct page_observer observer;
};

/* Opens the tables, and lets the machine's services tell what happens: for the horizon too. */
int page_events_open(struct machine *m, struct error *err);

#endif
