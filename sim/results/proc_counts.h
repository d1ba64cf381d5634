/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine as /proc/zoneinfo, vmstat and meminfo tell of it, field for field as a 6.1 kernel built
 * for it prints them. Fields of what the machine has not (LRU lists but for page cache,
 * dirty pages, swap, mlock, kernel stacks, vmalloc, per-cpu data, the direct map's page sizes) are
 * there and 0.
 */
#ifndef SLABYARD_RESULTS_PROC_COUNTS_H
#define SLABYARD_RESULTS_PROC_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/page_state.h"
#include "core/topology.h"
#include "core/work.h"

/* What one node's layers above the page allocator hold, in pages. */
struct proc_node {
	int64_t slab_reclaimable, slab_unreclaimable;
	int64_t anon, page_tables;
	int64_t file; /* page cache, all of it inactive */
};

struct proc_counts {
	const struct page_state *pages;
	const struct work *work; /* events since the run began */
	struct proc_node node[NODES_MAX];
	uint64_t faults; /* of simulated processes */
};

/* How the kernel must be built to have such a machine, and with it a field. */
enum proc_build { BUILD_ALL, BUILD_NUMA, BUILD_DMA32, BUILD_HIGHMEM, BUILD_CMA, BUILD_HUGETLB };

bool proc_is_built(const struct page_state *pages, enum proc_build build);

enum proc_zone_field {
#define ZONE_FIELD(name) PROC_ZONE_##name,
#define NODE_FIELD(name)
#define EVENT_FIELD(name, build)
#include "results/proc_fields.def"
#undef ZONE_FIELD
#undef NODE_FIELD
#undef EVENT_FIELD
	PROC_ZONE_FIELDS
};

enum proc_node_field {
#define ZONE_FIELD(name)
#define NODE_FIELD(name) PROC_NODE_##name,
#define EVENT_FIELD(name, build)
#include "results/proc_fields.def"
#undef ZONE_FIELD
#undef NODE_FIELD
#undef EVENT_FIELD
	PROC_NODE_FIELDS
};

extern const char *const proc_zone_field_names[PROC_ZONE_FIELDS];
extern const char *const proc_node_field_names[PROC_NODE_FIELDS];
/* As /proc prints them. */
extern const char *const proc_numa_names[NUMA_STATS];

/* The kernel's own counters do not go below 0 either, whatever the CPUs still hold back. */
uint64_t proc_zone_field(const struct zone_state *zone, enum proc_zone_field field);
/* nr_kernel_stack is in KiB, all others are pages or counts. */
uint64_t proc_node_field(const struct proc_counts *counts, uint32_t node,
			 enum proc_node_field field);
/* Over all zones or nodes. */
uint64_t proc_zone_sum(const struct proc_counts *counts, enum proc_zone_field field);
uint64_t proc_node_sum(const struct proc_counts *counts, enum proc_node_field field);

#endif
