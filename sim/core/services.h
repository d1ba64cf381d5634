/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine gives every policy when it is created. Outlives the policy. */
#ifndef SLABYARD_CORE_SERVICES_H
#define SLABYARD_CORE_SERVICES_H

#include <stdint.h>

#include "base/arena.h"
#include "core/lock.h"
#include "core/work.h"

/*
 * What a deferred call is for: which layer gets it back. DEFER_SLAB_RCU and
 * DEFER_SLAB_REAP are slab's too: pages that wait for a grace period, and SLAB's periodic reaping,
 * both of which a recording may show at another time than the model would.
 */
enum defer_target { DEFER_PAGE, DEFER_SLAB, DEFER_SLAB_RCU, DEFER_SLAB_REAP, DEFER_VM, DEFER_LIBC };

struct topology;
struct reclaim_source;
struct oom_source;
struct migrate_source;
struct page_observer;

struct services {
	struct arena *arena;
	struct work *work;
	struct op_clock *clock; /* op_lock(services->clock, lock) */
	uint64_t seed;
	uint32_t cpus;
	uint32_t nodes;
	/* Machines of several nodes: which CPU is on which, and the node of a frame. */
	const struct topology *topology;
	uint32_t (*node_of_frame)(void *engine, uint32_t pfn);
	uint32_t hz;        /* jiffies a second (CONFIG_HZ), 0: 250 */
	uint64_t ram_pages; /* frames that the page allocator has to give (totalram_pages) */
	uint32_t frames; /* highest pfn of the machine + 1, 0: not known; sizes tables by frame */
	uint32_t orders; /* MAX_ORDER; 0: not known, taken for 11 */
	/* Calls the target's expire hook with token once simulated time has reached when_ns. */
	void (*defer)(void *engine, enum defer_target target, uint64_t when_ns, uint64_t token);
	/*
	 * A kernel thread of the simulated machine has work: the target's expire hook is called
	 * with token once a CPU of its node has time for it (machine/kernel_threads.h). `cpu` woke
	 * it.
	 */
	void (*wake_thread)(void *engine, enum defer_target target, uint32_t node, uint32_t cpu,
			    uint64_t token);
	/*
	 * Tells of an object that the policy allocated for itself, which a recording may show as
	 * well. May be NULL.
	 */
	void (*note_own)(void *engine, uint64_t object);
	void *engine;
	/* What the page allocator stands on when it runs short; NULL: nothing. */
	const struct reclaim_source *reclaim;
	const struct oom_source *oom;
	const struct migrate_source *migrate;
	const struct page_observer *observer;
};

static inline uint32_t services_orders(const struct services *s)
{
	return s->orders ? s->orders : 11;
}

static inline uint64_t services_hz(const struct services *s)
{
	return s->hz ? s->hz : 250;
}

static inline void services_defer(const struct services *s, enum defer_target target,
				  uint64_t when_ns, uint64_t token)
{
	s->defer(s->engine, target, when_ns, token);
}

#endif
