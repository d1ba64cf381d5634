/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/ageing_life.h"

#include <stdlib.h>
#include <string.h>

#include "core/gfp.h"
#include "machine/machine.h"

static int no_memory(struct life *l)
{
	l->failed = true;
	return error_set(&l->err, ERROR_RUN, "no memory to age the machine");
}

static void note_extent(void *context, const struct page_extent *extent)
{
	struct life *l = context;

	for (uint32_t i = 0; extent->free && i < 1u << extent->order; i++)
		if (extent->pfn.v + i < l->frame_count)
			l->frames[extent->pfn.v + i] = AGE_FRAME_FREE;
}

int life_begin(struct life *l, struct machine *m, uint64_t seed, struct ageing_report *report,
	       struct error *err)
{
	*l = (struct life){
		.m = m,
		.rng = rng_create(seed, "start.aged"),
		.report = report,
		.counts = calloc(1, sizeof(*l->counts)),
		.frame_count = m->services.frames,
		.frames = malloc(m->services.frames * sizeof(*l->frames)),
		.work = m->work,
		.locks = m->clock.locks,
		.observer = m->services.observer,
	};
	m->clock.locks = NULL;
	m->services.observer = NULL;
	if (!l->rng || !l->counts || !l->frames || life_group(l) != AGE_KERNEL) {
		no_memory(l);
		return life_end(l, err);
	}
	for (uint32_t i = 0; i < l->frame_count; i++)
		l->frames[i] = AGE_FRAME_UNKNOWN;
	m->page->walk(m->page_state, note_extent, l);
	return 0;
}

int life_end(struct life *l, struct error *err)
{
	l->m->work = l->work;
	l->m->clock.locks = l->locks;
	l->m->services.observer = l->observer;
	rng_destroy(l->rng);
	free(l->counts);
	free(l->allocs);
	free(l->live);
	free(l->unused);
	free(l->groups);
	free(l->frames);
	if (!l->failed)
		return 0;
	if (err)
		*err = l->err;
	return -1;
}

/* --- slots and groups --- */

static bool grow(struct life *l)
{
	size_t capacity = l->capacity ? 2 * l->capacity : 4096;
	struct age_alloc *allocs = realloc(l->allocs, capacity * sizeof(*allocs));
	if (allocs)
		l->allocs = allocs;
	uint32_t *live = allocs ? realloc(l->live, capacity * sizeof(*live)) : NULL;
	if (live)
		l->live = live;
	uint32_t *unused = live ? realloc(l->unused, capacity * sizeof(*unused)) : NULL;
	if (!unused)
		return no_memory(l) == 0;
	l->unused = unused;
	for (size_t i = capacity; i-- > l->capacity;)
		l->unused[l->unused_count++] = (uint32_t)i;
	l->capacity = capacity;
	return true;
}

uint32_t life_group(struct life *l)
{
	if (l->group_count == l->group_capacity) {
		size_t capacity = l->group_capacity ? 2 * l->group_capacity : 256;
		uint32_t *groups = realloc(l->groups, capacity * sizeof(*groups));
		if (!groups) {
			no_memory(l);
			return AGE_NONE;
		}
		l->groups = groups;
		l->group_capacity = capacity;
	}
	l->groups[l->group_count] = AGE_NONE;
	return (uint32_t)l->group_count++;
}

static void set_frames(struct life *l, const struct age_alloc *a, int32_t value)
{
	for (uint32_t i = 0; i < 1u << a->order && a->pfn + i < l->frame_count; i++)
		l->frames[a->pfn + i] = value;
}

static void add_alloc(struct life *l, uint32_t pfn, unsigned order, unsigned type, uint32_t group)
{
	uint32_t slot = l->unused[--l->unused_count], first = l->groups[group];
	struct age_alloc *a = &l->allocs[slot];

	*a = (struct age_alloc){ .pfn = pfn,
				 .group = group,
				 .next = first,
				 .prev = AGE_NONE,
				 .place = (uint32_t)l->live_count,
				 .order = (uint8_t)order,
				 .type = (uint8_t)type };
	if (first != AGE_NONE)
		l->allocs[first].prev = slot;
	l->groups[group] = slot;
	l->live[l->live_count++] = slot;
	set_frames(l, a, (int32_t)slot);
	l->used += 1u << order;
	l->kernel += group == AGE_KERNEL ? 1u << order : 0;
}

static void remove_alloc(struct life *l, uint32_t slot)
{
	struct age_alloc *a = &l->allocs[slot];
	uint32_t last = l->live[--l->live_count];

	if (a->prev == AGE_NONE)
		l->groups[a->group] = a->next;
	else
		l->allocs[a->prev].next = a->next;
	if (a->next != AGE_NONE)
		l->allocs[a->next].prev = a->prev;
	l->live[a->place] = last;
	l->allocs[last].place = a->place;
	l->unused[l->unused_count++] = slot;
	set_frames(l, a, AGE_FRAME_FREE);
	l->used -= 1u << a->order;
	l->kernel -= a->group == AGE_KERNEL ? 1u << a->order : 0;
}

/* --- allocations --- */

/*
 * No flag lets it reclaim or wake who does: a life stays above the watermarks. Movable pages are
 * user's, and on an LRU list.
 */
static uint32_t gfp_of(unsigned type, bool lru)
{
	const uint32_t user = GFP_BIT_HIGHMEM | GFP_BIT_MOVABLE | GFP_BIT_HARDWALL;

	if (type == MIGRATE_MOVABLE)
		return GFP_BIT_NOMEMALLOC | user | (lru ? GFP_BIT_COMP : 0);
	return GFP_BIT_NOMEMALLOC | (type == MIGRATE_RECLAIMABLE ? GFP_BIT_RECLAIMABLE : 0);
}

static struct request request_of_life(const struct life *l, unsigned order)
{
	return (struct request){
		.order = (uint8_t)order, .zone_hint = -1, .node = -1, .time_ns = l->m->time_ns
	};
}

bool life_alloc(struct life *l, int zone, unsigned type, bool lru, unsigned order, uint32_t group)
{
	struct request request = request_of_life(l, order);

	if (group == AGE_NONE || (!l->unused_count && !grow(l)))
		return false;
	request.gfp = gfp_of(type, lru);
	request.migratetype = (uint8_t)type;
	request.zone_hint = (int8_t)zone;
	pfn_t pfn = l->m->page->alloc(l->m->page_state, &request);
	if (pfn_is_none(pfn))
		return false;
	l->report->allocations++;
	add_alloc(l, pfn.v, order, type, group);
	return true;
}

void life_free(struct life *l, uint32_t slot)
{
	struct age_alloc a = l->allocs[slot];
	struct request request = request_of_life(l, a.order);

	remove_alloc(l, slot);
	l->report->frees++;
	l->m->page->free(l->m->page_state, &request, (pfn_t){ a.pfn });
}

void life_free_group(struct life *l, uint32_t group)
{
	while (l->groups[group] != AGE_NONE)
		life_free(l, l->groups[group]);
}

void life_drain(struct life *l)
{
	for (uint32_t cpu = 0; l->m->page->drain && cpu < l->m->cpus; cpu++)
		l->m->page->drain(l->m->page_state, cpu);
}

const struct page_counts *life_counts(struct life *l)
{
	memset(l->counts, 0, sizeof(*l->counts));
	l->m->page->counts(l->m->page_state, l->counts);
	return l->counts;
}

const struct zone_counts *life_largest_zone(struct life *l)
{
	const struct page_counts *counts = life_counts(l);
	const struct zone_counts *largest = &counts->zones[0];

	for (uint32_t i = 1; i < counts->zone_count; i++)
		if (counts->zones[i].managed > largest->managed)
			largest = &counts->zones[i];
	return largest;
}

int32_t life_index(struct life *l)
{
	const struct zone_counts *zone = life_largest_zone(l);
	uint32_t orders = l->counts->orders;

	return unusable_free_index(zone, orders,
				   AGE_HUGE_ORDER < orders ? AGE_HUGE_ORDER : orders - 1);
}

unsigned life_draw_order(struct life *l, unsigned type)
{
	uint64_t at = type == MIGRATE_MOVABLE ? 0 : rng_below(l->rng, 10);

	return at < 6 ? 0 : at < 8 ? 1 : at < 9 ? 2 : 3;
}
