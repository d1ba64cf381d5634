/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/proc.h"

#include <inttypes.h>
#include <stdbool.h>

/* pagetypeinfo stops counting a list here and says ">": the kernel holds the zone lock meanwhile.
 */
enum { PAGETYPEINFO_COUNT_MAX = 100000 };

static bool is_shown(const struct page_counts *counts, unsigned migratetype)
{
	return migratetype <= MIGRATE_HIGHATOMIC ||
	       (counts->optional_migratetypes >> migratetype & 1);
}

void proc_write_buddyinfo(FILE *out, const struct page_counts *counts)
{
	for (uint32_t i = 0; i < counts->zone_count; i++) {
		const struct zone_counts *zone = &counts->zones[i];
		fprintf(out, "Node %" PRIu32 ", zone %8s ", zone->node, zone->name);
		for (uint32_t order = 0; order < counts->orders; order++) {
			uint64_t blocks = 0;
			for (unsigned type = 0; type < MIGRATE_TYPES; type++)
				blocks += zone->free_blocks[order][type];
			fprintf(out, "%6" PRIu64 " ", blocks);
		}
		fputc('\n', out);
	}
}

static void write_free_counts(FILE *out, const struct page_counts *counts,
			      const struct zone_counts *zone)
{
	for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
		if (!is_shown(counts, type))
			continue;
		fprintf(out, "Node %4" PRIu32 ", zone %8s, type %12s ", zone->node, zone->name,
			migratetype_names[type]);
		for (uint32_t order = 0; order < counts->orders; order++) {
			uint64_t blocks = zone->free_blocks[order][type];
			if (blocks >= PAGETYPEINFO_COUNT_MAX)
				fprintf(out, ">%6d ", PAGETYPEINFO_COUNT_MAX);
			else
				fprintf(out, "%6" PRIu64 " ", blocks);
		}
		fputc('\n', out);
	}
}

static void write_pageblocks(FILE *out, const struct page_counts *counts,
			     const struct zone_counts *zone)
{
	fprintf(out, "Node %" PRIu32 ", zone %8s ", zone->node, zone->name);
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		if (is_shown(counts, type))
			fprintf(out, "%12" PRIu64 " ", zone->pageblocks[type]);
	fputc('\n', out);
}

/* Zones first .. end - 1 belong to one node. */
static void write_node(FILE *out, const struct page_counts *counts, uint32_t first, uint32_t end)
{
	fprintf(out, "Page block order: %" PRIu32 "\n", counts->pageblock_order);
	fprintf(out, "Pages per block:  %lu\n\n", 1ul << counts->pageblock_order);

	fprintf(out, "%-43s ", "Free pages count per migrate type at order");
	for (uint32_t order = 0; order < counts->orders; order++)
		fprintf(out, "%6" PRIu32 " ", order);
	fputc('\n', out);
	for (uint32_t i = first; i < end; i++)
		write_free_counts(out, counts, &counts->zones[i]);

	fprintf(out, "\n%-23s", "Number of blocks type");
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		if (is_shown(counts, type))
			fprintf(out, "%12s ", migratetype_names[type]);
	fputc('\n', out);
	for (uint32_t i = first; i < end; i++)
		write_pageblocks(out, counts, &counts->zones[i]);
}

void proc_write_pagetypeinfo(FILE *out, const struct page_counts *counts)
{
	uint32_t end;
	for (uint32_t first = 0; first < counts->zone_count; first = end) {
		end = first + 1;
		while (end < counts->zone_count &&
		       counts->zones[end].node == counts->zones[first].node)
			end++;
		write_node(out, counts, first, end);
	}
}

void proc_write_slabinfo_header(FILE *out)
{
	static const char *const columns[] = {
		"# name           ", "<active_objs>",  "<num_objs>", "<objsize>",
		"<objperslab>",      "<pagesperslab>", ": tunables", "<limit>",
		"<batchcount>",      "<sharedfactor>", ": slabdata", "<active_slabs>",
		"<num_slabs>",       "<sharedavail>",
	};
	fputs("slabinfo - version: 2.1\n", out);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fprintf(out, "%s%s", i ? " " : "", columns[i]);
	fputc('\n', out);
}

void proc_write_slabinfo_line(FILE *out, const struct cache_counts *c)
{
	fprintf(out, "%-17s %6" PRIu64 " %6" PRIu64 " %6" PRIu32 " %4" PRIu32 " %4" PRIu32, c->name,
		c->active_objects, c->objects, c->object_size, c->objects_per_slab,
		c->pages_per_slab);
	fprintf(out, " : tunables %4" PRIu32 " %4" PRIu32 " %4" PRIu32, c->limit, c->batchcount,
		c->shared);
	fprintf(out, " : slabdata %6" PRIu64 " %6" PRIu64 " %6" PRIu32 "\n", c->active_slabs,
		c->slabs, c->shared_avail);
}
