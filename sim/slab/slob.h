/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SLOB's own structures, shared by the slob_*.c files and by nobody else. Reference: mm/slob.c of
 * Linux 6.1.
 *
 * Memory is handed out in units of two bytes, from pages that all caches share. The kernel keeps
 * what it knows of a page in the page: sizes in front of kmallocs, free blocks chained in address
 * order. Here a page has a row of 16-bit words, one for each stretch of it in address order: where
 * it begins and what it is. That tells sizes too, so that an object costs a word, and one more with
 * the number of its cache when it has one.
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
	SLOB_END = SLOB_PAGE_UNITS, /* no unit of a page, and no stretch */
	SLOB_HEAD_BYTES = 8,        /* in front of a kmalloc: ARCH_KMALLOC_MINALIGN */
	SLOB_RCU_WORDS = 3,         /* behind an object whose free is deferred: struct slob_rcu */
	SLOB_SMALL_BYTES = 256,     /* SLOB_BREAK1 */
	SLOB_MEDIUM_BYTES = 1024,   /* SLOB_BREAK2 */
	SLOB_NONE = 0,              /* no page; numbers start at 1 */
	SLOB_PAGES_MAX = 1 << 21,   /* shared pages; with more there is no memory */
};

enum slob_list { SLOB_SMALL, SLOB_MEDIUM, SLOB_LARGE, SLOB_LISTS, SLOB_FULL = SLOB_LISTS };

/* A word of a row: the stretch's first unit in the low bits, above them what it is. */
enum slob_stretch {
	SLOB_UNIT_MASK = 0x0fff,
	SLOB_KIND_MASK = 0xf000,
	SLOB_OLDER = 0x0000, /* in use since before the state that was loaded */
	SLOB_EVEN = 0x1000,  /* a kmalloc with what is in front, of an even number of bytes */
	SLOB_ODD = 0x2000,   /* of an odd one */
	SLOB_LAST = 0x3000,  /* where the page ends: behind the last stretch */
	SLOB_FREE = 0x4000,
	SLOB_CACHE = 0x8000, /* a cache's object; behind the row stands of which */
};

enum {
	SLOB_CACHES_MAX = 1 << 16,
	SLOB_ROW_STEP = 4,          /* words by which rows grow */
	SLOB_ROW_OWNER = 2,         /* words in front: the page's number */
	SLOB_ROW_ROOMS = 192,       /* different lengths of rows */
	SLOB_WORDS_FIRST = 1 << 20, /* their array doubles from here on */
};

/* All that is not a kmem_cache's goes under the number 0: kmallocs, and the shared pages. */
enum { SLOB_KMALLOC = 0 };

/* A page that objects share (struct slab). */
struct slob_page {
	uint32_t pfn;        /* of an unused number: 0 */
	uint32_t next, prev; /* on a ring; unused numbers: next */
	uint32_t row;        /* where its row is, in steps */
	uint16_t units;      /* free ones */
	uint16_t largest;    /* no free block has more units; some may all have less */
	uint16_t stretches;  /* words of the row without the last */
	uint16_t blocks;     /* those of them that are free */
	uint16_t cached;     /* those of them that are of caches */
	uint16_t objects;    /* that callers hold, without those that were loaded */
	uint16_t older;      /* loaded: one for each stretch in use, as more is not known */
	uint8_t room;        /* length of the row, see slob_row.c */
	uint8_t list;        /* enum slob_list */
};

_Static_assert(sizeof(struct slob_page) == 32, "two pages a cache line");

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
	uint16_t *words; /* the rows */
	struct slob_cache *caches;
	struct frame_map frames;
	struct cache_table table;
	struct slab_nodes numa;
	struct work *work;
	uint32_t page_count; /* numbers ever used, SLOB_NONE among them */
	uint32_t page_capacity;
	uint32_t unused;                      /* page numbers to use again */
	uint32_t unused_rows[SLOB_ROW_ROOMS]; /* rows to use again, by room: steps */
	uint64_t words_used, words_unused, words_capacity;
	uint64_t held;       /* pages in use */
	uint64_t used_units; /* of these pages, in blocks that are not free */
	uint64_t deferred;   /* bytes of objects that wait for a grace period */
	object_t unsized;    /* last kfree of an object whose size nobody knows, or OBJECT_NONE */
	lock_id lock;        /* slob_lock */
	const struct page_source *source;
	const struct services *services;
	struct slob_params params;
};

/* A page's row: good until one gets more room. */
static inline uint16_t *slob_row(const struct slob *slob, uint32_t page)
{
	return slob->words + (size_t)slob->pages[page].row * SLOB_ROW_STEP + SLOB_ROW_OWNER;
}

static inline uint32_t slob_begin(uint16_t stretch)
{
	return stretch & SLOB_UNIT_MASK;
}

static inline uint32_t slob_kind(uint16_t stretch)
{
	return stretch & SLOB_KIND_MASK;
}

/* Units of a stretch of a row. */
static inline uint32_t slob_length(const uint16_t *stretch)
{
	return slob_begin(stretch[1]) - slob_begin(stretch[0]);
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

/* Where in its page an address is. */
static inline uint32_t slob_unit(object_t object)
{
	return (uint32_t)(object & (PAGE_SIZE_BYTES - 1)) >> SLOB_UNIT_SHIFT;
}

/* A deferred free as the token of a deferred call: object, CPU that queued it, bytes. */
enum { SLOB_TOKEN_BYTE_BITS = 13, SLOB_TOKEN_CPU_BITS = 10 };

static inline uint64_t slob_rcu_token(object_t object, uint32_t cpu, uint32_t bytes)
{
	return (object << SLOB_TOKEN_CPU_BITS | cpu) << SLOB_TOKEN_BYTE_BITS | bytes;
}

/* slob_row.c: the words of a page. */
/* A row for the page, which has none: all of it is one stretch. */
void slob_row_open(struct slob *slob, uint32_t page, enum slob_stretch kind);
void slob_row_close(struct slob *slob, uint32_t page);
/* Puts `count` stretches in the place of `old` ones. */
void slob_row_replace(struct slob *slob, uint32_t page, uint32_t at, uint32_t old,
		      const uint16_t *stretches, uint32_t count);
/* Number of the stretch that the unit is in. */
uint32_t slob_row_find(const struct slob *slob, uint32_t page, uint32_t unit);
/* How many of the first stretches are of a kind: SLOB_FREE or SLOB_CACHE. */
uint32_t slob_row_count(const uint16_t *row, uint32_t stretches, enum slob_stretch kind);
/* The cache that a stretch of a cache is of; and setting it for a new one, removing it. */
uint16_t slob_row_cache(const struct slob *slob, uint32_t page, uint32_t at);
void slob_row_cache_add(struct slob *slob, uint32_t page, uint32_t at, uint16_t cache);
void slob_row_cache_remove(struct slob *slob, uint32_t page, uint32_t at);

/* slob_page.c: blocks of one page. */

/* What is asked of a page; aligned is the address that lies `ahead` bytes into the block. */
struct slob_need {
	uint32_t units;
	uint32_t align; /* power of two up to a page's bytes, 0: none */
	uint32_t ahead;
	enum slob_list list; /* of the pages that are looked at */
	int32_t node;        /* theirs, -1: of any */
	uint16_t kind;       /* enum slob_stretch: what it is then */
	uint16_t cache;
};

/* Where it goes. */
struct slob_fit {
	uint32_t at;      /* number of the free stretch that has room, SLOB_END: none has */
	uint32_t unit;    /* first one taken */
	uint32_t skipped; /* units that are left free in front of it, to be aligned */
	uint32_t largest; /* where none has room: units of the largest block */
};

/* First of the free blocks of a row that has room. Adds the blocks looked at to *steps. */
struct slob_fit slob_page_find(const uint16_t *row, uint32_t blocks, const struct slob_need *need,
			       uint64_t *steps);
/*
 * Takes it; the first unit taken, or SLOB_END. The caller takes a page off its list that has no
 * free unit left.
 */
uint32_t slob_page_take(struct slob *slob, uint32_t page, const struct slob_need *need,
			uint64_t *steps);
/*
 * Whether a block of the page may be freed: it is the stretch as it was given out, or lies in one
 * that is older.
 */
bool slob_page_holds(const struct slob *slob, uint32_t page, uint32_t at, uint32_t unit,
		     uint32_t size);
/* Frees it: it becomes one with the free blocks next to it. */
void slob_page_put(struct slob *slob, uint32_t page, uint32_t at, uint32_t unit, uint32_t size);

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
bool slob_would_return_after(const void *state, const struct request *request, cache_id cache,
			     object_t object, const struct slab_free *before);

/* slob_free.c */
/* Bytes that a kmalloc of this stretch was asked for, behind its head; 0: it is none. */
uint32_t slob_kmalloc_bytes(const uint16_t *stretch, object_t object);
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
