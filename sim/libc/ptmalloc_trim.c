/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is given back to the kernel, and when: malloc/malloc.c, mtrim, and what trim policies want.
 */
#include "libc/ptmalloc.h"

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + PAGE_SIZE_BYTES - 1) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
}

/* The whole pages inside a free chunk, behind what it holds itself; false: there are none. */
struct inside {
	uint64_t from, end;
	uint32_t first; /* granule of `from` */
};

static bool pages_inside(const struct ptmalloc *p, uint32_t chunk, uint32_t words,
			 struct inside *inside)
{
	const uint64_t address = chunk_address(p, chunk);
	const uint64_t bytes = (uint64_t)chunk_size(p, chunk) << GRANULE_SHIFT;

	inside->from = page_up(address + words * SIZE_FIELD_BYTES);
	inside->end = (address + bytes) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
	inside->first = chunk + (uint32_t)((inside->from - address) >> GRANULE_SHIFT);
	return inside->from < inside->end;
}

static void discard(struct ptmalloc *p, const struct inside *inside, uint64_t from, uint64_t end)
{
	p->space->discard(p->space->context, from, end - from);
	ptmalloc_forget_pages(p, inside->first + (uint32_t)((from - inside->from) >> GRANULE_SHIFT),
			      (end - from) >> GRANULE_SHIFT);
}

typedef bool trim_chunk(struct ptmalloc *p, uint32_t chunk, uint64_t argument);

/* Every chunk in the bins that can hold a page: the unsorted one and those from a page's size on.
 */
static bool each_large_chunk(struct ptmalloc *p, struct malloc_arena *a, trim_chunk *trim,
			     uint64_t argument)
{
	const uint32_t first = bin_index(PAGE_SIZE_BYTES >> GRANULE_SHIFT);
	bool trimmed = false;

	for (uint32_t i = 1; i < BINS; i = i == 1 ? first : i + 1) {
		const uint32_t bin = bin_at(a, i);

		for (uint32_t c = chunk_word(p, bin, BK); c != bin; c = chunk_word(p, c, BK))
			trimmed |= trim(p, c, argument);
	}
	return trimmed;
}

static bool discard_inside(struct ptmalloc *p, uint32_t chunk, uint64_t argument)
{
	struct inside inside;

	(void)argument;
	if (!pages_inside(p, chunk, BK_NEXTSIZE + 1, &inside))
		return false;
	discard(p, &inside, inside.from, inside.end);
	return true;
}

static bool trim_arena(struct ptmalloc *p, struct malloc_arena *a, uint64_t pad)
{
	ptmalloc_consolidate(p, a);
	const bool discarded = each_large_chunk(p, a, discard_inside, 0);

	return is_main(p, a) ? ptmalloc_system_trim(p, pad) | discarded : discarded;
}

int ptmalloc_malloc_trim(void *state, uint64_t pad)
{
	struct ptmalloc *p = state;
	bool released = false;

	for (uint32_t number = 1; number; number = p->arenas[number - 1].next)
		released |= trim_arena(p, &p->arenas[number - 1], pad);
	return released;
}

void ptmalloc_note_freed(struct ptmalloc *p, uint32_t chunk, uint32_t size)
{
	const uint32_t last = (chunk + size - 1) >> PAGE_GRANULE_SHIFT;

	for (uint32_t page = chunk >> PAGE_GRANULE_SHIFT; page <= last; page++)
		p->freed_ns[page] = *p->age_clock_ns + 1;
}

/* Pages that were never used, or have been given back, are no older than any time. */
static bool is_old(const struct ptmalloc *p, uint64_t page, uint64_t freed_before_ns)
{
	return p->freed_ns[page] && p->freed_ns[page] - 1 <= freed_before_ns;
}

static bool purge_pages(struct ptmalloc *p, const struct inside *inside, uint64_t freed_before_ns)
{
	const uint64_t first = inside->first >> PAGE_GRANULE_SHIFT;
	const uint64_t count = (inside->end - inside->from) >> PAGE_SHIFT;
	bool purged = false;

	for (uint64_t i = 0; i < count; i++) {
		const uint64_t begin = i;

		while (i < count && is_old(p, first + i, freed_before_ns))
			i++;
		if (i == begin)
			continue;
		discard(p, inside, inside->from + (begin << PAGE_SHIFT),
			inside->from + (i << PAGE_SHIFT));
		purged = true;
	}
	return purged;
}

static bool purge_chunk(struct ptmalloc *p, uint32_t chunk, uint64_t freed_before_ns)
{
	struct inside inside;

	return pages_inside(p, chunk, BK_NEXTSIZE + 1, &inside) &&
	       purge_pages(p, &inside, freed_before_ns);
}

void ptmalloc_purge(void *state, uint64_t freed_before_ns)
{
	struct ptmalloc *p = state;

	for (uint32_t i = 0; p->freed_ns && i < p->arena_count; i++) {
		struct malloc_arena *a = &p->arenas[i];
		struct inside inside;

		each_large_chunk(p, a, purge_chunk, freed_before_ns);
		/* Of the top's own words only its size is in use. */
		if (chunk_size(p, a->top) && pages_inside(p, a->top, FD, &inside))
			purge_pages(p, &inside, freed_before_ns);
	}
}

static struct trim_view view_at(const struct ptmalloc *p, enum trim_moment moment)
{
	return (struct trim_view){
		.moment = moment,
		.trim_threshold = p->par.trim_threshold,
		.top_pad = p->par.top_pad,
		.mmap_threshold = p->par.mmap_threshold,
		.dynamic = !p->par.no_dyn_threshold,
	};
}

static void give_back(struct ptmalloc *p, struct malloc_arena *a, const struct trim_verdict *v,
		      const struct trim_view *view)
{
	if (v->action == TRIM_ALL)
		ptmalloc_malloc_trim(p, v->pad);
	else if (v->action == TRIM_OLD && view->time_ns >= v->age_ns)
		ptmalloc_purge(p, view->time_ns - v->age_ns);
	else if (v->action == TRIM_TOP && is_main(p, a))
		ptmalloc_system_trim(p, v->pad);
	else if (v->action == TRIM_TOP)
		ptmalloc_heap_trim(p, a, v->pad);
}

void ptmalloc_judge_free(struct ptmalloc *p, struct malloc_arena *a)
{
	struct trim_view view = view_at(p, TRIM_MOMENT_FREE);

	view.top_bytes = (uint64_t)chunk_size(p, a->top) << GRANULE_SHIFT;
	view.time_ns = p->age_clock_ns ? *p->age_clock_ns : 0;
	const struct trim_verdict verdict = p->trim->ask(p->trim->context, &view);

	if (verdict.action == TRIM_KEEP || verdict.action == TRIM_RAISE)
		return;
	give_back(p, a, &verdict, &view);
	if (p->trim->done)
		p->trim->done(p->trim->context);
}

void ptmalloc_judge_unmap(struct ptmalloc *p, uint64_t bytes)
{
	struct trim_view view = view_at(p, TRIM_MOMENT_UNMAP);

	view.unmapped_bytes = bytes;
	const struct trim_verdict verdict = p->trim->ask(p->trim->context, &view);

	if (verdict.action != TRIM_RAISE)
		return;
	p->par.mmap_threshold = verdict.mmap_threshold;
	p->par.trim_threshold = verdict.trim_threshold;
}
