/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The slab allocator's state in a form that belongs to no policy: caches with their slabs, list by
 * list in list order. Read from mmstate, taken from a running policy, compared at marks. All arrays
 * and strings are malloc'ed and owned by the struct.
 */
#ifndef SLABYARD_CORE_SLAB_STATE_H
#define SLABYARD_CORE_SLAB_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum slab_list {
	SLAB_LIST_CPU,         /* SLUB: the cpu slab */
	SLAB_LIST_CPU_PARTIAL, /* SLUB: per-cpu partial, head first */
	SLAB_LIST_PARTIAL,     /* SLUB node partial; SLAB slabs_partial */
	SLAB_LIST_FREE,        /* SLAB slabs_free */
	SLAB_LIST_FULL,        /* on no list (SLUB) or slabs_full */
	SLOB_LIST_SMALL,
	SLOB_LIST_MEDIUM,
	SLOB_LIST_LARGE,
};

struct slab_entry {
	uint32_t pfn;
	uint8_t order;
	uint8_t list; /* enum slab_list */
	bool frozen;
	uint16_t cpu;   /* CPU and CPU_PARTIAL */
	uint32_t inuse; /* as page->inuse: cpu slab counts as all in use */
	uint32_t objects;
	uint32_t slabs;      /* CPU_PARTIAL: length from this slab on, as the kernel keeps it */
	uint32_t units;      /* SLOB: free units */
	uint32_t mem_offset; /* SLAB: first object's offset in the slab (colour, management) */
	/*
	 * Free objects' indices, head first (SLUB); SLAB: the free-index array from `active` on;
	 * SLOB: pairs of byte offset in the page and length in units.
	 */
	uint16_t *freelist;
	size_t free_count;
};

/* SLAB: struct array_cache; objects bottom first, the next allocation takes the last. */
struct array_state {
	uint16_t cpu;
	bool shared;
	uint32_t limit, batchcount, touched;
	uint64_t *objects;
	size_t count;
};

/* SLUB: a cpu's lockless freelist, object indices in its cpu slab, head first. */
struct cpu_freelist {
	uint16_t cpu;
	uint16_t *indices;
	size_t count;
};

struct cache_state {
	char *name;
	uint64_t ptr; /* recorded address of the kmem_cache, 0 when simulated */
	uint32_t object_size, size, align, inuse, offset, flags, allocflags;
	int32_t refcount; /* -1: never merged with another (a constructor, say) */
	bool constructor;
	/* SLUB */
	uint32_t oo_order, oo_objects, min_order, min_objects, cpu_partial, cpu_partial_slabs,
		min_partial;
	/* SLAB */
	uint32_t num, gfporder, limit, batchcount, shared, colour, colour_off, colour_next,
		free_limit;
	uint64_t total_slabs, free_slabs, free_objects; /* free objects: those in slabs */
	uint64_t next_reap;                             /* jiffies */
	bool free_touched, off_slab, objfreelist;
	struct slab_entry *slabs; /* grouped by list, in list order */
	size_t slab_count;
	struct cpu_freelist *cpu_freelists;
	size_t cpu_freelist_count;
	struct array_state *arrays;
	size_t array_count;
};

struct slab_state {
	char allocator[8]; /* "slub", "slab", "slob" */
	uint64_t page_offset;
	uint64_t ram_pages; /* totalram_pages */
	uint64_t jiffies;   /* when the state was taken */
	uint64_t kmalloc_max_cache, kmalloc_max, kmalloc_min;
	struct cache_state *caches;
	size_t cache_count;
	/* SLOB: the pages that all caches share, list by list in list order, full ones last. */
	struct slab_entry *slabs;
	size_t slab_count;
};

void slab_state_free(struct slab_state *state);

/* What is known of the place of an object in a slab. */
enum object_place {
	PLACE_LIVE,  /* a caller holds it: it is on no list, on no cpu's freelist, in no array */
	PLACE_FREED, /* an object was there */
	PLACE_NEW,   /* none was yet, as far as lists tell that are still in their first order */
};

/* places[i] for object i of slab->objects, at slab_entry_object. */
void slab_entry_places(const struct slab_state *state, const struct cache_state *cache,
		       const struct slab_entry *slab, uint8_t *places);

/* Offset of object i in the direct map. */
uint64_t slab_entry_object(const struct cache_state *cache, const struct slab_entry *slab,
			   uint32_t i);

/*
 * As page_state_compare, cache by cache: lists slab for slab with their free objects in order (full
 * slabs are on no list and compared by frame), cpu freelists and object arrays. Caches are known by
 * name; what only `simulated` has is looked at too.
 */
size_t slab_state_compare(const struct slab_state *simulated, const struct slab_state *expected,
			  size_t *compared, struct error *first);

/* One line of /proc/slabinfo and what sampling records. */
struct cache_counts {
	const char *name;
	uint64_t active_objects, objects, active_slabs, slabs;
	uint32_t object_size; /* as slabinfo prints it: the cache's size */
	uint32_t objects_per_slab, pages_per_slab;
	bool reclaimable; /* SLAB_RECLAIM_ACCOUNT */
	uint32_t limit, batchcount, shared, shared_avail;
	uint64_t live_objects;    /* objects that callers hold */
	uint64_t requested_bytes; /* sum of bytes asked for by live objects */
	uint64_t allocated_bytes; /* live objects at the size that the cache or class has */
	uint64_t occupied_bytes;  /* the same with alignment and what is kept with each object */
	uint64_t deferred_bytes;  /* freed objects in slabs that wait for a grace period (SLOB) */
	uint64_t held_bytes;      /* slabs' pages; see slab_extent of slab/slab.h */
};

#endif
