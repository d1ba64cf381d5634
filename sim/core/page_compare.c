/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "core/comparison.h"
#include "core/page_state.h"

static size_t common_length(const struct pfn_list *a, const struct pfn_list *b)
{
	size_t shorter = a->count < b->count ? a->count : b->count;
	size_t i = 0;

	while (i < shorter && a->pfn[i] == b->pfn[i])
		i++;
	return i;
}

static void compare_lists(struct comparison *c, const struct pfn_list *simulated,
			  const struct pfn_list *expected, const char *place)
{
	size_t same = common_length(simulated, expected);
	bool differs = same != simulated->count || same != expected->count;

	if (!comparison_count(c, differs))
		return;
	if (same < simulated->count && same < expected->count)
		error_set(c->first, ERROR_INPUT, "%s: element %zu is %u, expected %u", place, same,
			  simulated->pfn[same], expected->pfn[same]);
	else
		error_set(c->first, ERROR_INPUT, "%s: has %zu elements, expected %zu", place,
			  simulated->count, expected->count);
}

static void compare_free_lists(struct comparison *c, const struct zone_state *simulated,
			       const struct zone_state *expected)
{
	char place[COMPARISON_PLACE_MAX];

	for (unsigned order = 0; order < PAGE_ORDERS_MAX; order++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			snprintf(place, sizeof(place), "zone %s order %u %s", expected->name, order,
				 migratetype_names[type]);
			compare_lists(c, &simulated->free[order][type],
				      &expected->free[order][type], place);
		}
	}
}

static void compare_pcp(struct comparison *c, const struct pcp_state *simulated,
			const struct pcp_state *expected, const char *zone)
{
	char place[COMPARISON_PLACE_MAX];

	for (unsigned list = 0; list < PCP_LISTS_MAX; list++) {
		snprintf(place, sizeof(place), "zone %s cpu %u pcp list %u", zone, expected->cpu,
			 list);
		compare_lists(c, &simulated->lists[list], &expected->lists[list], place);
	}
	if (comparison_count(c, simulated->count != expected->count))
		error_set(c->first, ERROR_INPUT, "zone %s cpu %u pcp count is %d, expected %d",
			  zone, expected->cpu, simulated->count, expected->count);
}

static const struct pcp_state *find_pcp(const struct zone_state *zone, uint32_t cpu)
{
	for (size_t i = 0; i < zone->pcp_count; i++)
		if (zone->pcp[i].cpu == cpu)
			return &zone->pcp[i];
	return NULL;
}

static void compare_pcps(struct comparison *c, const struct zone_state *simulated,
			 const struct zone_state *expected)
{
	for (size_t i = 0; i < expected->pcp_count; i++) {
		const struct pcp_state *pcp = find_pcp(simulated, expected->pcp[i].cpu);
		if (pcp)
			compare_pcp(c, pcp, &expected->pcp[i], expected->name);
		else if (comparison_count(c, true))
			error_set(c->first, ERROR_INPUT, "zone %s has no cpu %u", expected->name,
				  expected->pcp[i].cpu);
	}
}

static const struct pageblock_state *find_pageblock(const struct zone_state *zone, uint32_t pfn)
{
	size_t low = 0, high = zone->pageblock_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (zone->pageblocks[middle].pfn < pfn)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < zone->pageblock_count && zone->pageblocks[low].pfn == pfn;
	return found ? &zone->pageblocks[low] : NULL;
}

static void compare_pageblocks(struct comparison *c, const struct zone_state *simulated,
			       const struct zone_state *expected)
{
	for (size_t i = 0; i < expected->pageblock_count; i++) {
		const struct pageblock_state *want = &expected->pageblocks[i];
		const struct pageblock_state *have = find_pageblock(simulated, want->pfn);
		if (!have) {
			if (comparison_count(c, true))
				error_set(c->first, ERROR_INPUT, "zone %s has no pageblock %u",
					  expected->name, want->pfn);
			continue;
		}
		if (comparison_count(c, have->migratetype != want->migratetype))
			error_set(c->first, ERROR_INPUT, "zone %s pageblock %u is %s, expected %s",
				  expected->name, want->pfn, migratetype_names[have->migratetype],
				  migratetype_names[want->migratetype]);
	}
}

static const struct zone_state *find_zone(const struct page_state *state,
					  const struct zone_state *like)
{
	for (size_t i = 0; i < state->zone_count; i++)
		if (state->zones[i].node == like->node &&
		    strcmp(state->zones[i].name, like->name) == 0)
			return &state->zones[i];
	return NULL;
}

size_t page_state_compare(const struct page_state *simulated, const struct page_state *expected,
			  size_t *compared, struct error *first)
{
	struct comparison c = { .first = first };

	for (size_t i = 0; i < expected->zone_count; i++) {
		const struct zone_state *want = &expected->zones[i];
		const struct zone_state *have = find_zone(simulated, want);
		if (!have) {
			if (comparison_count(&c, true))
				error_set(first, ERROR_INPUT, "node %u has no zone %s", want->node,
					  want->name);
			continue;
		}
		compare_free_lists(&c, have, want);
		compare_pcps(&c, have, want);
		compare_pageblocks(&c, have, want);
	}
	*compared = c.compared;
	return c.differing;
}
