/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of a prediction's runs at marks: how they grew, how far off, over which range. */
#include <stdlib.h>
#include <string.h>

#include "cli/prediction.h"

/* What a figure is of: one cache, one order, or all. */
struct scope {
	enum prediction_figure figure;
	const char *cache;
	unsigned order;
};

static uint64_t slabs_of(const struct slabyard_mark *mark, const char *cache)
{
	for (size_t i = 0; i < mark->cache_count; i++)
		if (strcmp(mark->caches[i].name, cache) == 0)
			return mark->caches[i].slabs;
	return 0;
}

static uint64_t all_slabs(const struct slabyard_mark *mark)
{
	uint64_t slabs = 0;
	for (size_t i = 0; i < mark->cache_count; i++)
		slabs += mark->caches[i].slabs;
	return slabs;
}

static uint64_t all_requests(const struct slabyard_mark *mark)
{
	uint64_t requests = 0;
	for (size_t i = 0; i < SLABYARD_ORDERS_MAX; i++)
		requests += mark->requests[i].allocs;
	return requests;
}

static uint64_t level(const struct slabyard_mark *mark, const struct scope *scope)
{
	switch (scope->figure) {
	case PREDICTION_SLABS:
		return all_slabs(mark);
	case PREDICTION_CACHE:
		return slabs_of(mark, scope->cache);
	case PREDICTION_PAGES:
		return mark->slab_pages;
	case PREDICTION_REQUESTS:
		return all_requests(mark);
	case PREDICTION_ORDER:
		return mark->requests[scope->order].allocs;
	default:
		return mark->free_pages;
	}
}

static int64_t growth(const struct slabyard_summary *s, size_t mark, const struct scope *scope)
{
	return (int64_t)level(&s->marks[mark], scope) - (int64_t)level(&s->marks[0], scope);
}

static uint64_t magnitude(int64_t value)
{
	return (uint64_t)(value < 0 ? -value : value);
}

/* Of slabs, over all caches, those that went as well: as the table counts. */
static uint64_t slabs_changed(const struct slabyard_summary *s, size_t mark)
{
	const struct slabyard_mark *now = &s->marks[mark], *start = &s->marks[0];
	uint64_t changed = 0;

	for (size_t i = 0; i < now->cache_count; i++)
		changed += magnitude((int64_t)now->caches[i].slabs -
				     (int64_t)slabs_of(start, now->caches[i].name));
	for (size_t i = 0; i < start->cache_count; i++)
		if (!slabs_of(now, start->caches[i].name))
			changed += start->caches[i].slabs;
	return changed;
}

/* How much a figure of all had changed at most up to that mark. */
static uint64_t most_changed(const struct slabyard_summary *s, size_t mark,
			     enum prediction_figure figure)
{
	const struct scope all = { .figure = figure };
	uint64_t most = 0;

	for (size_t i = PREDICTION_FIRST_MARK; i <= mark; i++) {
		uint64_t changed = figure == PREDICTION_SLABS ? slabs_changed(s, i)
							      : magnitude(growth(s, i, &all));
		most = changed > most ? changed : most;
	}
	return most;
}

/* What the band of a figure is a share of. */
static enum prediction_figure whole_of(enum prediction_figure figure)
{
	if (figure == PREDICTION_CACHE)
		return PREDICTION_SLABS;
	return figure == PREDICTION_ORDER ? PREDICTION_REQUESTS : figure;
}

/* The same mark in another run; its marks may stand elsewhere. */
static size_t find_mark(const struct slabyard_summary *s, int64_t number)
{
	for (size_t i = PREDICTION_FIRST_MARK; i < s->mark_count; i++)
		if (s->marks[i].number == number)
			return i;
	return 0;
}

static void widen_range(struct prediction_value *v, const struct slabyard_summary *s,
			int64_t number, const struct scope *scope)
{
	size_t mark = find_mark(s, number);
	if (!mark)
		return;
	int64_t value = growth(s, mark, scope);
	v->low = !v->has_range || value < v->low ? value : v->low;
	v->high = !v->has_range || value > v->high ? value : v->high;
	v->has_range = true;
}

static struct prediction_value value_of(const struct prediction *p, const struct scope *scope,
					size_t mark)
{
	const struct slabyard_summary *s = p->summary;
	struct prediction_value v = { .growth = growth(s, mark, scope),
				      .has_band = !p->unknown[0] };

	if (v.has_band)
		v.band = prediction_band(&p->bands, scope->figure,
					 most_changed(s, mark, whole_of(scope->figure)));
	for (size_t i = 0; i < p->perturbed_count; i++)
		widen_range(&v, p->perturbed[i], s->marks[mark].number, scope);
	return v;
}

struct prediction_value prediction_value(const struct prediction *p, enum prediction_figure figure,
					 size_t mark)
{
	return value_of(p, &(struct scope){ .figure = figure }, mark);
}

struct prediction_value prediction_cache(const struct prediction *p, const char *name, size_t mark)
{
	return value_of(p, &(struct scope){ .figure = PREDICTION_CACHE, .cache = name }, mark);
}

struct prediction_value prediction_order(const struct prediction *p, unsigned order, size_t mark)
{
	return value_of(p, &(struct scope){ .figure = PREDICTION_ORDER, .order = order }, mark);
}

bool prediction_is_past(const struct prediction *p, const struct slabyard_mark *mark)
{
	return p->summary->horizon_record && mark->record > p->summary->horizon_record;
}

int64_t prediction_recorded_pages(const struct prediction *p, size_t mark)
{
	int64_t pages = 0;
	for (size_t i = 0; i < SLABYARD_ORDERS_MAX; i++) {
		const struct slabyard_requests *r = &p->summary->marks[mark].requests[i];
		pages += ((int64_t)r->recorded_allocs - (int64_t)r->recorded_frees) << i;
	}
	return pages;
}

uint64_t prediction_recorded_requests(const struct prediction *p, size_t mark)
{
	uint64_t requests = 0;
	for (size_t i = 0; i < SLABYARD_ORDERS_MAX; i++)
		requests += p->summary->marks[mark].requests[i].recorded_allocs;
	return requests;
}
