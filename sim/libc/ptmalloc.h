/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * glibc 2.36's malloc on x86-64 (malloc/malloc.c, malloc/arena.c), address for address.
 *
 * All heaps of the process lie in one space of 16-byte granules, which is the simulator's own; a
 * chunk is named by its first granule. A chunk's header and links stand at the place in `words`
 * that belongs to its granules, in half the room that the real ones take. So two granules, the
 * smallest chunk, hold size, size of the chunk before, fd and bk, and chunks of three or more have
 * room for the links among sizes:
 *
 *     granule 0            BINS_END          HEAPS_FIRST           PIECES_FIRST          2^32
 *             | list heads | the brk'ed heap | 384 slots of 64 MiB | 8 GiB of mmapped pieces |
 *
 * A slot holds a heap of another arena. Pieces are what the main arena got by mmap when brk failed;
 * they lie one behind the other. Chunks that are mmapped on their own stand in a table and not in
 * this space.
 *
 * Limits: 32 GiB of brk'ed heap, 24 GiB of heaps, 8 GiB of pieces; beyond them brk and mmap count
 * as failed.
 */
#ifndef SLABYARD_LIBC_PTMALLOC_H
#define SLABYARD_LIBC_PTMALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ptrmap.h"
#include "core/ids.h"
#include "libc/libc.h"

enum {
	GRANULE_SHIFT = 4,
	GRANULE_BYTES = 1 << GRANULE_SHIFT,
	PAGE_GRANULE_SHIFT = PAGE_SHIFT - GRANULE_SHIFT,
	MIN_GRANULES = 2,     /* MINSIZE */
	LARGE_GRANULES = 64,  /* MIN_LARGE_SIZE */
	HEADER_BYTES = 16,    /* CHUNK_HDR_SZ */
	SIZE_FIELD_BYTES = 8, /* SIZE_SZ */
	MIN_BYTES = MIN_GRANULES * GRANULE_BYTES,

	BINS = 128,           /* NBINS; 1 is the unsorted one */
	BIN_GRANULES = 3,     /* of a list head: all links that a chunk has */
	ARENA_GRANULES = 512, /* list heads of an arena */
	FASTBINS = 10,        /* NFASTBINS */
	TCACHE_BINS = 64,     /* TCACHE_MAX_BINS */
	TCACHE_GRANULES_MIN = 2,
	TCACHE_BYTES = 640, /* sizeof (tcache_perthread_struct) */

	ARENAS_MAX = 4096,
	SLOTS = 384,
	HEAP_SHIFT = 26, /* HEAP_MAX_SIZE: 64 MiB */
	HEAP_BYTES = 1 << HEAP_SHIFT,
	SLOT_GRANULE_SHIFT = HEAP_SHIFT - GRANULE_SHIFT,
	HEAP_INFO_BYTES = 48,             /* sizeof (heap_info) */
	ARENA_BYTES = 2200,               /* sizeof (struct malloc_state) */
	WINDOWS = 1 << (47 - HEAP_SHIFT), /* of 64 MiB in user space */
};

#define BINS_END     ((uint32_t)(ARENAS_MAX * ARENA_GRANULES))
#define HEAPS_FIRST  (UINT32_C(1) << 31)
#define PIECES_FIRST (HEAPS_FIRST + ((uint32_t)SLOTS << SLOT_GRANULE_SHIFT))
#define CHUNK_NONE   UINT32_C(0)

/* Words of a chunk, in this order. HEAD is the size in granules << 1 | PREV_INUSE. */
enum chunk_word { HEAD, PREV_SIZE, FD, BK, FD_NEXTSIZE, BK_NEXTSIZE };

struct ptmalloc_params {
	/* OPTION_UNSET: what glibc begins with. */
	int64_t trim_threshold, top_pad, mmap_threshold, mmap_max;
	int64_t arena_test, arena_max, mxfast;
	int64_t tcache_count, tcache_max_bytes, tcache_unsorted_limit;
	int64_t cpus;
	bool no_dyn_threshold;
	const char *tunables;
};

/* glibc's struct malloc_par. */
struct malloc_par {
	uint64_t trim_threshold, top_pad, mmap_threshold;
	uint64_t arena_test, arena_max;
	bool no_dyn_threshold;
	int32_t n_mmaps, n_mmaps_max;
	int32_t n_mmaps_most; /* max_n_mmaps */
	uint64_t mmapped_bytes, mmapped_bytes_most;
	uint64_t sbrk_base;
	uint64_t tcache_bins, tcache_count, tcache_unsorted_limit;
	uint32_t max_fast; /* granules */
};

struct malloc_arena {
	uint32_t bins; /* first list head */
	uint32_t top, last_remainder;
	uint32_t fastbins[FASTBINS];
	uint32_t binmap[BINS / 32];
	bool have_fastchunks;
	bool contiguous;
	uint32_t next, next_free; /* arenas + 1, 0: none */
	uint32_t attached_threads;
	uint64_t system_bytes, system_bytes_max;
	uint32_t heap_slot; /* of the heap that holds top; not for the main arena */
};

struct malloc_thread {
	uint64_t tcache; /* its block; LIBC_NULL: none yet */
	uint32_t arena;  /* + 1, 0: none attached */
	bool shutting_down;
	uint16_t counts[TCACHE_BINS];
	uint32_t entries[TCACHE_BINS];
};

/* A heap (glibc's struct _heap_info). address 0: the slot is free. */
struct heap_slot {
	uint64_t address;
	uint64_t size, protected_size;
	uint32_t arena;
	uint32_t prev; /* slot + 1, 0: the arena's first */
};

/* A part of the main arena with a mapping of its own; it stays for ever. */
struct heap_piece {
	uint64_t address, bytes;
	uint32_t first; /* granule */
};

/* A chunk with a mapping of its own. length 0: the entry is free. */
struct mapped_chunk {
	uint64_t start, length; /* of the mapping */
	uint64_t block;         /* what the program has */
};

/* MAX_FAST_SIZE, MAX_TCACHE_COUNT, MAX_TCACHE_SIZE */
enum { MXFAST_MAX = 160, TCACHE_COUNT_MAX = UINT16_MAX, TCACHE_BYTES_MAX = 1032 };

/* The main arena's memory is contiguous from each segment on. */
enum { SEGMENTS_MAX = 1 << 16, MAPPED_MAX = 1 << 20, PIECES_MAX = 1 << 16 };

struct ptmalloc {
	uint32_t *words;        /* two a granule */
	uint64_t main_base;     /* address of granule BINS_END */
	uint64_t main_granules; /* of the brk'ed heap, at its largest */
	uint8_t *resident;      /* by page of granules: 0: the next write is told */
	struct work *work;
	struct malloc_thread *threads;
	struct malloc_arena *arenas;
	struct malloc_par par;
	const struct address_space *space;
	const struct trim_judge *trim;
	const uint64_t *age_clock_ns;
	/* By page of granules, with an age clock: when a free last came to it, less 1; 0: never. */
	uint64_t *freed_ns;

	bool started;
	bool multi_threaded;
	uint32_t first_thread;
	uint32_t cpus;
	uint32_t thread_count; /* highest number seen + 1 */
	uint32_t arena_count, arenas_limit;
	uint32_t free_list, next_to_use; /* arenas + 1 */
	uint64_t aligned_heap_area;
	struct heap_slot *slots;
	uint16_t *slot_of; /* by 64 MiB window: slot + 1; WINDOW_PIECES: look through them */
	struct heap_piece *pieces;
	uint16_t *piece_order;   /* pieces by address */
	uint16_t *piece_of_page; /* by page of granules from PIECES_FIRST on */
	uint32_t piece_count;
	uint32_t *segments; /* first chunks */
	uint32_t segment_count;
	struct mapped_chunk *mapped;
	uint32_t mapped_count, mapped_free; /* entries used; head of the free ones + 1 */
	struct ptrmap *mapped_of;           /* by block */
};

enum { WINDOW_PIECES = UINT16_MAX };

static inline uint32_t chunk_word(const struct ptmalloc *p, uint32_t chunk, enum chunk_word word)
{
	return p->words[2 * (size_t)chunk + word];
}

static inline void chunk_link(struct ptmalloc *p, uint32_t chunk, enum chunk_word word, uint32_t to)
{
	p->words[2 * (size_t)chunk + word] = to;
}

static inline uint32_t chunk_size(const struct ptmalloc *p, uint32_t chunk)
{
	return chunk_word(p, chunk, HEAD) >> 1;
}

static inline bool chunk_prev_inuse(const struct ptmalloc *p, uint32_t chunk)
{
	return chunk_word(p, chunk, HEAD) & 1;
}

static inline bool chunk_inuse(const struct ptmalloc *p, uint32_t chunk)
{
	return chunk_prev_inuse(p, chunk + chunk_size(p, chunk));
}

void ptmalloc_write_page(struct ptmalloc *p, uint32_t granule);

/* The allocator writes into this granule. */
static inline void ptmalloc_wrote(struct ptmalloc *p, uint32_t granule)
{
	if (__builtin_expect(!p->resident[granule >> PAGE_GRANULE_SHIFT], 0))
		ptmalloc_write_page(p, granule);
}

/* A new head, with PREV_INUSE set. */
static inline void chunk_set_head(struct ptmalloc *p, uint32_t chunk, uint64_t size)
{
	chunk_link(p, chunk, HEAD, (uint32_t)size << 1 | 1);
	ptmalloc_wrote(p, chunk);
}

/* Keeps PREV_INUSE as it is. */
static inline void chunk_resize(struct ptmalloc *p, uint32_t chunk, uint64_t size)
{
	chunk_link(p, chunk, HEAD, (uint32_t)size << 1 | (chunk_word(p, chunk, HEAD) & 1));
}

static inline void chunk_set_prev_inuse(struct ptmalloc *p, uint32_t chunk)
{
	p->words[2 * (size_t)chunk + HEAD] |= 1;
}

static inline void chunk_clear_prev_inuse(struct ptmalloc *p, uint32_t chunk)
{
	p->words[2 * (size_t)chunk + HEAD] &= ~UINT32_C(1);
}

static inline void chunk_set_foot(struct ptmalloc *p, uint32_t chunk, uint32_t size)
{
	chunk_link(p, chunk + size, PREV_SIZE, size);
}

static inline uint32_t bin_at(const struct malloc_arena *a, uint32_t index)
{
	return a->bins + index * BIN_GRANULES;
}

static inline uint32_t unsorted_bin(const struct malloc_arena *a)
{
	return bin_at(a, 1);
}

static inline bool is_small(uint64_t size)
{
	return size < LARGE_GRANULES;
}

static inline uint32_t bin_index(uint64_t size)
{
	if (is_small(size))
		return (uint32_t)size;
	if (size >> 2 <= 48)
		return 48 + (uint32_t)(size >> 2);
	if (size >> 5 <= 20)
		return 91 + (uint32_t)(size >> 5);
	if (size >> 8 <= 10)
		return 110 + (uint32_t)(size >> 8);
	if (size >> 11 <= 4)
		return 119 + (uint32_t)(size >> 11);
	return size >> 14 <= 2 ? 124 + (uint32_t)(size >> 14) : 126;
}

/* The chunk that a request needs, in granules; 0: more than PTRDIFF_MAX. */
static inline uint64_t request_granules(uint64_t bytes)
{
	const uint64_t size = (bytes + SIZE_FIELD_BYTES + GRANULE_BYTES - 1) >> GRANULE_SHIFT;

	if (bytes > INT64_MAX)
		return 0;
	return size < MIN_GRANULES ? MIN_GRANULES : size;
}

static inline bool is_main(const struct ptmalloc *p, const struct malloc_arena *a)
{
	return a == p->arenas;
}

uint64_t ptmalloc_piece_address(const struct ptmalloc *p, uint32_t chunk);

static inline uint64_t chunk_address(const struct ptmalloc *p, uint32_t chunk)
{
	if (__builtin_expect(chunk < HEAPS_FIRST, 1))
		return p->main_base - ((uint64_t)BINS_END << GRANULE_SHIFT) +
		       ((uint64_t)chunk << GRANULE_SHIFT);
	if (__builtin_expect(chunk >= PIECES_FIRST, 0))
		return ptmalloc_piece_address(p, chunk);
	const uint32_t slot = (chunk - HEAPS_FIRST) >> SLOT_GRANULE_SHIFT;

	return p->slots[slot].address +
	       ((uint64_t)(chunk & ((1u << SLOT_GRANULE_SHIFT) - 1)) << GRANULE_SHIFT);
}

static inline uint64_t chunk_block(const struct ptmalloc *p, uint32_t chunk)
{
	return chunk_address(p, chunk) + HEADER_BYTES;
}

/* ptmalloc_heap.c */
uint32_t ptmalloc_locate(const struct ptmalloc *p, uint64_t address);
struct malloc_arena *ptmalloc_arena_in_slot(const struct ptmalloc *p, uint32_t chunk);
void ptmalloc_init_arena(struct ptmalloc *p, uint32_t index);
struct malloc_arena *ptmalloc_new_arena(struct ptmalloc *p, uint64_t bytes);
bool ptmalloc_extend_heap(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			  uint64_t nb);
void ptmalloc_drop_heaps(struct ptmalloc *p, struct malloc_arena *a, uint64_t pad);
void ptmalloc_heap_trim(struct ptmalloc *p, struct malloc_arena *a, uint64_t pad);
void ptmalloc_forget_pages(struct ptmalloc *p, uint32_t first, uint64_t granules);
void ptmalloc_write_range(struct ptmalloc *p, uint32_t chunk, uint64_t bytes);

/* The chunk at this address; CHUNK_NONE: it is not in the space of granules (mmapped). */
static inline uint32_t chunk_at(const struct ptmalloc *p, uint64_t address)
{
	const uint64_t granule = (address - p->main_base) >> GRANULE_SHIFT;

	if (__builtin_expect(granule < p->main_granules, 1))
		return BINS_END + (uint32_t)granule;
	return ptmalloc_locate(p, address);
}

static inline struct malloc_arena *arena_of(const struct ptmalloc *p, uint32_t chunk)
{
	if (__builtin_expect(chunk < HEAPS_FIRST, 1))
		return p->arenas;
	return ptmalloc_arena_in_slot(p, chunk);
}

/* ptmalloc_pieces.c */
bool ptmalloc_piece_add(struct ptmalloc *p, uint64_t address, uint64_t bytes);
uint32_t ptmalloc_piece_locate(const struct ptmalloc *p, uint64_t address);

/* ptmalloc_arena.c: which arena a thread uses */
struct malloc_arena *ptmalloc_arena_choose(struct ptmalloc *p, struct malloc_thread *t,
					   uint64_t bytes);
struct malloc_arena *ptmalloc_arena_retry(struct ptmalloc *p, struct malloc_thread *t,
					  struct malloc_arena *a, uint64_t bytes);
void ptmalloc_detach(struct ptmalloc *p, struct malloc_thread *t);

/* ptmalloc_alloc.c: _int_malloc; nb is in granules. LIBC_NULL, or the block. */
uint64_t ptmalloc_alloc(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			uint64_t nb);
uint64_t ptmalloc_carve_top(struct ptmalloc *p, struct malloc_arena *a, uint64_t nb);

static inline struct malloc_arena *ptmalloc_arena_get(struct ptmalloc *p, struct malloc_thread *t,
						      uint64_t bytes)
{
	if (!p->multi_threaded)
		return p->arenas;
	return t->arena ? &p->arenas[t->arena - 1] : ptmalloc_arena_choose(p, t, bytes);
}

/* ptmalloc_free.c: _int_free, malloc_consolidate, unlink_chunk */
/* Into the arena, past the thread's cache. */
void ptmalloc_free_uncached(struct ptmalloc *p, struct malloc_arena *a, uint32_t chunk,
			    uint32_t size);
void ptmalloc_free_chunk(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			 uint32_t chunk);
void ptmalloc_consolidate(struct ptmalloc *p, struct malloc_arena *a);
void ptmalloc_unlink(struct ptmalloc *p, uint32_t chunk);
void ptmalloc_put_unsorted(struct ptmalloc *p, struct malloc_arena *a, uint32_t chunk,
			   uint32_t size);

/* ptmalloc_system.c: sysmalloc, systrim */
uint64_t ptmalloc_system_alloc(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			       uint64_t nb);
bool ptmalloc_system_trim(struct ptmalloc *p, uint64_t pad);

/* ptmalloc_trim.c: what is given back, and when */
int ptmalloc_malloc_trim(void *state, uint64_t pad);
void ptmalloc_purge(void *state, uint64_t freed_before_ns);
/* A free has made a large free chunk in this arena. */
void ptmalloc_judge_free(struct ptmalloc *p, struct malloc_arena *a);
/* A mapping of so many bytes is about to be freed. */
void ptmalloc_judge_unmap(struct ptmalloc *p, uint64_t bytes);
void ptmalloc_note_freed(struct ptmalloc *p, uint32_t chunk, uint32_t size);

/* ptmalloc_mapped.c: chunks with a mapping of their own; nb in granules */
uint64_t ptmalloc_mapped_alloc(struct ptmalloc *p, uint64_t nb);
void ptmalloc_mapped_free(struct ptmalloc *p, uint64_t block);
uint64_t ptmalloc_mapped_resize(struct ptmalloc *p, uint64_t block, uint64_t nb);
uint64_t ptmalloc_mapped_align(struct ptmalloc *p, uint64_t block, uint64_t alignment);
/* What chunksize() tells of it, or 0 when no block is there. */
uint64_t ptmalloc_mapped_bytes(const struct ptmalloc *p, uint64_t block);

/* ptmalloc_resize.c: _int_realloc, _int_memalign */
uint64_t ptmalloc_resize(struct ptmalloc *p, struct malloc_thread *t, uint32_t chunk, uint64_t nb);
uint64_t ptmalloc_align(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			uint64_t alignment, uint64_t nb);

/* ptmalloc_fork.c */
void *ptmalloc_fork(const void *state, uint32_t thread, const struct libc_environment *environment,
		    struct error *err);

/* ptmalloc.c: the state before its first call, without options. */
void ptmalloc_expect(struct ptmalloc *p, uint32_t first, uint64_t granules);
struct ptmalloc *ptmalloc_make(const struct libc_environment *environment, struct error *err);
void ptmalloc_destroy(void *state);

/* ptmalloc_options.c */
extern const struct option_spec ptmalloc_options[];
/* -1 with *err when the tunables cannot be read. */
int ptmalloc_set_params(struct ptmalloc *p, const struct libc_environment *environment,
			const struct ptmalloc_params *params, struct error *err);
uint32_t ptmalloc_max_fast(uint64_t bytes);
int ptmalloc_mallopt(void *state, int parameter, int value);

/* ptmalloc_tunables.c: what the environment variable GLIBC_TUNABLES says. */
enum ptmalloc_tunables_reading {
	TUNABLES_STRICTLY, /* names that do not exist and values that are no numbers are refused */
	TUNABLES_AS_GLIBC, /* such names are passed over, of values counts what is a number */
};
int ptmalloc_set_tunables(struct malloc_par *par, const char *text,
			  enum ptmalloc_tunables_reading reading, struct error *err);

/* ptmalloc_info.c */
void ptmalloc_malloc_info(const void *state, FILE *out);
void ptmalloc_malloc_stats(const void *state, FILE *out);

/* ptmalloc_bins.c: lists of free chunks as one numbering */
enum {
	LIST_FAST = TCACHE_BINS,
	LIST_UNSORTED = LIST_FAST + FASTBINS,
	LIST_SMALL = LIST_UNSORTED + 1, /* bin 2 */
	LISTS = LIST_SMALL + BINS - 2 - 1,
};
void ptmalloc_bin_name(uint32_t bin, char *name, size_t size);
void ptmalloc_bins(const void *state, struct libc_bin *bins);

/* ptmalloc_inspect.c */
uint32_t ptmalloc_arena_count(const void *state);
void ptmalloc_counts(const void *state, uint32_t arena, struct libc_counts *counts);
void ptmalloc_walk(const void *state,
		   void (*visit)(void *context, const struct libc_extent *extent), void *context);
bool ptmalloc_check(const void *state, struct error *err);

static inline uint32_t tcache_index(uint64_t size)
{
	return (uint32_t)size - TCACHE_GRANULES_MIN;
}

/* The same of a request; one that is too large for any chunk is too large for the cache. */
static inline uint64_t tcache_index_of(uint64_t bytes)
{
	const uint64_t least = MIN_BYTES - SIZE_FIELD_BYTES - GRANULE_BYTES + 1;

	return bytes < least ? 0 : (bytes - least) >> GRANULE_SHIFT;
}

/* Whether chunks of this size go through the thread's cache. */
static inline bool tcache_takes(const struct ptmalloc *p, const struct malloc_thread *t,
				uint64_t size)
{
	return t->tcache && size - TCACHE_GRANULES_MIN < p->par.tcache_bins;
}

static inline void tcache_put(struct ptmalloc *p, struct malloc_thread *t, uint32_t chunk,
			      uint32_t index)
{
	chunk_link(p, chunk, FD, t->entries[index]);
	t->entries[index] = chunk;
	t->counts[index]++;
	ptmalloc_wrote(p, chunk + 1); /* last: a tail call, for which nothing has to be saved */
}

static inline uint32_t tcache_get(struct ptmalloc *p, struct malloc_thread *t, uint32_t index)
{
	const uint32_t chunk = t->entries[index];

	t->entries[index] = chunk_word(p, chunk, FD);
	t->counts[index]--;
	return chunk;
}

#endif
