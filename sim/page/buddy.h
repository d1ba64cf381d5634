/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * State of the `buddy` policy, Linux 6.1's page allocator. Private to sim/page. All arrays are in
 * the run's arena and are indexed by frame, pageblock, zone and CPU number.
 */
#ifndef SLABYARD_PAGE_BUDDY_H
#define SLABYARD_PAGE_BUDDY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/gfp.h"
#include "core/ids.h"
#include "core/page_state.h"
#include "core/services.h"
#include "page/assist.h"
#include "page/compact.h"
#include "page/frames.h"
#include "page/page.h"
#include "page/reclaim.h"

/*
 * The zones of an architecture (enum zone_type of include/linux/mmzone.h). A zone's type is its
 * index here; where there is no zone of some kind, that is the one which stands in for it.
 */
enum { ZONE_TYPES = 4 };

struct zone_arch {
	const char *names[ZONE_TYPES];
	uint8_t dma, dma32, normal, highmem, movable;
	uint32_t lowmem_reserve_ratio[ZONE_TYPES]; /* sysctl_lowmem_reserve_ratio */
	enum vm_event pgalloc[ZONE_TYPES], allocstall[ZONE_TYPES];
	bool spreads_over_dma32; /* CONFIG_ZONE_DMA32, see zonelist.c */
};

const struct zone_arch *zone_arch_of(enum machine_arch arch);

enum zone_watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARK_PROMO, WMARKS };

/*
 * How hard an allocation may try (ALLOC_* of mm/internal.h). The low two bits are the watermark to
 * stay above.
 */
enum alloc_flags {
	ALLOC_WMARK_MASK = 0x03,
	ALLOC_NO_WATERMARKS = 0x04,
	ALLOC_OOM = 0x08,
	ALLOC_NON_BLOCK = 0x10,
	ALLOC_MIN_RESERVE = 0x20,
	ALLOC_CMA = 0x80,
	ALLOC_NOFRAGMENT = 0x100,
	ALLOC_HIGHATOMIC = 0x200,
	ALLOC_KSWAPD = 0x800,
	ALLOC_RESERVES = ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM,
};

enum {
	COSTLY_ORDER = 3, /* PAGE_ALLOC_COSTLY_ORDER: the largest order with a pcp list */
	PCP_LOW_LISTS = MIGRATE_PCPTYPES * (COSTLY_ORDER + 1),
	PCP_LISTS = PCP_LOW_LISTS + 2, /* and two of huge pages, unmovable and movable */
	PCP_BATCH_SCALE_MAX = 5,
	PCP_CPUS_MAX = 4096,
	HUGE_PAGE_ORDER = 9,     /* HPAGE_PMD_ORDER */
	PAGEBLOCK_ABSENT = 0xff, /* type of a pageblock where there is no memory at all */
};

enum khugepaged { KHUGEPAGED_AUTO, KHUGEPAGED_ON, KHUGEPAGED_OFF };

struct buddy_params {
	uint64_t min_free_kbytes; /* 0: by the kernel's formula */
	uint64_t watermark_scale_factor;
	uint64_t watermark_boost_factor;
	uint64_t percpu_pagelist_high_fraction;
	bool page_group_by_mobility;
	bool transparent_hugepage;
	int khugepaged; /* enum khugepaged */
	bool compaction;
	uint64_t compaction_proactiveness;
	uint64_t extfrag_threshold;
	uint64_t initmem_bytes;
	uint64_t kernelcore_bytes, movablecore_bytes;
	bool movable_node;
	bool shuffle;
	const char *cma;                  /* sizes of the areas, "" for none */
	const char *lowmem_reserve_ratio; /* by type of zone, "" as the architecture has it */
};

/* fls(): the number of the highest bit that is set, from 1 on. */
static inline uint32_t buddy_fls(uint32_t value)
{
	return value ? 32 - (uint32_t)__builtin_clz(value) : 0;
}

/*
 * One list of a per-cpu set: a ring of first frames, the list's head at `head`. All rings of a
 * zone have the same size, a power of two.
 */
struct pcp_list {
	uint32_t head;
	uint32_t length;
};

/* struct per_cpu_pages and the CPU's part of the zone's counters. */
struct pcp {
	int32_t count; /* frames on all lists */
	int32_t high, batch;
	int32_t free_factor;
	int32_t free_diff; /* vm_stat_diff[NR_FREE_PAGES] */
	int32_t cma_diff;  /* vm_stat_diff[NR_FREE_CMA_PAGES] */
	int32_t stat_threshold;
	int32_t drain_frames; /* lock order: decided, waits for its event */
	uint32_t drain_first; /* and the list that it begins with */
	int32_t refill_left;  /* lock order: blocks of the last refill not told of yet */
	uint32_t ring_mask;   /* slots of one list, less one */
	uint32_t refilled;    /* bit: list that was refilled for an allocation still to come */
	uint32_t *slots;      /* the lists' rings, one after the other */
	struct pcp_list lists[PCP_LISTS];
};

struct buddy_zone {
	char name[ZONE_NAME_MAX];
	uint32_t node;
	uint32_t type; /* index in struct zone_arch */
	uint32_t start, end;
	uint32_t present, managed;
	uint32_t cma_pages;  /* of the managed */
	int64_t nr_free_cma; /* NR_FREE_CMA_PAGES, lagging as nr_free does */
	uint32_t watermark[WMARKS];
	uint32_t boost;
	uint32_t nr_highatomic;
	uint64_t lowmem_reserve[ZONE_TYPES];
	uint32_t drift_mark; /* percpu_drift_mark; 0: the counter is good enough at any time */
	int64_t nr_free;     /* NR_FREE_PAGES as watermark checks see it: CPUs' differences out */
	uint32_t flags;
	lock_id lock;
	uint32_t list_base;               /* number of the zone's first list head */
	uint32_t nonempty[MIGRATE_TYPES]; /* bit `order` set: that list has a block */
	uint64_t numa[NUMA_STATS];
	uint32_t blocks[PAGE_ORDERS_MAX][MIGRATE_TYPES];
	uint32_t pageblocks[MIGRATE_TYPES];
	uint32_t pageblocks_mixed[MIGRATE_TYPES];
	struct compact_zone compact;
};

/*
 * Zones in the order in which a node's requests try them (node_zonelists): its own, from the
 * highest type down, then those of the other nodes, nearest first.
 */
struct zonelist {
	uint32_t count, local; /* the first `local` zones are the node's own */
	uint8_t zone[PAGE_ZONES_MAX];
	uint8_t first[ZONE_TYPES]; /* place of the first zone of that type or a lower one */
};

/* A block that compaction took as it was freed, for the allocation that waits for it. */
struct captured {
	uint32_t pfn; /* UINT32_MAX: none */
	uint32_t cpu;
	uint8_t order;
};

/* struct capture_control: a direct compaction waits for a block of its order to come free. */
struct capture {
	bool active;
	uint8_t order;
	uint32_t zone, cpu;
	uint32_t pfn; /* UINT32_MAX: none yet */
};

/* Work done under a zone lock, priced when it is let go. */
struct tally {
	uint32_t buddy_take, buddy_put, split, merge, pcp_drain_page;
};

struct buddy {
	struct frames frames;
	struct buddy_zone *zones; /* in address order, which is by node too */
	uint32_t zone_count;
	const struct zone_arch *arch;
	struct topology topology;
	bool movable_is_high;   /* the movable zones' memory is not mapped directly */
	bool shared_pageblocks; /* some pageblock lies in more than one zone */
	bool has_cma;
	uint32_t lowmem_reserve_ratio[ZONE_TYPES];
	struct shuffle *shuffle;    /* NULL: none */
	struct zonelist *zonelists; /* by node */
	uint8_t *node_of_cpu;
	uint32_t cpus;
	uint32_t orders, pageblock_order;
	bool group_by_mobility;
	uint32_t told; /* 1 << enum page_assist_kind: what the trace tells, so that it is not
			  decided */
	struct captured captured;
	struct capture capture;
	struct page_node *nodes;
	uint32_t node_count;
	struct tally tally;
	struct buddy_params params;

	uint8_t *pageblock_type; /* enum migratetype by pageblock */
	/* pages in use by pageblock, on an LRU list, so that they may be moved, and others */
	uint32_t *pageblock_lru, *pageblock_pinned;
	uint64_t *pageblock_skip; /* a bit each: compaction found nothing to do there */
	struct compact_scratch compact;

	struct pcp *pcps; /* zone_count for each CPU */

	uint64_t total_reserve, min_free_kbytes;
	uint64_t jiffies;                 /* of the recorded state; 0: the run begins at boot */
	uint64_t begin_ns, begin_jiffies; /* the run's begin */
	const struct services *services;
};

enum zone_flags { ZONE_BOOSTED_WATERMARK = 1 << 0, ZONE_RECLAIM_ACTIVE = 1 << 1 };

/* zones and frame numbers are never so many that a search from the top costs anything. */
static inline uint32_t buddy_zone_of(const struct buddy *b, uint32_t pfn)
{
	uint32_t zone = b->zone_count - 1;

	while (pfn < b->zones[zone].start)
		zone--;
	return zone;
}

static inline struct pcp *buddy_pcp(const struct buddy *b, uint32_t zone, uint32_t cpu)
{
	return &b->pcps[(size_t)cpu * b->zone_count + zone];
}

static inline uint32_t pageblock_of(const struct buddy *b, uint32_t pfn)
{
	return pfn >> b->pageblock_order;
}

static inline uint32_t pageblock_frames(const struct buddy *b)
{
	return 1u << b->pageblock_order;
}

static inline bool buddy_told(const struct buddy *b, enum page_assist_kind kind)
{
	return b->told & 1u << kind;
}

/* The migratetype whose lists serve a request. */
static inline unsigned buddy_migratetype(const struct buddy *b, unsigned migratetype)
{
	return b->group_by_mobility ? migratetype : MIGRATE_UNMOVABLE;
}

/* gfp_compaction_allowed() */
static inline bool compact_allowed(const struct buddy *b, uint32_t gfp)
{
	return b->params.compaction && gfp & GFP_BIT_IO;
}

/* is_highmem(): memory that is not mapped directly. */
static inline bool zone_is_highmem(const struct buddy *b, const struct buddy_zone *z)
{
	return b->arch->highmem != b->arch->normal &&
	       (z->type == b->arch->highmem || (z->type == b->arch->movable && b->movable_is_high));
}

/* The node whose zonelist serves a request: the one asked for, else the CPU's. */
static inline uint32_t buddy_node_of(const struct buddy *b, const struct request *request)
{
	if (request->node >= 0 && (uint32_t)request->node < b->topology.nodes)
		return (uint32_t)request->node;
	return b->node_of_cpu[request->cpu];
}

/* CPUs that share a zone's pages on their lists: those of its node, or all. */
static inline uint32_t zone_cpus(const struct buddy *b, const struct buddy_zone *z)
{
	uint32_t cpus = topology_node_cpus(&b->topology, z->node);

	return cpus ? cpus : b->cpus;
}

static inline unsigned pageblock_type(const struct buddy *b, uint32_t pfn)
{
	return b->pageblock_type[pageblock_of(b, pfn)];
}

/* Counts, by pageblock, of the pages that do not belong in one of this one's type. */
static inline uint32_t *pageblock_strangers(const struct buddy *b, uint32_t block)
{
	unsigned type = b->pageblock_type[block];
	bool movable = type == MIGRATE_MOVABLE || type == MIGRATE_CMA;

	return movable ? b->pageblock_pinned : b->pageblock_lru;
}

/* What follows from a pageblock's figures for one zone or, when zones share it, for all of them. */
void pageblock_find_shared(struct buddy *b);
/* Some of the zone's pageblock lies in another zone. */
bool pageblock_is_shared(const struct buddy *b, const struct buddy_zone *z, uint32_t block);
/* All zones' figures anew, from the pageblocks'. */
void pageblock_recount(struct buddy *b);
void pageblock_shared_type(struct buddy *b, uint32_t block, unsigned from, unsigned to);
void pageblock_shared_mixed(struct buddy *b, uint32_t block, unsigned type, uint32_t change);

static inline void pageblock_add_mixed(struct buddy *b, struct buddy_zone *z, uint32_t block,
				       unsigned type, uint32_t change)
{
	if (__builtin_expect(b->shared_pageblocks, 0))
		pageblock_shared_mixed(b, block, type, change);
	else
		z->pageblocks_mixed[type] += change;
}

/* Adds to one of the counts by pageblock, never to less than 0, and sees whether it is mixed. */
static inline void pageblock_count(struct buddy *b, uint32_t *counts, uint32_t pfn, int32_t frames)
{
	uint32_t block = pageblock_of(b, pfn);
	uint32_t before = counts[block];
	int64_t after = (int64_t)before + frames;

	counts[block] = after < 0 ? 0 : (uint32_t)after;
	if (!before != !counts[block] && counts == pageblock_strangers(b, block))
		pageblock_add_mixed(b, &b->zones[buddy_zone_of(b, pfn)], block,
				    b->pageblock_type[block], before ? UINT32_MAX : 1);
}

/* set_pageblock_migratetype() of mm/page_alloc.c, with the zone's count of types. */
static inline void pageblock_set_type(struct buddy *b, struct buddy_zone *z, uint32_t pfn,
				      unsigned type)
{
	uint32_t block = pageblock_of(b, pfn);
	uint8_t *slot = &b->pageblock_type[block];

	if (!b->group_by_mobility && type < MIGRATE_PCPTYPES)
		type = MIGRATE_UNMOVABLE;
	if (pageblock_strangers(b, block)[block])
		pageblock_add_mixed(b, z, block, *slot, UINT32_MAX);
	if (__builtin_expect(b->shared_pageblocks, 0)) {
		pageblock_shared_type(b, block, *slot, type);
	} else {
		z->pageblocks[*slot]--;
		z->pageblocks[type]++;
	}
	*slot = (uint8_t)type;
	if (pageblock_strangers(b, block)[block])
		pageblock_add_mixed(b, z, block, type, 1);
}

/* in_use.c: frames in use, with the counts of their pageblocks. */

/* Counts the frames of a block of whole pageblocks as pinned (sign 1), or no more (-1). */
void in_use_pin_pageblocks(struct buddy *b, uint32_t pfn, unsigned order, int32_t sign);

static inline void in_use_pin(struct buddy *b, uint32_t pfn, unsigned order, int32_t sign)
{
	if (order <= b->pageblock_order)
		pageblock_count(b, b->pageblock_pinned, pfn, sign * (1 << order));
	else
		in_use_pin_pageblocks(b, pfn, order, sign);
}

/* The pageblock at pfn has this many frames on an LRU list, whatever was counted. */
void in_use_set_lru(struct buddy *b, uint32_t pfn, uint32_t frames);

/* The block is FRAME_ALLOCATED or FRAME_LRU from now on; it was neither. */
static inline void in_use_begin(struct buddy *b, uint32_t pfn, unsigned order, enum frame_kind kind)
{
	frames_set(&b->frames, pfn, order, kind);
	if (kind == FRAME_LRU)
		pageblock_count(b, b->pageblock_lru, pfn, 1 << order);
	else
		in_use_pin(b, pfn, order, 1);
}

/* It was in use, as `kind`, and is nothing now. */
static inline void in_use_end(struct buddy *b, uint32_t pfn, unsigned order, enum frame_kind kind)
{
	frames_clear(&b->frames, pfn, order);
	if (kind == FRAME_LRU)
		pageblock_count(b, b->pageblock_lru, pfn, -(1 << order));
	else if (kind == FRAME_ALLOCATED)
		in_use_pin(b, pfn, order, -1);
}

static inline void buddy_lock(const struct buddy *b, const struct buddy_zone *z)
{
	work_count(b->services->work, WORK_zone_lock);
	op_lock(b->services->clock, z->lock);
}

static inline void buddy_unlock(struct buddy *b, const struct buddy_zone *z)
{
	struct work *work = b->services->work;

	work_count_n(work, WORK_buddy_take, b->tally.buddy_take);
	work_count_n(work, WORK_buddy_put, b->tally.buddy_put);
	work_count_n(work, WORK_split, b->tally.split);
	work_count_n(work, WORK_merge, b->tally.merge);
	work_count_n(work, WORK_pcp_drain_page, b->tally.pcp_drain_page);
	b->tally = (struct tally){ 0 };
	op_unlock(b->services->clock, z->lock);
}

/*
 * __mod_zone_page_state(zone, NR_FREE_PAGES) of mm/vmstat.c: the zone's counter learns of changes
 * when a CPU's own difference has outgrown its threshold. `cpu` is the CPU that runs.
 */
static inline void buddy_free_count_add(struct buddy *b, uint32_t zone, uint32_t cpu, int32_t delta)
{
	struct pcp *pcp = buddy_pcp(b, zone, cpu);
	int32_t diff = pcp->free_diff + delta;

	if (diff > pcp->stat_threshold || diff < -pcp->stat_threshold) {
		b->zones[zone].nr_free += diff;
		diff = 0;
	}
	pcp->free_diff = diff;
}

/* NR_FREE_CMA_PAGES likewise, for frames that came to or left the lists of contiguous areas. */
static inline void buddy_cma_count_add(struct buddy *b, uint32_t zone, uint32_t cpu, int32_t delta)
{
	struct pcp *pcp = buddy_pcp(b, zone, cpu);
	int32_t diff = pcp->cma_diff + delta;

	if (diff > pcp->stat_threshold || diff < -pcp->stat_threshold) {
		b->zones[zone].nr_free_cma += diff;
		diff = 0;
	}
	pcp->cma_diff = diff;
}

/* __mod_zone_freepage_state() */
static inline void buddy_freepage_add(struct buddy *b, uint32_t zone, uint32_t cpu, int32_t delta,
				      unsigned migratetype)
{
	buddy_free_count_add(b, zone, cpu, delta);
	if (__builtin_expect(migratetype == MIGRATE_CMA, 0))
		buddy_cma_count_add(b, zone, cpu, delta);
}

/* The migratetype of the list that a block taken for `migratetype` came from. */
static inline unsigned buddy_taken_type(const struct buddy *b, uint32_t pfn, unsigned migratetype)
{
	return b->has_cma && pageblock_type(b, pfn) == MIGRATE_CMA ? MIGRATE_CMA : migratetype;
}

/* Frames in the zone's buddy lists, exactly: orders that the machine does not have hold none. */
static inline uint64_t buddy_free_frames(const struct buddy_zone *z)
{
	uint64_t frames = 0;

	for (unsigned order = 0; order < PAGE_ORDERS_MAX; order++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			frames += (uint64_t)z->blocks[order][type] << order;
	}
	return frames;
}

/* zone_page_state_snapshot(NR_FREE_PAGES): with what the CPUs have not told yet. */
static inline int64_t buddy_free_now(const struct buddy *b, uint32_t zone)
{
	int64_t pages = b->zones[zone].nr_free;

	for (uint32_t cpu = 0; cpu < b->cpus; cpu++)
		pages += buddy_pcp(b, zone, cpu)->free_diff;
	return pages < 0 ? 0 : pages;
}

/* Some list of the order has a block (free_area.nr_free). */
static inline bool buddy_has_order(const struct buddy_zone *z, unsigned order)
{
	uint32_t orders = 0;

	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		orders |= z->nonempty[type];
	return orders & 1u << order;
}

/* block.c: the buddy lists. The caller holds the zone lock; zone counters are the caller's. */

/* __free_one_page(): puts a block on its list, merged with its buddies as far as that goes. */
void block_free(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order, unsigned migratetype,
		bool to_tail);
/* __rmqueue_smallest(): the first block of the smallest sufficient order, or UINT32_MAX. */
uint32_t block_take(struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype);
/* What block_take() would give after `nth` others, or UINT32_MAX. */
uint32_t block_nth(const struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype,
		   uint32_t nth);
/* Removes a block of exactly this order from its list (del_page_from_free_list()). */
void block_unlink(struct buddy *b, struct buddy_zone *z, uint32_t pfn, unsigned order);
/* move_to_free_list(): to the tail of another type's list. */
void block_move(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order, unsigned migratetype);
/* First block of a list, or UINT32_MAX. */
uint32_t block_first(const struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype);
uint32_t block_last(const struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype);
/* Its neighbours on its list, or UINT32_MAX. */
uint32_t block_next(const struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
		    unsigned migratetype);
uint32_t block_previous(const struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
			unsigned migratetype);
/* Off its list; a large one makes its pageblocks movable (__isolate_free_page()). */
void block_isolate(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order);
/* Takes a block of this order out of the free one that contains it. False: there is none. */
bool block_take_at(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order);
/* Adds at the tail, for loading a state. */
void block_append(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
		  unsigned migratetype);
/* The link that is a list's head. */
uint32_t block_list_head(const struct buddy *b, uint32_t zone, unsigned order,
			 unsigned migratetype);
/* Empty lists for all zones. */
void block_lists_init(struct buddy *b);
/* Two blocks of one list change places. */
void block_swap(struct buddy *b, uint32_t pfn, uint32_t other, unsigned order);
/* Takes pfn's list apart at pfn: pfn becomes the first block of it, or the last. */
void block_rotate(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order,
		  unsigned migratetype, bool to_head);

/* fallback.c */

/* __rmqueue(): block_take() with stealing from other types. UINT32_MAX when there is none. */
uint32_t fallback_take(struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype,
		       unsigned alloc_flags);
void fallback_reserve_highatomic(struct buddy *b, uint32_t zone, uint32_t pfn);
/* True when free blocks came with the pageblock. */
bool fallback_unreserve_pageblock(struct buddy *b, uint32_t zone, uint32_t pfn,
				  unsigned migratetype);
bool fallback_unreserve_highatomic(struct buddy *b, const struct request *request,
				   unsigned migratetype, bool force);
/* find_suitable_fallback(): another type has a block of this order, and its pageblock with it. */
bool fallback_can_steal(const struct buddy *b, uint32_t zone, unsigned order, unsigned migratetype);

/* node_order.c: the zonelists of all nodes, and the node of each CPU. */
int zonelist_build(struct buddy *b, struct error *err);

/* zonelist.c: which zone. */

/* gfp_zone() */
unsigned zonelist_highest_type(const struct buddy *b, uint32_t gfp);
/* gfp_to_alloc_flags_cma() */
unsigned zonelist_cma_flag(const struct buddy *b, const struct request *request);
/* The zones of a request, best first; UINT32_MAX at the end. */
uint32_t zonelist_first(const struct buddy *b, const struct request *request);
uint32_t zonelist_next(const struct buddy *b, const struct request *request, uint32_t zone);
/* get_page_from_freelist(): UINT32_MAX when no zone has something and is above its mark. */
uint32_t zonelist_try(struct buddy *b, const struct request *request, unsigned alloc_flags);
uint32_t zonelist_take(struct buddy *b, const struct request *request);
size_t zonelist_take_bulk(struct buddy *b, const struct request *request, size_t count, pfn_t *out);

/* boot.c: a fresh machine. */

int boot_layout(struct buddy *b, const struct page_machine *machine, struct error *err);

/* release.c: frees, of whole allocations and of parts of them. */

void release_frames(struct buddy *b, const struct request *request, uint32_t pfn);
/* Makes the frames one allocated block of their own. False: they are not allocated. */
bool release_claim(struct buddy *b, uint32_t pfn, unsigned order);

/* exchange.c: ASSIST_FRAME; the frame that is asked for is in `zone`. */

bool exchange_frame(struct buddy *b, uint32_t zone, const struct page_assist *a);

/* snapshot.c, inspect.c, assist.c: hooks of the ops table. */

int buddy_load(void *state, const struct page_state *from, struct error *err);
int buddy_dump(const void *state, struct page_state *to, struct error *err);
void buddy_counts(const void *state, struct page_counts *counts);
void buddy_walk(const void *state, void (*visit)(void *, const struct page_extent *),
		void *context);
bool buddy_check(const void *state, struct error *err);
bool buddy_assist(void *state, const struct page_assist *assist);

/* options.c: what is about pages that can be moved stands first. */
enum { BUDDY_OPTIONS_MOBILITY = 5 };
extern const struct option_spec buddy_options[];

/* buddy.c: hooks of the ops table. */

/* prep_new_page(): the request has these frames, which are on no list. */
void buddy_mark_allocated(struct buddy *b, const struct request *request, uint32_t pfn);

void *buddy_create(const struct page_machine *machine, const void *params,
		   const struct services *services, struct error *err);
void buddy_destroy(void *state);
/* struct policy_info: the options that draw random numbers are on. */
bool buddy_draws(const void *params);
pfn_t buddy_alloc(void *state, const struct request *request);
size_t buddy_alloc_bulk(void *state, const struct request *request, size_t count, pfn_t *out);
void buddy_free(void *state, const struct request *request, pfn_t pfn);
void buddy_drain(void *state, uint32_t cpu);

/* And the arrays for frames below `frame_count` and the zones already in b->zones. */
int buddy_arrays(struct buddy *b, uint32_t frame_count, struct error *err);
/* Gives the zones from number `from` on a lock of their own. */
void buddy_add_zone_locks(struct buddy *b, uint32_t from);

#endif
