/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How compaction moves pages: behind this stands who holds them. The page allocator knows which
 * frames are on an LRU list; whether a page there can be moved just now is its holder's to say.
 */
#ifndef SLABYARD_CORE_MIGRATE_SOURCE_H
#define SLABYARD_CORE_MIGRATE_SOURCE_H

#include <stdbool.h>

#include "core/ids.h"

struct migrate_source {
	/*
	 * False: the page in this frame cannot be moved: pinned, or dirty without a way of being
	 * moved as it is. may_wait: MIGRATE_SYNC, which would wait for writeback.
	 */
	bool (*movable)(void *context, pfn_t pfn, bool may_wait);
	/*
	 * What was in frame `from` is in `to` now, and `from` is about to be freed. id: of the
	 * request that got it, 0 when that is not known.
	 */
	void (*moved)(void *context, uint32_t id, pfn_t from, pfn_t to);
	void *context;
};

#endif
