/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kmem_caches that a slab allocator knows, without what only one allocator keeps about them:
 * each policy has arrays of its own beside this one, indexed by the same cache_id. Caches are
 * numbered in the order of their creation, a number is never used again.
 *
 * Reference: mm/slab_common.c (calculate_alignment, find_mergeable, slab_unmergeable).
 */
#ifndef SLABYARD_SLAB_CACHE_TABLE_H
#define SLABYARD_SLAB_CACHE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "core/definitions.h"
#include "core/ids.h"
#include "core/services.h"
#include "slab/slab.h"

enum {
	CACHES_MAX = 1 << 16, /* that ever were */
	CACHE_NAMES_BYTES = 1 << 22,
	CACHE_LINE_BYTES = 64,
	/* ARCH_SLAB_MINALIGN, ARCH_KMALLOC_MINALIGN: of unsigned long long, under IA32 too */
	CACHE_ALIGN_MIN = 8,
};

/* Flags of the slab allocators themselves, in 6.1's bits. */
enum { CACHE_KMALLOC = 0x1000 };

struct kmem_cache {
	uint32_t name; /* offset in cache_table.names */
	uint32_t object_size;
	uint32_t align;
	uint32_t flags;
	int32_t refcount; /* -1: exempt from merging */
	bool constructor;
	bool usercopy; /* has a window for copies to user space: never merged */
	bool alive;
};

struct cache_table {
	struct kmem_cache *caches;
	char *names;
	uint32_t count;
	uint32_t names_used;
};

/* What a new cache is made of; align is final. */
struct cache_args {
	const char *name; /* copied */
	uint32_t object_size, align, flags;
	int32_t refcount;
	bool constructor, usercopy;
};

int cache_table_init(struct cache_table *table, struct arena *arena, struct error *err);
/* Forgets all caches: a recorded state takes their place. */
void cache_table_clear(struct cache_table *table);

/* CACHE_NONE and *err when the table is full. */
cache_id cache_table_add(struct cache_table *table, const struct cache_args *args,
			 struct error *err);
/* The living cache of that name, the newest first; CACHE_NONE when there is none. */
cache_id cache_table_find(const struct cache_table *table, const char *name);
const char *cache_name(const struct cache_table *table, cache_id cache);

/* Alignment of objects from what the creator asked for (calculate_alignment). */
uint32_t cache_alignment(uint32_t flags, uint32_t align, uint32_t size);

/* -1 and *err when no allocator could have such a cache. */
int cache_spec_check(const struct cache_spec *spec, const struct services *services,
		     struct error *err);

/* Which rule of find_mergeable an allocator has on top of the common ones. */
enum merge_rule {
	MERGE_BY_SIZE,          /* SLUB */
	MERGE_BY_SIZE_AND_ALIGN /* SLAB: the alignments divide each other too */
};

/*
 * The oldest cache that can serve this spec as well, or CACHE_NONE. size_of(policy, cache) is the
 * allocator's object size with padding.
 */
cache_id cache_find_mergeable(const struct cache_table *table, const struct cache_spec *spec,
			      enum merge_rule rule,
			      uint32_t (*size_of)(const void *policy, cache_id cache),
			      const void *policy);
/*
 * False when these caches, of a recorded state, are of a kernel that was booted with slab_nomerge:
 * of many that can be merged, others have been merged with none.
 */
bool cache_table_was_merged(const struct cache_table *table);
/* Counts one more user of a merged cache. */
void cache_merge(struct cache_table *table, cache_id cache, const struct cache_spec *spec);

static inline struct kmem_cache *cache_at(const struct cache_table *table, cache_id cache)
{
	return &table->caches[cache.v];
}

static inline bool cache_alive(const struct cache_table *table, cache_id cache)
{
	return cache.v < table->count && table->caches[cache.v].alive;
}

/* align is a power of two. */
static inline uint32_t align_up(uint32_t value, uint32_t align)
{
	return (value + align - 1) & ~(align - 1);
}

/* Smallest order whose block holds that many bytes (get_order). */
static inline uint32_t order_for_bytes(uint32_t bytes)
{
	const uint32_t pages = bytes ? (bytes - 1) >> PAGE_SHIFT : 0;

	return pages ? 32 - (uint32_t)__builtin_clz(pages) : 0;
}

#endif
