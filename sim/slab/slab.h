/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Slab allocators: the ops table that every one of them fills. References: mm/slab_common.c,
 * mm/slub.c, mm/slab.c, mm/slob.c of Linux 6.1.
 *
 * An object's address is its offset in the direct map: pfn << PAGE_SHIFT plus the offset in the
 * page; OBJECT_NONE is a failed allocation. Adding the recorded page_offset gives the address that
 * a trace would show.
 *
 * Any call out of a policy (page_source, defer) may call back into it: its state is consistent
 * before it calls out.
 */
#ifndef SLABYARD_SLAB_SLAB_H
#define SLABYARD_SLAB_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/page_source.h"
#include "core/policy.h"
#include "core/request.h"
#include "core/services.h"
#include "core/slab_state.h"

typedef uint64_t object_t;
#define OBJECT_NONE UINT64_MAX

/* What kmem_cache_create is asked for. */
struct cache_spec {
	const char *name; /* copied */
	uint32_t object_size;
	uint32_t align;
	uint32_t flags; /* enum cache_flags (core/definitions.h) */
	bool constructor;
	bool no_merge; /* the recording shows this cache apart from all others */
};

/* What walk() reports: one slab. */
struct slab_extent {
	cache_id cache;
	pfn_t pfn;
	uint8_t order;
	uint8_t list;            /* enum slab_list */
	uint32_t objects, inuse; /* inuse: objects that callers hold */
	/*
	 * What callers do not hold of its pages. Over a cache's slabs these sums and the cache's
	 * occupied_bytes and deferred_bytes make its held_bytes.
	 */
	uint32_t free_bytes;     /* of objects or blocks that nobody holds */
	uint32_t cached_bytes;   /* those of them that CPUs keep at hand: arrays, cpu slabs */
	uint32_t overhead_bytes; /* the slab's own management */
	uint32_t tail_bytes;     /* too little for one more object */
};

/* Facts of a recording that a policy may be told where --assist allows it. */
enum slab_assist_kind {
	SLAB_ASSIST_KFREE_BYTES, /* size of the object that was just handed to kfree */
	SLAB_ASSIST_RCU_FREE,    /* an object freed before the start leaves its grace period */
	SLAB_ASSIST_REAP,        /* the periodic reaping begins on a CPU */
};

struct slab_assist {
	enum slab_assist_kind kind;
	object_t object;
	uint32_t bytes;
	uint32_t cpu;
	uint64_t time_ns;
};

/* A free that is thought of: by free(), by kfree() where cache is CACHE_NONE. */
struct slab_free {
	object_t object;
	cache_id cache;
	uint32_t bytes; /* not 0: its grace period ends, and so many bytes become free */
};

struct slab_policy {
	struct policy_info info;

	/*
	 * Sets up the kmalloc caches, and nothing else: no page is asked for before the first
	 * allocation. Memory is from services->arena.
	 */
	void *(*create)(const struct page_source *pages, const void *params,
			const struct services *services, struct error *err);
	void (*destroy)(void *state);

	/* The run begins at this time, after load() if there is a state. NULL: nothing to begin. */
	int (*begin)(void *state, uint64_t now_ns, struct error *err);

	/*
	 * Returns the cache to use for this spec, which may be an existing one that it was merged
	 * with. CACHE_NONE and *err when the spec is impossible (a size of 0 or too large).
	 */
	cache_id (*cache_create)(void *state, const struct request *request,
				 const struct cache_spec *spec, struct error *err);
	/*
	 * The struct kmem_cache of the cache that was made last stands in this object. NULL: its
	 * place decides nothing.
	 */
	void (*cache_placed)(void *state, object_t object);
	/* Returns the number of objects that were left in it (0: it is gone). */
	uint64_t (*cache_destroy)(void *state, const struct request *request, cache_id cache);
	void (*cache_shrink)(void *state, const struct request *request, cache_id cache);

	/*
	 * REQUEST_WAITED: the request was made before, found that it needed new pages, and there
	 * were none; what has come free in the cache meanwhile is not looked at.
	 */
	object_t (*alloc)(void *state, const struct request *request, cache_id cache);
	/*
	 * `cache` is what the recording frees it to, which may be another name of the cache that
	 * alloc was given (caches that the recorded kernel had merged).
	 */
	void (*free)(void *state, const struct request *request, cache_id cache, object_t object);

	object_t (*kmalloc)(void *state, const struct request *request, uint32_t bytes);
	void (*kfree)(void *state, const struct request *request, object_t object);

	/* kmem_cache_alloc_bulk: all or nothing. NULL: the engine calls alloc. */
	bool (*alloc_bulk)(void *state, const struct request *request, cache_id cache, size_t count,
			   object_t *out);
	/* kmem_cache_free_bulk. NULL: the engine calls free. */
	void (*free_bulk)(void *state, const struct request *request, cache_id cache, size_t count,
			  const object_t *objects);

	/*
	 * A question, nothing changes. False: an allocation from `cache`, or kmalloc where it is
	 * CACHE_NONE, would return another object now. True too where that cannot be said, as it
	 * depends on the page that would be had. NULL: it never can.
	 */
	bool (*would_return)(const void *state, const struct request *request, cache_id cache,
			     object_t object);

	/*
	 * The same once an object is free that is not yet. NULL: what one CPU frees does not decide
	 * what another is given, unless it is that object.
	 */
	bool (*would_return_after)(const void *state, const struct request *request, cache_id cache,
				   object_t object, const struct slab_free *before);

	/*
	 * krealloc in place: request->bytes are asked for now, `before` were (0: not known). NULL:
	 * what was asked for at first counts until the object is freed.
	 */
	void (*resized)(void *state, const struct request *request, object_t object,
			uint32_t before);

	/* Bytes usable in the object (ksize). */
	uint32_t (*usable_size)(const void *state, object_t object);

	/* A deferred call's time has come (RCU, cache_reap). NULL: never defers. */
	void (*expire)(void *state, uint64_t token, uint64_t now_ns);

	/* True when the fact was of use. NULL: none is. */
	bool (*assist)(void *state, const struct slab_assist *fact);

	/* Caches are numbered 0..cache_count-1; a destroyed one keeps its number with slabs 0. */
	uint32_t (*cache_count)(const void *state);
	/*
	 * False for a number that is not in use. requested_bytes sums request->bytes over
	 * allocations less frees; an object that was there at the start, or is freed with bytes 0,
	 * counts with its cache's object size.
	 */
	bool (*counts)(const void *state, cache_id cache, struct cache_counts *counts);

	/* Starts from a recorded state; called once, before any alloc, after the pages are loaded.
	 */
	int (*load)(void *state, const struct slab_state *from, struct error *err);
	/* The cache that load() made for this name, or CACHE_NONE. Aliases are the engine's matter.
	 */
	cache_id (*cache_find)(const void *state, const char *name);
	/* Describes the whole state; the caller frees it with slab_state_free. */
	int (*dump)(const void *state, struct slab_state *to, struct error *err);

	void (*walk)(const void *state,
		     void (*visit)(void *context, const struct slab_extent *extent), void *context);
	bool (*check)(const void *state, struct error *err);
};

extern const struct policy_kind slab_policies;

static inline const struct slab_policy *slab_policy_of(const struct policy_info *info)
{
	return (const struct slab_policy *)(const void *)info;
}

#endif
