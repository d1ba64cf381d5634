/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls of the program: malloc/malloc.c, __libc_malloc and its like, and the thread's cache. */
#include "libc/ptmalloc.h"

#include <string.h>
#include <sys/mman.h>

#include "core/assert.h"

/* More at once is a large block, whose inside has no words. */
enum { EXPECTED_GRANULES_MAX = (1 << 20) / GRANULE_BYTES };

/*
 * Chunks lie close together and are met in any order: fewer, larger pages serve them. The first
 * 2 MiB of words are all that most processes have of heap, and stay small.
 */
static void use_huge_pages(uint32_t *words, size_t bytes)
{
	const size_t small = (size_t)BINS_END * 2 * sizeof(*words) + (2 << 20);

	madvise((char *)words + small, bytes - small, MADV_HUGEPAGE);
}

/* What a heap grows by is written soon: one call in place of a fault for each page of its words. */
void ptmalloc_expect(struct ptmalloc *p, uint32_t first, uint64_t granules)
{
	const uintptr_t page = PAGE_SIZE_BYTES;
	const uintptr_t begin = (uintptr_t)&p->words[2 * (size_t)first] & ~(page - 1);
	const uintptr_t end = (uintptr_t)&p->words[2 * ((size_t)first + granules)] & ~(page - 1);

	if (granules <= EXPECTED_GRANULES_MAX && begin < end)
		madvise((char *)begin, end - begin, MADV_POPULATE_WRITE);
}

static int make_tables(struct ptmalloc *p, struct arena *arena, struct error *err)
{
	const size_t granules = (size_t)1 << 32, pages = granules >> PAGE_GRANULE_SHIFT;

	p->words = arena_array(arena, granules, 2 * sizeof(*p->words), err);
	if (p->words)
		use_huge_pages(p->words, granules * 2 * sizeof(*p->words));
	p->resident = arena_array(arena, pages, 1, err);
	p->threads = arena_array(arena, LIBC_THREAD_ENDED + 1, sizeof(*p->threads), err);
	p->arenas = arena_array(arena, ARENAS_MAX, sizeof(*p->arenas), err);
	p->slots = arena_array(arena, SLOTS, sizeof(*p->slots), err);
	p->pieces = arena_array(arena, PIECES_MAX, sizeof(*p->pieces), err);
	p->piece_order = arena_array(arena, PIECES_MAX, sizeof(*p->piece_order), err);
	p->piece_of_page = arena_array(arena, pages - (PIECES_FIRST >> PAGE_GRANULE_SHIFT),
				       sizeof(*p->piece_of_page), err);
	p->slot_of = arena_array(arena, WINDOWS, sizeof(*p->slot_of), err);
	p->segments = arena_array(arena, SEGMENTS_MAX, sizeof(*p->segments), err);
	p->mapped = arena_array(arena, MAPPED_MAX, sizeof(*p->mapped), err);
	p->mapped_of = ptrmap_create(err);
	if (p->age_clock_ns) {
		p->freed_ns = arena_array(arena, pages, sizeof(*p->freed_ns), err);
		if (!p->freed_ns)
			return -1;
	}
	return p->words && p->resident && p->threads && p->arenas && p->slots && p->slot_of &&
			       p->pieces && p->piece_order && p->piece_of_page && p->segments &&
			       p->mapped && p->mapped_of
		       ? 0
		       : -1;
}

void ptmalloc_destroy(void *state)
{
	struct ptmalloc *p = state;

	if (p->mapped_of)
		ptrmap_destroy(p->mapped_of);
	p->mapped_of = NULL;
}

struct ptmalloc *ptmalloc_make(const struct libc_environment *environment, struct error *err)
{
	const struct services *services = environment->services;
	struct ptmalloc *p = arena_array(services->arena, 1, sizeof(*p), err);

	if (!p)
		return NULL;
	p->space = environment->space;
	p->trim = environment->trim;
	p->age_clock_ns = environment->age_clock_ns;
	p->work = services->work;
	if (make_tables(p, services->arena, err)) {
		ptmalloc_destroy(p);
		return NULL;
	}
	/* The heads of lists are no memory of the process that could be written to. */
	memset(p->resident, 1, BINS_END >> PAGE_GRANULE_SHIFT);
	return p;
}

static void *ptmalloc_create(const struct libc_environment *environment, const void *params,
			     struct error *err)
{
	struct ptmalloc *p = ptmalloc_make(environment, err);

	if (!p)
		return NULL;
	if (ptmalloc_set_params(p, environment, params, err) != 0) {
		ptmalloc_destroy(p);
		return NULL;
	}
	ptmalloc_init_arena(p, 0);
	p->arenas[0].attached_threads = 1;
	p->arena_count = 1;
	return p;
}

/* A thread that has no cache calls. The first one of all has the main arena. */
static struct malloc_thread *enter(struct ptmalloc *p, uint32_t thread)
{
	SIM_ASSERT(thread <= LIBC_THREAD_ENDED);
	struct malloc_thread *t = &p->threads[thread];

	if (thread == LIBC_THREAD_ENDED) {
		t->shutting_down = true;
		return t;
	}
	if (!p->started) {
		p->started = true;
		p->first_thread = thread;
		t->arena = 1;
	}
	if (thread != p->first_thread)
		p->multi_threaded = true;
	if (thread >= p->thread_count)
		p->thread_count = thread + 1;
	return t;
}

/* Allocates, and once more from another arena when that fails. */
static uint64_t alloc(struct ptmalloc *p, struct malloc_thread *t, uint64_t nb, uint64_t bytes)
{
	struct malloc_arena *a = ptmalloc_arena_get(p, t, bytes);
	const uint64_t block = ptmalloc_alloc(p, t, a, nb);

	if (block || !p->multi_threaded || !a)
		return block;
	return ptmalloc_alloc(p, t, ptmalloc_arena_retry(p, t, a, bytes), nb);
}

/* The cache is a block of the heap itself. */
static void make_tcache(struct ptmalloc *p, struct malloc_thread *t)
{
	if (t->shutting_down)
		return;
	const uint64_t block = alloc(p, t, request_granules(TCACHE_BYTES), TCACHE_BYTES);

	if (!block)
		return;
	const uint32_t chunk = chunk_at(p, block - HEADER_BYTES);

	t->tcache = block;
	if (chunk)
		ptmalloc_write_range(p, chunk, TCACHE_BYTES);
	else
		p->space->write(p->space->context, block, TCACHE_BYTES);
}

static inline struct malloc_thread *enter_with_tcache(struct ptmalloc *p, uint32_t thread)
{
	struct malloc_thread *t = &p->threads[thread];

	if (__builtin_expect(!t->tcache, 0)) {
		t = enter(p, thread);
		make_tcache(p, t);
	}
	return t;
}

static __attribute__((noinline)) uint64_t malloc_slowly(struct ptmalloc *p, uint32_t thread,
							uint64_t bytes)
{
	const uint64_t nb = request_granules(bytes);

	if (!nb)
		return LIBC_NULL;
	struct malloc_thread *t = enter_with_tcache(p, thread);

	/* Making the cache can fill it: with what lies in a bin of the cache's own size. */
	if (tcache_takes(p, t, nb) && t->counts[tcache_index(nb)])
		return chunk_block(p, tcache_get(p, t, tcache_index(nb)));
	return alloc(p, t, nb, bytes);
}

static uint64_t ptmalloc_malloc(void *state, uint32_t thread, uint64_t bytes)
{
	struct ptmalloc *p = state;
	struct malloc_thread *t = &p->threads[thread];
	const uint64_t index = tcache_index_of(bytes);

	if (index >= p->par.tcache_bins || !t->counts[index])
		return malloc_slowly(p, thread, bytes);
	work_count(p->work, WORK_libc_fastpath);
	return chunk_block(p, tcache_get(p, t, (uint32_t)index));
}

/*
 * What lies behind is fresh and zero already: in the main arena behind the old top, in another one
 * behind all that its heap ever had.
 */
static uint64_t dirty_top_bytes(const struct ptmalloc *p, const struct malloc_arena *a)
{
	const struct heap_slot *s = &p->slots[a->heap_slot];

	if (is_main(p, a))
		return (uint64_t)chunk_size(p, a->top) << GRANULE_SHIFT;
	return s->address + s->protected_size - chunk_address(p, a->top);
}

static uint64_t ptmalloc_calloc(void *state, uint32_t thread, uint64_t bytes)
{
	struct ptmalloc *p = state;

	if (bytes > INT64_MAX)
		return LIBC_NULL;
	struct malloc_thread *t = enter_with_tcache(p, thread);
	const uint64_t nb = request_granules(bytes);
	struct malloc_arena *a = ptmalloc_arena_get(p, t, bytes);
	const uint32_t old_top = a ? a->top : CHUNK_NONE;
	const uint64_t old_bytes = a ? dirty_top_bytes(p, a) : 0;
	uint64_t block = ptmalloc_alloc(p, t, a, nb);

	if (!block && p->multi_threaded && a)
		block = ptmalloc_alloc(p, t, ptmalloc_arena_retry(p, t, a, bytes), nb);
	const uint32_t chunk = block ? chunk_at(p, block - HEADER_BYTES) : CHUNK_NONE;

	if (!chunk)
		return block;
	uint64_t cleared = (uint64_t)chunk_size(p, chunk) << GRANULE_SHIFT;

	if (chunk == old_top && cleared > old_bytes)
		cleared = old_bytes;
	cleared -= SIZE_FIELD_BYTES;
	work_count_n(p->work, WORK_clear_byte, cleared);
	ptmalloc_write_range(p, chunk, cleared);
	return block;
}

static uint64_t ptmalloc_memalign(void *state, uint32_t thread, uint64_t alignment, uint64_t bytes)
{
	struct ptmalloc *p = state;

	if (alignment <= GRANULE_BYTES)
		return ptmalloc_malloc(p, thread, bytes);
	if (alignment > (uint64_t)INT64_MAX + 1)
		return LIBC_NULL;
	uint64_t power = MIN_BYTES;

	while (power < alignment)
		power <<= 1;
	struct malloc_thread *t = enter(p, thread);
	const uint64_t nb = request_granules(bytes), size = bytes + power + MIN_BYTES;
	struct malloc_arena *a = ptmalloc_arena_get(p, t, size);
	const uint64_t block = ptmalloc_align(p, t, a, power, nb);

	if (block || !p->multi_threaded || !a)
		return block;
	return ptmalloc_align(p, t, ptmalloc_arena_retry(p, t, a, bytes), power, nb);
}

static __attribute__((noinline)) void free_slowly(struct ptmalloc *p, uint32_t thread,
						  uint64_t block)
{
	const uint32_t chunk = chunk_at(p, block - HEADER_BYTES);

	if (!chunk) {
		ptmalloc_mapped_free(p, block);
		return;
	}
	struct malloc_thread *t = enter_with_tcache(p, thread);

	ptmalloc_free_chunk(p, t, arena_of(p, chunk), chunk);
}

static void ptmalloc_free(void *state, uint32_t thread, uint64_t block)
{
	struct ptmalloc *p = state;
	struct malloc_thread *t = &p->threads[thread];
	const uint64_t granule = (block - HEADER_BYTES - p->main_base) >> GRANULE_SHIFT;

	if (__builtin_expect(granule >= p->main_granules || !t->tcache, 0)) {
		free_slowly(p, thread, block);
		return;
	}
	const uint32_t chunk = BINS_END + (uint32_t)granule, size = chunk_size(p, chunk);
	const uint64_t index = (uint64_t)size - TCACHE_GRANULES_MIN;

	if (index >= p->par.tcache_bins || t->counts[index] >= p->par.tcache_count) {
		ptmalloc_free_uncached(p, p->arenas, chunk, size);
		return;
	}
	work_count(p->work, WORK_libc_fastpath);
	tcache_put(p, t, chunk, (uint32_t)index);
}

static uint64_t realloc_mapped(struct ptmalloc *p, uint32_t thread, uint64_t block, uint64_t bytes)
{
	const uint64_t nb = request_granules(bytes), had = ptmalloc_mapped_bytes(p, block);

	if (!nb || !had)
		return LIBC_NULL;
	const uint64_t moved = ptmalloc_mapped_resize(p, block, nb);

	if (moved)
		return moved;
	if (had - SIZE_FIELD_BYTES >= nb << GRANULE_SHIFT)
		return block;
	const uint64_t other = ptmalloc_malloc(p, thread, bytes);

	if (!other)
		return LIBC_NULL;
	work_count_n(p->work, WORK_copy_byte, had - HEADER_BYTES);
	p->space->read(p->space->context, block, had - HEADER_BYTES);
	p->space->write(p->space->context, other, had - HEADER_BYTES);
	ptmalloc_mapped_free(p, block);
	return other;
}

static uint64_t ptmalloc_realloc(void *state, uint32_t thread, uint64_t block, uint64_t bytes)
{
	struct ptmalloc *p = state;

	if (!block)
		return ptmalloc_malloc(p, thread, bytes);
	if (!bytes) {
		ptmalloc_free(p, thread, block);
		return LIBC_NULL;
	}
	const uint32_t chunk = chunk_at(p, block - HEADER_BYTES);

	if (!chunk)
		return realloc_mapped(p, thread, block, bytes);
	struct malloc_thread *t = enter_with_tcache(p, thread);
	const uint64_t nb = request_granules(bytes);

	if (!nb)
		return LIBC_NULL;
	uint64_t moved = ptmalloc_resize(p, t, chunk, nb);

	if (moved || !p->multi_threaded)
		return moved;
	moved = ptmalloc_malloc(p, thread, bytes);
	if (moved) {
		const uint64_t kept =
			((uint64_t)chunk_size(p, chunk) << GRANULE_SHIFT) - SIZE_FIELD_BYTES;

		work_count_n(p->work, WORK_copy_byte, kept);
		p->space->read(p->space->context, block, kept);
		p->space->write(p->space->context, moved, kept);
		ptmalloc_free_chunk(p, t, arena_of(p, chunk), chunk);
	}
	return moved;
}

/* The cache's chunks are freed as by the program, but into no cache; then the cache itself. */
static void ptmalloc_thread_exit(void *state, uint32_t thread)
{
	struct ptmalloc *p = state;
	struct malloc_thread *t = &p->threads[thread];
	const uint64_t cache = t->tcache;

	t->shutting_down = true;
	t->tcache = LIBC_NULL;
	for (uint32_t i = 0; cache && i < TCACHE_BINS; i++) {
		while (t->entries[i])
			ptmalloc_free(p, thread, chunk_block(p, tcache_get(p, t, i)));
	}
	if (cache)
		ptmalloc_free(p, thread, cache);
	ptmalloc_detach(p, t);
	*t = (struct malloc_thread){ 0 };
}

static uint64_t ptmalloc_usable_size(const void *state, uint64_t block)
{
	const struct ptmalloc *p = state;
	const uint32_t chunk = chunk_at(p, block - HEADER_BYTES);
	const uint64_t mapped = chunk ? 0 : ptmalloc_mapped_bytes(p, block);

	if (chunk)
		return ((uint64_t)chunk_size(p, chunk) << GRANULE_SHIFT) - SIZE_FIELD_BYTES;
	return mapped ? mapped - HEADER_BYTES : 0;
}

static bool ptmalloc_is_mapped(const void *state, uint64_t block)
{
	const struct ptmalloc *p = state;

	return !chunk_at(p, block - HEADER_BYTES);
}

const struct libc_policy ptmalloc_libc_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "ptmalloc",
		.help = "glibc 2.36 on x86-64, address for address",
		.capabilities = POLICY_PLACES | POLICY_REUSES,
		.options = ptmalloc_options,
		.params_size = sizeof(struct ptmalloc_params),
	},
	.create = ptmalloc_create,
	.fork = ptmalloc_fork,
	.destroy = ptmalloc_destroy,
	.malloc = ptmalloc_malloc,
	.calloc = ptmalloc_calloc,
	.realloc = ptmalloc_realloc,
	.memalign = ptmalloc_memalign,
	.free = ptmalloc_free,
	.mallopt = ptmalloc_mallopt,
	.malloc_trim = ptmalloc_malloc_trim,
	.purge = ptmalloc_purge,
	.thread_exit = ptmalloc_thread_exit,
	.usable_size = ptmalloc_usable_size,
	.is_mapped = ptmalloc_is_mapped,
	.arena_count = ptmalloc_arena_count,
	.counts = ptmalloc_counts,
	.bin_count = LISTS,
	.bin_name = ptmalloc_bin_name,
	.bins = ptmalloc_bins,
	.malloc_info = ptmalloc_malloc_info,
	.malloc_stats = ptmalloc_malloc_stats,
	.walk = ptmalloc_walk,
	.check = ptmalloc_check,
};
