/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Building a fresh machine's zones. Private to sim/page. */
#ifndef SLABYARD_PAGE_ZONE_H
#define SLABYARD_PAGE_ZONE_H

#include "page/buddy.h"
#include "page/memory_map.h"

/* zone.c: the zones of b->topology and this memory go to b->zones, without anything in them. */
void zone_divide(struct buddy *b, const struct memory_map *map);
/* The types that pageblocks of a zone have before anything is freed, and how many there are. */
void zone_init_pageblocks(struct buddy *b, const struct memory_map *map, struct buddy_zone *z);

#endif
