/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SLOB's own structures, shared by the slob_*.c files and by nobody else. Reference: mm/slob.c of
 * Linux 6.1.
 *
 * Memory is handed out in units of two bytes, from pages that all caches share. A page's free
 * blocks are chained in address order inside the page; here a shadow of the page holds what the
 * kernel keeps in it: one 16-bit word for each unit. The first unit of an object says what it is
 * (enum slob_mark), which stands for the size that the kernel keeps in front of a kmalloc.
 */
#ifndef SLABYARD_SLAB_SLOB_H
#define SLABYARD_SLAB_SLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/services.h"
#include "slab/cache_table.h"
#include "slab/frame_map.h"
#include "slab/nodes.h"
#include "slab/slab.h"

enum {
	SLOB_UNIT_SHIFT = 1,
	SLOB_PAGE_UNITS = PAGE_SIZE_BYTES >> SLOB_UNIT_SHIFT,
	SLOB_END = SLOB_PAGE_UNITS, /* no free block follows */
	SLOB_HEAD_BYTES = 8,        /* in front of a kmalloc: ARCH_KMALLOC_MINALIGN */
	SLOB_RCU_BYTES = 24,        /* behind an object whose free is deferred: struct slob_rcu */
	SLOB_SMALL_BYTES = 256,     /* SLOB_BREAK1 */
	SLOB_MEDIUM_BYTES = 1024,   /* SLOB_BREAK2 */
	SLOB_NONE = 0,              /* no page; numbers start at 1 */
	SLOB_PAGES_MAX = 1 << 21,   /* shared pages; with more there is no memory */
};

enum slob_list { SLOB_SMALL, SLOB_MEDIUM, SLOB_LARGE, SLOB_LISTS, SLOB_FULL = SLOB_LISTS };

/* What an object's first unit says. */
enum slob_mark {
	SLOB_MARK_OLDER = 0,               /* older than the state that was loaded */
	SLOB_MARK_CACHE = PAGE_SIZE_BYTES, /* and the cache's number; below: a kmalloc's bytes */
	SLOB_UNIT_PAGES_FIRST = 1 << 10,   /* their array doubles from here on */
	SLOB_CACHES_MAX = (1 << 16) - SLOB_MARK_CACHE,
};

/* All that is not a kmem_cache's goes under the number 0: kmallocs, and the shared pages. */
enum { SLOB_KMALLOC = 0 };

/* A page that objects share (struct slab). */
struct slob_page {
	uint32_t pfn;        /* of an unused number: 0 */
	uint32_t next, prev; /* on a ring; unused numbers: next */
	uint16_t units;      /* free ones */
	uint16_t first;      /* first free block */
	uint16_t objects;    /* that callers hold, without those that were loaded */
	uint16_t older;      /* loaded: one for each stretch in use, as more is not known */
	uint8_t list;        /* enum slob_list */
};

struct slob_cache {
	uint32_t size; /* of an object with padding */
	uint64_t objects, requested;
	uint64_t allocated; /* requested in whole units; counted for kmallocs alone */
};

struct slob_params {
	uint64_t rcu_delay_ns;
};

struct slob {
	uint32_t head[SLOB_LISTS]; /* rings of pages with free units, where the search begins */
	struct slob_page *pages;
	uint16_t *units; /* by page number * SLOB_PAGE_UNITS + unit */
	struct slob_cache *caches;
	struct frame_map frames;
	struct cache_table table;
	struct slab_nodes numa;
	struct work *work;
	uint32_t page_count; /* numbers ever used, SLOB_NONE among them */
	uint32_t page_capacity;
	uint32_t unit_pages; /* pages that `units` has room for */
	uint32_t unused;     /* page numbers to use again */
	uint64_t held;       /* pages in use */
	uint64_t used_units; /* of these pages, in blocks that are not free */
	uint64_t deferred;   /* bytes of objects that wait for a grace period */
	object_t unsized;    /* last kfree of an object whose size nobody knows, or OBJECT_NONE */
	lock_id lock;        /* slob_lock */
	const struct page_source *source;
	const struct services *services;
	struct slob_params params;
};

static inline uint16_t *slob_units(const struct slob *slob, uint32_t page)
{
	return slob->units + (size_t)page * SLOB_PAGE_UNITS;
}

static inline uint32_t slob_units_for(uint32_t bytes)
{
	return (bytes + 1) >> SLOB_UNIT_SHIFT;
}

/* The bytes in whole units. */
static inline uint64_t slob_whole_units(uint64_t bytes)
{
	return (bytes + 1) >> SLOB_UNIT_SHIFT << SLOB_UNIT_SHIFT;
}

static inline enum slob_list slob_list_for(uint32_t bytes)
{
	return bytes < SLOB_SMALL_BYTES    ? SLOB_SMALL
	       : bytes < SLOB_MEDIUM_BYTES ? SLOB_MEDIUM
					   : SLOB_LARGE;
}

/* True for the number of a page that objects share. */
static inline bool slob_is_page(uint32_t owner)
{
	return owner != SLOB_NONE && !(owner & FRAME_LARGE);
}

/* The first unit of an object in a shared page. */
static inline uint16_t *slob_mark_of(const struct slob *slob, uint32_t page, object_t object)
{
	return slob_units(slob, page) + ((object & (PAGE_SIZE_BYTES - 1)) >> SLOB_UNIT_SHIFT);
}

/* A deferred free as the token of a deferred call: object, CPU that queued it, bytes. */
enum { SLOB_TOKEN_BYTE_BITS = 13, SLOB_TOKEN_CPU_BITS = 10 };

static inline uint64_t slob_rcu_token(object_t object, uint32_t cpu, uint32_t bytes)
{
	return (object << SLOB_TOKEN_CPU_BITS | cpu) << SLOB_TOKEN_BYTE_BITS | bytes;
}

/* slob_page.c: free blocks of one page, by its shadow. */
uint16_t slob_block_units(const uint16_t *units, uint16_t block);
uint16_t slob_block_next(const uint16_t *units, uint16_t block);
void slob_block_set(uint16_t *units, uint16_t block, uint32_t size, uint32_t next);

/* What is asked of a page; aligned is the address that lies `ahead` bytes into the block. */
struct slob_need {
	uint32_t units;
	uint32_t align; /* power of two up to a page's bytes, 0: none */
	uint32_t ahead;
	enum slob_list list; /* of the pages that are looked at */
	int32_t node;        /* theirs, -1: of any */
};

/* Where it goes. */
struct slob_fit {
	uint32_t block;   /* free block that has room, SLOB_END: none has */
	uint32_t before;  /* free block before it, SLOB_END: none */
	uint32_t skipped; /* its units that are left free in front, to be aligned */
};

/* First block that has room. Adds the blocks looked at to *steps. */
struct slob_fit slob_page_find(const struct slob_page *page, const uint16_t *units,
			       const struct slob_need *need, uint64_t *steps);
/*
 * Takes it; the first unit taken, or SLOB_END. The caller takes a page off its list that has no
 * free unit left.
 */
uint32_t slob_page_take(struct slob_page *page, uint16_t *units, const struct slob_need *need,
			uint64_t *steps);
/*
 * Puts a block back between the others of a page that has free units, and merges it with them.
 * False when some of it is free already.
 */
bool slob_page_put(struct slob_page *page, uint16_t *units, uint16_t block, uint16_t size,
		   uint64_t *steps);

/* slob_list.c: rings of pages and page numbers. */
/* SLOB_NONE when there are SLOB_PAGES_MAX pages. */
uint32_t slob_page_number(struct slob *slob);
void slob_page_recycle(struct slob *slob, uint32_t id);
void slob_list_add_head(struct slob *slob, uint32_t id, enum slob_list list);
void slob_list_add_tail(struct slob *slob, uint32_t id, enum slob_list list);
void slob_list_remove(struct slob *slob, uint32_t id);

/* slob_alloc.c */
object_t slob_alloc(void *state, const struct request *request, cache_id cache);
object_t slob_kmalloc(void *state, const struct request *request, uint32_t bytes);
/* What a kmalloc or an object of a cache needs, each less than a page. */
struct slob_need slob_kmalloc_need(const struct slob *slob, const struct request *request,
				   uint32_t bytes);
struct slob_need slob_cache_need(const struct slob *slob, const struct request *request,
				 cache_id cache);
/* Whether the page may be looked at: enough free units in all, and the node that is asked for. */
bool slob_may_fit(const struct slob *slob, const struct slob_page *page,
		  const struct slob_need *need);

/* slob_would_return.c */
bool slob_would_return(const void *state, const struct request *request, cache_id cache,
		       object_t object);

/* slob_free.c */
void slob_free(void *state, const struct request *request, cache_id cache, object_t object);
void slob_kfree(void *state, const struct request *request, object_t object);
void slob_expire(void *state, uint64_t token, uint64_t now_ns);
bool slob_assist(void *state, const struct slab_assist *fact);

/* slob.c: a cache without objects. */
cache_id slob_cache_open(struct slob *slob, const struct cache_args *args, uint32_t size,
			 struct error *err);
/* The number under which kmallocs go. */
int slob_kmalloc_open(struct slob *slob, struct error *err);

/* slob_state.c, slob_check.c */
int slob_load(void *state, const struct slab_state *from, struct error *err);
int slob_dump(const void *state, struct slab_state *to, struct error *err);
void slob_walk(const void *state, void (*visit)(void *context, const struct slab_extent *extent),
	       void *context);
bool slob_check(const void *state, struct error *err);

#endif
