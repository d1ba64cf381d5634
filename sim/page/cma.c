/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/cma.h"

#include <string.h>

#include "base/units.h"
#include "page/zone.h"

enum { SIZE_TEXT_MAX = 32 };

/* The next size of a list with commas. */
static int next_size(const char **list, uint64_t *bytes, struct error *err)
{
	char text[SIZE_TEXT_MAX];
	size_t length = strcspn(*list, ",");
	struct error why = { 0 };

	if (length >= sizeof(text))
		return error_set(err, ERROR_INPUT, "page.buddy.cma: '%s' is no list of sizes",
				 *list);
	memcpy(text, *list, length);
	text[length] = '\0';
	if (units_parse_size(text, bytes, &why))
		return error_set(err, ERROR_INPUT, "page.buddy.cma: %s", why.message);
	*list += length + ((*list)[length] == ',');
	return 0;
}

/* Whole pageblocks, and whole chunks of frames, as what is reserved is described by these. */
static uint32_t area_align(const struct buddy *b)
{
	uint32_t chunk = 1u << COARSE_ORDER_MAX;

	return pageblock_frames(b) > chunk ? pageblock_frames(b) : chunk;
}

/*
 * cma_declare_contiguous_nid(): from 4 GiB up where memory ends so high that there may be room,
 * else as high as there is room in directly mapped memory.
 */
static uint32_t place_area(const struct buddy *b, struct memory_map *map, uint64_t frames)
{
	bool ia32 = b->topology.arch == ARCH_IA32;
	uint32_t limit = ia32 ? (uint32_t)(b->topology.lowmem_bytes >> PAGE_SHIFT) : UINT32_MAX;
	uint32_t start = UINT32_MAX;

	if (frames >= map->end)
		return start;
	if (!ia32 && map->end >= MEMORY_HIGH_START + frames)
		start = memory_map_take_above(map, (uint32_t)frames, area_align(b),
					      MEMORY_HIGH_START);
	return start != UINT32_MAX ? start
				   : memory_map_take(map, (uint32_t)frames, area_align(b), limit);
}

static int reserve_area(const struct buddy *b, struct memory_map *map, uint64_t bytes,
			struct cma_areas *areas, struct error *err)
{
	uint64_t align = (uint64_t)area_align(b) << PAGE_SHIFT;
	uint64_t frames = (bytes / align + (bytes % align != 0)) * area_align(b);
	uint32_t start;

	if (!frames)
		return 0;
	if (areas->count == CMA_AREAS_MAX)
		return error_set(err, ERROR_INPUT, "page.buddy.cma: more than %d areas",
				 (int)CMA_AREAS_MAX);
	start = place_area(b, map, frames);
	if (start == UINT32_MAX)
		return error_set(err, ERROR_INPUT,
				 "page.buddy.cma: no room for an area of %llu bytes",
				 (unsigned long long)bytes);
	areas->area[areas->count++] = (struct cma_area){ start, (uint32_t)frames };
	return 0;
}

int cma_reserve(const struct buddy *b, struct memory_map *map, struct cma_areas *areas,
		struct error *err)
{
	const char *list = b->params.cma ? b->params.cma : "";

	areas->count = 0;
	while (*list) {
		uint64_t bytes;
		if (next_size(&list, &bytes, err) || reserve_area(b, map, bytes, areas, err))
			return -1;
	}
	return 0;
}

static void free_pageblock(struct buddy *b, uint32_t pfn)
{
	uint32_t zone = buddy_zone_of(b, pfn), frames = pageblock_frames(b);
	struct buddy_zone *z = &b->zones[zone];

	pageblock_set_type(b, z, pfn, MIGRATE_CMA);
	block_free(b, zone, pfn, b->pageblock_order, MIGRATE_CMA, false);
	z->managed += frames;
	z->cma_pages += frames;
	z->nr_free += frames;
	z->nr_free_cma += frames;
}

/* They were marked as reserved, chunk by chunk. */
static void forget_reserved(struct buddy *b, const struct cma_area *area)
{
	unsigned order = b->frames.coarse_order;

	for (uint32_t at = 0; at < area->frames; at += 1u << order)
		frames_clear(&b->frames, area->start + at, order);
}

void cma_activate(struct buddy *b, const struct cma_areas *areas)
{
	for (uint32_t i = 0; i < areas->count; i++) {
		const struct cma_area *area = &areas->area[i];
		forget_reserved(b, area);
		for (uint32_t at = 0; at < area->frames; at += pageblock_frames(b))
			free_pageblock(b, area->start + at);
	}
	b->has_cma = areas->count;
	b->tally = (struct tally){ 0 };
}
