/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pageblocks as zones count them. One that lies in more than one zone (where directly mapped memory
 * ends amid one, or they are larger than a zone) is counted in each, and has one type: as with
 * sparse memory. Kernels with flat memory, as IA32's, have a type of it for each zone.
 */
#include <string.h>

#include "page/buddy.h"

void pageblock_recount(struct buddy *b)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		struct buddy_zone *z = &b->zones[zone];
		memset(z->pageblocks, 0, sizeof(z->pageblocks));
		memset(z->pageblocks_mixed, 0, sizeof(z->pageblocks_mixed));
		for (uint32_t block = pageblock_of(b, z->start);
		     block <= pageblock_of(b, z->end - 1); block++) {
			unsigned type = b->pageblock_type[block];
			if (type == PAGEBLOCK_ABSENT)
				continue;
			z->pageblocks[type]++;
			z->pageblocks_mixed[type] += pageblock_strangers(b, block)[block] != 0;
		}
	}
}

static bool overlaps(const struct buddy *b, const struct buddy_zone *z, uint32_t block)
{
	return pageblock_of(b, z->start) <= block && block <= pageblock_of(b, z->end - 1);
}

bool pageblock_is_shared(const struct buddy *b, const struct buddy_zone *z, uint32_t block)
{
	uint32_t zone = (uint32_t)(z - b->zones);

	return (zone > 0 && overlaps(b, z - 1, block)) ||
	       (zone + 1 < b->zone_count && overlaps(b, z + 1, block));
}

void pageblock_shared_type(struct buddy *b, uint32_t block, unsigned from, unsigned to)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		struct buddy_zone *z = &b->zones[zone];
		if (!overlaps(b, z, block))
			continue;
		z->pageblocks[from]--;
		z->pageblocks[to]++;
	}
}

void pageblock_shared_mixed(struct buddy *b, uint32_t block, unsigned type, uint32_t change)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (overlaps(b, &b->zones[zone], block))
			b->zones[zone].pageblocks_mixed[type] += change;
	}
}

void pageblock_find_shared(struct buddy *b)
{
	b->shared_pageblocks = false;
	for (uint32_t zone = 1; zone < b->zone_count; zone++) {
		if (pageblock_of(b, b->zones[zone - 1].end - 1) ==
		    pageblock_of(b, b->zones[zone].start))
			b->shared_pageblocks = true;
	}
}
