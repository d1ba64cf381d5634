/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation from an arena: malloc/malloc.c, _int_malloc. */
#include "libc/ptmalloc.h"

/* MAX_ITERS: so many chunks are sorted into bins before one is looked for there. */
enum { SORTED_MAX = 10000 };

/* What one allocation wants. */
struct want {
	uint64_t nb;
	uint32_t tcache_index;
	bool to_tcache;        /* exact fits go to the thread's cache while there is room */
	uint64_t sorted_count; /* chunks put into bins so far */
};

static bool tcache_has_room(const struct ptmalloc *p, const struct malloc_thread *t, uint32_t index)
{
	return t->counts[index] < p->par.tcache_count;
}

static uint32_t alloc_fast(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			   const struct want *want)
{
	uint32_t *list = &a->fastbins[want->nb - MIN_GRANULES];
	const uint32_t victim = *list;

	if (!victim)
		return CHUNK_NONE;
	*list = chunk_word(p, victim, FD);
	while (want->to_tcache && *list && tcache_has_room(p, t, want->tcache_index)) {
		const uint32_t more = *list;

		*list = chunk_word(p, more, FD);
		tcache_put(p, t, more, want->tcache_index);
	}
	return victim;
}

/* The oldest chunk of a bin whose chunks all have `size`; CHUNK_NONE: it is empty. */
static uint32_t take_last(struct ptmalloc *p, uint32_t bin, uint32_t size)
{
	const uint32_t victim = chunk_word(p, bin, BK);

	if (victim == bin)
		return CHUNK_NONE;
	const uint32_t before = chunk_word(p, victim, BK);

	chunk_set_prev_inuse(p, victim + size);
	chunk_link(p, bin, BK, before);
	chunk_link(p, before, FD, bin);
	return victim;
}

static uint32_t alloc_small(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			    const struct want *want)
{
	const uint32_t size = (uint32_t)want->nb, bin = bin_at(a, size);
	const uint32_t victim = take_last(p, bin, size);
	uint32_t more;

	if (!victim)
		return CHUNK_NONE;
	while (want->to_tcache && tcache_has_room(p, t, want->tcache_index) &&
	       (more = take_last(p, bin, size)))
		tcache_put(p, t, more, want->tcache_index);
	return victim;
}

/* Finds the place of a large chunk among the sizes of its bin; returns what comes after it. */
static uint32_t place_large(struct ptmalloc *p, uint32_t bin, uint32_t chunk, uint32_t size)
{
	uint32_t after = chunk_word(p, bin, FD);

	if (after == bin) {
		chunk_link(p, chunk, FD_NEXTSIZE, chunk);
		chunk_link(p, chunk, BK_NEXTSIZE, chunk);
		return bin;
	}
	if (size < chunk_size(p, chunk_word(p, bin, BK))) {
		const uint32_t first = after, last = chunk_word(p, first, BK_NEXTSIZE);

		chunk_link(p, chunk, FD_NEXTSIZE, first);
		chunk_link(p, chunk, BK_NEXTSIZE, last);
		chunk_link(p, first, BK_NEXTSIZE, chunk);
		chunk_link(p, last, FD_NEXTSIZE, chunk);
		return bin;
	}
	while (size < chunk_size(p, after)) {
		work_count(p->work, WORK_libc_bin_step);
		after = chunk_word(p, after, FD_NEXTSIZE);
	}
	/* One more of a size goes second, so that the links among sizes stay as they are. */
	if (size == chunk_size(p, after))
		return chunk_word(p, after, FD);
	const uint32_t larger = chunk_word(p, after, BK_NEXTSIZE);

	chunk_link(p, chunk, FD_NEXTSIZE, after);
	chunk_link(p, chunk, BK_NEXTSIZE, larger);
	chunk_link(p, after, BK_NEXTSIZE, chunk);
	chunk_link(p, larger, FD_NEXTSIZE, chunk);
	return after;
}

static void put_in_bin(struct ptmalloc *p, struct malloc_arena *a, uint32_t chunk, uint32_t size)
{
	const uint32_t index = bin_index(size), bin = bin_at(a, index);
	const uint32_t after =
		is_small(size) ? chunk_word(p, bin, FD) : place_large(p, bin, chunk, size);
	const uint32_t before = is_small(size) ? bin : chunk_word(p, after, BK);

	a->binmap[index / 32] |= UINT32_C(1) << index % 32;
	chunk_link(p, chunk, BK, before);
	chunk_link(p, chunk, FD, after);
	chunk_link(p, after, BK, chunk);
	chunk_link(p, before, FD, chunk);
}

/* The last remainder, alone in the unsorted bin, is cut again: small requests stay neighbours. */
static void cut_last_remainder(struct ptmalloc *p, struct malloc_arena *a, uint32_t victim,
			       uint32_t size, uint32_t nb)
{
	const uint32_t unsorted = unsorted_bin(a), rest = victim + nb;

	chunk_set_head(p, victim, nb);
	chunk_set_head(p, rest, size - nb);
	chunk_set_foot(p, rest, size - nb);
	chunk_link(p, unsorted, FD, rest);
	chunk_link(p, unsorted, BK, rest);
	chunk_link(p, rest, FD, unsorted);
	chunk_link(p, rest, BK, unsorted);
	ptmalloc_wrote(p, rest + 1);
	if (!is_small(size - nb)) {
		chunk_link(p, rest, FD_NEXTSIZE, CHUNK_NONE);
		ptmalloc_wrote(p, rest + 2);
	}
	a->last_remainder = rest;
}

/* Empties the unsorted bin into the others, unless a chunk that fits exactly turns up. */
static uint32_t sort_chunks(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			    struct want *want)
{
	const uint32_t unsorted = unsorted_bin(a);
	bool cached = false;
	uint32_t victim;

	for (int sorted = 0; sorted < SORTED_MAX;) {
		if ((victim = chunk_word(p, unsorted, BK)) == unsorted)
			break;
		const uint32_t before = chunk_word(p, victim, BK), size = chunk_size(p, victim);

		work_count(p->work, WORK_libc_bin_step);
		if (is_small(want->nb) && before == unsorted && victim == a->last_remainder &&
		    size > want->nb + MIN_GRANULES) {
			cut_last_remainder(p, a, victim, size, (uint32_t)want->nb);
			return victim;
		}
		chunk_link(p, unsorted, BK, before);
		chunk_link(p, before, FD, unsorted);
		if (size == want->nb) {
			chunk_set_prev_inuse(p, victim + size);
			if (!want->to_tcache || !tcache_has_room(p, t, want->tcache_index))
				return victim;
			tcache_put(p, t, victim, want->tcache_index);
			cached = true;
			continue;
		}
		put_in_bin(p, a, victim, size);
		want->sorted_count++;
		if (cached && p->par.tcache_unsorted_limit > 0 &&
		    want->sorted_count > p->par.tcache_unsorted_limit)
			break;
		sorted++;
	}
	return cached ? tcache_get(p, t, want->tcache_index) : CHUNK_NONE;
}

/* Gives nb granules of an unlinked free chunk away; what is left is worth keeping from MINSIZE on.
 */
static void cut(struct ptmalloc *p, struct malloc_arena *a, uint32_t victim, uint32_t nb,
		bool remember)
{
	const uint32_t size = chunk_size(p, victim), rest = size - nb;

	if (rest < MIN_GRANULES) {
		chunk_set_prev_inuse(p, victim + size);
		return;
	}
	chunk_set_head(p, victim, nb);
	ptmalloc_put_unsorted(p, a, victim + nb, rest);
	if (remember)
		a->last_remainder = victim + nb;
}

/* The smallest large chunk that fits, from the bin of its own size. */
static uint32_t alloc_large(struct ptmalloc *p, struct malloc_arena *a, uint64_t nb)
{
	const uint32_t bin = bin_at(a, bin_index(nb));
	uint32_t victim = chunk_word(p, bin, FD);

	if (victim == bin || chunk_size(p, victim) < nb)
		return CHUNK_NONE;
	do {
		work_count(p->work, WORK_libc_bin_step);
		victim = chunk_word(p, victim, BK_NEXTSIZE);
	} while (chunk_size(p, victim) < nb);
	/* The second of a size has no links among sizes to be moved. */
	const uint32_t second = chunk_word(p, victim, FD);

	if (victim != chunk_word(p, bin, BK) && chunk_size(p, victim) == chunk_size(p, second))
		victim = second;
	ptmalloc_unlink(p, victim);
	cut(p, a, victim, (uint32_t)nb, false);
	return victim;
}

/* The last chunk of the next larger bin that has one. */
static uint32_t alloc_larger_bin(struct ptmalloc *p, struct malloc_arena *a, uint64_t nb)
{
	const uint32_t start = bin_index(nb) + 1;
	uint32_t block = start / 32;
	uint32_t map = a->binmap[block] & ~UINT32_C(0) << start % 32;

	for (;;) {
		while (!map) {
			if (++block == BINS / 32)
				return CHUNK_NONE;
			map = a->binmap[block];
		}
		const uint32_t bit = map & -map;
		const uint32_t bin = bin_at(a, block * 32 + (uint32_t)__builtin_ctz(map));
		const uint32_t victim = chunk_word(p, bin, BK);

		if (victim != bin) {
			ptmalloc_unlink(p, victim);
			cut(p, a, victim, (uint32_t)nb, is_small(nb));
			return victim;
		}
		a->binmap[block] &= ~bit;
		map &= ~bit;
	}
}

uint64_t ptmalloc_carve_top(struct ptmalloc *p, struct malloc_arena *a, uint64_t nb)
{
	const uint32_t chunk = a->top, size = chunk_size(p, chunk);

	if (size < nb + MIN_GRANULES)
		return LIBC_NULL;
	a->top = chunk + (uint32_t)nb;
	chunk_set_head(p, chunk, nb);
	chunk_set_head(p, a->top, size - nb);
	return chunk_block(p, chunk);
}

static uint32_t alloc_free_chunk(struct ptmalloc *p, struct malloc_thread *t,
				 struct malloc_arena *a, struct want *want)
{
	uint32_t chunk = sort_chunks(p, t, a, want);

	if (!chunk && !is_small(want->nb))
		chunk = alloc_large(p, a, want->nb);
	return chunk ? chunk : alloc_larger_bin(p, a, want->nb);
}

uint64_t ptmalloc_alloc(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			uint64_t nb)
{
	struct want want = { .nb = nb,
			     .tcache_index = tcache_index(nb),
			     .to_tcache = tcache_takes(p, t, nb) };
	uint32_t chunk = CHUNK_NONE;

	work_count(p->work, WORK_libc_slowpath);
	if (!nb)
		return LIBC_NULL;
	if (!a)
		return ptmalloc_system_alloc(p, t, NULL, nb);
	if (nb <= p->par.max_fast)
		chunk = alloc_fast(p, t, a, &want);
	if (!chunk && is_small(nb))
		chunk = alloc_small(p, t, a, &want);
	if (chunk)
		return chunk_block(p, chunk);
	if (!is_small(nb) && a->have_fastchunks)
		ptmalloc_consolidate(p, a);
	for (;;) {
		chunk = alloc_free_chunk(p, t, a, &want);
		if (chunk)
			return chunk_block(p, chunk);
		const uint64_t block = ptmalloc_carve_top(p, a, nb);

		if (block)
			return block;
		if (!a->have_fastchunks)
			return ptmalloc_system_alloc(p, t, a, nb);
		ptmalloc_consolidate(p, a);
	}
}
