/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heaps of the arenas that are not the main one (malloc/arena.c), and where chunks lie. */
#include <string.h>

#include "core/assert.h"
#include "libc/ptmalloc.h"

/* HEAP_MIN_SIZE */
static const uint64_t heap_bytes_min = 32 << 10;

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + PAGE_SIZE_BYTES - 1) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
}

static uint32_t slot_chunk(uint32_t slot, uint64_t offset)
{
	return HEAPS_FIRST + (slot << SLOT_GRANULE_SHIFT) + (uint32_t)(offset >> GRANULE_SHIFT);
}

static uint32_t slot_of_chunk(uint32_t chunk)
{
	return (chunk - HEAPS_FIRST) >> SLOT_GRANULE_SHIFT;
}

struct malloc_arena *ptmalloc_arena_in_slot(const struct ptmalloc *p, uint32_t chunk)
{
	if (chunk >= PIECES_FIRST)
		return p->arenas;
	return &p->arenas[p->slots[slot_of_chunk(chunk)].arena];
}

uint32_t ptmalloc_locate(const struct ptmalloc *p, uint64_t address)
{
	const uint64_t window = address >> HEAP_SHIFT;

	if (window >= WINDOWS || !p->slot_of[window])
		return CHUNK_NONE;
	if (p->slot_of[window] == WINDOW_PIECES)
		return ptmalloc_piece_locate(p, address);
	return slot_chunk(p->slot_of[window] - 1u, address & (HEAP_BYTES - 1));
}

/* SLOTS: there is none. */
static uint32_t free_slot(const struct ptmalloc *p)
{
	uint32_t slot = 0;

	while (slot < SLOTS && p->slots[slot].address)
		slot++;
	return slot;
}

void ptmalloc_write_page(struct ptmalloc *p, uint32_t granule)
{
	p->resident[granule >> PAGE_GRANULE_SHIFT] = 1;
	p->space->write(p->space->context, chunk_address(p, granule), 1);
}

void ptmalloc_write_range(struct ptmalloc *p, uint32_t chunk, uint64_t bytes)
{
	const uint64_t first = chunk_address(p, chunk) + HEADER_BYTES;
	const uint32_t pages =
		bytes ? (uint32_t)(((first + bytes - 1) >> PAGE_SHIFT) - (first >> PAGE_SHIFT)) : 0;

	if (bytes)
		ptmalloc_wrote(p, chunk + 1);
	for (uint32_t i = 1; i <= pages; i++)
		ptmalloc_wrote(p, ((chunk + 1) & ~((1u << PAGE_GRANULE_SHIFT) - 1)) +
					  (i << PAGE_GRANULE_SHIFT));
}

void ptmalloc_forget_pages(struct ptmalloc *p, uint32_t first, uint64_t granules)
{
	const uint64_t from = first >> PAGE_GRANULE_SHIFT;
	const uint64_t to = (first + granules) >> PAGE_GRANULE_SHIFT;

	memset(p->resident + from, 0, to - from);
	if (p->freed_ns)
		memset(p->freed_ns + from, 0, (to - from) * sizeof(*p->freed_ns));
}

/* Memory for a heap, aligned to its largest size: twice as much is mapped and the rest unmapped. */
static uint64_t map_heap(struct ptmalloc *p)
{
	const struct address_space *s = p->space;
	const uint64_t mask = HEAP_BYTES - 1;
	uint64_t start, aligned;

	if (p->aligned_heap_area) {
		start = s->mmap(s->context, p->aligned_heap_area, HEAP_BYTES, ADDRESS_INACCESSIBLE);
		p->aligned_heap_area = 0;
		if (start != ADDRESS_NONE && !(start & mask))
			return start;
		if (start != ADDRESS_NONE)
			s->munmap(s->context, start, HEAP_BYTES);
	}
	start = s->mmap(s->context, 0, 2ull * HEAP_BYTES, ADDRESS_INACCESSIBLE);
	if (start == ADDRESS_NONE)
		return ADDRESS_NONE;
	aligned = (start + mask) & ~mask;
	if (aligned != start)
		s->munmap(s->context, start, aligned - start);
	else
		p->aligned_heap_area = aligned + HEAP_BYTES;
	s->munmap(s->context, aligned + HEAP_BYTES, HEAP_BYTES - (aligned - start));
	return aligned;
}

/* new_heap: a heap of `bytes` and the top pad, as far as that fits. SLOTS: there is none. */
static uint32_t new_heap(struct ptmalloc *p, uint64_t bytes)
{
	const uint64_t padded = bytes + p->par.top_pad;
	uint64_t size = padded < heap_bytes_min ? heap_bytes_min
			: padded <= HEAP_BYTES  ? padded
						: HEAP_BYTES;

	if (padded > HEAP_BYTES && bytes > HEAP_BYTES)
		return SLOTS;
	size = page_up(size);
	const uint32_t slot = free_slot(p);
	const uint64_t start = slot < SLOTS ? map_heap(p) : ADDRESS_NONE;

	if (start == ADDRESS_NONE)
		return SLOTS;
	if (!p->space->mprotect(p->space->context, start, size)) {
		p->space->munmap(p->space->context, start, HEAP_BYTES);
		return SLOTS;
	}
	p->slots[slot] =
		(struct heap_slot){ .address = start, .size = size, .protected_size = size };
	p->slot_of[start >> HEAP_SHIFT] = (uint16_t)(slot + 1);
	ptmalloc_wrote(p, slot_chunk(slot, 0));
	return slot;
}

void ptmalloc_init_arena(struct ptmalloc *p, uint32_t index)
{
	struct malloc_arena *a = &p->arenas[index];

	*a = (struct malloc_arena){ .bins = index * ARENA_GRANULES, .contiguous = index == 0 };
	for (uint32_t i = 1; i < BINS; i++) {
		const uint32_t bin = bin_at(a, i);

		chunk_link(p, bin, FD, bin);
		chunk_link(p, bin, BK, bin);
		/* Not none: what follows the last chunk of a list is no chunk of the same size. */
		chunk_link(p, bin, FD_NEXTSIZE, bin);
	}
	a->top = unsorted_bin(a);
}

struct malloc_arena *ptmalloc_new_arena(struct ptmalloc *p, uint64_t bytes)
{
	const uint64_t own = HEAP_INFO_BYTES + ARENA_BYTES + GRANULE_BYTES;
	uint32_t slot = p->arena_count < ARENAS_MAX ? new_heap(p, bytes + own) : SLOTS;

	if (slot == SLOTS && p->arena_count < ARENAS_MAX)
		slot = new_heap(p, own);
	if (slot == SLOTS)
		return NULL;
	struct malloc_arena *a = &p->arenas[p->arena_count];
	const uint64_t first = (HEAP_INFO_BYTES + ARENA_BYTES + GRANULE_BYTES - 1) &
			       ~(uint64_t)(GRANULE_BYTES - 1);

	ptmalloc_init_arena(p, p->arena_count);
	p->slots[slot].arena = p->arena_count++;
	a->heap_slot = slot;
	a->attached_threads = 1;
	a->system_bytes = a->system_bytes_max = p->slots[slot].size;
	a->top = slot_chunk(slot, first);
	chunk_set_head(p, a->top, (p->slots[slot].size - first) >> GRANULE_SHIFT);
	a->next = p->arenas[0].next;
	p->arenas[0].next = p->slots[slot].arena + 1;
	return a;
}

static bool grow_heap(struct ptmalloc *p, struct heap_slot *s, uint64_t bytes)
{
	const uint64_t size = s->size + page_up(bytes);

	if (size > HEAP_BYTES)
		return false;
	if (size > s->protected_size) {
		if (!p->space->mprotect(p->space->context, s->address + s->protected_size,
					size - s->protected_size))
			return false;
		s->protected_size = size;
	}
	s->size = size;
	return true;
}

/* The old heap is closed with two fenceposts, and what was its top is freed. */
static void close_heap(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
		       uint32_t old_top)
{
	const uint32_t size = chunk_size(p, old_top) - MIN_GRANULES;

	if (size < MIN_GRANULES) {
		chunk_set_head(p, old_top, size + 1);
		chunk_set_foot(p, old_top, size + 1);
		chunk_link(p, old_top + size + 1, HEAD, 1);
		return;
	}
	chunk_link(p, old_top + size + 1, HEAD, 1);
	chunk_set_head(p, old_top + size, 1);
	chunk_set_foot(p, old_top + size, 1);
	chunk_set_head(p, old_top, size);
	ptmalloc_free_chunk(p, t, a, old_top);
}

bool ptmalloc_extend_heap(struct ptmalloc *p, struct malloc_thread *t, struct malloc_arena *a,
			  uint64_t nb)
{
	const uint32_t old_top = a->top;
	struct heap_slot *s = &p->slots[a->heap_slot];
	const uint64_t wanted = (nb + MIN_GRANULES) << GRANULE_SHIFT;
	const uint64_t old_bytes = (uint64_t)chunk_size(p, old_top) << GRANULE_SHIFT;
	const uint64_t before = s->size;

	if (wanted > old_bytes && grow_heap(p, s, wanted - old_bytes)) {
		a->system_bytes += s->size - before;
		chunk_set_head(p, old_top, (old_bytes + s->size - before) >> GRANULE_SHIFT);
		return true;
	}
	const uint32_t slot = new_heap(p, wanted + HEAP_INFO_BYTES);

	if (slot == SLOTS)
		return false;
	p->slots[slot].arena = s->arena;
	p->slots[slot].prev = a->heap_slot + 1;
	a->heap_slot = slot;
	a->system_bytes += p->slots[slot].size;
	a->top = slot_chunk(slot, HEAP_INFO_BYTES);
	chunk_set_head(p, a->top, (p->slots[slot].size - HEAP_INFO_BYTES) >> GRANULE_SHIFT);
	close_heap(p, t, a, old_top);
	return true;
}

/* Gives the newest heap back, which holds nothing, if the one before has room enough. */
static bool drop_heap(struct ptmalloc *p, struct malloc_arena *a, uint64_t pad)
{
	struct heap_slot *s = &p->slots[a->heap_slot], *prev = &p->slots[s->prev - 1];
	const uint32_t fence = slot_chunk(s->prev - 1, prev->size - GRANULE_BYTES);
	uint32_t chunk = fence - chunk_word(p, fence, PREV_SIZE);
	uint32_t size = chunk_size(p, chunk) + 1;

	if (!chunk_prev_inuse(p, chunk))
		size += chunk_word(p, chunk, PREV_SIZE);
	if (((uint64_t)size << GRANULE_SHIFT) + (HEAP_BYTES - prev->size) <
	    pad + MIN_BYTES + PAGE_SIZE_BYTES)
		return false;
	a->system_bytes -= s->size;
	if (s->address + HEAP_BYTES == p->aligned_heap_area)
		p->aligned_heap_area = 0;
	p->slot_of[s->address >> HEAP_SHIFT] = 0;
	p->space->munmap(p->space->context, s->address, HEAP_BYTES);
	ptmalloc_forget_pages(p, slot_chunk(a->heap_slot, 0), HEAP_BYTES >> GRANULE_SHIFT);
	a->heap_slot = s->prev - 1;
	*s = (struct heap_slot){ 0 };
	if (!chunk_prev_inuse(p, chunk)) {
		chunk -= chunk_word(p, chunk, PREV_SIZE);
		ptmalloc_unlink(p, chunk);
	}
	a->top = chunk;
	chunk_set_head(p, chunk, size);
	return true;
}

/* heap_trim() up to where it looks at the threshold. */
void ptmalloc_drop_heaps(struct ptmalloc *p, struct malloc_arena *a, uint64_t pad)
{
	while (a->top == slot_chunk(a->heap_slot, HEAP_INFO_BYTES) && p->slots[a->heap_slot].prev)
		if (!drop_heap(p, a, pad))
			break;
}

/* The rest of it. */
void ptmalloc_heap_trim(struct ptmalloc *p, struct malloc_arena *a, uint64_t pad)
{
	struct heap_slot *s = &p->slots[a->heap_slot];
	const uint64_t top_bytes = (uint64_t)chunk_size(p, a->top) << GRANULE_SHIFT;

	if (top_bytes < MIN_BYTES + 1 || top_bytes - MIN_BYTES - 1 <= pad)
		return;
	const uint64_t extra = (top_bytes - MIN_BYTES - 1 - pad) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);

	if (!extra || s->size < extra + HEAP_INFO_BYTES)
		return;
	s->size -= extra;
	p->space->discard(p->space->context, s->address + s->size, extra);
	ptmalloc_forget_pages(p, slot_chunk(a->heap_slot, s->size), extra >> GRANULE_SHIFT);
	a->system_bytes -= extra;
	chunk_set_head(p, a->top, (top_bytes - extra) >> GRANULE_SHIFT);
}
