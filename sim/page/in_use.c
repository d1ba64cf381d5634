/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/buddy.h"

void in_use_pin_pageblocks(struct buddy *b, uint32_t pfn, unsigned order, int32_t sign)
{
	uint32_t frames = pageblock_frames(b);

	for (uint32_t end = pfn + (1u << order); pfn < end; pfn += frames)
		pageblock_count(b, b->pageblock_pinned, pfn, sign * (int32_t)frames);
}

void in_use_set_lru(struct buddy *b, uint32_t pfn, uint32_t frames)
{
	uint32_t counted = b->pageblock_lru[pageblock_of(b, pfn)];
	uint32_t first = b->zones[0].start;

	/* the first pageblock begins before its zone */
	pageblock_count(b, b->pageblock_lru, pfn < first ? first : pfn,
			(int32_t)frames - (int32_t)counted);
}
