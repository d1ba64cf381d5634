/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/zoneinfo, as zoneinfo_show_print() of mm/vmstat.c lays it out. */
#include <inttypes.h>
#include <string.h>

#include "results/proc.h"

static void write_node(FILE *out, const struct proc_counts *counts, uint32_t node)
{
	fprintf(out, "\n  per-node stats");
	for (unsigned field = 0; field < PROC_NODE_FIELDS; field++)
		fprintf(out, "\n      %-12s %" PRIu64, proc_node_field_names[field],
			proc_node_field(counts, node, (enum proc_node_field)field));
}

static void write_pages(FILE *out, const struct zone_state *zone)
{
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
		{ "cma", zone->cma_pages },
	};

	fprintf(out, "\n  pages free     %" PRIu64, proc_zone_field(zone, PROC_ZONE_nr_free_pages));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fprintf(out, "\n        %-8s %" PRIu64, lines[i].name, lines[i].pages);
	fprintf(out, "\n        protection: (");
	for (uint32_t i = 0; i < zone->lowmem_reserve_count; i++)
		fprintf(out, "%s%" PRIu64, i ? ", " : "", zone->lowmem_reserve[i]);
	fputc(')', out);
}

static void write_counters(FILE *out, const struct proc_counts *counts,
			   const struct zone_state *zone)
{
	for (unsigned field = 0; field < PROC_ZONE_FIELDS; field++)
		fprintf(out, "\n      %-12s %" PRIu64, proc_zone_field_names[field],
			proc_zone_field(zone, (enum proc_zone_field)field));
	for (unsigned stat = 0; proc_is_built(counts->pages, BUILD_NUMA) && stat < NUMA_STATS;
	     stat++)
		fprintf(out, "\n      %-12s %" PRIu64, proc_numa_names[stat], zone->numa[stat]);
}

static void write_pageset(FILE *out, const struct pcp_state *pcp)
{
	fprintf(out, "\n    cpu: %" PRIu32, pcp->cpu);
	fprintf(out, "\n              count: %" PRId32, pcp->count);
	fprintf(out, "\n              high:  %" PRId32, pcp->high);
	fprintf(out, "\n              batch: %" PRId32, pcp->batch);
	fprintf(out, "\n  vm stats threshold: %" PRId32, pcp->vmdiff_threshold);
}

/* A zone without memory: its watermarks and reserves are 0, and there is no more to tell. */
static void write_empty_zone(FILE *out, const struct page_state *pages, uint32_t node,
			     const char *name)
{
	const struct zone_state empty = {
		.lowmem_reserve_count = pages->zones[0].lowmem_reserve_count,
	};

	fprintf(out, "Node %" PRIu32 ", zone %8s", node, name);
	write_pages(out, &empty);
	fputc('\n', out);
}

static void write_zone(FILE *out, const struct proc_counts *counts, const struct zone_state *zone,
		       bool first_of_node)
{
	fprintf(out, "Node %" PRIu32 ", zone %8s", zone->node, zone->name);
	if (first_of_node)
		write_node(out, counts, zone->node);
	write_pages(out, zone);
	write_counters(out, counts, zone);
	if (zone->pcp_count)
		fprintf(out, "\n  pagesets");
	for (size_t k = 0; k < zone->pcp_count; k++)
		write_pageset(out, &zone->pcp[k]);
	fprintf(out, "\n  node_unreclaimable:  %d", zone->node_unreclaimable);
	fprintf(out, "\n  start_pfn:           %" PRIu32 "\n", zone->start_pfn);
}

/* All zones that such a kernel has, lowest first. */
static const char *const *zone_names(const struct page_state *pages)
{
	static const char *const with_dma32[] = { "DMA", "DMA32", "Normal", "Movable", NULL };
	static const char *const with_highmem[] = { "DMA", "Normal", "HighMem", "Movable", NULL };

	return proc_is_built(pages, BUILD_HIGHMEM) ? with_highmem : with_dma32;
}

void proc_write_zoneinfo(FILE *out, const struct proc_counts *counts)
{
	const struct page_state *pages = counts->pages;
	size_t at = 0;

	while (at < pages->zone_count) {
		uint32_t node = pages->zones[at].node;
		bool first = true;
		for (const char *const *name = zone_names(pages); *name; name++) {
			const struct zone_state *zone =
				at < pages->zone_count ? &pages->zones[at] : NULL;
			if (!zone || zone->node != node || strcmp(zone->name, *name) != 0) {
				write_empty_zone(out, pages, node, *name);
				continue;
			}
			write_zone(out, counts, zone, first);
			first = false;
			at++;
		}
		if (first)
			write_zone(out, counts, &pages->zones[at++], true);
	}
}
