/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/proc_counts.h"

#include <string.h>

const char *const proc_zone_field_names[PROC_ZONE_FIELDS] = {
#define ZONE_FIELD(name) #name,
#define NODE_FIELD(name)
#define EVENT_FIELD(name, build)
#include "results/proc_fields.def"
#undef ZONE_FIELD
#undef NODE_FIELD
#undef EVENT_FIELD
};

const char *const proc_node_field_names[PROC_NODE_FIELDS] = {
#define ZONE_FIELD(name)
#define NODE_FIELD(name) #name,
#define EVENT_FIELD(name, build)
#include "results/proc_fields.def"
#undef ZONE_FIELD
#undef NODE_FIELD
#undef EVENT_FIELD
};

const char *const proc_numa_names[NUMA_STATS] = {
	[NUMA_HIT] = "numa_hit",         [NUMA_MISS] = "numa_miss",
	[NUMA_FOREIGN] = "numa_foreign", [NUMA_INTERLEAVE] = "numa_interleave",
	[NUMA_LOCAL] = "numa_local",     [NUMA_OTHER] = "numa_other",
};

static bool has_zone(const struct page_state *pages, const char *name)
{
	for (size_t i = 0; i < pages->zone_count; i++)
		if (strcmp(pages->zones[i].name, name) == 0)
			return true;
	return false;
}

static bool has_cma(const struct page_state *pages)
{
	for (size_t i = 0; i < pages->zone_count; i++)
		if (pages->zones[i].cma_pages)
			return true;
	return false;
}

bool proc_is_built(const struct page_state *pages, enum proc_build build)
{
	switch (build) {
	case BUILD_NUMA:
		return pages->zone_count && pages->zones[pages->zone_count - 1].node > 0;
	case BUILD_DMA32:
		return !has_zone(pages, "HighMem");
	case BUILD_HIGHMEM:
		return has_zone(pages, "HighMem");
	case BUILD_CMA:
		return has_cma(pages);
	case BUILD_HUGETLB:
		return pages->pageblock_order + 1 < pages->orders;
	default:
		return true;
	}
}

static uint64_t not_below_zero(int64_t value)
{
	return value > 0 ? (uint64_t)value : 0;
}

uint64_t proc_zone_field(const struct zone_state *zone, enum proc_zone_field field)
{
	switch (field) {
	case PROC_ZONE_nr_free_pages:
		return not_below_zero(zone->nr_free);
	case PROC_ZONE_nr_free_cma:
		return not_below_zero(zone->nr_free_cma);
	default:
		return 0;
	}
}

uint64_t proc_node_field(const struct proc_counts *counts, uint32_t node,
			 enum proc_node_field field)
{
	const struct proc_node *n = &counts->node[node];

	switch (field) {
	case PROC_NODE_nr_slab_reclaimable:
		return not_below_zero(n->slab_reclaimable);
	case PROC_NODE_nr_slab_unreclaimable:
		return not_below_zero(n->slab_unreclaimable);
	case PROC_NODE_nr_anon_pages:
		return not_below_zero(n->anon);
	case PROC_NODE_nr_file_pages:
	case PROC_NODE_nr_inactive_file:
		return not_below_zero(n->file);
	case PROC_NODE_nr_page_table_pages:
		return not_below_zero(n->page_tables);
	default:
		return 0;
	}
}

uint64_t proc_zone_sum(const struct proc_counts *counts, enum proc_zone_field field)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < counts->pages->zone_count; i++)
		sum += proc_zone_field(&counts->pages->zones[i], field);
	return sum;
}

uint64_t proc_node_sum(const struct proc_counts *counts, enum proc_node_field field)
{
	uint64_t sum = 0;

	for (uint32_t node = 0; node < NODES_MAX; node++)
		sum += proc_node_field(counts, node, field);
	return sum;
}
