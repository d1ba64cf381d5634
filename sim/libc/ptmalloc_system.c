/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main arena's memory: malloc/malloc.c, sysmalloc and systrim. */
#include "libc/ptmalloc.h"

/*
 * MMAP_AS_MORECORE_SIZE. It is meant as the least that is mapped where the break can't be moved,
 * but stands where sysmalloc_mmap_fallback expects the page size: the first piece is rounded up to
 * it and later ones are as large as they have to be.
 */
static const uint64_t first_piece_bytes = 1 << 20;

/* Fenceposts are chunks of one granule. */
enum { FENCEPOSTS = 2 };

/* New memory of the main arena: where it begins and, when known, where it ends. */
struct gain {
	uint64_t start; /* ADDRESS_NONE: nothing was to be had */
	uint64_t end;   /* ADDRESS_NONE: the break */
	uint64_t bytes;
};

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + PAGE_SIZE_BYTES - 1) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
}

static uint64_t break_now(const struct ptmalloc *p)
{
	return p->space->break_now(p->space->context);
}

/* sbrk: the break as it was, or ADDRESS_NONE. */
static uint64_t sbrk_by(struct ptmalloc *p, uint64_t bytes)
{
	const uint64_t old = break_now(p);

	if (!p->main_base)
		p->main_base = old & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
	if (!bytes)
		return old;
	if (old < p->main_base ||
	    (old + bytes - p->main_base) >> GRANULE_SHIFT >= HEAPS_FIRST - BINS_END)
		return ADDRESS_NONE;
	if (!p->space->brk(p->space->context, old + bytes))
		return ADDRESS_NONE;
	const uint64_t granules = (old + bytes - p->main_base) >> GRANULE_SHIFT;

	if (granules > p->main_granules) {
		ptmalloc_expect(p, BINS_END + (uint32_t)p->main_granules,
				granules - p->main_granules);
		p->main_granules = granules;
	}
	return old;
}

static struct gain gain_by_mmap(struct ptmalloc *p, uint64_t nb_bytes, uint64_t bytes,
				uint64_t old_bytes)
{
	struct malloc_arena *a = p->arenas;
	struct gain none = { ADDRESS_NONE, ADDRESS_NONE, 0 };

	if (a->contiguous)
		bytes = (bytes + old_bytes + first_piece_bytes - 1) & ~(first_piece_bytes - 1);
	if (bytes <= nb_bytes)
		return none;
	const uint64_t start = p->space->mmap(p->space->context, 0, bytes, ADDRESS_READ_WRITE);

	if (start == ADDRESS_NONE)
		return none;
	if (!ptmalloc_piece_add(p, start, bytes)) {
		p->space->munmap(p->space->context, start, bytes);
		return none;
	}
	a->contiguous = false;
	return (struct gain){ start, start + bytes, bytes };
}

static struct gain gain(struct ptmalloc *p, uint64_t nb_bytes, uint64_t old_bytes)
{
	const uint64_t wanted = nb_bytes + p->par.top_pad + MIN_BYTES;
	const uint64_t bytes = page_up(p->arenas->contiguous ? wanted - old_bytes : wanted);
	const uint64_t start = (int64_t)bytes > 0 ? sbrk_by(p, bytes) : ADDRESS_NONE;

	if (start != ADDRESS_NONE)
		return (struct gain){ start, ADDRESS_NONE, bytes };
	return gain_by_mmap(p, nb_bytes, bytes, old_bytes);
}

/* The old top can't grow: two fenceposts close it and what is left of it is freed. */
static void close_top(struct ptmalloc *p, struct malloc_thread *t, uint32_t old_top,
		      uint32_t old_size)
{
	const uint32_t size = old_size - FENCEPOSTS;

	chunk_set_head(p, old_top, size);
	chunk_set_head(p, old_top + size, 1);
	chunk_set_head(p, old_top + size + 1, 1);
	if (size >= MIN_GRANULES)
		ptmalloc_free_chunk(p, t, p->arenas, old_top);
}

static void begin_segment(struct ptmalloc *p, uint64_t start, uint64_t bytes)
{
	const uint32_t chunk = chunk_at(p, start);

	if (p->segment_count < SEGMENTS_MAX)
		p->segments[p->segment_count++] = chunk;
	p->arenas->top = chunk;
	chunk_set_head(p, chunk, bytes >> GRANULE_SHIFT);
}

/* Where the break was moved by others, the end is brought to a page, as the top expects it. */
static uint64_t align_break(struct ptmalloc *p, const struct gain *g, uint64_t misaligned,
			    uint64_t old_bytes, uint64_t *correction)
{
	*correction = misaligned ? GRANULE_BYTES - misaligned : 0;
	*correction += old_bytes;
	const uint64_t end = g->start + g->bytes + *correction;

	*correction += page_up(end) - end;
	const uint64_t start = sbrk_by(p, *correction);

	if (start != ADDRESS_NONE)
		return start;
	*correction = 0;
	return break_now(p);
}

static void start_anew(struct ptmalloc *p, struct malloc_thread *t, const struct gain *g,
		       uint64_t old_end)
{
	struct malloc_arena *a = p->arenas;
	const uint32_t old_top = a->top, old_size = chunk_size(p, old_top);
	const uint64_t misaligned = g->start & (GRANULE_BYTES - 1);
	const uint64_t aligned = misaligned ? g->start + GRANULE_BYTES - misaligned : g->start;
	uint64_t end = g->end, correction = 0;

	if (a->contiguous) {
		if (old_size)
			a->system_bytes += g->start - old_end;
		end = align_break(p, g, misaligned, (uint64_t)old_size << GRANULE_SHIFT,
				  &correction);
	} else if (end == ADDRESS_NONE) {
		end = break_now(p);
	}
	begin_segment(p, aligned, end - aligned + correction);
	a->system_bytes += correction;
	if (old_size)
		close_top(p, t, old_top, old_size);
}

static bool extend_main(struct ptmalloc *p, struct malloc_thread *t, uint64_t nb)
{
	struct malloc_arena *a = p->arenas;
	const uint64_t old_bytes = (uint64_t)chunk_size(p, a->top) << GRANULE_SHIFT;
	const uint64_t old_end = old_bytes ? chunk_address(p, a->top) + old_bytes : 0;
	const struct gain g = gain(p, nb << GRANULE_SHIFT, old_bytes);

	if (g.start == ADDRESS_NONE)
		return true;
	if (!p->par.sbrk_base)
		p->par.sbrk_base = g.start;
	a->system_bytes += g.bytes;
	if (g.start == old_end && g.end == ADDRESS_NONE)
		chunk_set_head(p, a->top, (old_bytes + g.bytes) >> GRANULE_SHIFT);
	else if (a->contiguous && old_bytes && g.start < old_end)
		return false; /* glibc ends the process: the break was moved into its heap */
	else
		start_anew(p, t, &g, old_end);
	return true;
}

uint64_t ptmalloc_system_alloc(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			       uint64_t nb)
{
	const bool wants_mapping = !a || (nb << GRANULE_SHIFT >= p->par.mmap_threshold &&
					  p->par.n_mmaps < p->par.n_mmaps_max);
	uint64_t block = wants_mapping ? ptmalloc_mapped_alloc(p, nb) : LIBC_NULL;

	if (block || !a)
		return block;
	if (is_main(p, a)) {
		if (!extend_main(p, t, nb))
			return LIBC_NULL;
	} else if (!ptmalloc_extend_heap(p, t, a, nb) && !wants_mapping) {
		block = ptmalloc_mapped_alloc(p, nb);
		if (block)
			return block;
	}
	if (a->system_bytes > a->system_bytes_max)
		a->system_bytes_max = a->system_bytes;
	return ptmalloc_carve_top(p, a, nb);
}

bool ptmalloc_system_trim(struct ptmalloc *p, uint64_t pad)
{
	struct malloc_arena *a = p->arenas;
	const uint64_t top_bytes = (uint64_t)chunk_size(p, a->top) << GRANULE_SHIFT;
	/* Wraps around for a top of MINSIZE, as the real one does: it grows by a page then. */
	const uint64_t spare = top_bytes - MIN_BYTES - 1;
	const uint64_t extra = (spare - pad) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);

	if (!top_bytes || spare <= pad || !extra)
		return false;
	const uint64_t end = break_now(p);

	if (end != chunk_address(p, a->top) + top_bytes)
		return false;
	sbrk_by(p, 0 - extra);
	const uint64_t released = end - break_now(p);

	if (!released)
		return false;
	a->system_bytes -= released;
	chunk_set_head(p, a->top, (top_bytes - released) >> GRANULE_SHIFT);
	if ((int64_t)released > 0)
		ptmalloc_forget_pages(p,
				      a->top + (uint32_t)((top_bytes - released) >> GRANULE_SHIFT),
				      released >> GRANULE_SHIFT);
	return true;
}
