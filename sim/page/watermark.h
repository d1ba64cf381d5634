/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How low a zone may go, and how far its counter of free pages may lag. Reference:
 * __zone_watermark_ok(), __setup_per_zone_wmarks() of mm/page_alloc.c,
 * refresh_zone_stat_thresholds() of mm/vmstat.c.
 */
#ifndef SLABYARD_PAGE_WATERMARK_H
#define SLABYARD_PAGE_WATERMARK_H

#include "page/buddy.h"

bool watermark_ok(const struct buddy *b, uint32_t zone, unsigned order, uint64_t mark,
		  unsigned highest_type, unsigned alloc_flags);
/* With this many free pages instead of the zone's counter. */
bool watermark_ok_with(const struct buddy *b, uint32_t zone, unsigned order, uint64_t mark,
		       unsigned highest_type, unsigned alloc_flags, int64_t free_pages);
/* zone_watermark_ok_safe(): exact where the counter may lag too far behind. */
bool watermark_ok_safe(const struct buddy *b, uint32_t zone, unsigned order, uint64_t mark,
		       unsigned highest_type);
bool watermark_fast(const struct buddy *b, uint32_t zone, unsigned order, unsigned highest_type,
		    unsigned alloc_flags, uint32_t gfp);
/* Watermarks, reserves, pcp sizes and counter thresholds of all zones, from their sizes. */
void watermark_setup(struct buddy *b, const uint32_t *managed_at_boot);

/* The option lowmem_reserve_ratio, or what the architecture has. Before watermark_setup. */
int watermark_parse_reserve(struct buddy *b, struct error *err);

/* stat_threshold.c: thresholds and drift mark of a zone whose watermarks are set. */
void stat_threshold_refresh(struct buddy *b, uint32_t zone, uint32_t managed);
/* The mark alone, thresholds being known. */
void stat_threshold_mark(struct buddy *b, uint32_t zone, uint32_t managed);
/* While kswapd is awake the counters of zones with a drift mark are kept closer. */
void stat_threshold_press(struct buddy *b, uint32_t node, bool pressure);

#endif
