/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLUB of Linux 6.1: its ops table, its options, and its caches. Reference: mm/slub.c. */
#include "slab/slub.h"

#include <stdio.h>

#include "core/page_state.h"

static const struct option_spec options[] = {
	{ .name = "min_order",
	  .offset = offsetof(struct slub_params, min_order),
	  .type = OPTION_UINT,
	  .default_text = "0",
	  .min = 0,
	  .max = PAGE_ORDERS_MAX - 1,
	  .unit = "order",
	  .help = "smallest slab, as the boot parameter slub_min_order" },
	{ .name = "max_order",
	  .offset = offsetof(struct slub_params, max_order),
	  .type = OPTION_UINT,
	  .default_text = "3",
	  .min = 0,
	  .max = PAGE_ORDERS_MAX - 1,
	  .unit = "order",
	  .help = "largest slab that is chosen to hold more objects, as slub_max_order" },
	{ .name = "min_objects",
	  .offset = offsetof(struct slub_params, min_objects),
	  .type = OPTION_UINT,
	  .default_text = "0",
	  .min = 0,
	  .max = 32767,
	  .unit = "objects",
	  .help = "objects wanted in a slab, as slub_min_objects; 0: by the number of CPUs" },
	{ .name = "cpu_partial",
	  .offset = offsetof(struct slub_params, cpu_partial),
	  .type = OPTION_BOOL,
	  .default_text = "true",
	  .help = "CPUs keep partial slabs of their own (CONFIG_SLUB_CPU_PARTIAL)" },
	{ .name = "merge",
	  .offset = offsetof(struct slub_params, merge),
	  .type = OPTION_BOOL,
	  .default_text = "true",
	  .help = "caches of like objects are merged; false, or a start state in which none "
		  "was: slab_nomerge" },
	{ .name = "cgroup",
	  .offset = offsetof(struct slub_params, cgroup),
	  .type = OPTION_BOOL,
	  .default_text = "true",
	  .help = "accounted kmallocs have caches of their own (CONFIG_MEMCG_KMEM)" },
	{ .name = "freelist_random",
	  .offset = offsetof(struct slub_params, freelist_random),
	  .type = OPTION_BOOL,
	  .default_text = "false",
	  .help = "free objects of a new slab are in random order (CONFIG_SLAB_FREELIST_RANDOM)" },
	{ .name = "freelist_hardened",
	  .offset = offsetof(struct slub_params, freelist_hardened),
	  .type = OPTION_BOOL,
	  .default_text = "false",
	  .help = "free pointers are encoded (CONFIG_SLAB_FREELIST_HARDENED): costs, and changes "
		  "no "
		  "address" },
	{ .name = "rcu_delay",
	  .offset = offsetof(struct slub_params, rcu_delay_ns),
	  .type = OPTION_DURATION,
	  .default_text = "13ms",
	  .min = 0,
	  .max = 1e12,
	  .unit = "ns",
	  .help = "time until pages of a SLAB_TYPESAFE_BY_RCU cache are given back" },
	OPTION_END,
};

/* The lower layers get arrays for the whole machine; only what is used of them costs memory. */
static int arrays_create(struct slub *slub, struct arena *arena, struct error *err)
{
	const uint64_t frames = slub->frames.frames;
	const size_t cpus = (size_t)CACHES_MAX << slub->cpu_shift;
	const size_t nodes = (size_t)CACHES_MAX << slub->numa.shift;

	slub->slab_capacity = (uint32_t)(frames < UINT32_MAX ? frames + 1 : UINT32_MAX);
	slub->cpus = arena_array(arena, cpus, sizeof(*slub->cpus), err);
	slub->cpu_partial_head = arena_array(arena, cpus, sizeof(*slub->cpu_partial_head), err);
	slub->caches = arena_array(arena, CACHES_MAX, sizeof(*slub->caches), err);
	slub->nodes = arena_array(arena, nodes, sizeof(*slub->nodes), err);
	slub->slabs = arena_array(arena, slub->slab_capacity, sizeof(*slub->slabs), err);
	slub->links =
		ranges_init(&slub->link_ranges, arena, SLUB_LINKS_FIRST, sizeof(*slub->links), err);
	return slub->cpus && slub->cpu_partial_head && slub->caches && slub->nodes && slub->slabs &&
			       slub->links
		       ? 0
		       : -1;
}

static void node_reset(struct slub *slub, cache_id cache, uint32_t node_id)
{
	struct slub_node *node = slub_node(slub, cache.v, node_id);
	const char *cache_title = cache_name(&slub->table, cache);
	char name[96];

	*node = (struct slub_node){ .head = SLUB_NONE, .tail = SLUB_NONE };
	if (!slub->services->clock->locks)
		return;
	if (slub->numa.count == 1)
		snprintf(name, sizeof(name), "list_lock %s", cache_title);
	else
		snprintf(name, sizeof(name), "list_lock %.64s node %u", cache_title, node_id);
	node->list_lock = lock_add(slub->services->clock->locks, name);
}

void slub_cache_reset(struct slub *slub, cache_id cache)
{
	struct slub_cache *owner = &slub->caches[cache.v];

	owner->partial_free = 0;
	owner->nr_slabs = owner->nr_objects = owner->nr_pages = 0;
	owner->unknown_bytes = cache_at(&slub->table, cache)->object_size;
	for (uint32_t node = 0; node < slub->numa.count; node++)
		node_reset(slub, cache, node);
	for (uint32_t cpu = 0; cpu < slub->cpu_count; cpu++) {
		*slub_cpu(slub, cache.v, cpu) = (struct slub_cpu){
			.slab = SLUB_NONE,
			.free = SLUB_END,
			.size = owner->size,
			.reciprocal = owner->reciprocal,
		};
		*slub_cpu_partial(slub, cache.v, cpu) = SLUB_NONE;
	}
}

cache_id slub_cache_open(void *policy, const struct cache_args *args, struct error *err)
{
	struct slub *slub = policy;
	const cache_id cache = cache_table_add(&slub->table, args, err);

	if (cache_is_none(cache))
		return CACHE_NONE;
	if (slub_geometry(slub, &slub->caches[cache.v], cache_at(&slub->table, cache))) {
		cache_at(&slub->table, cache)->alive = false;
		error_set(err, ERROR_INPUT, "cache '%s': no slab can hold objects of %u bytes",
			  args->name, args->object_size);
		return CACHE_NONE;
	}
	slub_cache_reset(slub, cache);
	return freelist_random_add(&slub->random, cache.v, slub->caches[cache.v].oo_objects, err)
		       ? CACHE_NONE
		       : cache;
}

/* As setup_slub_max_order() does; with such a slub_min_order no cache can be made at boot. */
static int bound_orders(struct slub *slub, struct error *err)
{
	const uint64_t largest = services_orders(slub->services) - 1;

	if (slub->params.max_order > largest)
		slub->params.max_order = largest;
	if (slub->params.min_order > largest)
		return error_set(err, ERROR_INPUT,
				 "slub: min_order %u: the largest block of pages has order %u",
				 (unsigned)slub->params.min_order, (unsigned)largest);
	return 0;
}

static void *slub_create(const struct page_source *pages, const void *params,
			 const struct services *services, struct error *err)
{
	struct slub *slub = arena_array(services->arena, 1, sizeof(*slub), err);

	if (!slub)
		return NULL;
	slub->pages = pages;
	slub->services = services;
	slub->work = services->work;
	slub->params = *(const struct slub_params *)params;
	slub->cpu_count = services->cpus ? services->cpus : 1;
	slub->cpu_shift =
		slub->cpu_count > 1 ? 32 - (uint32_t)__builtin_clz(slub->cpu_count - 1) : 0;
	slab_nodes_init(&slub->numa, services);
	slub->has_cpu_partial = slub->params.cpu_partial;
	slub->slab_count = SLUB_NONE + 1;
	if (bound_orders(slub, err))
		return NULL;
	if (frame_map_init(&slub->frames, services, err) ||
	    arrays_create(slub, services->arena, err) ||
	    cache_table_init(&slub->table, services->arena, err))
		return NULL;
	slub->hardened = slub->params.freelist_hardened;
	if (slub->params.freelist_random &&
	    freelist_random_open(&slub->random, services, "slub.freelist", CACHES_MAX, err))
		return NULL;
	const struct kmalloc_sets sets = {
		.shift_low = KMALLOC_CLASS_MIN,
		.cgroup = slub->params.cgroup,
	};

	if (kmalloc_caches_create(&slub->kmalloc, &sets, slub_cache_open, slub, err))
		return NULL;
	return slub;
}

/* All else is in the arena. */
static void slub_destroy(void *state)
{
	struct slub *slub = state;

	freelist_random_close(&slub->random);
}

static uint32_t slub_object_size(const void *policy, cache_id cache)
{
	const struct slub *slub = policy;

	return slub->caches[cache.v].size;
}

static cache_id slub_cache_create(void *state, const struct request *request,
				  const struct cache_spec *spec, struct error *err)
{
	struct slub *slub = state;

	(void)request;
	if (cache_spec_check(spec, slub->services, err))
		return CACHE_NONE;
	work_count(slub->work, WORK_cache_create);
	if (slub->params.merge) {
		const cache_id other = cache_find_mergeable(&slub->table, spec, MERGE_BY_SIZE,
							    slub_object_size, slub);

		if (!cache_is_none(other)) {
			struct slub_cache *shared = &slub->caches[other.v];
			const uint32_t inuse = align_up(
				spec->object_size, topology_word_bytes(slub->services->topology));

			cache_merge(&slub->table, other, spec);
			if (inuse > shared->inuse)
				shared->inuse = inuse;
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

	return slub_cache_open(slub, &args, err);
}

static void slub_resized(void *state, const struct request *request, object_t object,
			 uint32_t before)
{
	const struct slub *slub = state;
	const uint32_t owner = frame_map_owner(&slub->frames, object);

	if (owner == 0 || owner & FRAME_LARGE)
		return;
	const uint32_t cache = slub->slabs[owner].cache;
	const uint64_t was = before ? before : slub->caches[cache].unknown_bytes;

	slub_cpu(slub, cache, request->cpu)->requested += request->bytes - was;
}

/* slab_ksize(): the padding can be used unless the free pointer lies there. */
static uint32_t slub_usable_size(const void *state, object_t object)
{
	const struct slub *slub = state;
	const uint32_t owner = frame_map_owner(&slub->frames, object);

	if (owner == 0)
		return 0;
	if (owner & FRAME_LARGE)
		return (uint32_t)PAGE_SIZE_BYTES << (owner & ~FRAME_LARGE);
	const uint32_t cache = slub->slabs[owner].cache;

	if (slub->table.caches[cache].flags & CACHE_TYPESAFE_BY_RCU)
		return slub->caches[cache].inuse;
	return slub->caches[cache].size;
}

static uint32_t slub_cache_count(const void *state)
{
	const struct slub *slub = state;

	return slub->table.count;
}

static uint64_t chain_length(const uint16_t *links, uint16_t index)
{
	uint64_t length = 0;

	for (; index != SLUB_END; index = links[index])
		length++;
	return length;
}

/* Free objects of the cpu's slab and of those on its partial list. */
static uint64_t cpu_free_objects(const struct slub *slub, cache_id cache, uint32_t cpu)
{
	const struct slub_cpu *c = slub_cpu(slub, cache.v, cpu);
	uint64_t objects = 0;

	if (c->slab != SLUB_NONE) {
		const struct slub_slab *slab = &slub->slabs[c->slab];

		objects = chain_length(slub->links + c->links, c->free);
		objects += (uint32_t)slab->objects - slab->inuse;
	}
	for (uint32_t id = *slub_cpu_partial(slub, cache.v, cpu); id != SLUB_NONE;
	     id = slub->slabs[id].next)
		objects += (uint32_t)slub->slabs[id].objects - slub->slabs[id].inuse;
	return objects;
}

/* get_slabinfo(): whatever is not free on the node's list counts as active. */
static bool slub_counts(const void *state, cache_id cache, struct cache_counts *counts)
{
	const struct slub *slub = state;

	if (!cache_alive(&slub->table, cache))
		return false;
	const struct slub_cache *c = &slub->caches[cache.v];

	*counts = (struct cache_counts){
		.name = cache_name(&slub->table, cache),
		.active_objects = c->nr_objects - c->partial_free,
		.objects = c->nr_objects,
		.active_slabs = c->nr_slabs,
		.slabs = c->nr_slabs,
		.object_size = c->size,
		.objects_per_slab = c->oo_objects,
		.pages_per_slab = 1u << c->oo_order,
		.reclaimable = cache_at(&slub->table, cache)->flags & CACHE_RECLAIM_ACCOUNT,
		.live_objects = c->nr_objects - c->partial_free,
		.held_bytes = c->nr_pages << PAGE_SHIFT,
	};
	for (uint32_t cpu = 0; cpu < slub->cpu_count; cpu++) {
		counts->requested_bytes += slub_cpu(slub, cache.v, cpu)->requested;
		counts->live_objects -= cpu_free_objects(slub, cache, cpu);
	}
	counts->allocated_bytes = counts->live_objects * cache_at(&slub->table, cache)->object_size;
	counts->occupied_bytes = counts->live_objects * c->size;
	return true;
}

static cache_id slub_cache_find(const void *state, const char *name)
{
	const struct slub *slub = state;

	return cache_table_find(&slub->table, name);
}

static bool slub_draws(const void *params)
{
	return ((const struct slub_params *)params)->freelist_random;
}

const struct slab_policy slub_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "slub",
		.help = "SLUB as in Linux 6.1: a slab for each CPU, freelists inside the slabs",
		.capabilities = POLICY_PLACES | POLICY_REUSES | POLICY_USES_RNG |
				POLICY_HAS_SLABS | POLICY_RESTORES | POLICY_SLABINFO,
		.options = options,
		.params_size = sizeof(struct slub_params),
		.draws = slub_draws,
	},
	.create = slub_create,
	.destroy = slub_destroy,
	.cache_create = slub_cache_create,
	.cache_destroy = slub_cache_destroy,
	.cache_shrink = slub_cache_shrink,
	.alloc = slub_alloc,
	.free = slub_free,
	.kmalloc = slub_kmalloc,
	.kfree = slub_kfree,
	.alloc_bulk = slub_alloc_bulk,
	.free_bulk = slub_free_bulk,
	.would_return = slub_would_return,
	.resized = slub_resized,
	.usable_size = slub_usable_size,
	.expire = slub_expire,
	.cache_count = slub_cache_count,
	.counts = slub_counts,
	.load = slub_load,
	.cache_find = slub_cache_find,
	.dump = slub_dump,
	.walk = slub_walk,
	.check = slub_check,
};
