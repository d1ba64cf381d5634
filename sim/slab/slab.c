/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLAB of Linux 6.1: its ops table and its options. Reference: mm/slab.c. */
#include "core/page_state.h"
#include "slab/slab_private.h"

static const struct option_spec options[] = {
	{ .name = "max_order",
	  .offset = offsetof(struct slab_params, max_order),
	  .type = OPTION_INT,
	  .default_text = "-1",
	  .min = -1,
	  .max = PAGE_ORDERS_MAX - 1,
	  .unit = "order",
	  .help = "largest slab that is chosen to waste less, as the boot parameter "
		  "slab_max_order; -1: 1 on machines with more than 32 MiB, else 0" },
	{ .name = "merge",
	  .offset = offsetof(struct slab_params, merge),
	  .type = OPTION_BOOL,
	  .default_text = "true",
	  .help = "caches of like objects are merged; false, or a start state in which none "
		  "was: slab_nomerge" },
	{ .name = "cgroup",
	  .offset = offsetof(struct slab_params, cgroup),
	  .type = OPTION_BOOL,
	  .default_text = "true",
	  .help = "accounted kmallocs have caches of their own (CONFIG_MEMCG_KMEM)" },
	{ .name = "freelist_random",
	  .offset = offsetof(struct slab_params, freelist_random),
	  .type = OPTION_BOOL,
	  .default_text = "false",
	  .help = "free objects of a new slab are in random order (CONFIG_SLAB_FREELIST_RANDOM)" },
	{ .name = "tunables",
	  .offset = offsetof(struct slab_params, tunables),
	  .type = OPTION_TEXT,
	  .default_text = "",
	  .help = "\"NAME LIMIT BATCHCOUNT SHAREDFACTOR\" as written to /proc/slabinfo, several "
		  "with semicolons between" },
	{ .name = "reap_period",
	  .offset = offsetof(struct slab_params, reap_ns),
	  .type = OPTION_DURATION,
	  .default_text = "2s",
	  .min = 0,
	  .max = 1e12,
	  .unit = "ns",
	  .help = "time from one reaping of a CPU's arrays to the next (REAPTIMEOUT_AC); 0ns: "
		  "never" },
	{ .name = "reap_node_period",
	  .offset = offsetof(struct slab_params, reap_node_ns),
	  .type = OPTION_DURATION,
	  .default_text = "4s",
	  .min = 1e6,
	  .max = 1e12,
	  .unit = "ns",
	  .help = "time from one reaping of a cache's free slabs to the next "
		  "(REAPTIMEOUT_NODE)" },
	{ .name = "rcu_delay",
	  .offset = offsetof(struct slab_params, rcu_delay_ns),
	  .type = OPTION_DURATION,
	  .default_text = "13ms",
	  .min = 0,
	  .max = 1e12,
	  .unit = "ns",
	  .help = "time until pages of a SLAB_TYPESAFE_BY_RCU cache are given back" },
	OPTION_END,
};

/* Arrays for the whole machine; only what is used of them costs memory. */
static int arrays_create(struct slab *slab, struct arena *arena, struct error *err)
{
	const uint64_t frames = slab->frames.frames;
	const size_t cpus = (size_t)CACHES_MAX << slab->cpu_shift;
	const size_t nodes = (size_t)CACHES_MAX << slab->node_shift;

	slab->slab_capacity = (uint32_t)(frames < UINT32_MAX ? frames + 1 : UINT32_MAX);
	slab->entries_capacity = SLAB_ENTRIES_FIRST;
	slab->arrays = arena_array(arena, cpus, sizeof(*slab->arrays), err);
	slab->shared = arena_array(arena, nodes, sizeof(*slab->shared), err);
	slab->nodes = arena_array(arena, nodes, sizeof(*slab->nodes), err);
	slab->aliens = arena_array(arena, nodes << slab->node_shift, sizeof(*slab->aliens), err);
	slab->reap_nodes = arena_array(arena, slab->cpu_count, 1, err);
	slab->caches = arena_array(arena, CACHES_MAX, sizeof(*slab->caches), err);
	slab->entries = arena_array(arena, slab->entries_capacity, sizeof(*slab->entries), err);
	slab->slabs = arena_array(arena, slab->slab_capacity, sizeof(*slab->slabs), err);
	slab->management = arena_array(arena, slab->slab_capacity, sizeof(*slab->management), err);
	slab->indices = ranges_init(&slab->index_ranges, arena, SLAB_INDICES_FIRST,
				    sizeof(*slab->indices), err);
	return slab->arrays && slab->shared && slab->nodes && slab->aliens && slab->reap_nodes &&
			       slab->caches && slab->entries && slab->slabs && slab->management &&
			       slab->indices
		       ? 0
		       : -1;
}

uint32_t slab_default_max_order(uint64_t ram_pages)
{
	const uint64_t small_machine = (32u << 20) >> PAGE_SHIFT;

	return ram_pages > small_machine ? 1 : 0;
}

/* The cache of caches, then the kmallocs, first of all the one that nodes are made of. */
static int boot_caches_create(struct slab *slab, struct error *err)
{
	const uint32_t word = topology_word_bytes(slab->services->topology);
	/* Of struct kmem_cache, without its nodes; the kmalloc class of struct kmem_cache_node. */
	const uint32_t struct_bytes = word == 8 ? 120 : 92, node_class = word == 8 ? 7 : 6;
	const uint32_t bytes = struct_bytes + word * slab->node_count;
	const bool power_of_two = !(bytes & (bytes - 1));
	const struct cache_args caches = {
		.name = "kmem_cache",
		.object_size = bytes,
		.align = cache_alignment(CACHE_HWCACHE_ALIGN, power_of_two ? bytes : 0, bytes),
		.flags = CACHE_HWCACHE_ALIGN,
		.refcount = -1,
	};
	const struct kmalloc_sets sets = {
		.shift_low = SLAB_KMALLOC_SHIFT_LOW,
		.first_class = node_class,
		.flags = CACHE_HWCACHE_ALIGN,
		.cgroup = slab->params.cgroup,
	};

	return cache_is_none(slab_cache_open(slab, &caches, err))
		       ? -1
		       : kmalloc_caches_create(&slab->kmalloc, &sets, slab_cache_open, slab, err);
}

static void *slab_create(const struct page_source *pages, const void *params,
			 const struct services *services, struct error *err)
{
	struct slab *slab = arena_array(services->arena, 1, sizeof(*slab), err);

	if (!slab)
		return NULL;
	slab->pages = pages;
	slab->services = services;
	slab->work = services->work;
	slab->params = *(const struct slab_params *)params;
	slab->cpu_count = services->cpus ? services->cpus : 1;
	slab->cpu_shift =
		slab->cpu_count > 1 ? 32 - (uint32_t)__builtin_clz(slab->cpu_count - 1) : 0;
	slab_nodes_init(&slab->numa, services);
	slab->node_count = slab->numa.count;
	slab->node_shift = slab->numa.shift;
	slab->slab_count = SLAB_NONE + 1;
	slab->page_offset = topology_page_offset(services->topology);
	slab->max_order = slab->params.max_order < 0 ? slab_default_max_order(services->ram_pages)
						     : (uint32_t)slab->params.max_order;
	if (slab->max_order >= services_orders(services))
		slab->max_order = services_orders(services) - 1;
	slab_clock_start(slab);
	if (slab->params.freelist_random &&
	    freelist_random_open(&slab->random, services, "slab.freelist", CACHES_MAX, err))
		return NULL;
	if (slab_tunables_check(slab->params.tunables, err) ||
	    frame_map_init(&slab->frames, services, err) ||
	    arrays_create(slab, services->arena, err) ||
	    cache_table_init(&slab->table, services->arena, err) || boot_caches_create(slab, err))
		return NULL;
	return slab;
}

/* All else is in the arena. */
static void slab_destroy(void *state)
{
	struct slab *slab = state;

	freelist_random_close(&slab->random);
}

/* What is written to /proc/slabinfo of a running system. */
static int tune_loaded(struct slab *slab, const struct request *request, struct error *err)
{
	for (uint32_t i = 0; i < slab->table.count; i++) {
		const cache_id cache = { i };

		if (cache_alive(&slab->table, cache) &&
		    slab_tunables_find(slab, cache_name(&slab->table, cache), &slab->caches[i]) &&
		    slab_tune(slab, request, cache, err))
			return -1;
	}
	return 0;
}

static int slab_begin(void *state, uint64_t now_ns, struct error *err)
{
	struct slab *slab = state;
	const struct request request = {
		.gfp = GFP_MASK_KERNEL,
		.time_ns = now_ns,
		.zone_hint = -1,
		.node = -1,
	};

	slab->unplaced = CACHE_NONE;
	slab_timers_start(slab, now_ns);
	return tune_loaded(slab, &request, err);
}

static void slab_resized(void *state, const struct request *request, object_t object,
			 uint32_t before)
{
	const struct slab *slab = state;
	const uint32_t owner = frame_map_owner(&slab->frames, object);

	if (owner == 0 || owner & FRAME_LARGE)
		return;
	const uint32_t cache = slab->slabs[owner].cache;
	const uint64_t was = before ? before : slab->caches[cache].unknown_bytes;

	slab_cpu_array(slab, cache, request->cpu)->requested += request->bytes - was;
}

static uint32_t slab_usable_size(const void *state, object_t object)
{
	const struct slab *slab = state;
	const uint32_t owner = frame_map_owner(&slab->frames, object);

	if (owner == 0)
		return 0;
	if (owner & FRAME_LARGE)
		return (uint32_t)PAGE_SIZE_BYTES << (owner & ~FRAME_LARGE);
	return slab->table.caches[slab->slabs[owner].cache].object_size;
}

static uint32_t slab_cache_count(const void *state)
{
	const struct slab *slab = state;

	return slab->table.count;
}

static cache_id slab_cache_find(const void *state, const char *name)
{
	const struct slab *slab = state;

	return cache_table_find(&slab->table, name);
}

static bool slab_draws(const void *params)
{
	return ((const struct slab_params *)params)->freelist_random;
}

const struct slab_policy slab_slab_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "slab",
		.help = "SLAB as in Linux 6.1: arrays of objects for each CPU, reaped every two "
			"seconds",
		.capabilities = POLICY_PLACES | POLICY_REUSES | POLICY_USES_RNG |
				POLICY_HAS_SLABS | POLICY_RESTORES | POLICY_SLABINFO |
				POLICY_OWN_OBJECTS,
		.options = options,
		.params_size = sizeof(struct slab_params),
		.draws = slab_draws,
	},
	.create = slab_create,
	.destroy = slab_destroy,
	.begin = slab_begin,
	.cache_create = slab_cache_create,
	.cache_placed = slab_cache_placed,
	.cache_destroy = slab_cache_destroy,
	.cache_shrink = slab_cache_shrink,
	.alloc = slab_cache_alloc,
	.free = slab_cache_free,
	.kmalloc = slab_kmalloc,
	.kfree = slab_kfree,
	.would_return = slab_would_return,
	.resized = slab_resized,
	.usable_size = slab_usable_size,
	.expire = slab_expire,
	.assist = slab_assist,
	.cache_count = slab_cache_count,
	.counts = slab_counts,
	.load = slab_load,
	.cache_find = slab_cache_find,
	.dump = slab_dump,
	.walk = slab_walk,
	.check = slab_check,
};
