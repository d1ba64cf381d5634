/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making, copying and looking at an address space: kernel/fork.c, dup_mm and mmput. */
#include <stdlib.h>

#include "core/host_memory.h"
#include "vm/mm_private.h"

int mm_frames_init(struct mm_frames *frames, const struct page_source *pages, uint64_t total_pages,
		   struct work *work, struct error *err)
{
	*frames = (struct mm_frames){ .pages = *pages,
				      .total_pages = total_pages,
				      .work = work,
				      .request = { .zone_hint = -1, .node = -1 },
				      .sharers = ptrmap_create(err) };
	return frames->sharers ? 0 : -1;
}

void mm_frames_finish(struct mm_frames *frames)
{
	ptrmap_destroy(frames->sharers);
	frames->sharers = NULL;
	rmap_finish(&frames->rmap);
}

static void give_nowhere(void *context, const struct request *request, pfn_t pfn)
{
	(void)context;
	(void)request;
	(void)pfn;
}

void mm_frames_abandon(struct mm_frames *frames)
{
	frames->pages.free = give_nowhere;
}

static struct mm *make(struct mm_frames *frames, struct error *err)
{
	struct mm *mm = calloc(1, sizeof(*mm));

	if (!mm) {
		error_set(err, ERROR_RUN, "no memory for an address space");
		return NULL;
	}
	mm->frames = frames;
	mm->space = mm_make_space(mm);
	mm->table.source = mm_table_source(mm);
	if (rmap_join(&frames->rmap, mm, &mm->number, err) == 0)
		return mm;
	free(mm);
	return NULL;
}

bool mm_may_begin(uint64_t brk0)
{
	return brk0 >= PAGE_SIZE_BYTES && brk0 < REGIONS_END;
}

struct mm *mm_create(struct mm_frames *frames, uint64_t brk0, struct error *err)
{
	struct mm *mm = make(frames, err);

	if (!mm)
		return NULL;
	mm->brk0 = mm->break_end = brk0;
	mm->break_limit = REGIONS_END;
	return mm;
}

/* mlockall is not inherited. */
struct mm *mm_fork(struct mm *parent, struct error *err)
{
	struct mm *child = make(parent->frames, err);

	if (!child)
		return NULL;
	child->brk0 = parent->brk0;
	child->break_end = parent->break_end;
	child->break_limit = parent->break_limit;
	child->allocator_end = parent->allocator_end;
	child->counts.total_vm_bytes = parent->counts.total_vm_bytes;
	child->counts.brk_bytes = parent->counts.brk_bytes;
	regions_copy(&child->regions, &parent->regions);
	mm_share_pages(parent, child);
	return child;
}

void mm_destroy(struct mm *mm)
{
	if (!mm)
		return;
	mm->returning = false;
	mm_zap(mm, 0, REGIONS_END);
	page_table_free(&mm->table);
	ptrmap_destroy(mm->returned);
	rmap_leave(&mm->frames->rmap, mm->number);
	free(mm->regions.list);
	free(mm);
}

const struct address_space *mm_space(const struct mm *mm)
{
	return &mm->space;
}

uint64_t mm_mapping_of(const struct mm *mm, uint64_t address)
{
	const struct region *r = regions_at(&mm->regions, address);

	if (!r || (r->start >= mm->brk0 && r->start < mm->break_end))
		return 0;
	return r->start;
}

/* Pages that are alike and lie side by side, as a walk goes on. */
struct walk {
	void (*visit)(void *context, uint64_t start, uint64_t end, bool present);
	void *context;
	uint64_t at;          /* up to here it is told */
	uint64_t present_end; /* of the extent in hand, which begins at `at`; 0: there is none */
};

static void walk_tell(struct walk *w)
{
	if (w->present_end)
		w->visit(w->context, w->at, w->present_end, true);
	w->at = w->present_end ? w->present_end : w->at;
	w->present_end = 0;
}

static void walk_entry(void *context, uint64_t page, uint64_t *entry)
{
	struct walk *w = context;
	const uint64_t start = page << PAGE_SHIFT;

	if (!(*entry & PTE_OWN))
		return;
	if (w->present_end != start) {
		walk_tell(w);
		if (start > w->at)
			w->visit(w->context, w->at, start, false);
		w->at = start;
	}
	w->present_end = start + PAGE_SIZE_BYTES;
}

void mm_walk(struct mm *mm, uint64_t start, uint64_t end,
	     void (*visit)(void *context, uint64_t start, uint64_t end, bool present),
	     void *context)
{
	struct walk w = { visit, context, start, 0 };

	page_table_visit(&mm->table, start >> PAGE_SHIFT, end >> PAGE_SHIFT, walk_entry, &w);
	walk_tell(&w);
	if (w.at < end)
		visit(context, w.at, end, false);
}

struct frame_walk {
	void (*visit)(void *context, pfn_t pfn, bool is_table);
	void *context;
};

static void tell_page(void *context, uint64_t page, uint64_t *entry)
{
	const struct frame_walk *w = context;

	(void)page;
	if (*entry & PTE_OWN)
		w->visit(w->context, pte_pfn(*entry), false);
}

static void tell_table(void *context, pfn_t pfn)
{
	const struct frame_walk *w = context;

	w->visit(w->context, pfn, true);
}

void mm_walk_frames(struct mm *mm, void (*visit)(void *context, pfn_t pfn, bool is_table),
		    void *context)
{
	struct frame_walk w = { visit, context };

	page_table_visit(&mm->table, 0, REGIONS_END >> PAGE_SHIFT, tell_page, &w);
	page_table_visit_tables(&mm->table, tell_table, &w);
}

const uint64_t *mm_counts_rss(const struct mm *mm)
{
	return &mm->counts.rss_pages;
}

void mm_returning(struct mm *mm, bool returning)
{
	mm->returning = returning;
	if (returning && !mm->returned)
		mm->returned = host_memory_need(ptrmap_create(NULL), "pages given back");
}

struct mm_counts mm_counts(const struct mm *mm)
{
	struct mm_counts counts = mm->counts;

	counts.page_tables = mm->table.tables;
	return counts;
}
