/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Freeing into an arena: malloc/malloc.c, _int_free, malloc_consolidate and unlink_chunk. */
#include "libc/ptmalloc.h"

/* FASTBIN_CONSOLIDATION_THRESHOLD: from here on a free tidies up and may trim. */
enum { TIDY_GRANULES = 65536 / GRANULE_BYTES };

/* The first chunk of a size hands its links among sizes to the next one, or leaves their list. */
static void unlink_size(struct ptmalloc *p, uint32_t chunk, uint32_t fd)
{
	const uint32_t smaller = chunk_word(p, chunk, FD_NEXTSIZE);
	const uint32_t larger = chunk_word(p, chunk, BK_NEXTSIZE);

	if (chunk_word(p, fd, FD_NEXTSIZE)) {
		chunk_link(p, smaller, BK_NEXTSIZE, larger);
		chunk_link(p, larger, FD_NEXTSIZE, smaller);
	} else if (smaller == chunk) {
		chunk_link(p, fd, FD_NEXTSIZE, fd);
		chunk_link(p, fd, BK_NEXTSIZE, fd);
	} else {
		chunk_link(p, fd, FD_NEXTSIZE, smaller);
		chunk_link(p, fd, BK_NEXTSIZE, larger);
		chunk_link(p, smaller, BK_NEXTSIZE, fd);
		chunk_link(p, larger, FD_NEXTSIZE, fd);
	}
}

void ptmalloc_unlink(struct ptmalloc *p, uint32_t chunk)
{
	const uint32_t fd = chunk_word(p, chunk, FD), bk = chunk_word(p, chunk, BK);

	chunk_link(p, fd, BK, bk);
	chunk_link(p, bk, FD, fd);
	if (!is_small(chunk_size(p, chunk)) && chunk_word(p, chunk, FD_NEXTSIZE))
		unlink_size(p, chunk, fd);
}

void ptmalloc_put_unsorted(struct ptmalloc *p, struct malloc_arena *a, uint32_t chunk,
			   uint32_t size)
{
	const uint32_t unsorted = unsorted_bin(a), first = chunk_word(p, unsorted, FD);

	chunk_set_head(p, chunk, size);
	chunk_set_foot(p, chunk, size);
	chunk_link(p, chunk, FD, first);
	chunk_link(p, chunk, BK, unsorted);
	ptmalloc_wrote(p, chunk + 1);
	if (!is_small(size)) {
		chunk_link(p, chunk, FD_NEXTSIZE, CHUNK_NONE);
		ptmalloc_wrote(p, chunk + 2);
	}
	chunk_link(p, unsorted, FD, chunk);
	chunk_link(p, first, BK, chunk);
}

/* Joins a chunk with its free neighbours and makes it free; returns the size of the whole. */
static uint32_t merge(struct ptmalloc *p, struct malloc_arena *a, uint32_t chunk)
{
	uint32_t size = chunk_size(p, chunk);
	const uint32_t next = chunk + size;

	if (__builtin_expect(p->freed_ns != NULL, 0))
		ptmalloc_note_freed(p, chunk, size);
	if (!chunk_prev_inuse(p, chunk)) {
		const uint32_t before = chunk_word(p, chunk, PREV_SIZE);

		chunk -= before;
		size += before;
		ptmalloc_unlink(p, chunk);
	}
	if (next == a->top) {
		size += chunk_size(p, next);
		chunk_set_head(p, chunk, size);
		a->top = chunk;
		return size;
	}
	if (chunk_inuse(p, next)) {
		chunk_clear_prev_inuse(p, next);
	} else {
		size += chunk_size(p, next);
		ptmalloc_unlink(p, next);
	}
	ptmalloc_put_unsorted(p, a, chunk, size);
	return size;
}

void ptmalloc_consolidate(struct ptmalloc *p, struct malloc_arena *a)
{
	a->have_fastchunks = false;
	for (int i = 0; i < FASTBINS; i++) {
		uint32_t chunk = a->fastbins[i];

		a->fastbins[i] = CHUNK_NONE;
		while (chunk) {
			const uint32_t next = chunk_word(p, chunk, FD);

			merge(p, a, chunk);
			chunk = next;
		}
	}
}

static void tidy(struct ptmalloc *p, struct malloc_arena *a)
{
	if (a->have_fastchunks)
		ptmalloc_consolidate(p, a);
	if (!is_main(p, a))
		ptmalloc_drop_heaps(p, a, p->par.top_pad);
	ptmalloc_judge_free(p, a);
}

void ptmalloc_free_uncached(struct ptmalloc *p, struct malloc_arena *a, uint32_t chunk,
			    uint32_t size)
{
	work_count(p->work, WORK_libc_slowpath);
	if (size <= p->par.max_fast) {
		a->have_fastchunks = true;
		chunk_link(p, chunk, FD, a->fastbins[size - MIN_GRANULES]);
		a->fastbins[size - MIN_GRANULES] = chunk;
		ptmalloc_wrote(p, chunk + 1);
		return;
	}
	if (merge(p, a, chunk) >= TIDY_GRANULES)
		tidy(p, a);
}

void ptmalloc_free_chunk(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			 uint32_t chunk)
{
	const uint32_t size = chunk_size(p, chunk), index = tcache_index(size);

	if (tcache_takes(p, t, size) && t->counts[index] < p->par.tcache_count) {
		work_count(p->work, WORK_libc_fastpath);
		tcache_put(p, t, chunk, index);
		return;
	}
	ptmalloc_free_uncached(p, a, chunk, size);
}
