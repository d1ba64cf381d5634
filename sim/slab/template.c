/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slab allocator to begin from. It is complete and passes the conformance tests: every object has
 * a block of pages to itself, asked for when it is allocated and given back when it is freed.
 *
 * To make it your own: copy the file, rename template_ and the policy, and either add
 * POLICY(your_slab_policy) to policies.def and the file to CMakeLists.txt, or leave the tree alone
 * and load it as a plugin:
 *
 *     cc -shared -fPIC -I PREFIX/include/slabyard my_slab.c -o my_slab.so
 *     slabyard --plugin ./my_slab.so run --set slab.policy=template ...
 */
#include <string.h>

#include "core/gfp.h"
#include "slab/slab.h"

/* What users can set. The option table below fills it before create() sees it. */
struct template_params {
	bool zone_dma;
};

enum { CACHES = 4096, NAME = 48, FRAMES_DEFAULT = 1 << 28, BYTES_MAX = 1 << 22 };

/* What is kept of a cache. One is made for all kmallocs. */
struct template_cache {
	char name[NAME];
	uint32_t object_size;
	bool alive;
	uint64_t objects, pages, requested;
};

/*
 * All state stands in one struct and in arrays of the arena, indexed by small numbers: no pointers
 * between parts, no malloc, nothing static. So runs are independent and repeatable. The arrays are
 * as large as they could ever have to be: memory is used only where they are touched.
 */
struct template_slab {
	const struct page_source *pages;
	const struct services *services;
	struct template_params params;
	struct template_cache *caches;
	uint32_t cache_count;
	uint32_t frames;
	uint16_t *owner; /* by pfn of an object's block: its cache + 1, 0: none starts here */
	uint8_t *order;  /* by the same */
};

/* An option is written once: YAML, --set, defaults, ranges and documentation come from here. */
static const struct option_spec template_options[] = {
	{
		.name = "zone_dma",
		.offset = offsetof(struct template_params, zone_dma),
		.type = OPTION_BOOL,
		.default_text = "false",
		.help = "take all pages from the DMA zone",
	},
	OPTION_END,
};

static cache_id template_add(struct template_slab *t, const char *name, uint32_t object_size,
			     struct error *err)
{
	/* The user's mistakes go up as a message that says what was wrong with what. */
	if (t->cache_count == CACHES) {
		error_set(err, ERROR_INPUT, "cache '%s': there are %d caches already", name,
			  CACHES);
		return CACHE_NONE;
	}
	if (object_size == 0 || object_size > BYTES_MAX) {
		error_set(err, ERROR_INPUT, "cache '%s': an object has 1 to %d bytes, not %u", name,
			  BYTES_MAX, object_size);
		return CACHE_NONE;
	}
	struct template_cache *cache = &t->caches[t->cache_count];

	*cache = (struct template_cache){ .object_size = object_size, .alive = true };
	strncpy(cache->name, name, NAME - 1);
	return (cache_id){ t->cache_count++ };
}

/* Builds the state; asks for no page yet. Whatever is kept must be in services->arena. */
static void *template_create(const struct page_source *pages, const void *params,
			     const struct services *services, struct error *err)
{
	struct template_slab *t = arena_array(services->arena, 1, sizeof(*t), err);

	if (!t)
		return NULL;
	t->pages = pages;
	t->services = services;
	t->params = *(const struct template_params *)params;
	t->frames = services->frames ? services->frames : FRAMES_DEFAULT;
	t->caches = arena_array(services->arena, CACHES, sizeof(*t->caches), err);
	t->owner = arena_array(services->arena, t->frames, sizeof(*t->owner), err);
	t->order = arena_array(services->arena, t->frames, sizeof(*t->order), err);
	if (!t->caches || !t->owner || !t->order)
		return NULL;
	template_add(t, "kmalloc", BYTES_MAX, err);
	return t;
}

static void template_destroy(void *state)
{
	(void)state; /* the arena goes with the run */
}

/* Alignment comes for free here: an object starts on a page. Merging is the policy's own affair. */
static cache_id template_cache_create(void *state, const struct request *request,
				      const struct cache_spec *spec, struct error *err)
{
	struct template_slab *t = state;

	(void)request;
	if (spec->align & (spec->align - 1)) {
		error_set(err, ERROR_INPUT, "cache '%s': alignment %u is not a power of two",
			  spec->name, spec->align);
		return CACHE_NONE;
	}
	work_count(t->services->work, WORK_cache_create);
	return template_add(t, spec->name, spec->object_size, err);
}

static uint64_t template_cache_destroy(void *state, const struct request *request, cache_id cache)
{
	struct template_slab *t = state;

	(void)request;
	t->caches[cache.v].alive = t->caches[cache.v].objects > 0;
	return t->caches[cache.v].objects;
}

static void template_cache_shrink(void *state, const struct request *request, cache_id cache)
{
	(void)state;
	(void)request;
	(void)cache;
}

static uint32_t order_of(uint32_t bytes)
{
	uint32_t order = 0;

	while (((uint32_t)PAGE_SIZE_BYTES << order) < bytes)
		order++;
	return order;
}

/*
 * Policies count the primitives that they perform, never time: the cost model prices them. Asking
 * for pages may call this policy again (reclaim frees objects), so the state is consistent here,
 * and nothing that was read before the call is trusted after it.
 */
static object_t template_take(struct template_slab *t, const struct request *request,
			      cache_id cache, uint32_t bytes)
{
	struct request need = *request;

	need.order = (uint8_t)order_of(bytes);
	need.gfp = (request->gfp & ~(uint32_t)GFP_BIT_HIGHMEM) | (need.order ? GFP_BIT_COMP : 0) |
		   (t->params.zone_dma ? GFP_BIT_DMA : 0);
	need.migratetype = (uint8_t)gfp_migratetype(need.gfp);
	work_count(t->services->work, WORK_slab_slowpath);
	const pfn_t pfn = page_source_alloc(t->pages, &need);

	/* A simulated machine that is out of memory is a result, not an error. */
	if (pfn_is_none(pfn))
		return OBJECT_NONE;
	t->owner[pfn.v] = (uint16_t)(cache.v + 1);
	t->order[pfn.v] = need.order;
	t->caches[cache.v].objects++;
	t->caches[cache.v].pages += 1u << need.order;
	t->caches[cache.v].requested += request->bytes;
	return (object_t)pfn.v << PAGE_SHIFT;
}

static object_t template_alloc(void *state, const struct request *request, cache_id cache)
{
	struct template_slab *t = state;

	return template_take(t, request, cache, t->caches[cache.v].object_size);
}

static object_t template_kmalloc(void *state, const struct request *request, uint32_t bytes)
{
	return bytes > BYTES_MAX ? OBJECT_NONE
				 : template_take(state, request, (cache_id){ 0 }, bytes);
}

/* An object that the policy does not know of is older than the trace: nothing to do. */
static void template_kfree(void *state, const struct request *request, object_t object)
{
	struct template_slab *t = state;
	const pfn_t pfn = { (uint32_t)(object >> PAGE_SHIFT) };

	if (pfn.v >= t->frames || t->owner[pfn.v] == 0)
		return;
	struct template_cache *cache = &t->caches[t->owner[pfn.v] - 1];
	struct request back = *request;

	back.order = t->order[pfn.v];
	cache->objects--;
	cache->pages -= 1u << back.order;
	cache->requested -= request->bytes;
	t->owner[pfn.v] = 0;
	work_count(t->services->work, WORK_slab_discard);
	page_source_free(t->pages, &back, pfn);
}

static void template_free(void *state, const struct request *request, cache_id cache,
			  object_t object)
{
	(void)cache;
	template_kfree(state, request, object);
}

static uint32_t template_usable_size(const void *state, object_t object)
{
	const struct template_slab *t = state;

	return (uint32_t)PAGE_SIZE_BYTES << t->order[object >> PAGE_SHIFT];
}

static uint32_t template_cache_count(const void *state)
{
	const struct template_slab *t = state;

	return t->cache_count;
}

static bool template_counts(const void *state, cache_id cache, struct cache_counts *counts)
{
	const struct template_slab *t = state;
	const struct template_cache *c = &t->caches[cache.v];

	if (cache.v >= t->cache_count || !c->alive)
		return false;
	*counts = (struct cache_counts){
		.name = c->name,
		.active_objects = c->objects,
		.objects = c->objects,
		.active_slabs = c->objects,
		.slabs = c->objects,
		.object_size = c->object_size,
		.objects_per_slab = 1,
		.pages_per_slab = 1u << order_of(c->object_size),
		.live_objects = c->objects,
		.requested_bytes = c->requested,
		/* A caller may use all of its block: nothing is left for alignment or free objects.
		 */
		.allocated_bytes = c->pages << PAGE_SHIFT,
		.occupied_bytes = c->pages << PAGE_SHIFT,
		.held_bytes = c->pages << PAGE_SHIFT,
	};
	return true;
}

/* Without POLICY_RESTORES nobody calls it: this policy has no lists that a state could fill. */
static int template_load(void *state, const struct slab_state *from, struct error *err)
{
	(void)state;
	(void)from;
	return error_set(err, ERROR_INPUT, "the template policy cannot start from a state");
}

static cache_id template_cache_find(const void *state, const char *name)
{
	const struct template_slab *t = state;

	for (uint32_t i = 0; i < t->cache_count; i++)
		if (t->caches[i].alive && strcmp(t->caches[i].name, name) == 0)
			return (cache_id){ i };
	return CACHE_NONE;
}

static int template_dump(const void *state, struct slab_state *to, struct error *err)
{
	(void)state;
	(void)err;
	*to = (struct slab_state){ .allocator = "templat" };
	return 0;
}

/* Each object is reported as a slab of its own; figures of fragmentation come from here. */
static void template_walk(const void *state,
			  void (*visit)(void *context, const struct slab_extent *extent),
			  void *context)
{
	const struct template_slab *t = state;

	for (uint32_t pfn = 0; pfn < t->frames; pfn++) {
		const struct slab_extent extent = {
			.cache = { t->owner[pfn] - 1u },
			.pfn = { pfn },
			.order = t->order[pfn],
			.list = SLAB_LIST_FULL,
			.objects = 1,
			.inuse = 1,
		};

		if (t->owner[pfn])
			visit(context, &extent);
	}
}

/* For tests: may be slow, and says in *err which invariant does not hold. */
static bool template_check(const void *state, struct error *err)
{
	const struct template_slab *t = state;
	uint64_t counted = 0, found = 0;

	for (uint32_t i = 0; i < t->cache_count; i++)
		counted += t->caches[i].objects;
	for (uint32_t pfn = 0; pfn < t->frames; pfn++)
		found += t->owner[pfn] != 0;
	if (counted == found)
		return true;
	error_set(err, ERROR_RUN, "the caches count %llu objects, there are %llu",
		  (unsigned long long)counted, (unsigned long long)found);
	return false;
}

/*
 * The table: what the policy is called, what it can do, and its hooks. The hooks that are left out
 * are optional; slab.h says what the engine does without them.
 */
static const struct slab_policy template_slab_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "template",
		.help = "a block of pages for each object: to begin from",
		.capabilities = POLICY_PLACES | POLICY_REUSES | POLICY_HAS_SLABS,
		.options = template_options,
		.params_size = sizeof(struct template_params),
	},
	.create = template_create,
	.destroy = template_destroy,
	.cache_create = template_cache_create,
	.cache_destroy = template_cache_destroy,
	.cache_shrink = template_cache_shrink,
	.alloc = template_alloc,
	.free = template_free,
	.kmalloc = template_kmalloc,
	.kfree = template_kfree,
	.usable_size = template_usable_size,
	.cache_count = template_cache_count,
	.counts = template_counts,
	.load = template_load,
	.cache_find = template_cache_find,
	.dump = template_dump,
	.walk = template_walk,
	.check = template_check,
};

const struct slabyard_plugin slabyard_plugin = { "slab", &template_slab_policy.info };
