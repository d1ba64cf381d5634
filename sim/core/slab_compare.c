/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/comparison.h"
#include "core/slab_state.h"

static const char *const list_names[] = {
	[SLAB_LIST_CPU] = "cpu slab",    [SLAB_LIST_CPU_PARTIAL] = "cpu partial",
	[SLAB_LIST_PARTIAL] = "partial", [SLAB_LIST_FREE] = "free",
	[SLAB_LIST_FULL] = "full",       [SLOB_LIST_SMALL] = "small",
	[SLOB_LIST_MEDIUM] = "medium",   [SLOB_LIST_LARGE] = "large",
};

/* Slabs as pointers, list after list; `slabs` itself stays as it is. */
struct slab_view {
	const struct slab_entry **slabs;
	size_t count;
};

static bool is_per_cpu(const struct slab_entry *slab)
{
	return slab->list == SLAB_LIST_CPU || slab->list == SLAB_LIST_CPU_PARTIAL;
}

/* Which list a slab is on: its kind, and the cpu where each cpu has its own. */
static int compare_list(const struct slab_entry *a, const struct slab_entry *b)
{
	if (a->list != b->list)
		return a->list < b->list ? -1 : 1;
	if (is_per_cpu(a) && a->cpu != b->cpu)
		return a->cpu < b->cpu ? -1 : 1;
	return 0;
}

static int compare_place(const void *left, const void *right)
{
	const struct slab_entry *a = *(const struct slab_entry *const *)left;
	const struct slab_entry *b = *(const struct slab_entry *const *)right;
	int order = compare_list(a, b);

	if (order)
		return order;
	if (a->list == SLAB_LIST_FULL && a->pfn != b->pfn)
		return a->pfn < b->pfn ? -1 : 1;
	return a < b ? -1 : a > b; /* of one array: list order */
}

static bool view_open(struct slab_view *view, const struct slab_entry *slabs, size_t count)
{
	view->count = count;
	view->slabs = malloc((count + 1) * sizeof(*view->slabs));
	if (!view->slabs)
		return false;
	for (size_t i = 0; i < count; i++)
		view->slabs[i] = &slabs[i];
	qsort(view->slabs, count, sizeof(*view->slabs), compare_place);
	return true;
}

/* End of the list that starts at `from`. */
static size_t list_end(const struct slab_view *view, size_t from)
{
	size_t end = from;

	while (end < view->count && compare_list(view->slabs[from], view->slabs[end]) == 0)
		end++;
	return end;
}

static bool same_freelist(const struct slab_entry *a, const struct slab_entry *b)
{
	return a->free_count == b->free_count &&
	       (!a->free_count ||
		memcmp(a->freelist, b->freelist, a->free_count * sizeof(*a->freelist)) == 0);
}

static bool same_slab(const struct slab_entry *a, const struct slab_entry *b)
{
	return a->pfn == b->pfn && a->inuse == b->inuse && a->units == b->units &&
	       same_freelist(a, b);
}

static void describe_freelist(const struct slab_entry *have, const struct slab_entry *want,
			      const char *place, size_t index, struct error *first)
{
	size_t i = 0;

	while (i < have->free_count && i < want->free_count &&
	       have->freelist[i] == want->freelist[i])
		i++;
	if (i < have->free_count && i < want->free_count)
		error_set(first, ERROR_INPUT,
			  "%s: slab %zu (pfn %u) freelist element %zu is %u, expected %u", place,
			  index, want->pfn, i, (unsigned)have->freelist[i],
			  (unsigned)want->freelist[i]);
	else
		error_set(first, ERROR_INPUT,
			  "%s: slab %zu (pfn %u) has %zu freelist elements, expected %zu", place,
			  index, want->pfn, have->free_count, want->free_count);
}

static void describe_slab(const struct slab_entry *have, const struct slab_entry *want,
			  const char *place, size_t index, struct error *first)
{
	if (have->pfn != want->pfn)
		error_set(first, ERROR_INPUT, "%s: slab %zu is pfn %u, expected %u", place, index,
			  have->pfn, want->pfn);
	else if (have->inuse != want->inuse)
		error_set(first, ERROR_INPUT,
			  "%s: slab %zu (pfn %u) has %u objects in use, expected %u", place, index,
			  want->pfn, have->inuse, want->inuse);
	else if (have->units != want->units)
		error_set(first, ERROR_INPUT,
			  "%s: slab %zu (pfn %u) has %u free units, expected %u", place, index,
			  want->pfn, have->units, want->units);
	else
		describe_freelist(have, want, place, index, first);
}

/* One list of each side; either may be empty. */
static void compare_slabs(struct comparison *c, const struct slab_entry *const *have,
			  size_t have_count, const struct slab_entry *const *want,
			  size_t want_count, const char *cache)
{
	const struct slab_entry *any = have_count ? have[0] : want[0];
	size_t shorter = have_count < want_count ? have_count : want_count;
	size_t same = 0;
	char place[COMPARISON_PLACE_MAX];

	while (same < shorter && same_slab(have[same], want[same]))
		same++;
	if (!comparison_count(c, same != have_count || same != want_count))
		return;
	if (is_per_cpu(any))
		snprintf(place, sizeof(place), "cache %s cpu %u %s", cache, (unsigned)any->cpu,
			 list_names[any->list]);
	else
		snprintf(place, sizeof(place), "cache %s %s", cache, list_names[any->list]);
	if (same < shorter)
		describe_slab(have[same], want[same], place, same, c->first);
	else
		error_set(c->first, ERROR_INPUT, "%s: has %zu slabs, expected %zu", place,
			  have_count, want_count);
}

/* Which side has the list that comes next: <0 only simulated, >0 only expected, 0 both. */
static int next_side(const struct slab_view *have, size_t i, const struct slab_view *want, size_t j)
{
	if (i == have->count)
		return 1;
	if (j == want->count)
		return -1;
	return compare_list(have->slabs[i], want->slabs[j]);
}

static void compare_views(struct comparison *c, const struct slab_view *have,
			  const struct slab_view *want, const char *cache)
{
	size_t i = 0, j = 0;

	while (i < have->count || j < want->count) {
		int side = next_side(have, i, want, j);
		size_t have_end = side <= 0 ? list_end(have, i) : i;
		size_t want_end = side >= 0 ? list_end(want, j) : j;
		compare_slabs(c, have->slabs + i, have_end - i, want->slabs + j, want_end - j,
			      cache);
		i = have_end;
		j = want_end;
	}
}

static void compare_all_slabs(struct comparison *c, const struct slab_entry *have,
			      size_t have_count, const struct slab_entry *want, size_t want_count,
			      const char *cache)
{
	struct slab_view have_view = { 0 }, want_view = { 0 };

	if (view_open(&have_view, have, have_count) && view_open(&want_view, want, want_count))
		compare_views(c, &have_view, &want_view, cache);
	else if (comparison_count(c, true))
		error_set(c->first, ERROR_RUN, "no memory to compare cache %s", cache);
	free(have_view.slabs);
	free(want_view.slabs);
}

static const struct cpu_freelist *find_cpu_freelist(const struct cache_state *cache, uint16_t cpu)
{
	static const struct cpu_freelist empty;

	for (size_t i = 0; i < cache->cpu_freelist_count; i++)
		if (cache->cpu_freelists[i].cpu == cpu)
			return &cache->cpu_freelists[i];
	return &empty;
}

static bool same_cpu_freelist(const struct cpu_freelist *a, const struct cpu_freelist *b)
{
	return a->count == b->count &&
	       (!a->count || memcmp(a->indices, b->indices, a->count * sizeof(*a->indices)) == 0);
}

static void compare_cpu_freelists(struct comparison *c, const struct cache_state *have,
				  const struct cache_state *want)
{
	for (size_t i = 0; i < want->cpu_freelist_count; i++) {
		const struct cpu_freelist *expected = &want->cpu_freelists[i];
		const struct cpu_freelist *simulated = find_cpu_freelist(have, expected->cpu);
		bool differs = !same_cpu_freelist(simulated, expected);
		if (comparison_count(c, differs))
			error_set(c->first, ERROR_INPUT,
				  "cache %s cpu %u: freelist of %zu objects differs from the "
				  "expected %zu",
				  want->name, (unsigned)expected->cpu, simulated->count,
				  expected->count);
	}
}

static const struct array_state *find_array(const struct cache_state *cache,
					    const struct array_state *like)
{
	for (size_t i = 0; i < cache->array_count; i++)
		if (cache->arrays[i].cpu == like->cpu && cache->arrays[i].shared == like->shared)
			return &cache->arrays[i];
	return NULL;
}

/* Addresses count from each side's own direct map. */
static bool same_objects(const struct array_state *have, uint64_t have_base,
			 const struct array_state *want, uint64_t want_base)
{
	if (!have || have->count != want->count)
		return false;
	for (size_t i = 0; i < want->count; i++)
		if (have->objects[i] - have_base != want->objects[i] - want_base)
			return false;
	return true;
}

static void compare_arrays(struct comparison *c, const struct cache_state *have, uint64_t have_base,
			   const struct cache_state *want, uint64_t want_base)
{
	for (size_t i = 0; i < want->array_count; i++) {
		const struct array_state *expected = &want->arrays[i];
		const struct array_state *simulated = find_array(have, expected);
		bool differs = !same_objects(simulated, have_base, expected, want_base);
		if (comparison_count(c, differs))
			error_set(c->first, ERROR_INPUT,
				  "cache %s cpu %u: %s of %zu objects differs from the expected "
				  "%zu",
				  want->name, (unsigned)expected->cpu,
				  expected->shared ? "shared array" : "array",
				  simulated ? simulated->count : 0, expected->count);
	}
}

/* The same name may stand for several caches, told apart by their order: which of them is it? */
static size_t namesakes_before(const struct slab_state *state, size_t index)
{
	size_t before = 0;

	for (size_t i = 0; i < index; i++)
		before += strcmp(state->caches[i].name, state->caches[index].name) == 0;
	return before;
}

static const struct cache_state *find_cache(const struct slab_state *state, const char *name,
					    size_t skip)
{
	for (size_t i = 0; i < state->cache_count; i++)
		if (strcmp(state->caches[i].name, name) == 0 && skip-- == 0)
			return &state->caches[i];
	return NULL;
}

static void compare_expected_caches(struct comparison *c, const struct slab_state *simulated,
				    const struct slab_state *expected)
{
	for (size_t i = 0; i < expected->cache_count; i++) {
		const struct cache_state *want = &expected->caches[i];
		const struct cache_state *have =
			find_cache(simulated, want->name, namesakes_before(expected, i));
		if (!have) {
			if (comparison_count(c, true))
				error_set(c->first, ERROR_INPUT, "there is no cache %s",
					  want->name);
			continue;
		}
		compare_all_slabs(c, have->slabs, have->slab_count, want->slabs, want->slab_count,
				  want->name);
		compare_cpu_freelists(c, have, want);
		compare_arrays(c, have, simulated->page_offset, want, expected->page_offset);
	}
}

static void count_surplus_caches(struct comparison *c, const struct slab_state *simulated,
				 const struct slab_state *expected)
{
	for (size_t i = 0; i < simulated->cache_count; i++) {
		const char *name = simulated->caches[i].name;
		if (find_cache(expected, name, namesakes_before(simulated, i)))
			continue;
		if (comparison_count(c, true))
			error_set(c->first, ERROR_INPUT, "cache %s is not expected", name);
	}
}

size_t slab_state_compare(const struct slab_state *simulated, const struct slab_state *expected,
			  size_t *compared, struct error *first)
{
	struct comparison c = { .first = first };

	compare_expected_caches(&c, simulated, expected);
	count_surplus_caches(&c, simulated, expected);
	compare_all_slabs(&c, simulated->slabs, simulated->slab_count, expected->slabs,
			  expected->slab_count, expected->allocator);
	*compared = c.compared;
	return c.differing;
}
