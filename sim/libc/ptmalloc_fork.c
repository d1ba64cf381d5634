/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A child's copy of the allocator: malloc/arena.c, __malloc_fork_unlock_child. */
#include <string.h>

#include "core/assert.h"
#include "libc/ptmalloc.h"

/* Granules, and what is known of their pages. */
static void copy_granules(struct ptmalloc *to, const struct ptmalloc *from, uint32_t first,
			  uint64_t count)
{
	const uint64_t page = first >> PAGE_GRANULE_SHIFT;
	const uint64_t pages = ((first + count) >> PAGE_GRANULE_SHIFT) - page + 1;

	memcpy(to->words + 2 * (size_t)first, from->words + 2 * (size_t)first,
	       2 * count * sizeof(*to->words));
	memcpy(to->resident + page, from->resident + page, pages);
	if (to->freed_ns && from->freed_ns)
		memcpy(to->freed_ns + page, from->freed_ns + page, pages * sizeof(*to->freed_ns));
}

static void copy_heaps(struct ptmalloc *to, const struct ptmalloc *from)
{
	copy_granules(to, from, 0, from->arena_count * (uint64_t)ARENA_GRANULES);
	/* One more holds the size of the chunk before, behind the last one. */
	copy_granules(to, from, BINS_END, from->main_granules + 1);
	memcpy(to->slots, from->slots, SLOTS * sizeof(*to->slots));
	for (uint32_t i = 0; i < SLOTS; i++) {
		const struct heap_slot *s = &from->slots[i];

		if (!s->address)
			continue;
		copy_granules(to, from, HEAPS_FIRST + (i << SLOT_GRANULE_SHIFT),
			      s->protected_size >> GRANULE_SHIFT);
		to->slot_of[s->address >> HEAP_SHIFT] = (uint16_t)(i + 1);
	}
	for (uint32_t i = 0; i < from->piece_count; i++) {
		ptmalloc_piece_add(to, from->pieces[i].address, from->pieces[i].bytes);
		copy_granules(to, from, from->pieces[i].first,
			      from->pieces[i].bytes >> GRANULE_SHIFT);
	}
}

static int copy_mapped(struct ptmalloc *to, const struct ptmalloc *from, struct error *err)
{
	memcpy(to->mapped, from->mapped, from->mapped_count * sizeof(*to->mapped));
	for (uint32_t i = 0; i < from->mapped_count; i++)
		if (from->mapped[i].length &&
		    ptrmap_put(to->mapped_of, from->mapped[i].block, i, err) != 0)
			return -1;
	return 0;
}

/* All arenas but the thread's own are free for the child's threads to come. */
static void free_arenas(struct ptmalloc *p, uint32_t thread)
{
	const uint32_t own = p->threads[thread].arena;

	p->free_list = 0;
	for (uint32_t number = 1; number; number = p->arenas[number - 1].next) {
		struct malloc_arena *a = &p->arenas[number - 1];

		a->attached_threads = number == own;
		if (number == own)
			continue;
		a->next_free = p->free_list;
		p->free_list = number;
	}
}

void *ptmalloc_fork(const void *state, uint32_t thread, const struct libc_environment *environment,
		    struct error *err)
{
	const struct ptmalloc *from = state;
	struct ptmalloc *to = ptmalloc_make(environment, err);

	if (!to)
		return NULL;
	to->main_base = from->main_base;
	to->main_granules = from->main_granules;
	to->par = from->par;
	to->cpus = from->cpus;
	to->started = from->started;
	to->multi_threaded = from->multi_threaded;
	to->first_thread = from->first_thread;
	to->thread_count = from->thread_count;
	to->arena_count = from->arena_count;
	to->arenas_limit = from->arenas_limit;
	to->next_to_use = from->next_to_use;
	to->aligned_heap_area = from->aligned_heap_area;
	to->segment_count = from->segment_count;
	to->mapped_count = from->mapped_count;
	to->mapped_free = from->mapped_free;
	memcpy(to->arenas, from->arenas, from->arena_count * sizeof(*to->arenas));
	memcpy(to->segments, from->segments, from->segment_count * sizeof(*to->segments));
	/* Other threads are no more; what their caches held stays in use for ever. */
	SIM_ASSERT(thread < LIBC_THREADS_MAX);
	to->threads[thread] = from->threads[thread];
	copy_heaps(to, from);
	if (copy_mapped(to, from, err) != 0) {
		ptmalloc_destroy(to);
		return NULL;
	}
	if (to->started)
		free_arenas(to, thread);
	return to;
}
