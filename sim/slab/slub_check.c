/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do all invariants hold: every slab stands where it says, once; every free object is in one chain,
 * once; counters are the sums that they stand for. Slow: for tests and after loading.
 */
#include <stdlib.h>

#include "slab/slub.h"

struct check {
	const struct slub *slub;
	struct error *err;
	uint8_t *seen;                  /* by slab number: found on a list */
	uint8_t *chained;               /* by object index: found in a chain of the slab in hand */
	uint64_t slabs, objects, pages; /* of the cache in hand, on lists */
};

static bool wrong(struct check *check, uint32_t id, const char *what)
{
	const struct slub_slab *slab = &check->slub->slabs[id];

	error_set(check->err, ERROR_RUN, "cache '%s': slab at pfn %u: %s",
		  cache_name(&check->slub->table, (cache_id){ slab->cache }), slab->pfn, what);
	return false;
}

static bool cache_wrong(struct check *check, uint32_t cache, const char *what)
{
	error_set(check->err, ERROR_RUN, "cache '%s': %s",
		  cache_name(&check->slub->table, (cache_id){ cache }), what);
	return false;
}

/* Adds the chain's objects to `chained`; -1 when one leaves the slab or was there already. */
static int64_t mark_chain(struct check *check, const struct slub_slab *slab, uint16_t head)
{
	const uint16_t *links = check->slub->links + slab->links;
	int64_t count = 0;

	for (uint16_t i = head; i != SLUB_END; i = links[i]) {
		if (i >= slab->objects || check->chained[i])
			return -1;
		check->chained[i] = 1;
		count++;
	}
	return count;
}

static bool check_frames(struct check *check, uint32_t id)
{
	const struct slub_slab *slab = &check->slub->slabs[id];

	for (uint32_t i = 0; i < 1u << slab->order; i++)
		if (check->slub->frames.owner[slab->pfn + i] != id)
			return wrong(check, id, "a frame of it is another's");
	return true;
}

/* One slab found in `place`; cpu_free is the freelist of the cpu that has it, or SLUB_END. */
static bool check_slab(struct check *check, uint32_t id, uint32_t cache, enum slub_place place,
		       uint16_t cpu_free)
{
	const struct slub_slab *slab = &check->slub->slabs[id];

	if (id >= check->slub->slab_count || check->seen[id]++)
		return wrong(check, id, "is on two lists");
	if (slab->place != place)
		return wrong(check, id, "is not where it says");
	if (slab->cache != cache)
		return wrong(check, id, "is of another cache than its list");
	for (uint32_t i = 0; i < slab->objects; i++)
		check->chained[i] = 0;
	if (mark_chain(check, slab, slab->free) != slab->objects - slab->inuse)
		return wrong(check, id, "has a bad freelist");
	if (mark_chain(check, slab, cpu_free) < 0)
		return wrong(check, id, "has a bad cpu freelist");
	check->slabs++;
	check->objects += slab->objects;
	check->pages += 1u << slab->order;
	return check_frames(check, id);
}

static bool check_cpu(struct check *check, uint32_t cache, uint32_t cpu)
{
	const struct slub *slub = check->slub;
	const struct slub_cpu *c = slub_cpu(slub, cache, cpu);
	uint32_t id = *slub_cpu_partial(slub, cache, cpu);
	uint32_t left = id == SLUB_NONE ? 0 : slub->slabs[id].slabs;

	if (c->slab == SLUB_NONE && c->free != SLUB_END)
		return cache_wrong(check, cache, "a cpu has a freelist and no slab");
	if (c->slab != SLUB_NONE) {
		if (!check_slab(check, c->slab, cache, SLUB_CPU, c->free))
			return false;
		if (c->pfn != slub->slabs[c->slab].pfn || c->links != slub->slabs[c->slab].links)
			return wrong(check, c->slab, "the cpu's copy of it differs");
	}
	for (; id != SLUB_NONE; id = slub->slabs[id].next) {
		if (!check_slab(check, id, cache, SLUB_CPU_PARTIAL, SLUB_END))
			return false;
		if (slub->slabs[id].slabs != left--)
			return wrong(check, id, "the length of the cpu's partial list is wrong");
	}
	return true;
}

static bool check_node_list(struct check *check, uint32_t cache, uint32_t node_id, uint64_t *free)
{
	const struct slub *slub = check->slub;
	const struct slub_node *node = slub_node(slub, cache, node_id);
	uint64_t count = 0;
	uint32_t last = SLUB_NONE;

	for (uint32_t id = node->head; id != SLUB_NONE; last = id, id = slub->slabs[id].next) {
		if (!check_slab(check, id, cache, SLUB_NODE, SLUB_END))
			return false;
		if (slub->slabs[id].prev != last)
			return wrong(check, id, "the node's list is not linked both ways");
		if (slub->slabs[id].free == SLUB_END)
			return wrong(check, id, "is full and on the node's list");
		if (slub->slabs[id].node != node_id)
			return wrong(check, id, "is on another node's list");
		count++;
		*free += (uint64_t)(slub->slabs[id].objects - slub->slabs[id].inuse);
	}
	if (node->tail != last)
		return cache_wrong(check, cache, "the node's list ends elsewhere");
	return count == node->nr_partial ||
	       cache_wrong(check, cache, "the node's list has another length");
}

static bool check_node_lists(struct check *check, uint32_t cache)
{
	uint64_t free = 0;

	for (uint32_t node = 0; node < check->slub->numa.count; node++)
		if (!check_node_list(check, cache, node, &free))
			return false;
	return free == check->slub->caches[cache].partial_free ||
	       cache_wrong(check, cache, "the nodes' lists have other free objects");
}

/* Slabs on no list: full ones, and those in somebody's hand while the policy calls out. */
static bool check_unlisted(struct check *check, uint32_t id, uint64_t *in_hand)
{
	const struct slub_slab *slab = &check->slub->slabs[id];

	if (check->seen[id])
		return true;
	switch (slab->place) {
	case SLUB_UNUSED:
		return true;
	case SLUB_FULL:
		return check_slab(check, id, slab->cache, SLUB_FULL, SLUB_END) &&
		       (slab->free == SLUB_END || wrong(check, id, "is not full"));
	case SLUB_IN_HAND:
	case SLUB_RCU:
		*in_hand += slab->place == SLUB_IN_HAND;
		return check_frames(check, id);
	default:
		return wrong(check, id, "is on no list");
	}
}

static bool check_totals(struct check *check, uint64_t in_hand)
{
	const struct slub *slub = check->slub;
	uint64_t slabs = 0, objects = 0, pages = 0;

	for (uint32_t cache = 0; cache < slub->table.count; cache++) {
		slabs += slub->caches[cache].nr_slabs;
		objects += slub->caches[cache].nr_objects;
		pages += slub->caches[cache].nr_pages;
	}
	if (in_hand == 0 &&
	    (slabs != check->slabs || objects != check->objects || pages != check->pages)) {
		error_set(check->err, ERROR_RUN, "the caches count %llu slabs, there are %llu",
			  (unsigned long long)slabs, (unsigned long long)check->slabs);
		return false;
	}
	return true;
}

static bool check_all(struct check *check)
{
	const struct slub *slub = check->slub;
	uint64_t in_hand = 0;

	for (uint32_t cache = 0; cache < slub->table.count; cache++) {
		for (uint32_t cpu = 0; cpu < slub->cpu_count; cpu++)
			if (!check_cpu(check, cache, cpu))
				return false;
		if (!check_node_lists(check, cache))
			return false;
	}
	for (uint32_t id = SLUB_NONE + 1; id < slub->slab_count; id++)
		if (!check_unlisted(check, id, &in_hand))
			return false;
	return check_totals(check, in_hand);
}

bool slub_check(const void *state, struct error *err)
{
	struct check check = { .slub = state, .err = err };

	check.seen = calloc(check.slub->slab_count, 1);
	check.chained = malloc(SLUB_OBJECTS_MAX + 1);
	if (!check.seen || !check.chained)
		error_set(err, ERROR_RUN, "no memory to check the slab state");
	const bool good = check.seen && check.chained && check_all(&check);

	free(check.seen);
	free(check.chained);
	return good;
}
