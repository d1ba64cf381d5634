/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Caches with their arrays, and what is counted of them. Reference: mm/slab.c (__kmem_cache_alias,
 * setup_cpu_cache, alloc_kmem_cache_cpus, init_cache_node, get_slabinfo).
 */
#include <stdio.h>

#include "slab/slab_private.h"

enum { SHARED_BATCHCOUNT = 0xbaadf00d }; /* of shared arrays, which never use it */

/* log2 of an array's capacity, so that its place can be used again by one of like size. */
static uint8_t entry_class_for(uint32_t limit)
{
	return (uint8_t)(limit > 1 ? 32 - __builtin_clz(limit - 1) : 0);
}

/* The array of all arrays grows with their number. */
static int reserve_entries(struct slab *slab, uint64_t wanted, struct error *err)
{
	uint64_t capacity = slab->entries_capacity;

	if (wanted > UINT32_MAX)
		return error_set(err, ERROR_INPUT,
				 "slab: the caches' arrays have more than 2^32 objects");
	while (capacity < wanted)
		capacity *= 2;
	if (capacity == slab->entries_capacity)
		return 0;
	object_t *grown = arena_grow(slab->services->arena, slab->entries, capacity,
				     sizeof(*slab->entries), err);

	if (!grown)
		return -1;
	slab->entries = grown;
	slab->entries_capacity = capacity;
	return 0;
}

int slab_array_open(struct slab *slab, struct slab_array *array, uint32_t limit,
		    uint32_t batchcount, struct error *err)
{
	const uint8_t class = entry_class_for(limit);
	const uint64_t again = slab->unused_entries[class];
	uint64_t place = slab->entries_used;

	if (again) {
		place = again - 1;
		slab->unused_entries[class] = slab->entries[place];
	} else {
		if (reserve_entries(slab, place + (UINT64_C(1) << class), err))
			return -1;
		slab->entries_used += UINT64_C(1) << class;
	}
	*array = (struct slab_array){
		.requested = array->requested,
		.entries = (uint32_t)place,
		.limit = limit,
		.batchcount = batchcount,
		.entry_class = class,
	};
	return 0;
}

void slab_array_close(struct slab *slab, struct slab_array *array)
{
	slab->entries[array->entries] = slab->unused_entries[array->entry_class];
	slab->unused_entries[array->entry_class] = (uint64_t)array->entries + 1;
	*array = (struct slab_array){ .requested = array->requested };
}

int slab_shared_open(struct slab *slab, cache_id cache, uint32_t node, struct error *err)
{
	const struct slab_cache *owner = &slab->caches[cache.v];
	const uint64_t limit = (uint64_t)owner->shared * owner->batchcount;

	if (limit == 0)
		return 0;
	if (limit > UINT32_MAX)
		return error_set(err, ERROR_INPUT, "slab: no array of %llu objects can be shared",
				 (unsigned long long)limit);
	slab_node(slab, cache.v, node)->has_shared = true;
	return slab_array_open(slab, slab_shared_array(slab, cache.v, node), (uint32_t)limit,
			       SHARED_BATCHCOUNT, err);
}

uint32_t slab_free_limit(const struct slab *slab, cache_id cache, uint32_t node)
{
	const struct slab_cache *owner = &slab->caches[cache.v];
	const uint32_t cpus = slab->node_count > 1
				      ? topology_node_cpus(slab->services->topology, node)
				      : slab->cpu_count;

	return (1 + cpus) * owner->batchcount + owner->num;
}

static void reset_node(struct slab *slab, cache_id cache, uint32_t node, uint64_t now_ns)
{
	struct slab_node *n = slab_node(slab, cache.v, node);
	char name[96];

	*n = (struct slab_node){
		.next_reap = slab_first_reap(slab, cache, now_ns),
		.free_limit = slab_free_limit(slab, cache, node),
	};
	if (!slab->services->clock->locks)
		return;
	if (slab->node_count == 1)
		snprintf(name, sizeof(name), "list_lock %s", cache_name(&slab->table, cache));
	else
		snprintf(name, sizeof(name), "list_lock %.64s node %u",
			 cache_name(&slab->table, cache), node);
	n->list_lock = lock_add(slab->services->clock->locks, name);
}

int slab_cache_reset(struct slab *slab, cache_id cache, uint64_t now_ns, struct error *err)
{
	struct slab_cache *owner = &slab->caches[cache.v];

	if (freelist_random_add(&slab->random, cache.v, owner->num, err))
		return -1;
	owner->unknown_bytes = cache_at(&slab->table, cache)->object_size;
	for (uint32_t node = 0; node < slab->node_count; node++) {
		reset_node(slab, cache, node, now_ns);
		if (slab_shared_open(slab, cache, node, err))
			return -1;
	}
	for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++)
		if (slab_array_open(slab, slab_cpu_array(slab, cache.v, cpu), owner->limit,
				    owner->batchcount, err))
			return -1;
	return slab_aliens_open(slab, cache, err);
}

static int cache_setup(struct slab *slab, cache_id cache, uint64_t now_ns, struct error *err)
{
	const struct kmem_cache *common = cache_at(&slab->table, cache);
	const char *name = cache_name(&slab->table, cache);

	if (slab_geometry(slab, &slab->caches[cache.v], common))
		return error_set(err, ERROR_INPUT,
				 "cache '%s': no slab can hold objects of %u bytes", name,
				 common->object_size);
	slab_tunables_find(slab, name, &slab->caches[cache.v]);
	return slab_cache_reset(slab, cache, now_ns, err);
}

static cache_id cache_open(struct slab *slab, const struct cache_args *args, uint64_t now_ns,
			   struct error *err)
{
	const cache_id cache = cache_table_add(&slab->table, args, err);

	if (cache_is_none(cache) || cache_setup(slab, cache, now_ns, err) == 0)
		return cache;
	cache_at(&slab->table, cache)->alive = false;
	return CACHE_NONE;
}

cache_id slab_cache_open(void *policy, const struct cache_args *args, struct error *err)
{
	return cache_open(policy, args, 0, err);
}

static uint32_t padded_size(const void *policy, cache_id cache)
{
	const struct slab *slab = policy;

	return slab->caches[cache.v].size;
}

cache_id slab_cache_create(void *state, const struct request *request,
			   const struct cache_spec *spec, struct error *err)
{
	struct slab *slab = state;

	if (cache_spec_check(spec, slab->services, err))
		return CACHE_NONE;
	work_count(slab->work, WORK_cache_create);
	if (slab->params.merge) {
		const cache_id other = cache_find_mergeable(
			&slab->table, spec, MERGE_BY_SIZE_AND_ALIGN, padded_size, slab);

		if (!cache_is_none(other)) {
			cache_merge(&slab->table, other, spec);
			return other;
		}
	}
	const struct cache_args args = {
		.name = spec->name,
		.object_size = spec->object_size,
		.align = cache_alignment(spec->flags, spec->align, spec->object_size),
		.flags = spec->flags,
		.refcount = 1,
		.constructor = spec->constructor,
		.usercopy = spec->no_merge,
	};

	return cache_open(slab, &args, request->time_ns, err);
}

/* get_slabinfo(): objects in arrays count as active. */
bool slab_counts(const void *state, cache_id cache, struct cache_counts *counts)
{
	const struct slab *slab = state;

	if (!cache_alive(&slab->table, cache))
		return false;
	const struct slab_cache *c = &slab->caches[cache.v];

	*counts = (struct cache_counts){
		.name = cache_name(&slab->table, cache),
		.object_size = c->size,
		.objects_per_slab = c->num,
		.pages_per_slab = 1u << c->gfporder,
		.reclaimable = cache_at(&slab->table, cache)->flags & CACHE_RECLAIM_ACCOUNT,
		.limit = c->limit,
		.batchcount = c->batchcount,
		.shared = c->shared,
	};
	for (uint32_t node = 0; node < slab->node_count; node++) {
		const struct slab_node *n = slab_node(slab, cache.v, node);

		counts->slabs += n->total_slabs;
		counts->active_slabs += n->total_slabs - n->free_slabs;
		counts->active_objects -= n->free_objects;
		counts->shared_avail += slab_shared_array(slab, cache.v, node)->avail;
	}
	counts->objects = counts->slabs * c->num;
	counts->active_objects += counts->objects;
	counts->held_bytes = counts->slabs << (c->gfporder + PAGE_SHIFT);
	counts->live_objects =
		counts->active_objects - counts->shared_avail - slab_aliens_avail(slab, cache);
	for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++) {
		const struct slab_array *array = slab_cpu_array(slab, cache.v, cpu);

		counts->requested_bytes += array->requested;
		counts->live_objects -= array->avail;
	}
	counts->allocated_bytes = counts->live_objects * cache_at(&slab->table, cache)->object_size;
	counts->occupied_bytes = counts->live_objects * c->size;
	return true;
}
