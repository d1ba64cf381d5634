/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SLAB's own structures, shared by the slab*.c files and by nobody else. Reference: mm/slab.c of
 * Linux 6.1, without debugging options.
 *
 * Objects stand in arrays: one for each CPU, one that the CPUs of a node share, and those of a node
 * for objects of other nodes. Below the arrays are slabs, each with the indices of its objects in
 * the order in which they are handed out: the first `active` of them are in use or in an array.
 */
#ifndef SLABYARD_SLAB_SLAB_PRIVATE_H
#define SLABYARD_SLAB_SLAB_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/services.h"
#include "slab/cache_table.h"
#include "slab/frame_map.h"
#include "slab/freelist_random.h"
#include "slab/kmalloc.h"
#include "slab/nodes.h"
#include "slab/ranges.h"
#include "slab/slab.h"

enum {
	SLAB_NONE = 0,                /* no slab; numbers start at 1 */
	SLAB_OBJECTS_MAX = 255,       /* indices are bytes (SLAB_OBJ_MAX_NUM with freelist_idx_t) */
	SLAB_OBJECT_MIN = 16,         /* SLAB_OBJ_MIN_SIZE */
	SLAB_INDICES_FIRST = 1 << 20, /* their array doubles from here on */
	SLAB_ENTRIES_FIRST = 1 << 16, /* so does theirs */
	SLAB_ENTRY_CLASSES = 32,      /* log2 of an array's capacity */
	SLAB_KMALLOC_SHIFT_LOW = 5,   /* the smallest kmalloc has 32 bytes */
};

/* Where a slab is. The first two have lists, in this order. */
enum slab_place {
	SLAB_PARTIAL, /* slabs_partial */
	SLAB_FREE,    /* slabs_free */
	SLAB_LISTS,
	SLAB_FULL = SLAB_LISTS, /* the kernel has a list of these too, which nobody searches */
	SLAB_IN_HAND,           /* between two places, while the policy works on it */
	SLAB_RCU,               /* empty, its pages wait for a grace period */
	SLAB_UNUSED,            /* number free for a new slab */
};

/* Where the indices of a slab's free objects are kept: it decides how many objects there are. */
enum slab_management {
	SLAB_ON_SLAB,     /* behind the last object */
	SLAB_OFF_SLAB,    /* in a kmalloc of its own */
	SLAB_OBJFREELIST, /* in a free object */
};

struct slab_slab {
	uint32_t pfn;
	uint32_t indices; /* where its index array starts */
	uint32_t cache;
	uint32_t next, prev;
	uint32_t mem_offset; /* of the first object: the slab's colour */
	uint16_t node;
	uint8_t active;      /* objects that are in use or in an array */
	uint8_t place;       /* enum slab_place */
	uint8_t index_class; /* log2 of the length of its index array */
	uint16_t cpu;        /* RCU: which cpu waits */
};

_Static_assert(sizeof(struct slab_slab) == 32, "two slabs a cache line");

/* struct array_cache: what the fast paths touch, one for each cache and cpu; and the others. */
struct slab_array {
	uint64_t requested; /* bytes asked for: allocated here less freed here, modulo 2^64 */
	uint32_t entries;   /* where its objects stand in slab.entries, oldest first */
	uint32_t avail;     /* objects in it */
	uint32_t limit;
	uint32_t batchcount;
	bool touched;
	uint8_t entry_class; /* log2 of its capacity */
};

_Static_assert(sizeof(struct slab_array) == 32, "two arrays a cache line");

/* struct kmem_cache_node */
struct slab_node {
	uint32_t head[SLAB_LISTS], tail[SLAB_LISTS];
	uint64_t free_objects; /* in slabs: objects in arrays do not count */
	uint64_t total_slabs, free_slabs;
	uint64_t next_reap; /* jiffies */
	uint32_t free_limit;
	uint32_t colour_next;
	bool free_touched;
	bool has_shared;
	lock_id list_lock;
};

/* struct kmem_cache */
struct slab_cache {
	uint32_t size; /* of an object with padding */
	uint32_t num;  /* objects of a slab */
	uint32_t gfporder;
	uint32_t reciprocal;
	uint32_t colour, colour_off;
	uint32_t allocflags;
	uint32_t limit, batchcount, shared;
	uint32_t unknown_bytes; /* taken as asked for where nobody knows what was */
	uint8_t management;     /* enum slab_management */
};

struct slab_params {
	int64_t max_order;
	uint64_t reap_ns, reap_node_ns, rcu_delay_ns;
	const char *tunables;
	bool merge, cgroup, freelist_random;
};

struct slab {
	struct slab_array *arrays; /* by cache << cpu_shift | cpu */
	object_t *entries;
	struct slab_slab *slabs;
	struct slab_cache *caches; /* by cache_id */
	struct frame_map frames;
	struct work *work;
	struct kmalloc_caches kmalloc;
	uint32_t cpu_shift, cpu_count;
	uint8_t *indices;
	struct slab_node *nodes;   /* by cache << node_shift | node */
	struct slab_array *shared; /* by the same */
	struct slab_array *aliens; /* by the same << node_shift | node that the objects are of */
	struct slab_nodes numa;
	uint8_t *reap_nodes;  /* by cpu: whose objects it looks after at the next reaping */
	object_t *management; /* by slab number: where an off-slab index array is */
	uint32_t node_shift, node_count;
	uint32_t slab_count; /* numbers ever used, SLAB_NONE among them */
	uint32_t slab_capacity;
	uint32_t unused; /* slab numbers to use again */
	struct ranges index_ranges;
	uint64_t entries_used, entries_capacity;
	uint64_t unused_entries[SLAB_ENTRY_CLASSES]; /* arrays to use again: place plus 1 */
	struct cache_table table;
	const struct page_source *pages;
	const struct services *services;
	struct slab_params params;
	uint32_t max_order;
	struct freelist_random random;
	uint64_t jiffies_begin, begin_ns; /* jiffies at the run's begin */
	uint64_t page_offset;             /* where all of memory is mapped */
	cache_id unplaced; /* the newest cache, while nobody knows where its struct is */
	uint64_t unplaced_since;
};

static inline struct slab_array *slab_cpu_array(const struct slab *slab, uint32_t cache,
						uint32_t cpu)
{
	return &slab->arrays[(cache << slab->cpu_shift) | cpu];
}

static inline struct slab_node *slab_node(const struct slab *slab, uint32_t cache, uint32_t node)
{
	return &slab->nodes[(cache << slab->node_shift) | node];
}

static inline struct slab_array *slab_shared_array(const struct slab *slab, uint32_t cache,
						   uint32_t node)
{
	return &slab->shared[(cache << slab->node_shift) | node];
}

/* Objects of `other` that were freed on `node`; not of a machine of one node. */
static inline struct slab_array *slab_alien_array(const struct slab *slab, uint32_t cache,
						  uint32_t node, uint32_t other)
{
	const uint32_t shift = slab->node_shift;

	return &slab->aliens[(((cache << shift) | node) << shift) | other];
}

/* The object that was put into the array last; it is not empty. */
static inline object_t slab_pop(const struct slab *slab, struct slab_array *array)
{
	return slab->entries[array->entries + --array->avail];
}

static inline void slab_push(const struct slab *slab, struct slab_array *array, object_t object)
{
	slab->entries[array->entries + array->avail++] = object;
}

static inline object_t slab_object_at(const struct slab_cache *cache, const struct slab_slab *slab,
				      uint32_t index)
{
	return ((object_t)slab->pfn << PAGE_SHIFT) + slab->mem_offset +
	       (object_t)index * cache->size;
}

/* Index of an object in its slab: exact for every multiple of the size. */
static inline uint8_t slab_index(const struct slab_cache *cache, const struct slab_slab *slab,
				 object_t object)
{
	const uint64_t offset = object - ((object_t)slab->pfn << PAGE_SHIFT) - slab->mem_offset;

	return (uint8_t)((offset * cache->reciprocal) >> 32);
}

static inline void slab_lock_node(const struct slab *slab, const struct slab_node *node)
{
	work_count(slab->work, WORK_partial_list_lock);
	op_lock(slab->services->clock, node->list_lock);
}

static inline void slab_unlock_node(const struct slab *slab, const struct slab_node *node)
{
	op_unlock(slab->services->clock, node->list_lock);
}

/* slab.c: the largest order that is chosen, by the size of the machine's memory. */
uint32_t slab_default_max_order(uint64_t ram_pages);

/* slab_geometry.c: how many objects of what size a slab has; -1 when none can. */
int slab_geometry(const struct slab *slab, struct slab_cache *cache, const struct kmem_cache *from);

/* slab_cache.c: a cache of the kernel's start, with its geometry and arrays, without slabs. */
cache_id slab_cache_open(void *policy, const struct cache_args *args, struct error *err);
/* Empty lists and arrays for a cache whose geometry is there. */
int slab_cache_reset(struct slab *slab, cache_id cache, uint64_t now_ns, struct error *err);
cache_id slab_cache_create(void *state, const struct request *request,
			   const struct cache_spec *spec, struct error *err);
/* An array with room for `limit` objects; -1 and *err when there is no more room. */
int slab_array_open(struct slab *slab, struct slab_array *array, uint32_t limit,
		    uint32_t batchcount, struct error *err);
void slab_array_close(struct slab *slab, struct slab_array *array);
/* The array that the CPUs of a node share, if the cache is to have one. */
int slab_shared_open(struct slab *slab, cache_id cache, uint32_t node, struct error *err);
/* Free objects that a node may keep. */
uint32_t slab_free_limit(const struct slab *slab, cache_id cache, uint32_t node);
bool slab_counts(const void *state, cache_id cache, struct cache_counts *counts);

/* slab_list.c: slabs by number and the lists of a node. */
uint32_t slab_number(struct slab *slab, uint32_t objects);
void slab_recycle(struct slab *slab, uint32_t id);
void slab_list_add_head(struct slab *slab, struct slab_node *node, uint32_t id,
			enum slab_place list);
void slab_list_add_tail(struct slab *slab, struct slab_node *node, uint32_t id,
			enum slab_place list);
/* Takes a slab off its list, if it is on one. */
void slab_list_remove(struct slab *slab, struct slab_node *node, uint32_t id);

/* slab_grow.c: slabs as such. */
/* Where the first object of the next new slab will be in it. */
uint32_t slab_next_colour(const struct slab_node *node, const struct slab_cache *cache);
/* cache_grow_begin: a slab in hand with all objects free, or SLAB_NONE. May call back. */
uint32_t slab_grow_begin(struct slab *slab, const struct request *request, cache_id cache);
/* cache_grow_end: the slab goes to its list. */
void slab_grow_end(struct slab *slab, uint32_t id);
/* slabs_destroy: a chain of slabs in hand, linked by next, gives its pages back. May call back. */
void slab_destroy_chain(struct slab *slab, const struct request *request, uint32_t id);
void slab_pages_expire(struct slab *slab, uint32_t id, uint64_t now_ns);

/* slab_alien.c: objects of other nodes. */
int slab_aliens_open(struct slab *slab, cache_id cache, struct error *err);
void slab_aliens_close(struct slab *slab, cache_id cache);
/* An object of a slab of another node than the cpu's. May call back. */
void slab_alien_free(struct slab *slab, const struct request *request, uint32_t id,
		     object_t object);
/* All of them go to their nodes; or those that the cpu looks after now. May call back. */
void slab_aliens_drain(struct slab *slab, const struct request *request, cache_id cache);
void slab_alien_reap(struct slab *slab, const struct request *request, cache_id cache);
uint64_t slab_aliens_avail(const struct slab *slab, cache_id cache);

/* slab_alloc_node.c: of several nodes. */
/* The request for that node's pages alone, without effort. */
struct request slab_exact_node(const struct request *request, uint32_t node);
/* An object of the node, of another one when it has none. May call back. */
object_t slab_alloc_on_node(struct slab *slab, const struct request *request, cache_id cache,
			    uint32_t node);

/* slab_alloc.c */
/* get_first_slab: a partly used one, else a free one, of which reaping is to know; or SLAB_NONE. */
uint32_t slab_first_slab(struct slab_node *node);
/* transfer_objects: the newest ones of `from`, in their order; how many. */
uint32_t slab_transfer(struct slab *slab, struct slab_array *to, struct slab_array *from,
		       uint32_t most);
/* Objects that the array is given at most when it is empty. */
uint32_t slab_refill_count(const struct slab_array *array);
/* Moves objects of a slab into an array until it is full or `wanted` are moved; what is left. */
uint32_t slab_take_objects(struct slab *slab, struct slab_array *array, uint32_t id,
			   uint32_t wanted);
/* fixup_slab_list: a slab that objects were taken of, to its list. */
void slab_fix_list(struct slab *slab, struct slab_node *node, uint32_t id);
object_t slab_cache_alloc(void *state, const struct request *request, cache_id cache);
object_t slab_kmalloc(void *state, const struct request *request, uint32_t bytes);

/* slab_would_return.c */
bool slab_would_return(const void *state, const struct request *request, cache_id cache,
		       object_t object);

/* slab_free.c */
/*
 * free_block: the `count` oldest objects of an array go back to their slabs. Returns the chain of
 * empty slabs that are too many, for slab_destroy_chain when the lock is let go.
 */
uint32_t slab_free_block(struct slab *slab, cache_id cache, uint32_t node,
			 const struct slab_array *array, uint32_t count);
/* All objects of an array go back to their slabs. May call back. */
void slab_array_empty(struct slab *slab, const struct request *request, cache_id cache,
		      uint32_t node, struct slab_array *array);
/* The rest of an array moves down. */
void slab_array_drop(struct slab *slab, struct slab_array *array, uint32_t count);
void slab_cache_free(void *state, const struct request *request, cache_id cache, object_t object);
void slab_kfree(void *state, const struct request *request, object_t object);

/* slab_reap.c */
/* The clock of a kernel that has just started. */
void slab_clock_start(struct slab *slab);
/* When a node of a new cache is to be reaped first, in jiffies, until the cache has its place. */
uint64_t slab_first_reap(struct slab *slab, cache_id cache, uint64_t now_ns);
void slab_cache_placed(void *state, object_t object);
void slab_timers_start(struct slab *slab, uint64_t now_ns);
void slab_expire(void *state, uint64_t token, uint64_t now_ns);
bool slab_assist(void *state, const struct slab_assist *fact);
/* drain_freelist: gives empty slabs back, at most so many. May call back. */
void slab_drain_free(struct slab *slab, const struct request *request, cache_id cache,
		     uint32_t node, uint64_t most);

/* slab_shrink.c */
uint64_t slab_cache_destroy(void *state, const struct request *request, cache_id cache);
void slab_cache_shrink(void *state, const struct request *request, cache_id cache);

/* slab_tune.c */
/* -1 and *err when the text is not a list of tunables. */
int slab_tunables_check(const char *text, struct error *err);
/* Sets a cache's limit, batchcount and shared factor if there are tunables for it. */
bool slab_tunables_find(const struct slab *slab, const char *name, struct slab_cache *cache);
/* Arrays of the size that the cache says now take the place of those there are. May call back. */
int slab_tune(struct slab *slab, const struct request *request, cache_id cache, struct error *err);

/* slab_load.c, slab_dump.c, slab_check.c */
int slab_load(void *state, const struct slab_state *from, struct error *err);
int slab_dump(const void *state, struct slab_state *to, struct error *err);
void slab_walk(const void *state, void (*visit)(void *context, const struct slab_extent *extent),
	       void *context);
bool slab_check(const void *state, struct error *err);

#endif
