/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/gfp.h"
#include "machine/ageing_life.h"
#include "machine/machine.h"

enum {
	OUTLIVES_THOUSANDTHS = 100, /* of what the kernel holds for a process */
	KERNEL_THOUSANDTHS = 50,    /* of memory: what outlived more processes goes in turn */
	PROCESS_PAGES_LEAST = 16,
	PROCESS_SIZES = 10,     /* powers of two from there */
	ROUND_THOUSANDTHS = 50, /* of memory, born and dead in a round of churn */
	ROUNDS_MAX = 60,        /* three times all memory */
	TOLERANCE = 10,         /* thousandths of the index */
	TRADES_MAX = 4096,
};

/* What is being aged to a level. */
struct level {
	struct life life;
	int32_t wanted;
	uint64_t managed, target, peak; /* frames: in use at the end, and at most before */
	uint32_t movable, reclaimable;  /* thousandths */
};

bool ageing_level(const char *text, int32_t *thousandths)
{
	static const struct {
		const char *name;
		int32_t thousandths;
	} levels[] = { { "light", 200 }, { "moderate", 500 }, { "heavy", 800 }, { "severe", 950 } };
	char *end;

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(levels[i].name, text) == 0) {
			*thousandths = levels[i].thousandths;
			return true;
		}
	errno = 0;
	double value = strtod(text, &end);
	if (*text < '0' || *text > '9' || *end || errno || !(value <= 1))
		return false;
	*thousandths = (int32_t)(1000 * value + 0.5);
	return true;
}

/* --- processes --- */

static unsigned draw_type(struct level *v)
{
	uint64_t at = rng_below(v->life.rng, 1000);

	if (at < v->movable)
		return MIGRATE_MOVABLE;
	return at < v->movable + v->reclaimable ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

/* False when memory is full. */
static bool be_born(struct level *v)
{
	struct life *l = &v->life;
	uint64_t pages = (uint64_t)PROCESS_PAGES_LEAST << rng_below(l->rng, PROCESS_SIZES);
	uint32_t group = life_group(l);
	uint64_t most = v->managed / 16;

	pages = pages < most ? pages : most;
	for (uint64_t had = 0, last = l->used; had < pages; had += l->used - last, last = l->used) {
		unsigned type = draw_type(v), order = life_draw_order(l, type);
		bool outlives = type != MIGRATE_MOVABLE && life_chance(l, OUTLIVES_THOUSANDTHS);
		if (!life_alloc(l, -1, type, true, order, outlives ? AGE_KERNEL : group))
			return false;
	}
	return true;
}

/* An allocation of the kernel's group, or of a process, drawn at random; AGE_NONE: none was met. */
static uint32_t draw_alloc(struct level *v, bool kernel)
{
	struct life *l = &v->life;

	for (unsigned tries = 0; tries < 256 && l->live_count; tries++) {
		uint32_t slot = l->live[rng_below(l->rng, l->live_count)];
		if ((l->allocs[slot].group == AGE_KERNEL) == kernel)
			return slot;
	}
	return AGE_NONE;
}

static void forget_old(struct level *v)
{
	struct life *l = &v->life;

	while (l->kernel > v->managed * KERNEL_THOUSANDTHS / 1000) {
		uint32_t slot = draw_alloc(v, true);
		if (slot == AGE_NONE)
			return;
		life_free(l, slot);
	}
}

/* Large processes die sooner, as it is an allocation that is drawn. */
static bool one_dies(struct level *v)
{
	uint32_t slot = draw_alloc(v, false);

	if (slot != AGE_NONE)
		life_free_group(&v->life, v->life.allocs[slot].group);
	forget_old(v);
	return slot != AGE_NONE;
}

static void fill(struct level *v, uint64_t pages)
{
	while (v->life.used < pages && be_born(v))
		;
}

/* --- to the level --- */

static void free_singles(struct level *v, uint64_t pages)
{
	struct life *l = &v->life;

	for (uint64_t end = l->used > pages ? l->used - pages : 0; l->used > end && l->live_count;)
		life_free(l, l->live[rng_below(l->rng, l->live_count)]);
}

/* Processes die until no more than the target is in use. */
static void thin(struct level *v)
{
	while (v->life.used > v->target && one_dies(v))
		;
	life_drain(&v->life);
}

/* Ever more of memory has been had and given back, until it is as fragmented as is wanted. */
static void churn(struct level *v)
{
	uint64_t round = v->managed * ROUND_THOUSANDTHS / 1000;

	for (unsigned i = 0; i < ROUNDS_MAX && !v->life.failed && life_index(&v->life) < v->wanted;
	     i++) {
		uint64_t more = v->life.used + round;
		fill(v, more < v->peak ? more : v->peak);
		thin(v);
	}
}

/* Whatever has a part in the block dies; the block is drawn. False: nothing in it was in use. */
static bool empty_block(struct level *v)
{
	struct life *l = &v->life;
	const struct zone_counts *zone = life_largest_zone(l);
	uint64_t before = l->used;
	uint32_t size = 1u << AGE_HUGE_ORDER;
	uint32_t pfn = zone->start_pfn + (uint32_t)rng_below(l->rng, zone->spanned);

	pfn &= ~(size - 1);
	for (uint32_t i = 0; i < size && pfn + i < l->frame_count; i++)
		if (l->frames[pfn + i] >= 0)
			life_free(l, (uint32_t)l->frames[pfn + i]);
	return l->used < before;
}

/* A huge page is born and as many single pages die, here and there. */
static bool trade_finer(struct level *v)
{
	struct life *l = &v->life;
	uint64_t before = l->used;

	if (!life_alloc(l, -1, MIGRATE_MOVABLE, true, AGE_HUGE_ORDER, life_group(l)))
		return false;
	free_singles(v, l->used - before);
	return true;
}

/* A block is emptied and as many single pages are born, where the allocator puts them. */
static bool trade_coarser(struct level *v)
{
	struct life *l = &v->life;
	uint64_t before = l->used;
	uint32_t group = life_group(l);

	if (!empty_block(v))
		return true;
	life_drain(l);
	while (l->used < before)
		if (!life_alloc(l, -1, draw_type(v), true, 0, group))
			return false;
	return true;
}

/* To a hair: churn is coarse, and has an end short of the highest levels. */
static void approach(struct level *v)
{
	for (unsigned i = 0; i < TRADES_MAX && !v->life.failed; i++) {
		int32_t off = life_index(&v->life) - v->wanted;
		if ((off < 0 ? -off : off) <= TOLERANCE ||
		    !(off < 0 ? trade_finer(v) : trade_coarser(v)))
			return;
		life_drain(&v->life);
	}
}

int ageing_to_level(struct machine *m, int32_t thousandths, uint64_t seed,
		    struct ageing_report *report, struct error *err)
{
	const struct age_params *params = m->age_params;
	struct level v = { .wanted = thousandths };

	*report = (struct ageing_report){ .wanted_index = thousandths };
	if (life_begin(&v.life, m, seed, report, err) != 0)
		return -1;
	v.movable = (uint32_t)(1000 * params->movable);
	v.reclaimable = (uint32_t)(1000 * params->reclaimable);
	const struct page_counts *counts = life_counts(&v.life);
	for (uint32_t i = 0; i < counts->zone_count; i++)
		v.managed += counts->zones[i].managed;
	v.target = (uint64_t)(params->used * (double)v.managed);
	v.peak = (uint64_t)(params->peak * (double)v.managed);
	fill(&v, v.peak);
	thin(&v);
	churn(&v);
	approach(&v);
	report->reached_index = life_index(&v.life);
	report->used_pages = v.life.used;
	return life_end(&v.life, err);
}
