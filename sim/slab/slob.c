/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLOB of Linux 6.1: its ops table, its option, and its caches. Reference: mm/slob.c. */
#include "slab/slob.h"

#include "slab/kmalloc.h"

static const struct option_spec options[] = {
	{ .name = "rcu_delay",
	  .offset = offsetof(struct slob_params, rcu_delay_ns),
	  .type = OPTION_DURATION,
	  .default_text = "13ms",
	  .min = 0,
	  .max = 1e12,
	  .unit = "ns",
	  .help = "time until an object of a SLAB_TYPESAFE_BY_RCU cache is really freed" },
	OPTION_END,
};

static int arrays_create(struct slob *slob, struct arena *arena, struct error *err)
{
	const uint32_t frames = slob->frames.frames;

	slob->page_capacity = frames < SLOB_PAGES_MAX ? frames + 1 : SLOB_PAGES_MAX;
	slob->caches = arena_array(arena, SLOB_CACHES_MAX, sizeof(*slob->caches), err);
	slob->pages = arena_array(arena, slob->page_capacity, sizeof(*slob->pages), err);
	slob->words_capacity = SLOB_WORDS_FIRST;
	slob->words_used = SLOB_ROW_STEP; /* there is no row 0 */
	slob->words = arena_array(arena, slob->words_capacity, sizeof(*slob->words), err);
	return slob->caches && slob->pages && slob->words ? 0 : -1;
}

cache_id slob_cache_open(struct slob *slob, const struct cache_args *args, uint32_t size,
			 struct error *err)
{
	if (slob->table.count == SLOB_CACHES_MAX) {
		error_set(err, ERROR_INPUT, "cache '%s': more than %d kmem_caches under slob",
			  args->name, SLOB_CACHES_MAX);
		return CACHE_NONE;
	}
	const cache_id cache = cache_table_add(&slob->table, args, err);

	if (!cache_is_none(cache))
		slob->caches[cache.v] = (struct slob_cache){ .size = size };
	return cache;
}

int slob_kmalloc_open(struct slob *slob, struct error *err)
{
	const struct cache_args args = { .name = "kmalloc", .align = SLOB_HEAD_BYTES };

	return cache_is_none(slob_cache_open(slob, &args, 0, err)) ? -1 : 0;
}

static void *slob_create(const struct page_source *pages, const void *params,
			 const struct services *services, struct error *err)
{
	struct slob *slob = arena_array(services->arena, 1, sizeof(*slob), err);

	if (!slob)
		return NULL;
	slob->source = pages;
	slob->services = services;
	slob->work = services->work;
	slob->params = *(const struct slob_params *)params;
	slob->page_count = SLOB_NONE + 1;
	slab_nodes_init(&slob->numa, services);
	slob->unsized = OBJECT_NONE;
	if (services->clock->locks)
		slob->lock = lock_add(services->clock->locks, "slob_lock");
	if (frame_map_init(&slob->frames, services, err) ||
	    arrays_create(slob, services->arena, err) ||
	    cache_table_init(&slob->table, services->arena, err))
		return NULL;
	return slob_kmalloc_open(slob, err) == 0 ? slob : NULL;
}

static void slob_destroy(void *state)
{
	(void)state; /* all of it is in the arena */
}

static cache_id slob_cache_create(void *state, const struct request *request,
				  const struct cache_spec *spec, struct error *err)
{
	struct slob *slob = state;
	const bool rcu = (spec->flags & CACHE_TYPESAFE_BY_RCU) != 0;

	(void)request;
	if (cache_spec_check(spec, slob->services, err))
		return CACHE_NONE;
	if (spec->align > PAGE_SIZE_BYTES) {
		error_set(err, ERROR_INPUT, "cache '%s': slob aligns to %d bytes at most, not %u",
			  spec->name, PAGE_SIZE_BYTES, spec->align);
		return CACHE_NONE;
	}
	work_count(slob->work, WORK_cache_create);
	const struct cache_args args = {
		.name = spec->name,
		.object_size = spec->object_size,
		.align = cache_alignment(spec->flags, spec->align, spec->object_size),
		.flags = spec->flags,
		.refcount = 1,
		.constructor = spec->constructor,
	};
	const uint32_t tail = SLOB_RCU_WORDS * topology_word_bytes(slob->services->topology);
	const uint32_t bytes = spec->object_size + (rcu ? tail : 0);

	return slob_cache_open(slob, &args, align_up(bytes, 1 << SLOB_UNIT_SHIFT), err);
}

/* Nobody looks for objects that are left: their memory is lost. */
static uint64_t slob_cache_destroy(void *state, const struct request *request, cache_id cache)
{
	struct slob *slob = state;

	(void)request;
	work_count(slob->work, WORK_cache_destroy);
	cache_at(&slob->table, cache)->alive = false;
	return slob->caches[cache.v].objects;
}

/* A page is given back with its last object, never later. */
static void slob_cache_shrink(void *state, const struct request *request, cache_id cache)
{
	(void)state;
	(void)request;
	(void)cache;
}

static uint32_t slob_usable_size(const void *state, object_t object)
{
	const struct slob *slob = state;
	const uint32_t owner = frame_map_owner(&slob->frames, object);

	if (owner & FRAME_LARGE)
		return (uint32_t)PAGE_SIZE_BYTES << (owner & ~FRAME_LARGE);
	if (owner == SLOB_NONE)
		return 0;
	const uint32_t at = slob_row_find(slob, owner, slob_unit(object));
	const uint16_t *stretch = slob_row(slob, owner) + at;

	switch (slob_kind(*stretch)) {
	case SLOB_CACHE:
		return slob->caches[slob_row_cache(slob, owner, at)].size;
	case SLOB_EVEN:
	case SLOB_ODD:
		return (slob_length(stretch) << SLOB_UNIT_SHIFT) - SLOB_HEAD_BYTES;
	default:
		return 0;
	}
}

static uint32_t slob_cache_count(const void *state)
{
	const struct slob *slob = state;

	return slob->table.count;
}

/* What the objects of caches take up of the shared pages. */
static uint64_t cache_bytes(const struct slob *slob)
{
	uint64_t bytes = 0;

	for (uint32_t i = SLOB_KMALLOC + 1; i < slob->table.count; i++)
		if (slob->table.caches[i].alive)
			bytes += slob->caches[i].objects * slob->caches[i].size;
	return bytes;
}

/* Of kmallocs, and of the pages that all share. */
static void count_shared(const struct slob *slob, struct cache_counts *counts)
{
	const uint64_t others = cache_bytes(slob);

	counts->active_slabs = counts->slabs = slob->held;
	counts->held_bytes = (slob->held << PAGE_SHIFT) - others;
	counts->allocated_bytes = slob->caches[SLOB_KMALLOC].allocated;
	counts->occupied_bytes = (slob->used_units << SLOB_UNIT_SHIFT) - slob->deferred - others;
	counts->deferred_bytes = slob->deferred;
}

/*
 * Caches hold no pages of their own: the pages are counted where kmallocs are, but for the bytes
 * that a cache's objects take up.
 */
static bool slob_counts(const void *state, cache_id cache, struct cache_counts *counts)
{
	const struct slob *slob = state;

	if (!cache_alive(&slob->table, cache))
		return false;
	const struct slob_cache *c = &slob->caches[cache.v];
	const uint64_t bytes = c->objects * c->size;

	*counts = (struct cache_counts){
		.name = cache_name(&slob->table, cache),
		.active_objects = c->objects,
		.objects = c->objects,
		.object_size = c->size,
		.pages_per_slab = 1,
		.live_objects = c->objects,
		.requested_bytes = c->requested,
		.allocated_bytes = c->objects * cache_at(&slob->table, cache)->object_size,
		.occupied_bytes = bytes,
		.held_bytes = bytes,
	};
	if (cache.v == SLOB_KMALLOC)
		count_shared(slob, counts);
	return true;
}

static cache_id slob_cache_find(const void *state, const char *name)
{
	const struct slob *slob = state;

	return cache_table_find(&slob->table, name);
}

const struct slab_policy slob_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "slob",
		.help = "SLOB as in Linux 6.1: first fit in pages that all caches share",
		.capabilities = POLICY_PLACES | POLICY_REUSES | POLICY_HAS_SLABS | POLICY_RESTORES,
		.options = options,
		.params_size = sizeof(struct slob_params),
	},
	.create = slob_create,
	.destroy = slob_destroy,
	.cache_create = slob_cache_create,
	.cache_destroy = slob_cache_destroy,
	.cache_shrink = slob_cache_shrink,
	.alloc = slob_alloc,
	.free = slob_free,
	.kmalloc = slob_kmalloc,
	.kfree = slob_kfree,
	.would_return = slob_would_return,
	.would_return_after = slob_would_return_after,
	.usable_size = slob_usable_size,
	.expire = slob_expire,
	.assist = slob_assist,
	.cache_count = slob_cache_count,
	.counts = slob_counts,
	.load = slob_load,
	.cache_find = slob_cache_find,
	.dump = slob_dump,
	.walk = slob_walk,
	.check = slob_check,
};
