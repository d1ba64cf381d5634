/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /proc/vmstat, as vmstat_start() and vmstat_show() of mm/vmstat.c write it. */
#include <inttypes.h>
#include <string.h>

#include "results/proc.h"

struct event_field {
	const char *name;
	enum proc_build build;
};

static const struct event_field events[] = {
#define ZONE_FIELD(name)
#define NODE_FIELD(name)
#define EVENT_FIELD(name, build) { #name, BUILD_##build },
#include "results/proc_fields.def"
#undef ZONE_FIELD
#undef NODE_FIELD
#undef EVENT_FIELD
};

static void write_line(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void write_numa(FILE *out, const struct page_state *pages)
{
	for (unsigned stat = 0; stat < NUMA_STATS; stat++) {
		uint64_t sum = 0;
		for (size_t i = 0; i < pages->zone_count; i++)
			sum += pages->zones[i].numa[stat];
		write_line(out, proc_numa_names[stat], sum);
	}
}

/*
 * global_dirty_limits() of mm/page-writeback.c: a share, in pages of each page, of what is free and
 * not kept for others. There is no page cache that could be given up for it.
 */
static uint64_t dirty_limit(const struct proc_counts *counts, uint64_t percent)
{
	uint64_t free_pages = 0, reserve = counts->pages->total_reserve_pages;

	for (size_t i = 0; i < counts->pages->zone_count; i++) {
		const struct zone_state *zone = &counts->pages->zones[i];
		if (strcmp(zone->name, "HighMem") != 0)
			free_pages += proc_zone_field(zone, PROC_ZONE_nr_free_pages);
	}
	free_pages -= reserve < free_pages ? reserve : free_pages;
	return percent * 4096 / 100 * (free_pages + 1) / 4096;
}

static uint64_t event_count(const struct proc_counts *counts, const char *name)
{
	if (strcmp(name, "pgfault") == 0)
		return counts->faults;
	for (unsigned event = 0; event < VM_EVENTS; event++)
		if (strcmp(vm_event_table[event].name, name) == 0)
			return counts->work->vm_event[event];
	return 0;
}

void proc_write_vmstat(FILE *out, const struct proc_counts *counts)
{
	for (unsigned field = 0; field < PROC_ZONE_FIELDS; field++)
		write_line(out, proc_zone_field_names[field],
			   proc_zone_sum(counts, (enum proc_zone_field)field));
	if (proc_is_built(counts->pages, BUILD_NUMA))
		write_numa(out, counts->pages);
	for (unsigned field = 0; field < PROC_NODE_FIELDS; field++)
		write_line(out, proc_node_field_names[field],
			   proc_node_sum(counts, (enum proc_node_field)field));
	write_line(out, "nr_dirty_threshold", dirty_limit(counts, 20));
	write_line(out, "nr_dirty_background_threshold", dirty_limit(counts, 10));
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (proc_is_built(counts->pages, events[i].build))
			write_line(out, events[i].name, event_count(counts, events[i].name));
	write_line(out, "nr_unstable", 0);
}
