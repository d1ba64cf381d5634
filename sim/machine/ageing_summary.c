/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "core/gfp.h"
#include "machine/ageing_life.h"
#include "machine/machine.h"

enum {
	CHURNS = 2,
	CHURNED_THOUSANDTHS = 300,
	CORRECTIONS_MAX = 8,
	SMALL_ORDER_MAX = 3, /* what is drawn; larger allocations are as the state has them */
};

/* What one zone of the machine is to come to. */
struct goal {
	uint64_t free[PAGE_ORDERS_MAX][MIGRATE_TYPES];
	uint64_t volume[MIGRATE_TYPES];                    /* frames of pageblocks of that type */
	uint64_t large[PAGE_ORDERS_MAX][MIGRATE_PCPTYPES]; /* allocations, where they are told */
	uint64_t free_pages;
	uint64_t lru_pages;
	uint32_t lru; /* thousandths of movable pages that are on an LRU list */
	bool wanted;  /* something of the zone is in use */
};

struct summary {
	struct life life;
	struct goal goals[PAGE_ZONES_MAX];
	uint32_t orders, pageblock_order, zone_count;
	bool has_types; /* the allocator keeps migratetypes apart */
	uint8_t *types; /* by pageblock, MIGRATE_TYPES: not known */
	uint32_t pageblocks;
	struct pfn_list areas[MIGRATE_TYPES]; /* pageblocks of the zone by type */
	int zone;                             /* the one in hand */
};

/* --- what is wanted --- */

static bool is_of_zone(const struct zone_state *from, const struct zone_counts *zone)
{
	return from->node == zone->node && strcmp(from->name, zone->name) == 0;
}

/* The state tells of them in address order, and not of those that nothing is known of. */
static unsigned pageblock_type_of(const struct summary *s, const struct zone_state *from,
				  uint32_t pfn)
{
	uint32_t block = pfn >> s->pageblock_order, first = from->start_pfn >> s->pageblock_order;
	size_t i = block - first + 1;

	i = i < from->pageblock_count ? i : from->pageblock_count;
	while (i-- > 0 && from->pageblocks[i].pfn >> s->pageblock_order >= block)
		if (from->pageblocks[i].pfn >> s->pageblock_order == block)
			return from->pageblocks[i].migratetype;
	return MIGRATE_MOVABLE;
}

/* The largest block that begins at pfn and has so many frames behind its first. */
static unsigned order_at(uint32_t pfn, uint32_t behind, uint32_t orders)
{
	unsigned order = 0;

	while (order + 1 < orders && !(pfn & ((2u << order) - 1)) && (2u << order) - 1 <= behind)
		order++;
	return order;
}

/*
 * Large allocations show in the state's map by their first frame and those behind it: tail pages
 * ('t') of compound ones, frames that nobody refers to ('0') of others ('o').
 */
static void count_large(const struct summary *s, struct goal *g, const struct zone_state *from)
{
	for (size_t i = 1; i < from->run_count; i++) {
		const struct page_run *head = &from->runs[i - 1], *tail = &from->runs[i];
		bool is_tail = tail->kind == 't' || (tail->kind == '0' && head->kind == 'o');
		uint32_t pfn = tail->pfn - 1;
		unsigned type = pageblock_type_of(s, from, pfn);
		if (!is_tail || head->pfn + head->count != tail->pfn || type >= MIGRATE_PCPTYPES)
			continue;
		unsigned order = order_at(pfn, tail->count, s->orders);
		if (order > SMALL_ORDER_MAX)
			g->large[order][type]++;
	}
}

static void count_in_use(struct goal *g)
{
	uint64_t movable = g->volume[MIGRATE_MOVABLE], free_movable = 0;

	for (unsigned order = 0; order < PAGE_ORDERS_MAX; order++)
		free_movable += g->free[order][MIGRATE_MOVABLE] << order;
	uint64_t used = movable > free_movable ? movable - free_movable : 0;
	g->lru = g->lru_pages >= used ? 1000 : (uint32_t)(1000 * g->lru_pages / used);
}

static void add_to_goal(const struct summary *s, struct goal *g, const struct zone_state *from)
{
	for (unsigned order = 0; order < s->orders; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			g->free[order][type] += from->free[order][type].count;
			g->free_pages += (uint64_t)from->free[order][type].count << order;
		}
	for (size_t i = 0; i < from->pageblock_count; i++)
		if (from->pageblocks[i].migratetype < MIGRATE_TYPES)
			g->volume[from->pageblocks[i].migratetype] +=
				(1ull << s->pageblock_order) - from->pageblocks[i].reserved;
	for (size_t i = 0; i < from->run_count; i++)
		if (from->runs[i].kind == 'A' || from->runs[i].kind == 'F')
			g->lru_pages += from->runs[i].count;
	count_large(s, g, from);
}

/* An allocator that makes no zones has one, which is to come to all of the state's together. */
static void set_goal(struct summary *s, struct goal *g, const struct zone_counts *zone,
		     const struct page_state *wanted)
{
	for (size_t i = 0; i < wanted->zone_count; i++)
		if (s->zone_count == 1 || is_of_zone(&wanted->zones[i], zone))
			add_to_goal(s, g, &wanted->zones[i]);
	count_in_use(g);
	g->wanted = g->volume[MIGRATE_UNMOVABLE] + g->volume[MIGRATE_MOVABLE] &&
		    zone->managed > g->free_pages;
}

static int set_goals(struct summary *s, const struct page_state *wanted)
{
	const struct page_counts *counts = life_counts(&s->life);

	s->orders = counts->orders;
	s->pageblock_order = counts->pageblock_order;
	s->zone_count = counts->zone_count;
	s->pageblocks = (s->life.frame_count >> s->pageblock_order) + 1;
	s->types = malloc(s->pageblocks);
	for (uint32_t i = 0; i < counts->zone_count; i++) {
		const struct zone_counts *zone = &counts->zones[i];
		set_goal(s, &s->goals[i], zone, wanted);
		for (unsigned type = 1; type < MIGRATE_TYPES; type++)
			s->has_types = s->has_types || zone->pageblocks[type];
	}
	if (s->types)
		return 0;
	s->life.failed = true;
	return error_set(&s->life.err, ERROR_RUN, "no memory to age the machine");
}

/* --- full memory --- */

static bool draw_type(struct summary *s, const uint64_t *left, unsigned *type)
{
	uint64_t all = 0;

	for (unsigned t = 0; t < MIGRATE_PCPTYPES; t++)
		all += left[t];
	if (!all)
		return false;
	uint64_t at = rng_below(s->life.rng, all);
	for (*type = 0; at >= left[*type]; (*type)++)
		at -= left[*type];
	return true;
}

/* As much of each type as its pageblocks hold, in the order of a draw, until nothing is left. */
static void fill(struct summary *s, uint64_t *left)
{
	const struct goal *g = &s->goals[s->zone];
	unsigned type;

	while (!s->life.failed && draw_type(s, left, &type)) {
		unsigned order = life_draw_order(&s->life, type);
		bool lru = life_chance(&s->life, g->lru);
		uint64_t frames = 1ull << order;
		if (life_alloc(&s->life, s->zone, type, lru, order, AGE_KERNEL))
			left[type] -= left[type] < frames ? left[type] : frames;
		else if (order == 0)
			left[type] = 0;
	}
}

static bool is_here(const struct summary *s, const struct age_alloc *a)
{
	const struct zone_counts *zone = &s->life.counts->zones[s->zone];

	return a->pfn - zone->start_pfn < zone->spanned;
}

/* A part of what is in use goes, and is had again: lists are no longer in address order. */
static void churn(struct summary *s)
{
	struct life *l = &s->life;
	uint64_t left[MIGRATE_TYPES] = { 0 };

	life_counts(l);
	for (size_t i = l->live_count; i-- > 0;) {
		const struct age_alloc *a = &l->allocs[l->live[i]];
		if (!is_here(s, a) || a->order > SMALL_ORDER_MAX ||
		    !life_chance(l, CHURNED_THOUSANDTHS))
			continue;
		left[a->type] += 1ull << a->order;
		life_free(l, l->live[i]);
	}
	life_drain(l);
	fill(s, left);
}

/* First, while there is room for them; they stay. */
static void place_large(struct summary *s, uint64_t *left)
{
	const struct goal *g = &s->goals[s->zone];

	for (unsigned order = s->orders; order-- > 0;)
		for (unsigned type = 0; type < MIGRATE_PCPTYPES; type++) {
			uint64_t frames = 1ull << order;
			for (uint64_t i = 0; i < g->large[order][type]; i++)
				if (life_alloc(&s->life, s->zone, type, false, order, AGE_KERNEL))
					left[type] -= left[type] < frames ? left[type] : frames;
		}
}

static void fill_zone(struct summary *s)
{
	uint64_t left[MIGRATE_TYPES] = { 0 };

	memcpy(left, s->goals[s->zone].volume, sizeof(left));
	place_large(s, left);
	fill(s, left);
	for (unsigned i = 0; i < CHURNS; i++)
		churn(s);
	/* what rounding and reserves left over */
	left[MIGRATE_MOVABLE] = UINT64_MAX / 2;
	fill(s, left);
}

/* --- blocks to free --- */

static void note_type(void *context, const struct page_extent *extent)
{
	struct summary *s = context;
	uint32_t end = extent->pfn.v + (1u << extent->order);

	if (extent->free)
		return;
	for (uint32_t pfn = extent->pfn.v; pfn < end; pfn += 1u << s->pageblock_order)
		if (pfn >> s->pageblock_order < s->pageblocks)
			s->types[pfn >> s->pageblock_order] = extent->migratetype;
}

static bool in_use(const struct life *l, uint32_t pfn)
{
	return l->frames[pfn] >= 0;
}

/* All of it is in use, by allocations that lie inside and may go. */
static bool is_whole(const struct life *l, uint32_t pfn, unsigned order)
{
	for (uint32_t at = pfn; at < pfn + (1u << order);) {
		const struct age_alloc *a = in_use(l, at) ? &l->allocs[l->frames[at]] : NULL;
		if (!a || a->pfn != at || a->order > order || a->order > SMALL_ORDER_MAX)
			return false;
		at += 1u << a->order;
	}
	return true;
}

/* Something in the block stays, so that a free buddy does not merge with it. */
static bool keeps_apart(const struct life *l, uint32_t pfn, unsigned order)
{
	for (uint32_t i = 0; i < 1u << order; i++)
		if (pfn + i >= l->frame_count || l->frames[pfn + i] != AGE_FRAME_FREE)
			return true;
	return false;
}

static bool is_of_type(const struct summary *s, uint32_t pfn, unsigned order, unsigned type)
{
	uint32_t step = 1u << (order < s->pageblock_order ? order : s->pageblock_order);

	for (uint32_t at = pfn; s->has_types && at < pfn + (1u << order); at += step)
		if (s->types[at >> s->pageblock_order] != type)
			return false;
	return true;
}

static bool may_be_free(const struct summary *s, uint32_t pfn, unsigned order, unsigned type)
{
	const struct zone_counts *zone = &s->life.counts->zones[s->zone];
	uint32_t size = 1u << order;

	return pfn >= zone->start_pfn && pfn + size <= zone->start_pfn + zone->spanned &&
	       is_of_type(s, pfn, order, type) && is_whole(&s->life, pfn, order) &&
	       (order + 1 == s->orders || keeps_apart(&s->life, pfn ^ size, order));
}

/* From a drawn place in the block's area on, the first that would be free as it is. */
static uint32_t find_in_area(struct summary *s, uint32_t area, unsigned order, unsigned type)
{
	unsigned area_order = order > s->pageblock_order ? order : s->pageblock_order;
	uint32_t places = 1u << (area_order - order);
	uint32_t first = (area << s->pageblock_order) & ~((1u << area_order) - 1);
	uint32_t begin = (uint32_t)rng_below(s->life.rng, places);

	for (uint32_t i = 0; i < places; i++) {
		uint32_t pfn = first + (((begin + i) & (places - 1)) << order);
		if (may_be_free(s, pfn, order, type))
			return pfn;
	}
	return AGE_NONE;
}

/* In a drawn pageblock of the type, or the first after it that has one; AGE_NONE: none has. */
static uint32_t find_block(struct summary *s, unsigned order, unsigned type)
{
	const struct pfn_list *areas = &s->areas[s->has_types ? type : 0];
	size_t begin = areas->count ? rng_below(s->life.rng, areas->count) : 0;

	for (size_t i = 0; i < areas->count; i++) {
		uint32_t area = areas->pfn[(begin + i) % areas->count];
		uint32_t pfn = find_in_area(s, area, order, type);
		if (pfn != AGE_NONE)
			return pfn;
	}
	return AGE_NONE;
}

/* The zone's pageblocks by type; where types are not kept apart, all are of the first. */
static void list_areas(struct summary *s)
{
	const struct zone_counts *zone = &s->life.counts->zones[s->zone];
	uint32_t first = zone->start_pfn >> s->pageblock_order;
	uint32_t last = (zone->start_pfn + zone->spanned - 1) >> s->pageblock_order;

	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		s->areas[type].count = 0;
	for (uint32_t area = first; area <= last && area < s->pageblocks; area++) {
		unsigned type = s->has_types ? s->types[area] : 0;
		if (type < MIGRATE_TYPES && pfn_list_add(&s->areas[type], area) != 0)
			s->life.failed = true;
	}
}

static bool free_block(struct summary *s, unsigned order, unsigned type)
{
	uint32_t pfn = find_block(s, order, type);

	if (pfn == AGE_NONE)
		return false;
	for (uint32_t at = pfn; at < pfn + (1u << order);) {
		uint32_t slot = (uint32_t)s->life.frames[at];
		at += 1u << s->life.allocs[slot].order;
		life_free(&s->life, slot);
	}
	life_drain(&s->life);
	return true;
}

/* --- towards the goal --- */

/* Where types are not kept apart, all blocks of an order count as the first's. */
static uint64_t blocks_of(const struct summary *s, const uint64_t *by_type, unsigned type)
{
	uint64_t blocks = 0;

	if (s->has_types)
		return by_type[type];
	for (unsigned t = 0; t < MIGRATE_TYPES; t++)
		blocks += by_type[t];
	return type == 0 ? blocks : 0;
}

static uint64_t free_now(const struct summary *s, unsigned order, unsigned type)
{
	return blocks_of(s, s->life.counts->zones[s->zone].free_blocks[order], type);
}

static uint64_t goal_of(const struct summary *s, unsigned order, unsigned type)
{
	return blocks_of(s, s->goals[s->zone].free[order], type);
}

/* What is free beyond the goal is had: from that very list, as it has blocks of the order. */
static void take_surplus(struct summary *s)
{
	life_counts(&s->life);
	for (unsigned order = s->orders; order-- > 0;)
		for (unsigned type = 0; type < MIGRATE_PCPTYPES; type++) {
			uint64_t now = free_now(s, order, type), goal = goal_of(s, order, type);
			for (; now > goal; now--)
				life_alloc(&s->life, s->zone, type,
					   life_chance(&s->life, s->goals[s->zone].lru), order,
					   AGE_KERNEL);
		}
}

static bool free_missing(struct summary *s)
{
	bool all = true;

	life_counts(&s->life);
	for (unsigned order = s->orders; order-- > 0;)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			uint64_t now = free_now(s, order, type), goal = goal_of(s, order, type);
			while (now < goal && free_block(s, order, type))
				now++;
			all = all && now >= goal;
		}
	return all;
}

static uint64_t blocks_off(struct summary *s)
{
	uint64_t off = 0;

	life_counts(&s->life);
	for (unsigned order = 0; order < s->orders; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			uint64_t now = free_now(s, order, type), goal = goal_of(s, order, type);
			off += now > goal ? now - goal : goal - now;
		}
	return off;
}

/* Blocks of a type that has no place are freed where there is one. */
static void free_anywhere(struct summary *s)
{
	s->has_types = false;
	list_areas(s);
	free_missing(s);
	s->has_types = true;
}

static void age_zone(struct summary *s)
{
	fill_zone(s);
	life_drain(&s->life);
	memset(s->types, MIGRATE_TYPES, s->pageblocks);
	s->life.m->page->walk(s->life.m->page_state, note_type, s);
	list_areas(s);
	for (unsigned i = 0; i < CORRECTIONS_MAX && !s->life.failed; i++) {
		take_surplus(s);
		life_drain(&s->life);
		if (free_missing(s) && blocks_off(s) == 0)
			return;
	}
	if (s->has_types)
		free_anywhere(s);
}

static void report_zone(struct summary *s)
{
	for (unsigned order = 0; order < s->orders; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			s->life.report->blocks_wanted += goal_of(s, order, type);
	s->life.report->blocks_off += blocks_off(s);
}

int ageing_to_summary(struct machine *m, const struct page_state *wanted, uint64_t seed,
		      struct ageing_report *report, struct error *err)
{
	struct summary s = { 0 };

	*report = (struct ageing_report){ .wanted_index = -1 };
	if (life_begin(&s.life, m, seed, report, err) != 0)
		return -1;
	if (set_goals(&s, wanted) == 0)
		for (s.zone = 0; s.zone < (int)s.zone_count; s.zone++) {
			if (s.goals[s.zone].wanted)
				age_zone(&s);
			report_zone(&s);
		}
	report->reached_index = life_index(&s.life);
	report->used_pages = s.life.used;
	free(s.types);
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		free(s.areas[type].pfn);
	return life_end(&s.life, err);
}
