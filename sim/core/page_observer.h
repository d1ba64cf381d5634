/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the page allocator tells as it happens, for the result's /events. An observer changes
 * nothing and does not call back.
 */
#ifndef SLABYARD_CORE_PAGE_OBSERVER_H
#define SLABYARD_CORE_PAGE_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ids.h"

/* A block of one migratetype's list was taken for another (mm_page_alloc_extfrag). */
struct extfrag_event {
	pfn_t pfn;
	uint8_t alloc_order, fallback_order;
	uint8_t alloc_migratetype, fallback_migratetype;
	bool fragmenting;      /* the block was less than a pageblock */
	bool change_ownership; /* the pageblock is of the allocation's type from now on */
};

/* One pass of compaction over a zone (mm_compaction_begin to _end). */
struct compaction_event {
	const char *zone;
	const char *result; /* as the tracepoint has it: "success", "complete", ... */
	int32_t order;      /* -1: for no request */
	bool direct, sync;
	uint64_t migrate_scanned, free_scanned, isolated, migrated; /* pages */
	pfn_t migrate_pfn, free_pfn;                                /* where the scanners stopped */
};

struct page_observer {
	void (*extfrag)(void *context, const struct extfrag_event *event);
	void (*compaction)(void *context, const struct compaction_event *event);
	void (*kswapd_woken)(void *context);                     /* mm_vmscan_wakeup_kswapd */
	void (*direct_reclaimed)(void *context, uint64_t pages); /* mm_vmscan_direct_reclaim_end */
	void *context;
};

#endif
