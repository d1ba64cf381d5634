/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/free_layout.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Places of one order in memory that is not free yet. One that is `whole` may become a free block
 * itself, as its buddy never will; of others only a part may.
 */
enum { PART, WHOLE, PLACE_KINDS };

struct pool {
	struct pfn_list places[PAGE_ORDERS_MAX][PLACE_KINDS];
};

struct draw {
	struct free_layout *l;
	struct pool pools[MIGRATE_TYPES]; /* by type of pageblock; larger places are in the first */
	uint64_t types_left[MIGRATE_TYPES];
	unsigned scattered; /* of SCATTER_MAX draws, those that may go anywhere */
	bool no_memory;
};

enum { SCATTER_MAX = 4 };

static void put(struct draw *d, struct pool *pool, uint32_t pfn, unsigned order, unsigned kind)
{
	if (pfn_list_add(&pool->places[order][kind], pfn) != 0)
		d->no_memory = true;
}

static uint32_t remove_at(struct pfn_list *list, size_t at)
{
	uint32_t pfn = list->pfn[at];

	list->pfn[at] = list->pfn[--list->count];
	return pfn;
}

/* --- drawing a place --- */

struct place {
	unsigned order, kind;
};

static bool suits(unsigned order, unsigned wanted, unsigned kind)
{
	return order > wanted || (order == wanted && kind == WHOLE);
}

/* Every frame has the same chance, and so every place has one that goes with its size. */
static bool draw_anywhere(const struct draw *d, const struct pool *pool, unsigned order,
			  struct place *place)
{
	uint64_t frames = 0;

	for (unsigned o = order; o < d->l->orders; o++)
		for (unsigned kind = 0; kind < PLACE_KINDS; kind++)
			if (suits(o, order, kind))
				frames += (uint64_t)pool->places[o][kind].count << o;
	if (!frames)
		return false;
	uint64_t at = rng_below(d->l->rng, frames);
	for (unsigned o = order; o < d->l->orders; o++)
		for (unsigned kind = 0; kind < PLACE_KINDS; kind++) {
			uint64_t here = (uint64_t)pool->places[o][kind].count << o;
			if (!suits(o, order, kind))
				continue;
			*place = (struct place){ o, kind };
			if (at < here)
				return true;
			at -= here;
		}
	return false;
}

/* The smallest that will do; one that may be free as a whole is left for a block of its size. */
static bool find_smallest(const struct draw *d, const struct pool *pool, unsigned order,
			  struct place *place)
{
	for (unsigned o = order; o < d->l->orders; o++)
		for (unsigned kind = 0; kind < PLACE_KINDS; kind++)
			if (suits(o, order, kind) && pool->places[o][kind].count) {
				*place = (struct place){ o, kind };
				return true;
			}
	return false;
}

/*
 * Cuts a block out of the place. What is left beside the block never becomes free as a whole, so
 * the larger halves left above it may.
 */
static uint32_t cut(struct draw *d, struct pool *pool, uint32_t pfn, unsigned from, unsigned order)
{
	while (from > order) {
		from--;
		uint32_t upper = pfn + (1u << from);
		bool in_upper = rng_below(d->l->rng, 2);
		put(d, pool, in_upper ? pfn : upper, from, from > order ? WHOLE : PART);
		pfn = in_upper ? upper : pfn;
	}
	return pfn;
}

static bool take(struct draw *d, struct pool *pool, unsigned order, uint32_t *pfn)
{
	struct place place;
	bool anywhere = rng_below(d->l->rng, SCATTER_MAX) < d->scattered;

	if (anywhere ? !draw_anywhere(d, pool, order, &place)
		     : !find_smallest(d, pool, order, &place))
		return false;
	struct pfn_list *list = &pool->places[place.order][place.kind];
	*pfn = cut(d, pool, remove_at(list, rng_below(d->l->rng, list->count)), place.order, order);
	return true;
}

/* --- whole pageblocks --- */

/* Divides a range into the largest aligned places. Their buddies are not wholly in the range. */
static void add_range(struct draw *d, struct layout_range range)
{
	uint32_t pfn = range.start;

	while (pfn < range.end) {
		unsigned order = d->l->orders - 1;
		if (pfn && (unsigned)__builtin_ctz(pfn) < order)
			order = (unsigned)__builtin_ctz(pfn);
		while (range.end - pfn < 1u << order)
			order--;
		put(d, &d->pools[0], pfn, order, WHOLE);
		pfn += 1u << order;
	}
}

/* A type for a pageblock that would be `type`, were all as it should be. */
static unsigned take_type(struct draw *d, unsigned type)
{
	unsigned most = type;

	if (!d->types_left[type])
		for (unsigned t = 0; t < MIGRATE_TYPES; t++)
			most = d->types_left[t] > d->types_left[most] ? t : most;
	if (d->types_left[most])
		d->types_left[most]--;
	return most;
}

static void set_type(struct draw *d, uint32_t pfn, unsigned type)
{
	struct free_layout *l = d->l;

	l->pageblock_type[(pfn >> l->pageblock_order) - l->first_pageblock] = (uint8_t)type;
}

/* Blocks of pageblocks that boundaries of the zone cut are counted by what is there of them. */
static bool place_large(struct draw *d, unsigned order, unsigned type)
{
	struct free_layout *l = d->l;
	uint32_t pfn;

	if (!take(d, &d->pools[0], order, &pfn))
		return false;
	d->no_memory = d->no_memory || pfn_list_add(&l->free[order][type], pfn) != 0;
	for (uint32_t at = pfn; at < pfn + (1u << order); at += 1u << l->pageblock_order)
		set_type(d, at, take_type(d, type));
	return true;
}

static bool place_all_large(struct draw *d)
{
	for (unsigned order = d->l->orders; order-- > d->l->pageblock_order;)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			for (uint64_t i = 0; i < d->l->blocks[order][type]; i++)
				if (!place_large(d, order, type))
					return false;
	return true;
}

/* --- the other pageblocks --- */

/* Draws one of the types that are left, each as likely as there are more of it. */
static unsigned draw_type(struct draw *d)
{
	uint64_t left = 0;

	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		left += d->types_left[type];
	uint64_t at = left ? rng_below(d->l->rng, left) : 0;
	for (unsigned type = 0; left && type < MIGRATE_TYPES; type++) {
		if (at < d->types_left[type]) {
			d->types_left[type]--;
			return type;
		}
		at -= d->types_left[type];
	}
	return MIGRATE_MOVABLE;
}

static void draw_types(struct draw *d)
{
	struct free_layout *l = d->l;

	for (unsigned r = 0; r < LAYOUT_RANGES_MAX; r++) {
		struct layout_range range = l->ranges[r];
		for (uint32_t block = range.start >> l->pageblock_order;
		     range.start < range.end && block <= (range.end - 1) >> l->pageblock_order;
		     block++)
			if (l->pageblock_type[block - l->first_pageblock] == MIGRATE_TYPES)
				set_type(d, block << l->pageblock_order, draw_type(d));
	}
}

/* Places come to the pool of their pageblock's type, none larger than that. */
static void sort_places(struct draw *d)
{
	struct pool all = d->pools[0];
	unsigned largest = d->l->pageblock_order;

	d->pools[0] = (struct pool){ 0 };
	for (unsigned order = 0; order < d->l->orders; order++)
		for (unsigned kind = 0; kind < PLACE_KINDS; kind++) {
			struct pfn_list *list = &all.places[order][kind];
			unsigned piece = order < largest ? order : largest;
			for (size_t i = 0; i < list->count; i++)
				for (uint32_t pfn = list->pfn[i];
				     pfn < list->pfn[i] + (1u << order); pfn += 1u << piece)
					put(d, &d->pools[free_layout_type(d->l, pfn)], pfn, piece,
					    kind);
			free(list->pfn);
		}
}

/* In a pageblock of its type, or else in one of another, where stealing can have left it. */
static bool place_small(struct draw *d, unsigned order, unsigned type)
{
	uint32_t pfn;
	bool placed = take(d, &d->pools[type], order, &pfn);

	for (unsigned other = 0; !placed && other < MIGRATE_TYPES; other++)
		placed = other != type && take(d, &d->pools[other], order, &pfn);
	if (placed && pfn_list_add(&d->l->free[order][type], pfn) != 0)
		d->no_memory = true;
	return placed;
}

static bool place_all_small(struct draw *d)
{
	for (unsigned order = d->l->pageblock_order; order-- > 0;)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			for (uint64_t i = 0; i < d->l->blocks[order][type]; i++)
				if (!place_small(d, order, type))
					return false;
	return true;
}

/* --- all of it --- */

static void forget_lists(struct free_layout *l)
{
	for (unsigned order = 0; order < PAGE_ORDERS_MAX; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			free(l->free[order][type].pfn);
			l->free[order][type] = (struct pfn_list){ 0 };
		}
}

static void forget_pools(struct draw *d)
{
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		for (unsigned order = 0; order < PAGE_ORDERS_MAX; order++)
			for (unsigned kind = 0; kind < PLACE_KINDS; kind++)
				free(d->pools[type].places[order][kind].pfn);
}

/* True when all blocks have found a place. */
static bool try_draw(struct free_layout *l, unsigned scattered, bool *no_memory)
{
	struct draw d = { .l = l, .scattered = scattered };

	forget_lists(l);
	memset(l->pageblock_type, MIGRATE_TYPES, l->pageblock_count);
	memcpy(d.types_left, l->pageblocks, sizeof(d.types_left));
	for (unsigned r = 0; r < LAYOUT_RANGES_MAX; r++)
		add_range(&d, l->ranges[r]);
	bool placed = place_all_large(&d);
	if (placed) {
		draw_types(&d);
		sort_places(&d);
		placed = place_all_small(&d);
	}
	forget_pools(&d);
	*no_memory = d.no_memory;
	return placed;
}

/* The lists' order is nobody's knowledge either. */
static void shuffle(struct free_layout *l)
{
	for (unsigned order = 0; order < l->orders; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			struct pfn_list *list = &l->free[order][type];
			for (size_t i = list->count; i > 1; i--) {
				size_t k = rng_below(l->rng, i);
				uint32_t pfn = list->pfn[i - 1];
				list->pfn[i - 1] = list->pfn[k];
				list->pfn[k] = pfn;
			}
		}
}

int free_layout_draw(struct free_layout *l, struct error *err)
{
	uint32_t end = 0;

	l->first_pageblock = l->ranges[0].start >> l->pageblock_order;
	for (unsigned r = 0; r < LAYOUT_RANGES_MAX; r++)
		end = l->ranges[r].end > end ? l->ranges[r].end : end;
	l->pageblock_count = ((end - 1) >> l->pageblock_order) + 1 - l->first_pageblock;
	l->pageblock_type = malloc(l->pageblock_count);
	for (unsigned scattered = SCATTER_MAX + 1; l->pageblock_type && scattered-- > 0;) {
		bool no_memory, placed = try_draw(l, scattered, &no_memory);
		if (no_memory)
			break;
		if (placed) {
			shuffle(l);
			return 0;
		}
		if (scattered == 0)
			return 1;
	}
	return error_set(err, ERROR_RUN, "no memory to lay out free memory");
}

void free_layout_free(struct free_layout *l)
{
	forget_lists(l);
	free(l->pageblock_type);
	l->pageblock_type = NULL;
}
