/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is where, and whether it hangs together. Figures as int_mallinfo() of malloc/malloc.c. */
#include "core/host_memory.h"
#include "libc/ptmalloc.h"

static uint64_t bytes_of(const struct ptmalloc *p, uint32_t chunk)
{
	return (uint64_t)chunk_size(p, chunk) << GRANULE_SHIFT;
}

uint32_t ptmalloc_arena_count(const void *state)
{
	return ((const struct ptmalloc *)state)->arena_count;
}

static void count_free(const struct ptmalloc *p, const struct malloc_arena *a,
		       struct libc_counts *counts)
{
	for (int i = 0; i < FASTBINS; i++) {
		for (uint32_t c = a->fastbins[i]; c; c = chunk_word(p, c, FD)) {
			counts->smblks++;
			counts->fsmblks += bytes_of(p, c);
		}
	}
	for (uint32_t i = 1; i < BINS; i++) {
		const uint32_t bin = bin_at(a, i);

		for (uint32_t c = chunk_word(p, bin, BK); c != bin; c = chunk_word(p, c, BK)) {
			counts->ordblks++;
			counts->fordblks += bytes_of(p, c);
		}
	}
}

void ptmalloc_counts(const void *state, uint32_t arena, struct libc_counts *counts)
{
	const struct ptmalloc *p = state;
	const struct malloc_arena *a = &p->arenas[arena];
	const uint64_t top = bytes_of(p, a->top);

	*counts = (struct libc_counts){ .arena = a->system_bytes, .ordblks = 1 };
	count_free(p, a, counts);
	counts->fordblks += counts->fsmblks + top;
	counts->uordblks = a->system_bytes - counts->fordblks;
	counts->top = top;
	if (!is_main(p, a))
		return;
	counts->hblks = (uint64_t)p->par.n_mmaps;
	counts->hblkhd = p->par.mmapped_bytes;
	counts->keepcost = top;
}

struct walk {
	const struct ptmalloc *p;
	void (*visit)(void *context, const struct libc_extent *extent);
	void *context;
	/* Chunks whose list their size does not tell: fastbins, threads' caches, the unsorted bin.
	 */
	struct ptrmap *list_of;
};

/* `end` is what the list ends with. */
static void note_list(struct walk *w, uint32_t list, uint32_t chunk, uint32_t end)
{
	for (; chunk != end; chunk = chunk_word(w->p, chunk, FD))
		host_memory_check(ptrmap_put(w->list_of, chunk, list, NULL) == 0,
				  "a walk over a heap");
}

static void note_lists(struct walk *w)
{
	const struct ptmalloc *p = w->p;

	for (uint32_t i = 0; i < p->arena_count; i++) {
		const struct malloc_arena *a = &p->arenas[i];
		const uint32_t unsorted = unsorted_bin(a);

		for (uint32_t f = 0; f < FASTBINS; f++)
			note_list(w, LIST_FAST + f, a->fastbins[f], CHUNK_NONE);
		note_list(w, LIST_UNSORTED, chunk_word(p, unsorted, FD), unsorted);
	}
	for (uint32_t t = 0; t < p->thread_count; t++)
		for (uint32_t i = 0; i < TCACHE_BINS; i++)
			note_list(w, i, p->threads[t].entries[i], CHUNK_NONE);
}

static enum libc_extent_state state_of(const struct walk *w, const struct malloc_arena *a,
				       uint32_t chunk)
{
	if (chunk == a->top)
		return LIBC_EXTENT_TOP;
	if (!chunk_inuse(w->p, chunk))
		return LIBC_EXTENT_FREE;
	return ptrmap_get(w->list_of, chunk) == PTRMAP_NONE ? LIBC_EXTENT_LIVE : LIBC_EXTENT_CACHED;
}

static uint32_t list_of(const struct walk *w, uint32_t chunk, enum libc_extent_state state)
{
	const uint32_t noted = ptrmap_get(w->list_of, chunk);

	if (state == LIBC_EXTENT_CACHED || (state == LIBC_EXTENT_FREE && noted != PTRMAP_NONE))
		return noted;
	if (state != LIBC_EXTENT_FREE)
		return LIBC_BIN_NONE;
	return LIST_SMALL + bin_index(chunk_size(w->p, chunk)) - 2;
}

/* From a first chunk to the top or to the fenceposts, which are too small to be chunks. */
static void walk_chunks(const struct walk *w, const struct malloc_arena *a, uint32_t chunk)
{
	const struct ptmalloc *p = w->p;

	for (; chunk_size(p, chunk) >= MIN_GRANULES; chunk += chunk_size(p, chunk)) {
		const enum libc_extent_state state = state_of(w, a, chunk);
		const struct libc_extent extent = {
			.address = chunk_address(p, chunk),
			.bytes = bytes_of(p, chunk),
			.arena = (uint32_t)(a - p->arenas),
			.bin = list_of(w, chunk, state),
			.state = state,
		};

		w->visit(w->context, &extent);
		if (chunk == a->top)
			return;
	}
}

static void walk_heaps(const struct walk *w)
{
	const struct ptmalloc *p = w->p;
	const uint64_t behind_arena = (HEAP_INFO_BYTES + ARENA_BYTES + GRANULE_BYTES - 1) &
				      ~(uint64_t)(GRANULE_BYTES - 1);

	for (uint32_t i = 0; i < SLOTS; i++) {
		const struct heap_slot *s = &p->slots[i];
		const uint64_t first = s->prev ? HEAP_INFO_BYTES : behind_arena;

		if (s->address)
			walk_chunks(w, &p->arenas[s->arena],
				    HEAPS_FIRST + (i << SLOT_GRANULE_SHIFT) +
					    (uint32_t)(first >> GRANULE_SHIFT));
	}
}

static void walk_mapped(const struct walk *w)
{
	for (uint32_t i = 0; i < w->p->mapped_count; i++) {
		const struct libc_extent extent = {
			.address = w->p->mapped[i].start,
			.bytes = w->p->mapped[i].length,
			.bin = LIBC_BIN_NONE,
			.state = LIBC_EXTENT_MMAPPED,
		};

		if (extent.bytes)
			w->visit(w->context, &extent);
	}
}

void ptmalloc_walk(const void *state,
		   void (*visit)(void *context, const struct libc_extent *extent), void *context)
{
	struct walk w = { state, visit, context,
			  host_memory_need(ptrmap_create(NULL), "a walk over a heap") };

	note_lists(&w);
	for (uint32_t i = 0; i < w.p->segment_count; i++)
		walk_chunks(&w, w.p->arenas, w.p->segments[i]);
	walk_heaps(&w);
	walk_mapped(&w);
	ptrmap_destroy(w.list_of);
}

/* A chunk in a bin is free, is where its neighbours say, and no smaller one stands before it. */
static const char *check_chunk(const struct ptmalloc *p, uint32_t index, uint32_t chunk,
			       uint32_t before, uint32_t bin)
{
	const uint32_t size = chunk_size(p, chunk);

	if (chunk_word(p, chunk, BK) != before)
		return "a chunk's links disagree";
	if (chunk_inuse(p, chunk) || !chunk_prev_inuse(p, chunk))
		return "a chunk in a bin is in use, or follows a free one";
	if (chunk_word(p, chunk + size, PREV_SIZE) != size)
		return "a free chunk and the one behind it disagree about its size";
	if (index > 1 && bin_index(size) != index)
		return "a chunk is in a bin of other sizes";
	if (index > 1 && before != bin && chunk_size(p, before) < size)
		return "a large bin is not sorted";
	return NULL;
}

static const char *check_bin(const struct ptmalloc *p, const struct malloc_arena *a, uint32_t index)
{
	const uint32_t bin = bin_at(a, index);
	uint32_t before = bin;

	if (index > 1 && chunk_word(p, bin, FD) != bin &&
	    !(a->binmap[index / 32] >> index % 32 & 1))
		return "a bin with chunks is not marked";
	for (uint32_t c = chunk_word(p, bin, FD); c != bin; c = chunk_word(p, c, FD)) {
		const char *wrong = check_chunk(p, index, c, before, bin);

		if (wrong)
			return wrong;
		before = c;
	}
	return NULL;
}

struct sums {
	uint64_t free_bytes, mapped_bytes;
};

static void add(void *context, const struct libc_extent *extent)
{
	struct sums *sums = context;

	if (extent->state == LIBC_EXTENT_FREE || extent->state == LIBC_EXTENT_TOP)
		sums->free_bytes += extent->bytes;
	if (extent->state == LIBC_EXTENT_MMAPPED)
		sums->mapped_bytes += extent->bytes;
}

/* What a walk over all chunks finds free is what the bins hold. */
static const char *check_sums(const struct ptmalloc *p)
{
	struct sums sums = { 0 };
	uint64_t counted = 0;

	ptmalloc_walk(p, add, &sums);
	for (uint32_t i = 0; i < p->arena_count; i++) {
		struct libc_counts counts;

		ptmalloc_counts(p, i, &counts);
		counted += counts.fordblks - counts.fsmblks;
	}
	if (sums.free_bytes != counted)
		return "free chunks are missing from the bins";
	return sums.mapped_bytes == p->par.mmapped_bytes ? NULL : "mapped chunks are miscounted";
}

bool ptmalloc_check(const void *state, struct error *err)
{
	const struct ptmalloc *p = state;
	const char *wrong = NULL;

	for (uint32_t a = 0; a < p->arena_count && !wrong; a++)
		for (uint32_t i = 1; i < BINS && !wrong; i++)
			wrong = check_bin(p, &p->arenas[a], i);
	if (!wrong)
		wrong = check_sums(p);
	if (wrong)
		error_set(err, ERROR_RUN, "%s", wrong);
	return !wrong;
}
