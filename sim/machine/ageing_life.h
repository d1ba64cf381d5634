/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The allocations of a machine that is being aged. Private to the files ageing*.c. */
#ifndef SLABYARD_MACHINE_AGEING_LIFE_H
#define SLABYARD_MACHINE_AGEING_LIFE_H

#include "core/ids.h"
#include "core/work.h"
#include "machine/ageing.h"

enum {
	AGE_HUGE_ORDER = 9,     /* HPAGE_PMD_ORDER */
	AGE_KERNEL = 0,         /* the group of what outlives its process */
	AGE_FRAME_UNKNOWN = -1, /* never managed, or not by this life */
};

#define AGE_NONE UINT32_MAX

struct age_alloc {
	uint32_t pfn;
	uint32_t group;
	uint32_t next, prev; /* in its group, AGE_NONE at the ends */
	uint32_t place;      /* in `live` */
	uint8_t order, type;
};

struct life {
	struct machine *m;
	struct rng *rng;
	struct ageing_report *report;
	struct page_counts *counts;
	struct age_alloc *allocs; /* slots; those not in use are in `unused` */
	uint32_t *live, *unused;
	size_t live_count, unused_count, capacity;
	uint32_t *groups; /* first of each group, AGE_NONE: it is dead */
	size_t group_count, group_capacity;
	int32_t *frames; /* by frame: slot of the allocation that has it, or AGE_FRAME_UNKNOWN */
	uint32_t frame_count;
	uint64_t used, kernel; /* frames; of them, the kernel's group's */
	/* of the machine, put back when the life is over: ageing is no work of the run */
	struct work work;
	struct lock_table *locks;
	const struct page_observer *observer;
	bool failed;
	struct error err;
};

/* AGE_FRAME_FREE is stored as the lowest number: no slot has it. */
#define AGE_FRAME_FREE INT32_MIN

int life_begin(struct life *life, struct machine *m, uint64_t seed, struct ageing_report *report,
	       struct error *err);
/* Puts the machine's work, locks and observer back; -1 with *err when something failed. */
int life_end(struct life *life, struct error *err);

/* zone: as page_counts numbers them, -1: whichever is given. False when there is no memory. */
bool life_alloc(struct life *life, int zone, unsigned type, bool lru, unsigned order,
		uint32_t group);
void life_free(struct life *life, uint32_t slot);
/* A new group, empty. */
uint32_t life_group(struct life *life);
void life_free_group(struct life *life, uint32_t group);
/* Everything on per-cpu lists goes to the free lists. */
void life_drain(struct life *life);
/* The allocator's figures as they are now. */
const struct page_counts *life_counts(struct life *life);
/* The one with the most managed frames, with its figures as they are now. */
const struct zone_counts *life_largest_zone(struct life *life);
/* Its unusable free space index at the order of huge pages, in thousandths. */
int32_t life_index(struct life *life);
/* User pages are single; of what the kernel takes, slabs are larger. */
unsigned life_draw_order(struct life *life, unsigned type);

/* True with a chance of thousandths in a thousand. */
static inline bool life_chance(struct life *life, uint32_t thousandths)
{
	return rng_below(life->rng, 1000) < thousandths;
}

#endif
