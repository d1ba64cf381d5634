/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the page allocator gets memory back when it runs short: behind this stands who owns pages
 * that can be given up (page cache, anonymous memory, slab caches). The allocator decides when and
 * how hard (kswapd, direct reclaim); the source owns the lists and what is on them.
 *
 * The calls free pages through the page allocator before they return, so they re-enter it.
 */
#ifndef SLABYARD_CORE_RECLAIM_SOURCE_H
#define SLABYARD_CORE_RECLAIM_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/request.h"

/* DEF_PRIORITY: a pass looks at 1/2^priority of the lists. */
enum { RECLAIM_PRIORITY_FIRST = 12 };

/* struct scan_control of mm/vmscan.c, as far as its caller decides it. */
struct reclaim_pass {
	/* Who reclaims, and for which order; kswapd asks with the order and gfp that it was woken
	 * with. */
	struct request request;
	uint32_t node;
	uint32_t highest_type; /* enum zone_type: pages of higher zones are of no use */
	uint8_t priority;
	bool kswapd;
	bool may_write; /* may_writepage: dirty pages may be written out, which takes time */
	bool may_swap;
	uint64_t wanted; /* pages after which the pass is over (nr_to_reclaim) */
};

struct reclaim_progress {
	uint64_t scanned, reclaimed; /* pages of lists */
	uint64_t slab;               /* pages that came free with objects (reclaim_state) */
};

struct reclaim_source {
	/* shrink_node(): one pass over a node's lists, and the slab shrinkers with it. */
	struct reclaim_progress (*shrink_node)(void *context, const struct reclaim_pass *pass);
	/* zone_reclaimable_pages(): what the lists hold of a zone. */
	uint64_t (*reclaimable)(void *context, uint32_t node, uint32_t zone_type);
	/* Pages of a node that are next to be looked at (NR_INACTIVE_*). */
	uint64_t (*inactive)(void *context, uint32_t node);
	void *context;
};

#endif
