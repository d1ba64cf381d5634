/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page allocator's state in a form that belongs to no policy: read from a recorded mmstate
 * file, taken from a running policy, compared at marks, printed as /proc files. All arrays are
 * malloc'ed and owned by the struct.
 */
#ifndef SLABYARD_CORE_PAGE_STATE_H
#define SLABYARD_CORE_PAGE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/gfp.h"

enum {
	PAGE_ORDERS_MAX = 20, /* highest MAX_ORDER that can be configured */
	PAGE_ZONES_MAX = 64,  /* over all nodes */
	PCP_LISTS_MAX = 3 * PAGE_ORDERS_MAX,
	ZONE_NAME_MAX = 16,
};

struct pfn_list {
	uint32_t *pfn; /* head of the kernel's list first */
	size_t count, capacity;
};

int pfn_list_add(struct pfn_list *list, uint32_t pfn);

/* struct per_cpu_pages of one CPU in one zone. Lists are indexed as order_to_pindex() does. */
struct pcp_state {
	uint32_t cpu;
	int32_t count, high, batch, free_factor;
	int32_t vmdiff_free; /* vm_stat_diff[NR_FREE_PAGES] not yet folded */
	int32_t vmdiff_threshold;
	uint32_t list_count;
	struct pfn_list lists[PCP_LISTS_MAX];
};

/* Order of the blocks on a per-cpu list: three lists an order up to 3, the others of huge pages. */
static inline uint32_t pcp_state_order(uint32_t list, uint32_t pageblock_order)
{
	return list < 4 * MIGRATE_PCPTYPES ? list / MIGRATE_PCPTYPES : pageblock_order;
}

struct pageblock_state {
	uint32_t pfn;
	uint8_t migratetype;
	uint32_t lru;      /* pages of the block on an LRU list */
	uint32_t reserved; /* pages that the buddy never managed */
};

/* Run-length coded kinds of pages, as mmstate's `pages` lines (letters as there). */
struct page_run {
	uint32_t pfn, count;
	char kind; /* R B 0 S T a A s f F H t o; 'P' any allocation when a policy reports */
};

/* What compaction remembers of a zone (compact_* of struct zone); all 0: it has not run. */
struct compact_state {
	uint32_t free_pfn;
	uint32_t migrate_pfn[2]; /* of compactions that do not wait, and of those that do */
	uint32_t considered, defer_shift;
	uint32_t order_failed;
};

/* Allocations of a zone as nodes see them (enum numa_stat_item). */
enum numa_stat {
	NUMA_HIT,     /* from the node that was preferred */
	NUMA_MISS,    /* from this one, as the preferred one had none */
	NUMA_FOREIGN, /* preferred here, and had elsewhere */
	NUMA_INTERLEAVE,
	NUMA_LOCAL, /* by a CPU of the node */
	NUMA_OTHER,
	NUMA_STATS
};

struct zone_state {
	char name[ZONE_NAME_MAX];
	uint32_t node, index;
	uint32_t start_pfn, spanned, present, managed;
	uint32_t watermark_min, watermark_low, watermark_high, watermark_promo, watermark_boost;
	uint32_t nr_highatomic;
	uint64_t lowmem_reserve[8];
	uint32_t lowmem_reserve_count;
	int64_t nr_free; /* zone's NR_FREE_PAGES counter, without the cpus' differences */
	int64_t nr_free_cma;
	uint32_t cma_pages;
	uint64_t numa[NUMA_STATS]; /* counted on machines of several nodes only */
	bool node_unreclaimable;   /* kswapd has failed so often that it is no more woken */
	uint32_t flags;
	struct compact_state compact;
	struct pfn_list free[PAGE_ORDERS_MAX][MIGRATE_TYPES];
	struct pcp_state *pcp;
	size_t pcp_count;
	struct pageblock_state *pageblocks;
	size_t pageblock_count;
	struct page_run *runs;
	size_t run_count;
};

/* Adds to the zone's last run, or begins one. -1: no memory. */
int page_run_add(struct zone_state *zone, uint32_t pfn, uint32_t count, char kind);

struct page_state {
	uint32_t cpus, orders, pageblock_order;
	uint64_t total_ram_pages, total_reserve_pages, min_free_kbytes;
	uint64_t jiffies;     /* of the recorded kernel, 0: not told */
	uint64_t page_offset; /* recorded direct-map base; 0 when simulated */
	struct zone_state *zones;
	size_t zone_count;
};

void page_state_free(struct page_state *state);

/*
 * Compares free lists, per-cpu lists and counts, pageblock types. Returns the number of lists that
 * differ; the first is described in *first ("zone DMA32 order 3 movable: element 2 is 5640,
 * expected 7256"). *compared counts all that were looked at.
 */
size_t page_state_compare(const struct page_state *simulated, const struct page_state *expected,
			  size_t *compared, struct error *first);

/* Cheap figures for sampling: what buddyinfo and pagetypeinfo tell. */
struct zone_counts {
	char name[ZONE_NAME_MAX];
	uint32_t node;
	uint32_t type;               /* among its node's, those that requests fall back to first */
	uint32_t start_pfn, spanned; /* frames; not every one need be managed */
	uint64_t managed;
	uint64_t free_pages; /* in the buddy lists, pcp pages not counted */
	uint64_t pcp_pages;
	uint64_t free_blocks[PAGE_ORDERS_MAX][MIGRATE_TYPES];
	uint64_t pageblocks[MIGRATE_TYPES];
	/*
	 * Pageblocks, by their type, in which pages are in use that belong in another's: in those
	 * for movable pages, pages on no LRU list, in all others pages on one.
	 */
	uint64_t pageblocks_mixed[MIGRATE_TYPES];
	uint64_t watermark_min, watermark_low, watermark_high;
};

struct page_counts {
	uint32_t orders, pageblock_order;
	/* Kinds that only some kernels are built with: 1 << MIGRATE_CMA, 1 << MIGRATE_ISOLATE. */
	uint32_t optional_migratetypes;
	uint32_t zone_count;
	struct zone_counts zones[PAGE_ZONES_MAX]; /* by node, then as the node lists them */
};

/*
 * mm/vmstat.c: unusable_free_index (extfrag/unusable_index) and __fragmentation_index, in
 * thousandths; the latter is -1000 when an allocation of the order would succeed. blocks_total is
 * indexed by order over all migratetypes.
 */
int32_t unusable_free_index(const struct zone_counts *zone, uint32_t orders, uint32_t order);
int32_t fragmentation_index(const struct zone_counts *zone, uint32_t orders, uint32_t order);
/* Pages of the largest free block, 0 when none is free. */
uint64_t largest_free_pages(const struct zone_counts *zone, uint32_t orders);
/* Free blocks of the order that the free lists hold, those of larger blocks counted in. */
uint64_t free_blocks_of(const struct zone_counts *zone, uint32_t orders, uint32_t order);

#endif
