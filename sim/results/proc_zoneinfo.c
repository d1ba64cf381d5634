/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/zoneinfo, as zoneinfo_show_print() of mm/vmstat.c lays it out. */
#include <inttypes.h>

#include "results/proc.h"

static uint64_t cma_pages(const struct page_state *state, const struct zone_state *zone)
{
	uint64_t pageblocks = 0;
	for (size_t i = 0; i < zone->pageblock_count; i++)
		pageblocks += zone->pageblocks[i].migratetype == MIGRATE_CMA;
	return pageblocks << state->pageblock_order;
}

static void write_pages(FILE *out, const struct page_state *state, const struct zone_state *zone)
{
	/* CPUs' differences may be more than what the zone itself counts */
	uint64_t free = zone->nr_free > 0 ? (uint64_t)zone->nr_free : 0;
	const struct {
		const char *name;
		uint64_t pages;
	} lines[] = {
		{ "boost", zone->watermark_boost },
		{ "min", (uint64_t)zone->watermark_min + zone->watermark_boost },
		{ "low", (uint64_t)zone->watermark_low + zone->watermark_boost },
		{ "high", (uint64_t)zone->watermark_high + zone->watermark_boost },
		{ "spanned", zone->spanned },
		{ "present", zone->present },
		{ "managed", zone->managed },
		{ "cma", cma_pages(state, zone) },
	};
	fprintf(out, "\n  pages free     %" PRIu64, free);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fprintf(out, "\n        %-8s %" PRIu64, lines[i].name, lines[i].pages);
	fprintf(out, "\n        protection: (");
	for (uint32_t i = 0; i < zone->lowmem_reserve_count; i++)
		fprintf(out, "%s%" PRIu64, i ? ", " : "", zone->lowmem_reserve[i]);
	fprintf(out, ")\n      %-12s %" PRIu64, "nr_free_pages", free);
}

static void write_pageset(FILE *out, const struct pcp_state *pcp)
{
	fprintf(out, "\n    cpu: %" PRIu32, pcp->cpu);
	fprintf(out, "\n              count: %" PRId32, pcp->count);
	fprintf(out, "\n              high:  %" PRId32, pcp->high);
	fprintf(out, "\n              batch: %" PRId32, pcp->batch);
	fprintf(out, "\n  vm stats threshold: %" PRId32, pcp->vmdiff_threshold);
}

void proc_write_zoneinfo(FILE *out, const struct page_state *state)
{
	for (size_t i = 0; i < state->zone_count; i++) {
		const struct zone_state *zone = &state->zones[i];
		fprintf(out, "Node %" PRIu32 ", zone %8s", zone->node, zone->name);
		write_pages(out, state, zone);
		if (zone->pcp_count)
			fprintf(out, "\n  pagesets");
		for (size_t k = 0; k < zone->pcp_count; k++)
			write_pageset(out, &zone->pcp[k]);
		fprintf(out, "\n  start_pfn:           %" PRIu32 "\n", zone->start_pfn);
	}
}
