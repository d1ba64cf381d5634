/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Facts of a recording of Linux that replay was allowed to use (--assist), told to a page policy as
 * they come in the trace. They speak of what Linux has: per-cpu lists, lists by migratetype,
 * compaction. A policy that has none of it gives no hook for them.
 */
#ifndef SLABYARD_PAGE_ASSIST_H
#define SLABYARD_PAGE_ASSIST_H

#include <stdint.h>

#include "core/ids.h"
#include "core/request.h"

enum page_assist_kind {
	ASSIST_DRAIN,       /* pfn of `order` leaves a per-cpu list for the buddy lists */
	ASSIST_ISOLATE,     /* free block taken off its list by compaction */
	ASSIST_ROTATE_HEAD, /* list cut so that pfn becomes the head */
	ASSIST_ROTATE_TAIL, /* list cut so that pfn becomes the tail */
	ASSIST_LRU,         /* pfn's page went on (value 1) or off (0) an LRU list */
	ASSIST_LRU_BLOCK,   /* pageblock at pfn has `value` pages on an LRU list */
	ASSIST_RESERVE_HIGHATOMIC,
	ASSIST_UNRESERVE_HIGHATOMIC, /* pageblock at pfn becomes one of migratetype `value` */
	ASSIST_CAPTURE, /* block that a free made goes to the next allocation of `order` */
	ASSIST_KSWAPD,  /* kswapd has run on node `value`; pfn is not used */
	/*
	 * The kinds in the bit mask `value` will be told from now on, so that the policy leaves
	 * them to the trace: ASSIST_KSWAPD when kswapd runs; ASSIST_DRAIN drains that no free
	 * caused; ASSIST_ISOLATE all that compaction does; ASSIST_REFILL when drains and refills of
	 * the per-cpu lists take place, as their events are in the order of the zone lock.
	 */
	ASSIST_TOLD,
	ASSIST_REFILL, /* a block came to the list of `order` and migratetype `value` */
	/*
	 * A question, nothing changes: would a refill that began now get this block, after `nth`
	 * others? True too where that cannot be said.
	 */
	ASSIST_REFILL_DUE,
	/*
	 * The allocation `request` that was given frame `value` (UINT32_MAX: none) has pfn instead,
	 * and `value` is as free as it was. True: so it is. False: pfn is not free here.
	 */
	ASSIST_FRAME,
	ASSIST_KINDS
};

struct page_assist {
	enum page_assist_kind kind;
	uint32_t cpu;
	uint32_t value;
	pfn_t pfn;
	uint8_t order;
	uint32_t nth;                  /* ASSIST_REFILL_DUE */
	const struct request *request; /* ASSIST_FRAME */
};

#endif
