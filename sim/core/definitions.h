/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the small numbers in a trace's records stand for. Entries are only ever appended, so an
 * index once seen stays valid; a cursor has appended everything that a batch refers to before it
 * hands that batch out. Strings belong to the definitions.
 */
#ifndef SLABYARD_CORE_DEFINITIONS_H
#define SLABYARD_CORE_DEFINITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"

/* A thread under one name: exec and rename make a new entry with the same tid. */
struct task_def {
	uint32_t tid;
	uint32_t tgid; /* 0: not recorded */
	const char *comm;
};

/* SLAB_* flags that decide geometry, in 6.1's bits (include/linux/slab.h). */
enum cache_flags {
	CACHE_HWCACHE_ALIGN = 0x2000,
	CACHE_CACHE_DMA = 0x4000,
	CACHE_CACHE_DMA32 = 0x8000,
	CACHE_PANIC = 0x40000,
	CACHE_TYPESAFE_BY_RCU = 0x80000,
	CACHE_MEM_SPREAD = 0x100000,
	CACHE_NOLEAKTRACE = 0x00800000,
	CACHE_NO_MERGE = 0x01000000,
	CACHE_ACCOUNT = 0x04000000,
	CACHE_RECLAIM_ACCOUNT = 0x00020000,
};

/*
 * A kmem_cache as it was recorded. From stock events alone only name (or a name made of the call
 * site), object_size (bytes_req) and size (bytes_alloc) are known; `complete` says that align,
 * flags and constructor are known too (LAB op c, mmstate).
 */
struct cache_def {
	const char *name;
	uint32_t object_size; /* bytes asked for at kmem_cache_create; 0: unknown */
	uint32_t size; /* bytes per object with padding, as the source reported them; 0: unknown */
	uint32_t align;
	uint32_t flags; /* enum cache_flags */
	uint32_t useroffset;
	bool constructor;
	bool complete;
	bool named; /* false: `name` was made from the call site, bytes_req and bytes_alloc */
};

/* Everything about a call that repeats from record to record. Index 0 is "nothing known". */
struct origin_def {
	const char *call_site; /* function+0xoffset, without /0xsize; "" when not recorded */
	cache_id cache;        /* CACHE_NONE for kmalloc and page operations */
	uint32_t gfp;          /* 6.1's bits (core/gfp.h) */
	uint32_t bytes_alloc;  /* as recorded, 0: not recorded */
	uint32_t align;
	int16_t node; /* -1: none asked */
	uint8_t order;
	uint8_t migratetype;
	bool accounted;
	/* The recorded slab allocator's own business (sysfs of a cache, say), not a caller's. */
	bool own;
};

/*
 * Which cache a call site allocates from when no caches are merged: what a recording of a kernel
 * that merges does not show (`slabyard caches`). A site that serves several caches has an entry for
 * each.
 */
struct site_def {
	const char *call_site; /* as in origin_def */
	cache_id cache;
	uint64_t allocations; /* seen where this was learnt */
};

/* Facts about the whole trace: "source" (perf script, ftrace, ...), "allocator", "page_offset"...
 */
struct meta_def {
	const char *key;
	const char *value;
};

struct definitions {
	const struct task_def *tasks;
	const struct cache_def *caches;
	const struct origin_def *origins;
	const struct meta_def *meta;
	const struct site_def *sites;
	uint32_t task_count;
	uint32_t cache_count;
	uint32_t origin_count;
	uint32_t meta_count;
	uint32_t site_count;
	/* Largest id handed out so far per id space (enum id_space): tables are sized by it. */
	uint32_t id_max[8];
};

/* The growing side, used by importers, readers and generators. Owns all strings it was given. */
struct definition_table;

struct definition_table *definition_table_create(void);
void definition_table_destroy(struct definition_table *table);
const struct definitions *definition_table_view(const struct definition_table *table);

/* Append and return the new index, UINT32_MAX when memory is spent (and *err). Strings are copied.
 */
uint32_t definition_add_task(struct definition_table *t, const struct task_def *d,
			     struct error *err);
uint32_t definition_add_cache(struct definition_table *t, const struct cache_def *d,
			      struct error *err);
uint32_t definition_add_origin(struct definition_table *t, const struct origin_def *d,
			       struct error *err);
uint32_t definition_add_site(struct definition_table *t, const struct site_def *d,
			     struct error *err);
/* More allocations were seen at a site. */
void definition_count_site(struct definition_table *t, uint32_t index, uint64_t allocations);

/* Adds or replaces a meta entry. */
int definition_set_meta(struct definition_table *t, const char *key, const char *value,
			struct error *err);

/* Learns more about a cache (its true name once a free tells, or LAB op c): the index stays. */
int definition_update_cache(struct definition_table *t, uint32_t index, const struct cache_def *d,
			    struct error *err);

void definition_raise_id_max(struct definition_table *t, unsigned space, uint32_t id);

/* The value of a meta key, or NULL. */
const char *definitions_meta(const struct definitions *d, const char *key);

/* XXH3 over all entries in index order: part of a trace's hash. */
uint64_t definitions_hash(const struct definitions *d);

#endif
