/* SPDX-License-Identifier: GPL-3.0-or-later */
/* malloc/malloc.c, _int_realloc and _int_memalign. */
#include "libc/ptmalloc.h"

/* Cuts a chunk in use to nb and frees the rest, if that can be a chunk. */
static void cut_tail(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
		     uint32_t chunk, uint32_t size, uint32_t nb)
{
	const uint32_t rest = size - nb;

	if (rest < MIN_GRANULES) {
		chunk_resize(p, chunk, size);
		chunk_set_prev_inuse(p, chunk + size);
		return;
	}
	chunk_resize(p, chunk, nb);
	chunk_set_head(p, chunk + nb, rest);
	chunk_set_prev_inuse(p, chunk + size);
	ptmalloc_free_chunk(p, t, a, chunk + nb);
}

/* Past the thread's cache, and joined with the old chunk if it happens to follow it. */
static uint64_t move(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
		     uint32_t chunk, uint64_t nb)
{
	const uint32_t size = chunk_size(p, chunk);
	const uint64_t bytes = ((uint64_t)size << GRANULE_SHIFT) - SIZE_FIELD_BYTES;
	const uint64_t block = ptmalloc_alloc(p, t, a, nb);

	if (!block)
		return LIBC_NULL;
	const uint32_t moved = chunk_at(p, block - HEADER_BYTES);

	if (moved == chunk + size) {
		cut_tail(p, t, a, chunk, size + chunk_size(p, moved), (uint32_t)nb);
		return chunk_block(p, chunk);
	}
	work_count_n(p->work, WORK_copy_byte, bytes);
	p->space->read(p->space->context, chunk_block(p, chunk), bytes);
	if (moved)
		ptmalloc_write_range(p, moved, bytes);
	else
		p->space->write(p->space->context, block, bytes);
	ptmalloc_free_chunk(p, t, a, chunk);
	return block;
}

uint64_t ptmalloc_resize(struct ptmalloc *p, struct malloc_thread *t, uint32_t chunk, uint64_t nb)
{
	struct malloc_arena *a = arena_of(p, chunk);
	const uint32_t size = chunk_size(p, chunk), next = chunk + size;

	if (size >= nb) {
		cut_tail(p, t, a, chunk, size, (uint32_t)nb);
		return chunk_block(p, chunk);
	}
	const uint32_t both = size + chunk_size(p, next);

	if (next == a->top && both >= nb + MIN_GRANULES) {
		chunk_resize(p, chunk, nb);
		a->top = chunk + (uint32_t)nb;
		chunk_set_head(p, a->top, both - nb);
		return chunk_block(p, chunk);
	}
	if (next != a->top && !chunk_inuse(p, next) && both >= nb) {
		ptmalloc_unlink(p, next);
		cut_tail(p, t, a, chunk, both, (uint32_t)nb);
		return chunk_block(p, chunk);
	}
	return move(p, t, a, chunk, nb);
}

/* Frees what lies before the aligned chunk; returns that chunk. */
static uint32_t cut_lead(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			 uint32_t chunk, uint64_t alignment)
{
	const uint64_t block = chunk_block(p, chunk);
	const uint64_t aligned = (block + alignment - 1) & ~(alignment - 1);
	uint32_t lead = (uint32_t)((aligned - block) >> GRANULE_SHIFT);

	if (!lead)
		return chunk;
	if (lead < MIN_GRANULES)
		lead += (uint32_t)(alignment >> GRANULE_SHIFT);
	const uint32_t size = chunk_size(p, chunk) - lead;

	chunk_set_head(p, chunk + lead, size);
	chunk_set_prev_inuse(p, chunk + lead + size);
	chunk_resize(p, chunk, lead);
	ptmalloc_free_chunk(p, t, a, chunk);
	return chunk + lead;
}

uint64_t ptmalloc_align(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			uint64_t alignment, uint64_t nb)
{
	if (!nb || alignment > INT64_MAX)
		return LIBC_NULL;
	const uint64_t bytes = (nb << GRANULE_SHIFT) + alignment + MIN_BYTES;
	const uint64_t block = ptmalloc_alloc(p, t, a, request_granules(bytes));

	if (!block)
		return LIBC_NULL;
	uint32_t chunk = chunk_at(p, block - HEADER_BYTES);

	if (!chunk)
		return ptmalloc_mapped_align(p, block, alignment);
	chunk = cut_lead(p, t, a, chunk, alignment);
	const uint32_t size = chunk_size(p, chunk);

	if (size > nb + MIN_GRANULES)
		cut_tail(p, t, a, chunk, size, (uint32_t)nb);
	return chunk_block(p, chunk);
}
