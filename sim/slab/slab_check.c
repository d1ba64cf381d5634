/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do all invariants hold: every slab stands where it says, once; every object is in use, free in
 * its slab or in one array, once; counters are the sums that they stand for. Slow: for tests and
 * after loading.
 */
#include <stdlib.h>

#include "slab/slab_private.h"

struct check {
	const struct slab *slab;
	struct error *err;
	uint8_t *listed;   /* by slab number: found on a list */
	uint8_t *idle;     /* by place in slab.indices plus object index: free or in an array */
	uint64_t *full;    /* by cache: slabs on no list */
	bool slab_in_hand; /* the policy is calling out: a slab is not counted now */
};

static bool wrong(const struct check *check, uint32_t id, const char *what)
{
	const struct slab_slab *s = &check->slab->slabs[id];

	error_set(check->err, ERROR_RUN, "cache '%s': slab at pfn %u: %s",
		  cache_name(&check->slab->table, (cache_id){ s->cache }), s->pfn, what);
	return false;
}

static bool cache_wrong(const struct check *check, uint32_t cache, const char *what)
{
	error_set(check->err, ERROR_RUN, "cache '%s': %s",
		  cache_name(&check->slab->table, (cache_id){ cache }), what);
	return false;
}

static bool check_slab(struct check *check, uint32_t id)
{
	const struct slab_slab *s = &check->slab->slabs[id];
	const struct slab_cache *cache = &check->slab->caches[s->cache];

	for (uint32_t i = 0; i < 1u << cache->gfporder; i++)
		if (check->slab->frames.owner[s->pfn + i] != id)
			return wrong(check, id, "a frame of it is another's");
	for (uint32_t i = s->active; i < cache->num; i++) {
		const uint8_t index = check->slab->indices[s->indices + i];

		if (index >= cache->num || check->idle[s->indices + index]++)
			return wrong(check, id, "has a bad free object");
	}
	return true;
}

static bool check_list(struct check *check, uint32_t cache, uint32_t node, int list,
		       uint64_t *slabs, uint64_t *objects)
{
	const struct slab *slab = check->slab;
	const struct slab_node *n = slab_node(slab, cache, node);
	const uint32_t num = slab->caches[cache].num;
	uint32_t last = SLAB_NONE;

	for (uint32_t id = n->head[list]; id != SLAB_NONE; last = id, id = slab->slabs[id].next) {
		const struct slab_slab *s = &slab->slabs[id];

		if (check->listed[id]++)
			return wrong(check, id, "is on two lists");
		if (s->place != list || s->cache != cache || s->node != node || s->prev != last)
			return wrong(check, id, "is not where it says");
		if (list == SLAB_FREE ? s->active != 0 : s->active == 0 || s->active == num)
			return wrong(check, id, "belongs on another list");
		if (!check_slab(check, id))
			return false;
		*objects += num - s->active;
		++*slabs;
	}
	return n->tail[list] == last || cache_wrong(check, cache, "a list ends elsewhere");
}

static bool check_node(struct check *check, uint32_t cache, uint32_t node)
{
	const struct slab_node *n = slab_node(check->slab, cache, node);
	uint64_t partial = 0, free = 0, objects = 0;

	if (!check_list(check, cache, node, SLAB_PARTIAL, &partial, &objects) ||
	    !check_list(check, cache, node, SLAB_FREE, &free, &objects))
		return false;
	check->full[cache] += n->total_slabs - partial - free;
	if (free != n->free_slabs)
		return cache_wrong(check, cache, "counts other free slabs than there are");
	if (objects != n->free_objects)
		return cache_wrong(check, cache, "counts other free objects than there are");
	return true;
}

static bool check_array(struct check *check, uint32_t cache, const struct slab_array *array)
{
	const struct slab *slab = check->slab;

	if (array->avail > array->limit)
		return cache_wrong(check, cache, "an array holds more than its limit");
	for (uint32_t i = 0; i < array->avail; i++) {
		const object_t object = slab->entries[array->entries + i];
		const uint32_t id = frame_map_owner(&slab->frames, object);

		if (id == 0 || id >= slab->slab_count || slab->slabs[id].cache != cache)
			return cache_wrong(check, cache, "an array holds another's object");
		const struct slab_slab *s = &slab->slabs[id];
		const uint8_t index = slab_index(&slab->caches[cache], s, object);

		if (slab_object_at(&slab->caches[cache], s, index) != object)
			return wrong(check, id, "what is in an array is no object of it");
		if (index >= slab->caches[cache].num || check->idle[s->indices + index]++)
			return wrong(check, id, "an object of it is free twice");
	}
	return true;
}

/* Arrays of objects of other nodes; each object is of the node that its array is for. */
static bool check_aliens(struct check *check, uint32_t cache, uint32_t node)
{
	const struct slab *slab = check->slab;

	for (uint32_t other = 0; slab->node_count > 1 && other < slab->node_count; other++) {
		const struct slab_array *alien = slab_alien_array(slab, cache, node, other);

		if (!check_array(check, cache, alien))
			return false;
		for (uint32_t i = 0; i < alien->avail; i++) {
			const uint32_t id =
				frame_map_owner(&slab->frames, slab->entries[alien->entries + i]);

			if (slab->slabs[id].node != other || other == node)
				return wrong(check, id, "an object of it is with another node's");
		}
	}
	return true;
}

static bool check_cache(struct check *check, uint32_t cache)
{
	const struct slab *slab = check->slab;

	for (uint32_t node = 0; node < slab->node_count; node++)
		if (!check_node(check, cache, node) ||
		    !check_array(check, cache, slab_shared_array(slab, cache, node)) ||
		    !check_aliens(check, cache, node))
			return false;
	for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++)
		if (!check_array(check, cache, slab_cpu_array(slab, cache, cpu)))
			return false;
	return true;
}

/* Slabs on no list: full ones, and those in somebody's hand while the policy calls out. */
static bool check_unlisted(struct check *check, uint32_t id)
{
	const struct slab_slab *s = &check->slab->slabs[id];

	if (check->listed[id] || s->place == SLAB_UNUSED || s->place == SLAB_RCU)
		return true;
	if (s->place == SLAB_IN_HAND) {
		check->slab_in_hand = true;
		return true;
	}
	if (s->place != SLAB_FULL)
		return wrong(check, id, "is on no list");
	if (s->active != check->slab->caches[s->cache].num)
		return wrong(check, id, "is not full");
	check->full[s->cache]--;
	return check_slab(check, id);
}

static bool check_all(struct check *check)
{
	const struct slab *slab = check->slab;

	/* Slabs before arrays: an object of an array must not be free in its slab. */
	for (uint32_t cache = 0; cache < slab->table.count; cache++)
		if (slab->table.caches[cache].alive && !check_cache(check, cache))
			return false;
	for (uint32_t id = SLAB_NONE + 1; id < slab->slab_count; id++)
		if (!check_unlisted(check, id))
			return false;
	for (uint32_t cache = 0; cache < slab->table.count; cache++)
		if (check->full[cache] && !check->slab_in_hand)
			return cache_wrong(check, cache, "counts other slabs than there are");
	return true;
}

bool slab_check(const void *state, struct error *err)
{
	struct check check = { .slab = state, .err = err };

	check.listed = calloc(check.slab->slab_count, 1);
	check.idle = calloc(check.slab->index_ranges.used + 1, 1);
	check.full = calloc(check.slab->table.count + 1, sizeof(*check.full));
	if (!check.listed || !check.idle || !check.full)
		error_set(err, ERROR_RUN, "no memory to check the slab state");
	const bool good = check.listed && check.idle && check.full && check_all(&check);

	free(check.listed);
	free(check.idle);
	free(check.full);
	return good;
}
