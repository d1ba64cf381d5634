/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SLUB's own structures, shared by the slub_*.c files and by nobody else. Reference: mm/slub.c and
 * include/linux/slub_def.h of Linux 6.1, without debugging options.
 *
 * A slab's free objects are chained by index: links[slab.links + i] is the index after object i, as
 * the kernel keeps the pointer inside the free object. A cpu's freelist and its slab's own freelist
 * are two chains in the same array.
 */
#ifndef SLABYARD_SLAB_SLUB_H
#define SLABYARD_SLAB_SLUB_H

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

#define SLUB_END ((uint16_t)0xffff) /* no object follows */

enum {
	SLUB_NONE = 0, /* no slab; numbers start at 1 */
	SLUB_OBJECTS_MAX = 32767,
	SLUB_MAX_ORDER = 3,         /* slub_max_order: PAGE_ALLOC_COSTLY_ORDER */
	SLUB_LINKS_FIRST = 1 << 22, /* their array doubles from here on */
	SLUB_SHRINK_PROMOTE = 32,   /* slabs with up to so many free objects are sorted by shrink */
};

/* Where a slab is. Frozen, as the kernel says, are those of a cpu. */
enum slub_place {
	SLUB_UNUSED,      /* number free for a new slab */
	SLUB_IN_HAND,     /* between two places, while the policy works on it */
	SLUB_CPU,         /* a cpu allocates from it */
	SLUB_CPU_PARTIAL, /* on a cpu's partial list */
	SLUB_NODE,        /* on the node's partial list */
	SLUB_FULL,        /* on no list */
	SLUB_RCU,         /* empty, its pages wait for a grace period */
};

struct slub_slab {
	uint32_t pfn;
	uint32_t links; /* where its chain array starts */
	uint32_t cache;
	uint32_t next, prev; /* cpu partial lists use next alone */
	uint16_t free;       /* head of the slab's own freelist */
	uint16_t inuse;      /* as the kernel counts: all objects that are not on `free` */
	uint16_t objects;
	uint16_t slabs; /* CPU_PARTIAL: length of the list from here on; RCU: the cpu that waits */
	uint8_t order;
	uint8_t place;      /* enum slub_place */
	uint8_t link_class; /* log2 of the length of its chain array */
	uint8_t node;
};

_Static_assert(sizeof(struct slub_slab) == 32, "two slabs a cache line");

/* struct kmem_cache_cpu: what the fast paths touch, one for each cache and cpu. */
struct slub_cpu {
	uint64_t requested; /* bytes asked for: allocated here less freed here, modulo 2^64 */
	uint32_t pfn;       /* these three are the slab's */
	uint32_t links;
	uint32_t slab;
	uint32_t size; /* these two are the cache's */
	uint32_t reciprocal;
	uint16_t free; /* the cpu's freelist */
};

_Static_assert(sizeof(struct slub_cpu) == 32, "two cpu slabs a cache line");

/* struct kmem_cache_node: the slabs of a node with free objects that no cpu has. */
struct slub_node {
	uint32_t head, tail; /* partial list */
	uint64_t nr_partial;
	lock_id list_lock;
};

/* struct kmem_cache */
struct slub_cache {
	uint32_t size;   /* of an object with padding */
	uint32_t inuse;  /* offset behind the object proper */
	uint32_t offset; /* of the free pointer */
	uint32_t reciprocal;
	uint32_t allocflags;
	uint32_t oo_order, oo_objects;
	uint32_t min_order, min_objects;
	uint32_t cpu_partial, cpu_partial_slabs, min_partial;
	uint32_t unknown_bytes; /* taken as asked for where nobody knows what was */
	uint64_t partial_free;  /* free objects of the slabs on the nodes' lists */
	uint64_t nr_slabs, nr_objects, nr_pages;
};

struct slub_params {
	uint64_t min_order, max_order, min_objects;
	bool cpu_partial, merge, cgroup, freelist_random, freelist_hardened;
	uint64_t rcu_delay_ns;
};

struct slub {
	struct slub_cpu *cpus;      /* by cache << cpu_shift | cpu */
	uint32_t *cpu_partial_head; /* same index: first slab of the cpu's partial list */
	struct slub_slab *slabs;
	uint16_t *links;
	struct slub_cache *caches; /* by cache_id */
	struct slub_node *nodes;   /* by cache << numa.shift | node */
	struct slab_nodes numa;
	struct frame_map frames;
	struct work *work;
	struct kmalloc_caches kmalloc;
	uint32_t cpu_shift, cpu_count;
	bool has_cpu_partial;
	bool hardened; /* free pointers are encoded */
	struct freelist_random random;
	uint32_t slab_count; /* numbers ever used, SLUB_NONE among them */
	uint32_t slab_capacity;
	uint32_t unused; /* slab numbers to use again */
	struct ranges link_ranges;
	struct cache_table table;
	const struct page_source *pages;
	const struct services *services;
	struct slub_params params;
};

static inline struct slub_cpu *slub_cpu(const struct slub *slub, uint32_t cache, uint32_t cpu)
{
	return &slub->cpus[(cache << slub->cpu_shift) | cpu];
}

static inline uint32_t *slub_cpu_partial(const struct slub *slub, uint32_t cache, uint32_t cpu)
{
	return &slub->cpu_partial_head[(cache << slub->cpu_shift) | cpu];
}

static inline struct slub_node *slub_node(const struct slub *slub, uint32_t cache, uint32_t node)
{
	return &slub->nodes[(cache << slub->numa.shift) | node];
}

/* The node's part of the cache that a slab is of. */
static inline struct slub_node *slub_node_of(const struct slub *slub, uint32_t id)
{
	return slub_node(slub, slub->slabs[id].cache, slub->slabs[id].node);
}

static inline bool slub_frozen(const struct slub_slab *slab)
{
	return slab->place == SLUB_CPU || slab->place == SLUB_CPU_PARTIAL;
}

/* Free pointers that are read or written cost more when they are encoded. */
static inline void slub_coded(const struct slub *slub, uint32_t pointers)
{
	if (__builtin_expect(slub->hardened, 0))
		work_count_n(slub->work, WORK_freelist_code, pointers);
}

/* Takes the first object of the cpu's freelist, which is not empty. */
static inline object_t slub_pop(const struct slub *slub, struct slub_cpu *c)
{
	const uint16_t index = c->free;

	slub_coded(slub, 1);
	c->free = slub->links[c->links + index];
	return ((object_t)c->pfn << PAGE_SHIFT) + (object_t)index * c->size;
}

/* Index of an object in a slab that starts at pfn: exact for every multiple of the size. */
static inline uint16_t slub_index(uint32_t pfn, uint32_t reciprocal, object_t object)
{
	const uint64_t offset = object - ((object_t)pfn << PAGE_SHIFT);

	return (uint16_t)((offset * reciprocal) >> 32);
}

/* Bytes that were asked for at the allocation of objects that are freed now. */
static inline uint64_t slub_freed_bytes(const struct slub *slub, uint32_t cache,
					const struct request *request)
{
	return __builtin_expect(request->bytes != 0, 1) ? request->bytes
							: slub->caches[cache].unknown_bytes;
}

static inline void slub_list_lock(const struct slub *slub, const struct slub_node *node)
{
	work_count(slub->work, WORK_partial_list_lock);
	op_lock(slub->services->clock, node->list_lock);
}

static inline void slub_list_unlock(const struct slub *slub, const struct slub_node *node)
{
	op_unlock(slub->services->clock, node->list_lock);
}

/* slub_order.c: order of a cache's slabs, a number no buddy allocator has when none will do. */
uint32_t slub_order(const struct slub *slub, uint32_t size, const struct slub_params *params);
/* Geometry of a cache. -1 when no slab can hold such an object. */
int slub_geometry(const struct slub *slub, struct slub_cache *cache, const struct kmem_cache *from);

/* slub.c: a cache with its geometry, without slabs. */
cache_id slub_cache_open(void *policy, const struct cache_args *args, struct error *err);
/* Sets a cache's lists and cpu slabs to empty and names its lock; geometry is there. */
void slub_cache_reset(struct slub *slub, cache_id cache);

/* slub_slab.c: slabs as such. */
/* A number with a chain array for that many objects. */
uint32_t slub_slab_number(struct slub *slub, uint32_t objects);
void slub_slab_recycle(struct slub *slub, uint32_t id);
/* allocate_slab: a slab in hand with all objects free in address order; may call back. */
uint32_t slub_slab_new(struct slub *slub, const struct request *request, cache_id cache);
/* discard_slab: an empty slab in hand gives its pages back, at once or after RCU; may call back. */
void slub_slab_discard(struct slub *slub, const struct request *request, uint32_t id);
void slub_expire(void *state, uint64_t token, uint64_t now_ns);

/* slub_partial.c: the nodes' and the cpus' lists. */
void slub_node_add_head(struct slub *slub, uint32_t id);
void slub_node_add_tail(struct slub *slub, uint32_t id);
void slub_node_remove(struct slub *slub, uint32_t id);
/* put_cpu_partial; with drain a list that is too long goes to the node first. May call back. */
void slub_cpu_partial_put(struct slub *slub, const struct request *request, uint32_t cpu,
			  uint32_t id, bool drain);
/* unfreeze_partials_cpu: the cpu's whole list to the node. May call back. */
void slub_cpu_partial_flush(struct slub *slub, const struct request *request, cache_id cache,
			    uint32_t cpu);
/* Discards a chain of empty slabs in hand, linked by next. */
void slub_discard_chain(struct slub *slub, const struct request *request, uint32_t id);

/* slub_alloc.c */
void slub_cpu_install(struct slub *slub, struct slub_cpu *c, uint32_t id, uint16_t free);
/* flush_slab: the cpu's slab to where it belongs; may call back. */
void slub_cpu_flush(struct slub *slub, const struct request *request, cache_id cache, uint32_t cpu);
/* ___slab_alloc: when the cpu's freelist is empty. May call back. */
object_t slub_alloc_slow(struct slub *slub, const struct request *request, cache_id cache);
object_t slub_alloc(void *state, const struct request *request, cache_id cache);
object_t slub_kmalloc(void *state, const struct request *request, uint32_t bytes);
bool slub_would_return(const void *state, const struct request *request, cache_id cache,
		       object_t object);

/* slub_free.c */
/*
 * Frees `count` objects of one slab that are chained from head to tail: onto the cpu's freelist if
 * the slab is the cpu's own, else onto the slab's (do_slab_free). May call back.
 */
void slub_free_chain(struct slub *slub, const struct request *request, uint32_t id, uint16_t head,
		     uint16_t tail, uint16_t count);
void slub_free(void *state, const struct request *request, cache_id cache, object_t object);
void slub_kfree(void *state, const struct request *request, object_t object);

/* slub_bulk.c */
bool slub_alloc_bulk(void *state, const struct request *request, cache_id cache, size_t count,
		     object_t *out);
void slub_free_bulk(void *state, const struct request *request, cache_id cache, size_t count,
		    const object_t *objects);

/* slub_shrink.c */
uint64_t slub_cache_destroy(void *state, const struct request *request, cache_id cache);
void slub_cache_shrink(void *state, const struct request *request, cache_id cache);

/* slub_load.c, slub_dump.c, slub_check.c */
int slub_load(void *state, const struct slab_state *from, struct error *err);
int slub_dump(const void *state, struct slab_state *to, struct error *err);
void slub_walk(const void *state, void (*visit)(void *context, const struct slab_extent *extent),
	       void *context);
bool slub_check(const void *state, struct error *err);

#endif
