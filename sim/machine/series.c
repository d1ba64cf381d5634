/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"
#include "machine/slab_series.h"

enum {
	FRAGMENTATION_COLUMNS = 10,
	ZONE_LABEL_MAX = 32,
	HUGE_PAGE_ORDER = 9, /* HPAGE_PMD_ORDER: 2 MiB */
};

struct series_set {
	struct result_series *buddy, *fragmentation, *work;
	struct slab_series *slab;
	struct page_counts counts;
	struct result_dimension zone, order, migratetype;
	char zone_labels[PAGE_ZONES_MAX][ZONE_LABEL_MAX];
	const char *zone_label_list[PAGE_ZONES_MAX];
	/* buddy and fragmentation */
	uint64_t *free_blocks, *free_pages, *pcp_pages;
	int32_t *unusable, *fragmented;
	uint64_t *largest, *huge, *mixed, *pageblocks;
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for time series");
}

static void describe_dimensions(struct series_set *set, struct machine *m)
{
	m->page->counts(m->page_state, &set->counts);
	for (uint32_t i = 0; i < set->counts.zone_count; i++) {
		char label[ZONE_LABEL_MAX];
		snprintf(label, sizeof(label), "node %u %s", set->counts.zones[i].node,
			 set->counts.zones[i].name);
		memcpy(set->zone_labels[i], label, sizeof(label));
		set->zone_label_list[i] = set->zone_labels[i];
	}
	set->zone =
		(struct result_dimension){ "zone", set->counts.zone_count, set->zone_label_list };
	set->order = (struct result_dimension){ "order", set->counts.orders, NULL };
	set->migratetype =
		(struct result_dimension){ "migratetype", MIGRATE_TYPES, migratetype_names };
}

static int allocate_page_values(struct series_set *set, struct error *err)
{
	size_t zones = set->zone.length, cells = zones * set->order.length;
	set->free_blocks = calloc(cells * MIGRATE_TYPES + 1, sizeof(uint64_t));
	set->free_pages = calloc(zones + 1, sizeof(uint64_t));
	set->pcp_pages = calloc(zones + 1, sizeof(uint64_t));
	set->unusable = calloc(cells + 1, sizeof(int32_t));
	set->fragmented = calloc(cells + 1, sizeof(int32_t));
	set->largest = calloc(zones + 1, sizeof(uint64_t));
	set->huge = calloc(zones + 1, sizeof(uint64_t));
	set->mixed = calloc(zones * MIGRATE_TYPES + 1, sizeof(uint64_t));
	set->pageblocks = calloc(zones * MIGRATE_TYPES + 1, sizeof(uint64_t));
	if (!set->free_blocks || !set->free_pages || !set->pcp_pages || !set->unusable ||
	    !set->fragmented || !set->largest || !set->huge || !set->mixed || !set->pageblocks)
		return no_memory(err);
	return 0;
}

static int open_buddy(struct series_set *set, struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ "free_blocks",
		  "blocks",
		  "free blocks in the buddy lists",
		  RESULT_U64,
		  3,
		  { &set->zone, &set->order, &set->migratetype } },
		{ "free_pages",
		  "pages",
		  "free pages in the buddy lists",
		  RESULT_U64,
		  1,
		  { &set->zone } },
		{ "pcp_pages", "pages", "pages on per-cpu lists", RESULT_U64, 1, { &set->zone } },
	};
	set->buddy = m->sink_ops->series(m->sink, "/timeseries/buddy", columns, 3, err);
	return set->buddy ? 0 : -1;
}

/* Indices are stored in thousandths, as mm/vmstat.c has them; scale_factor is CF's word for it. */
static int scale_indices(struct machine *m, struct error *err)
{
	static const char *const indices[] = { "/timeseries/fragmentation/unusable_free_index",
					       "/timeseries/fragmentation/fragmentation_index" };
	for (size_t i = 0; i < 2; i++)
		if (m->sink_ops->attribute_f64(m->sink, indices[i], "scale_factor", 0.001, err) !=
		    0)
			return -1;
	return 0;
}

static int open_fragmentation(struct series_set *set, struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ "unusable_free_index",
		  "1",
		  "share of free memory no use to an order",
		  RESULT_I32,
		  2,
		  { &set->zone, &set->order } },
		{ "fragmentation_index",
		  "1",
		  "failure by fragmentation (1) or lack of memory (0); -1: would succeed",
		  RESULT_I32,
		  2,
		  { &set->zone, &set->order } },
		{ "requested_bytes",
		  "bytes",
		  "asked for by live objects",
		  RESULT_U64,
		  0,
		  { NULL } },
		{ "allocated_bytes",
		  "bytes",
		  "live objects at their cache's size",
		  RESULT_U64,
		  0,
		  { NULL } },
		{ "held_bytes", "bytes", "pages of slabs", RESULT_U64, 0, { NULL } },
		{ "largest_free_pages",
		  "pages",
		  "largest free block",
		  RESULT_U64,
		  1,
		  { &set->zone } },
		{ "free_huge_blocks",
		  "blocks",
		  "free blocks of a huge page's size, cut from larger ones too",
		  RESULT_U64,
		  1,
		  { &set->zone } },
		{ "pageblocks_mixed",
		  "pageblocks",
		  "pageblocks of a migratetype with pages in use that belong in another's",
		  RESULT_U64,
		  2,
		  { &set->zone, &set->migratetype } },
		{ "pageblocks",
		  "pageblocks",
		  "pageblocks of a migratetype",
		  RESULT_U64,
		  2,
		  { &set->zone, &set->migratetype } },
		{ "free_blocks",
		  "blocks",
		  "free blocks in the buddy lists",
		  RESULT_U64,
		  3,
		  { &set->zone, &set->order, &set->migratetype } },
	};
	set->fragmentation = m->sink_ops->series(m->sink, "/timeseries/fragmentation", columns,
						 FRAGMENTATION_COLUMNS, err);
	return set->fragmentation ? scale_indices(m, err) : -1;
}

static int open_work(struct series_set *set, struct machine *m, struct error *err)
{
	struct result_column columns[WORK_COUNTERS + 1];
	for (size_t i = 0; i < WORK_COUNTERS; i++)
		columns[i] = (struct result_column){ .name = counter_table[i].name,
						     .unit = "1",
						     .long_name = counter_table[i].help,
						     .type = RESULT_U64 };
	columns[WORK_COUNTERS] = (struct result_column){ .name = "cost_ps",
							 .unit = "ps",
							 .long_name = "modelled cost of all work",
							 .type = RESULT_U64 };
	set->work =
		m->sink_ops->series(m->sink, "/timeseries/work", columns, WORK_COUNTERS + 1, err);
	return set->work ? 0 : -1;
}

struct series_set *series_open(struct machine *m, struct error *err)
{
	struct series_set *set = calloc(1, sizeof(*set));
	if (!set) {
		no_memory(err);
		return NULL;
	}
	describe_dimensions(set, m);
	if (allocate_page_values(set, err) == 0 && open_buddy(set, m, err) == 0 &&
	    open_fragmentation(set, m, err) == 0 && slab_series_open(m, &set->slab, err) == 0 &&
	    open_work(set, m, err) == 0)
		return set;
	series_close(set);
	return NULL;
}

void series_close(struct series_set *set)
{
	if (!set)
		return;
	free(set->free_blocks);
	free(set->free_pages);
	free(set->pcp_pages);
	free(set->unusable);
	free(set->fragmented);
	free(set->largest);
	free(set->huge);
	free(set->mixed);
	free(set->pageblocks);
	slab_series_close(set->slab);
	free(set);
}

static void fill_zone(struct series_set *set, size_t z)
{
	const struct zone_counts *zone = &set->counts.zones[z];
	size_t orders = set->order.length;
	set->free_pages[z] = zone->free_pages;
	set->pcp_pages[z] = zone->pcp_pages;
	set->largest[z] = largest_free_pages(zone, (uint32_t)orders);
	set->huge[z] = free_blocks_of(zone, (uint32_t)orders, HUGE_PAGE_ORDER);
	memcpy(&set->mixed[z * MIGRATE_TYPES], zone->pageblocks_mixed,
	       sizeof(zone->pageblocks_mixed));
	memcpy(&set->pageblocks[z * MIGRATE_TYPES], zone->pageblocks, sizeof(zone->pageblocks));
	for (size_t o = 0; o < orders; o++) {
		memcpy(&set->free_blocks[(z * orders + o) * MIGRATE_TYPES], zone->free_blocks[o],
		       sizeof(zone->free_blocks[o]));
		set->unusable[z * orders + o] =
			unusable_free_index(zone, (uint32_t)orders, (uint32_t)o);
		set->fragmented[z * orders + o] =
			fragmentation_index(zone, (uint32_t)orders, (uint32_t)o);
	}
}

static int append_work(struct series_set *set, struct machine *m, uint64_t time_ns, uint64_t record,
		       struct error *err)
{
	const void *values[WORK_COUNTERS + 1];
	for (size_t i = 0; i < WORK_COUNTERS; i++)
		values[i] = &m->work.count[i];
	values[WORK_COUNTERS] = &m->work.cost_ps;
	return m->sink_ops->series_append(set->work, time_ns, record, values, err);
}

int series_row(struct series_set *set, struct machine *m, uint64_t time_ns, uint64_t record,
	       struct error *err)
{
	m->page->counts(m->page_state, &set->counts);
	for (size_t z = 0; z < set->zone.length; z++)
		fill_zone(set, z);
	struct slab_totals slab;
	if (slab_series_row(set->slab, m, time_ns, record, &slab, err) != 0)
		return -1;
	const void *const buddy[] = { set->free_blocks, set->free_pages, set->pcp_pages };
	const void *const fragmentation[FRAGMENTATION_COLUMNS] = { set->unusable,
								   set->fragmented,
								   &slab.requested_bytes,
								   &slab.occupied_bytes,
								   &slab.held_bytes,
								   set->largest,
								   set->huge,
								   set->mixed,
								   set->pageblocks,
								   set->free_blocks };
	const struct result_sink *sink = m->sink_ops;
	if (sink->series_append(set->buddy, time_ns, record, buddy, err) != 0 ||
	    sink->series_append(set->fragmentation, time_ns, record, fragmentation, err) != 0)
		return -1;
	return append_work(set, m, time_ns, record, err);
}

int series_thin_all(struct series_set *set, struct machine *m, struct error *err)
{
	struct result_series *const all[] = { set->buddy, set->fragmentation, set->work };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (m->sink_ops->series_thin(all[i], err) != 0)
			return -1;
	return slab_series_thin(set->slab, m, err);
}

int series_finish(struct series_set *set, struct machine *m, struct error *err)
{
	return slab_series_finish(set->slab, m, err);
}
