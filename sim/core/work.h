/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mechanism counts work, the cost model prices it. A policy calls work_count() for each primitive
 * it performs and never knows time; the price is added as it is counted. Counters run on for the
 * whole run: whoever wants a difference keeps the earlier value.
 */
#ifndef SLABYARD_CORE_WORK_H
#define SLABYARD_CORE_WORK_H

#include <stdint.h>

enum counter {
#define COUNTER(name, price, help) WORK_##name,
#include "core/counters.def"
#undef COUNTER
	WORK_COUNTERS
};

/* What /proc/vmstat counts; has no price. */
enum vm_event {
#define VM_EVENT(name, help) VM_##name,
#include "core/vm_events.def"
#undef VM_EVENT
	VM_EVENTS
};

struct vm_event_info {
	const char *name;
	const char *help;
};

extern const struct vm_event_info vm_event_table[VM_EVENTS];

struct counter_info {
	const char *name;
	const char *help;
	uint32_t default_price_ps;
};

extern const struct counter_info counter_table[WORK_COUNTERS];

struct work {
	uint64_t cost_ps; /* modelled time of all work counted so far, picoseconds */
	uint64_t count[WORK_COUNTERS];
	uint32_t price_ps[WORK_COUNTERS];
	uint64_t vm_event[VM_EVENTS];
};

static inline void work_count(struct work *work, enum counter counter)
{
	work->count[counter]++;
	work->cost_ps += work->price_ps[counter];
}

static inline void work_count_n(struct work *work, enum counter counter, uint64_t n)
{
	work->count[counter] += n;
	work->cost_ps += n * work->price_ps[counter];
}

static inline void vm_event_count(struct work *work, enum vm_event event, uint64_t n)
{
	work->vm_event[event] += n;
}

#endif
