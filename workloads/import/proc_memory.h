/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a running kernel tells of its page allocator to anybody: /proc/buddyinfo, pagetypeinfo (root
 * only, so it may be missing) and zoneinfo, of Linux 4.x to 6.x. Formats: mm/vmstat.c.
 */
#ifndef SLABYARD_IMPORT_PROC_MEMORY_H
#define SLABYARD_IMPORT_PROC_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/page_state.h"

enum { PROC_CPUS_MAX = 4096 };

struct proc_pageset {
	uint64_t count, high, batch, threshold;
};

struct proc_zone {
	char name[ZONE_NAME_MAX];
	uint32_t node;
	/* zoneinfo */
	uint64_t start_pfn, spanned, present, managed, min, low, high, promo, boost;
	uint64_t protection[8];
	uint32_t protection_count;
	uint64_t anon, file, unevictable; /* pages on LRU lists */
	struct proc_pageset *pagesets;    /* by CPU, proc_memory's cpus of them */
	/* buddyinfo */
	bool has_orders;
	uint64_t blocks[PAGE_ORDERS_MAX];
	/* pagetypeinfo */
	bool has_types, has_pageblocks;
	uint64_t free_blocks[PAGE_ORDERS_MAX][MIGRATE_TYPES];
	bool capped[PAGE_ORDERS_MAX][MIGRATE_TYPES]; /* the file says only "more than" */
	uint64_t pageblocks[MIGRATE_TYPES];
};

/* Counters of a node. */
struct proc_node {
	uint64_t slab_reclaimable, slab_unreclaimable, page_tables, kernel_stack_kib;
};

struct proc_memory {
	uint32_t orders, cpus;
	uint32_t pageblock_order; /* 0: no pagetypeinfo to tell it */
	uint32_t zone_count;      /* those that hold pages, as zoneinfo lists them */
	struct proc_zone zones[PAGE_ZONES_MAX];
	struct proc_node nodes[PAGE_ZONES_MAX];
	/* Free blocks that pagetypeinfo counts otherwise than buddyinfo, read a moment apart. */
	uint64_t disagreeing;
};

/*
 * Reads `folder`/buddyinfo, or buddyinfo-N.txt when number is not negative (and so on). -1 with
 * *err (file and line) when one is missing or is no such file.
 */
int proc_memory_read(const char *folder, int64_t number, struct proc_memory *memory,
		     struct error *err);
void proc_memory_free(struct proc_memory *memory);

#endif
