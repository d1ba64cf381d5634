/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clean page cache (machine.page_cache): pages that are in the machine at the start and that
 * reclaim gives back, the oldest first. The machine's reclaim_source; what was read again after
 * that is in no trace, so the cache does not grow. Reference: shrink_node(), shrink_lruvec(),
 * isolate_lru_folios(), shrink_folio_list() of mm/vmscan.c, for one inactive list of clean pages
 * that nobody maps.
 */
#ifndef SLABYARD_MACHINE_PAGE_CACHE_H
#define SLABYARD_MACHINE_PAGE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"

struct machine;
struct page_cache;

/*
 * Fills the machine that has its start state with that much cache, or less where there is no room
 * above the watermarks. *out is NULL when none is wanted.
 */
int page_cache_fill(struct machine *m, struct page_cache **out, struct error *err);
void page_cache_destroy(struct page_cache *cache);

/* The page in frame `from` is in `to` now; false: it is none of these. */
bool page_cache_move(struct page_cache *cache, pfn_t from, pfn_t to);

bool page_cache_has(const struct page_cache *cache, pfn_t pfn);

/* Pages that a node has; without a cache 0. */
uint64_t page_cache_pages(const struct page_cache *cache, uint32_t node);

#endif
