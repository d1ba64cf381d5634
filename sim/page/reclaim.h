/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the buddy allocator does when it runs short: the slow path of an allocation, direct reclaim,
 * and the threads kswapd and kcompactd. Reference: mm/page_alloc.c and mm/vmscan.c of Linux 6.1.
 * Private to sim/page.
 */
#ifndef SLABYARD_PAGE_RECLAIM_H
#define SLABYARD_PAGE_RECLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/request.h"

struct buddy;
struct error;

enum {
	RECLAIM_RETRIES_MAX = 16, /* MAX_RECLAIM_RETRIES */
	SWAP_CLUSTER_MAX = 32,
};

enum kswapd_state {
	KSWAPD_ASLEEP,
	KSWAPD_NAPPING, /* kswapd_try_to_sleep(): for a tenth of a second at first */
	KSWAPD_RUNNABLE,
};

/* What a node has of its own (pg_data_t). */
struct page_node {
	enum kswapd_state state;
	bool woken_early; /* from the nap */
	uint32_t nap;     /* number of the latest nap: an older one's end is not heard */
	/* What it was woken for (kswapd_order, kswapd_highest_zoneidx): ZONE_TYPES is none. */
	unsigned wanted_order, wanted_type;
	/* What it last worked for (kswapd()'s variables). */
	unsigned alloc_order, reclaim_order, highest_type;
	uint32_t failures; /* kswapd_failures */

	bool kcompactd_runnable;
	unsigned kcompactd_order, kcompactd_type;
	uint32_t kcompactd_timer; /* number of the latest proactive timeout */
};

/* What a deferred call of the page layer is for. */
enum page_thread {
	PAGE_THREAD_KSWAPD,
	PAGE_THREAD_KCOMPACTD,
	PAGE_THREAD_NAP,       /* kswapd's short sleep is over */
	PAGE_THREAD_PROACTIVE, /* kcompactd looks by itself */
};

/* threads.c: the node's threads and their times, behind one kind of deferred call. */

int page_threads_create(struct buddy *b, uint32_t nodes, struct error *err);
/* The machine gives the thread a CPU when it has one for it. */
void page_thread_wake(struct buddy *b, enum page_thread thread, uint32_t node, uint32_t cpu);
/* The call comes at when_ns; `number` tells it from older ones. */
void page_thread_defer(struct buddy *b, enum page_thread thread, uint32_t node, uint32_t number,
		       uint64_t when_ns);
/* Hooks of the ops table. */
void buddy_begin(void *state, uint64_t now_ns);
void buddy_expire(void *state, uint64_t token, uint64_t now_ns);
uint64_t buddy_thread_needs(const void *state, uint64_t token);

/* slowpath.c */

/* gfp_to_alloc_flags() */
unsigned slowpath_flags(uint32_t gfp, unsigned order);

/* __alloc_pages_slowpath(): UINT32_MAX when the allocation fails. */
uint32_t slowpath_take(struct buddy *b, const struct request *request);

/* reclaim.c */

/* try_to_free_pages(): pages reclaimed, or 1 when compaction can go ahead without. */
uint64_t reclaim_direct(struct buddy *b, const struct request *request);
/* zone_reclaimable_pages() */
uint64_t reclaim_zone_pages(const struct buddy *b, uint32_t zone);
/* shrink_node() with should_continue_reclaim(). */
struct reclaim_pass;
struct reclaim_progress reclaim_node(struct buddy *b, const struct reclaim_pass *pass);

/* kswapd.c */

/* wakeup_kswapd() */
void kswapd_wake(struct buddy *b, uint32_t node, uint32_t gfp, unsigned order,
		 unsigned highest_type, uint32_t cpu);
/* It has got a CPU. */
void kswapd_run(struct buddy *b, uint32_t node, uint32_t cpu, uint64_t now_ns);
/* The nap of this number is over: unless woken meanwhile, it goes to sleep, or must not. */
void kswapd_nap_over(struct buddy *b, uint32_t node, uint32_t number, uint32_t cpu);
/* CPU time that it would take now, as far as there is nothing to reclaim. */
uint64_t kswapd_needs(const struct buddy *b, uint32_t node);
/* The recording shows it running (assist). True when that made a difference. */
bool kswapd_run_told(struct buddy *b, uint32_t node);

/* kcompactd.c */

/* wakeup_kcompactd() */
void kcompactd_wake(struct buddy *b, uint32_t node, unsigned order, unsigned highest_type,
		    uint32_t cpu);
void kcompactd_run(struct buddy *b, uint32_t node, uint32_t cpu, uint64_t now_ns);
/* The run begins: half a second later it looks by itself, unless woken before. */
void kcompactd_begin(struct buddy *b, uint32_t node, uint64_t now_ns);
void kcompactd_timeout(struct buddy *b, uint32_t node, uint32_t timer, uint32_t cpu,
		       uint64_t now_ns);

#endif
