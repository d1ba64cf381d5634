/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/page_state.h"

#include <stdlib.h>

int pfn_list_add(struct pfn_list *list, uint32_t pfn)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 16;
		uint32_t *grown = realloc(list->pfn, capacity * sizeof(*grown));
		if (!grown)
			return -1;
		list->pfn = grown;
		list->capacity = capacity;
	}
	list->pfn[list->count++] = pfn;
	return 0;
}

int page_run_add(struct zone_state *zone, uint32_t pfn, uint32_t count, char kind)
{
	struct page_run *last = zone->run_count ? &zone->runs[zone->run_count - 1] : NULL;

	if (last && last->kind == kind && last->pfn + last->count == pfn) {
		last->count += count;
		return 0;
	}
	/* the array is full whenever its length is a power of two */
	if ((zone->run_count & (zone->run_count - 1)) == 0) {
		size_t room = zone->run_count ? 2 * zone->run_count : 1;
		struct page_run *runs = realloc(zone->runs, room * sizeof(*runs));
		if (!runs)
			return -1;
		zone->runs = runs;
	}
	zone->runs[zone->run_count++] = (struct page_run){ pfn, count, kind };
	return 0;
}

static void zone_state_free(struct zone_state *zone)
{
	for (unsigned order = 0; order < PAGE_ORDERS_MAX; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			free(zone->free[order][type].pfn);
	for (size_t i = 0; i < zone->pcp_count; i++)
		for (unsigned list = 0; list < PCP_LISTS_MAX; list++)
			free(zone->pcp[i].lists[list].pfn);
	free(zone->pcp);
	free(zone->pageblocks);
	free(zone->runs);
}

void page_state_free(struct page_state *state)
{
	for (size_t i = 0; i < state->zone_count; i++)
		zone_state_free(&state->zones[i]);
	free(state->zones);
	*state = (struct page_state){ 0 };
}

struct free_blocks {
	uint64_t pages, blocks;
	uint64_t suitable; /* blocks of the order that could be cut from what is free */
};

static struct free_blocks count_free_blocks(const struct zone_counts *zone, uint32_t orders,
					    uint32_t wanted)
{
	struct free_blocks sum = { 0 };

	for (uint32_t order = 0; order < orders; order++) {
		uint64_t blocks = 0;
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			blocks += zone->free_blocks[order][type];
		sum.blocks += blocks;
		sum.pages += blocks << order;
		if (order >= wanted)
			sum.suitable += blocks << (order - wanted);
	}
	return sum;
}

uint64_t free_blocks_of(const struct zone_counts *zone, uint32_t orders, uint32_t order)
{
	return count_free_blocks(zone, orders, order).suitable;
}

uint64_t largest_free_pages(const struct zone_counts *zone, uint32_t orders)
{
	for (uint32_t order = orders; order-- > 0;) {
		if (free_blocks_of(zone, orders, order))
			return UINT64_C(1) << order;
	}
	return 0;
}

int32_t unusable_free_index(const struct zone_counts *zone, uint32_t orders, uint32_t order)
{
	struct free_blocks free = count_free_blocks(zone, orders, order);

	if (!free.pages)
		return 1000;
	uint64_t unusable = free.pages - (free.suitable << order);
	return (int32_t)(unusable * 1000 / free.pages);
}

int32_t fragmentation_index(const struct zone_counts *zone, uint32_t orders, uint32_t order)
{
	struct free_blocks free = count_free_blocks(zone, orders, order);

	if (order >= orders || !free.blocks)
		return 0;
	if (free.suitable)
		return -1000;
	uint64_t requests = (free.pages * 1000) >> order;
	return (int32_t)(1000 - (int64_t)((1000 + requests) / free.blocks));
}
