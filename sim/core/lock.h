/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Locks of the simulated machine: resources with a holder, a first-come first-served queue and a
 * hold time. With one CPU nobody ever waits and a lock costs a branch. Times are picoseconds of
 * simulated time.
 */
#ifndef SLABYARD_CORE_LOCK_H
#define SLABYARD_CORE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"
#include "core/work.h"

struct lock_stats {
	const char *name; /* belongs to the table */
	uint64_t acquisitions;
	uint64_t contended; /* acquisitions that had to wait */
	uint64_t wait_ps;   /* sum of all waits */
	uint64_t hold_ps;   /* sum of all holds */
	uint32_t queue_max; /* most waiters seen at once, holder not counted */
};

/*
 * A CPU waits for one lock at a time, and a trace has no more CPUs than RECORD_CPU_BITS tell. Locks
 * are never given back: there is one for each node of each cache that ever was.
 */
enum { LOCK_WAITERS_MAX = 4096, LOCKS_A_NODE = 1 << 16, LOCK_NAME_MAX = 64 };

struct lock_table;

/* Room for LOCKS_A_NODE locks of each node, and as many others. */
struct lock_table *lock_table_create(uint32_t nodes, struct error *err);
void lock_table_destroy(struct lock_table *table);

/* A new, free lock. The name ("zone->lock DMA32") is copied, at most LOCK_NAME_MAX - 1 bytes. */
lock_id lock_add(struct lock_table *table, const char *name);

/*
 * A request that reaches the lock at arrival_ps gets it as soon as all earlier requests have let it
 * go; returns the wait. The caller must then call lock_leave. Requests come in order of arrival, or
 * they are served in the order of these calls.
 */
uint64_t lock_enter(struct lock_table *table, lock_id lock, uint32_t cpu, uint64_t arrival_ps);
/* The holder lets go at leave_ps. */
void lock_leave(struct lock_table *table, lock_id lock, uint64_t leave_ps);

uint32_t lock_count(const struct lock_table *table);
struct lock_stats lock_stats(const struct lock_table *table, lock_id lock);

/*
 * What a policy uses: the clock of the operation in hand. now = start + waits + work counted since
 * the operation began. The engine sets it before each operation.
 */
struct op_clock {
	struct work *work;
	struct lock_table *locks; /* NULL with one CPU: acquiring is free */
	uint64_t start_ps;        /* when the operation began on its CPU */
	uint64_t work_at_start;   /* work->cost_ps then */
	uint64_t waited_ps;       /* waits for locks in this operation so far */
	uint32_t cpu;
};

static inline uint64_t op_clock_now(const struct op_clock *clock)
{
	return clock->start_ps + clock->waited_ps + (clock->work->cost_ps - clock->work_at_start);
}

static inline void op_lock(struct op_clock *clock, lock_id lock)
{
	if (clock->locks)
		clock->waited_ps += lock_enter(clock->locks, lock, clock->cpu, op_clock_now(clock));
}

static inline void op_unlock(struct op_clock *clock, lock_id lock)
{
	if (clock->locks)
		lock_leave(clock->locks, lock, op_clock_now(clock));
}

#endif
