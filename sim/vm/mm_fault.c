/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page faults and the frames behind pages: mm/memory.c. */
#include "core/assert.h"
#include "core/gfp.h"
#include "core/host_memory.h"
#include "vm/mm_private.h"

/* GFP_PGTABLE_USER without the bits of bookkeeping. */
static const uint32_t table_gfp = GFP_MASK_KERNEL | GFP_BIT_ZERO | GFP_BIT_ACCOUNT;
/* vma_alloc_folio(); cleared where nothing is copied into it. */
static const uint32_t user_gfp = GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP;

static pfn_t frame_alloc(struct mm_frames *f, uint32_t gfp)
{
	f->request.gfp = gfp;
	f->request.migratetype = (uint8_t)gfp_migratetype(gfp);
	return page_source_alloc(&f->pages, &f->request);
}

static void frame_free(struct mm_frames *f, pfn_t pfn, uint32_t gfp)
{
	rmap_set(&f->rmap, pfn, RMAP_NOBODY);
	f->request.gfp = gfp;
	f->request.migratetype = (uint8_t)gfp_migratetype(gfp);
	page_source_free(&f->pages, &f->request, pfn);
}

static bool table_alloc(void *context, pfn_t *pfn)
{
	struct mm *mm = context;

	*pfn = frame_alloc(mm->frames, table_gfp);
	if (pfn_is_none(*pfn))
		return false;
	rmap_set(&mm->frames->rmap, *pfn, RMAP_TABLE);
	return true;
}

static void table_release(void *context, pfn_t pfn)
{
	struct mm *mm = context;

	frame_free(mm->frames, pfn, table_gfp);
}

struct table_source mm_table_source(struct mm *mm)
{
	return (struct table_source){ table_alloc, table_release, mm };
}

static void sharers_put(struct mm_frames *f, pfn_t pfn, uint32_t count)
{
	host_memory_check(ptrmap_put(f->sharers, pfn.v, count, NULL) == 0, "shared pages");
}

/* True when another process still maps the frame, which is one fewer now. */
static bool frame_unshare(struct mm_frames *f, pfn_t pfn)
{
	const uint32_t others = ptrmap_get(f->sharers, pfn.v);

	if (others == PTRMAP_NONE)
		return false;
	if (others > 1)
		sharers_put(f, pfn, others - 1);
	else
		ptrmap_take(f->sharers, pfn.v);
	return true;
}

static void fail(struct mm *mm)
{
	mm->counts.failed_faults++;
	mm->frames->failed_faults++;
}

static void count_present(struct mm *mm)
{
	if (++mm->counts.rss_pages > mm->counts.rss_pages_max)
		mm->counts.rss_pages_max = mm->counts.rss_pages;
}

/* A frame of the process's own; the page allocator clears it if it is to be. */
static bool map_frame(struct mm *mm, uint64_t page, uint64_t *entry, uint32_t cleared)
{
	const pfn_t pfn = frame_alloc(mm->frames, user_gfp | cleared);
	struct work *work = mm->frames->work;

	if (pfn_is_none(pfn)) {
		fail(mm);
		return false;
	}
	rmap_set_page(&mm->frames->rmap, pfn, mm->number, page);
	work_count(work, WORK_anon_page);
	work_count(work, WORK_pte_set);
	*entry = pte_of(pfn, PTE_OWN);
	return true;
}

/* do_wp_page: a frame that nobody else has any more is kept. */
static void write_shared(struct mm *mm, uint64_t page, uint64_t *entry)
{
	const uint64_t old = *entry;

	if (ptrmap_get(mm->frames->sharers, pte_pfn(old).v) == PTRMAP_NONE) {
		*entry = old & ~(uint64_t)PTE_COW;
		rmap_set_page(&mm->frames->rmap, pte_pfn(old), mm->number, page);
		work_count(mm->frames->work, WORK_pte_set);
		return;
	}
	if (!map_frame(mm, page, entry, 0))
		return;
	mm->counts.cow_faults++;
	work_count(mm->frames->work, WORK_copy_page);
	work_count(mm->frames->work, WORK_tlb_flush);
	frame_unshare(mm->frames, pte_pfn(old));
}

/* False: there was no memory. */
static bool fault(struct mm *mm, uint64_t page, uint64_t *entry, bool write)
{
	const uint64_t failed = mm->counts.failed_faults;

	mm->counts.min_flt++;
	if (mm->returned && ptrmap_take(mm->returned, page) != PTRMAP_NONE)
		mm->counts.refaults++;
	if (!entry)
		entry = page_table_make(&mm->table, page);
	if (!entry) {
		fail(mm);
	} else if (!write) {
		*entry = PTE_ZERO;
		work_count(mm->frames->work, WORK_pte_set);
	} else if (*entry & PTE_COW) {
		write_shared(mm, page, entry);
	} else if (map_frame(mm, page, entry, GFP_BIT_ZERO)) {
		count_present(mm);
	}
	return mm->counts.failed_faults == failed;
}

static bool needs_fault(const uint64_t *entry, bool write)
{
	if (!entry || !*entry)
		return true;
	return write && (*entry & (PTE_OWN | PTE_COW)) != PTE_OWN;
}

void mm_touch_pages(struct mm *mm, uint64_t first, uint64_t end, bool write)
{
	for (uint64_t page = first; page < end; page++) {
		uint64_t *entry = page_table_find(&mm->table, page);

		if (!needs_fault(entry, write))
			continue;
		work_count(mm->frames->work, WORK_minor_fault);
		if (!fault(mm, page, entry, write))
			return;
	}
}

void mm_populate(struct mm *mm, uint64_t start, uint64_t end)
{
	for (uint64_t page = start >> PAGE_SHIFT; page < mm_page_up(end) >> PAGE_SHIFT; page++) {
		uint64_t *entry = page_table_find(&mm->table, page);

		if (needs_fault(entry, true) && !fault(mm, page, entry, true))
			return;
	}
}

static void zap_entry(void *context, uint64_t page, uint64_t *entry)
{
	struct mm *mm = context;

	if (*entry & PTE_OWN) {
		mm->counts.rss_pages--;
		if (mm->returning)
			host_memory_check(ptrmap_put(mm->returned, page, 1, NULL) == 0,
					  "pages given back");
		if (!(*entry & PTE_COW) || !frame_unshare(mm->frames, pte_pfn(*entry)))
			frame_free(mm->frames, pte_pfn(*entry), user_gfp);
	}
	work_count(mm->frames->work, WORK_zap_page);
	*entry = 0;
}

void mm_zap(struct mm *mm, uint64_t start, uint64_t end)
{
	const uint64_t before = mm->frames->work->count[WORK_zap_page];

	page_table_visit(&mm->table, start >> PAGE_SHIFT, mm_page_up(end) >> PAGE_SHIFT, zap_entry,
			 mm);
	if (mm->frames->work->count[WORK_zap_page] != before)
		work_count(mm->frames->work, WORK_tlb_flush);
}

void mm_free_tables(struct mm *mm, uint64_t start, uint64_t end)
{
	const struct regions *r = &mm->regions;
	const size_t next = regions_behind(r, start);
	const uint64_t floor = next > 0 ? r->list[next - 1].end : 0;
	const uint64_t ceiling = next < r->count ? r->list[next].start : UINT64_MAX;

	page_table_prune(&mm->table, start >> PAGE_SHIFT, mm_page_up(end) >> PAGE_SHIFT,
			 floor >> PAGE_SHIFT, ceiling >> PAGE_SHIFT);
}

struct move {
	struct mm *mm;
	uint64_t from, to; /* pages */
};

static void move_entry(void *context, uint64_t page, uint64_t *entry)
{
	const struct move *m = context;
	uint64_t *to = page_table_make(&m->mm->table, page - m->from + m->to);

	work_count(m->mm->frames->work, WORK_pte_set);
	if (to) {
		*to = *entry;
		*entry = 0;
		if ((*to & (PTE_OWN | PTE_COW)) == PTE_OWN)
			rmap_set_page(&m->mm->frames->rmap, pte_pfn(*to), m->mm->number,
				      page - m->from + m->to);
		return;
	}
	fail(m->mm);
	zap_entry(m->mm, page, entry);
}

/* The pages move with the mapping, they are not touched again. */
void mm_move_pages(struct mm *mm, uint64_t from, uint64_t to, uint64_t length)
{
	struct move move = { mm, from >> PAGE_SHIFT, to >> PAGE_SHIFT };

	page_table_visit(&mm->table, move.from, (from + length) >> PAGE_SHIFT, move_entry, &move);
	work_count(mm->frames->work, WORK_tlb_flush);
}

static void share_entry(void *context, uint64_t page, uint64_t *entry)
{
	struct mm *child = context;
	uint64_t *copy = page_table_make(&child->table, page);

	if (!copy) {
		fail(child);
		return;
	}
	work_count(child->frames->work, WORK_pte_set);
	if (*entry & PTE_OWN) {
		const uint32_t others = ptrmap_get(child->frames->sharers, pte_pfn(*entry).v);

		*entry |= PTE_COW;
		rmap_set_shared(&child->frames->rmap, pte_pfn(*entry), page);
		sharers_put(child->frames, pte_pfn(*entry), others == PTRMAP_NONE ? 1 : others + 1);
		count_present(child);
	}
	*copy = *entry;
}

void mm_share_pages(struct mm *parent, struct mm *child)
{
	page_table_visit(&parent->table, 0, REGIONS_END >> PAGE_SHIFT, share_entry, child);
	work_count(parent->frames->work, WORK_tlb_flush);
}

/* The mm's entry that maps the frame; NULL: it does not, or elsewhere. */
static uint64_t *entry_of(struct mm *mm, uint64_t page, pfn_t pfn)
{
	uint64_t *entry = mm ? page_table_find(&mm->table, page) : NULL;

	return entry && *entry & PTE_OWN && pte_pfn(*entry).v == pfn.v ? entry : NULL;
}

/* How many processes map it. */
static uint32_t users_of(const struct mm_frames *f, pfn_t pfn)
{
	const uint32_t others = ptrmap_get(f->sharers, pfn.v);

	return others == PTRMAP_NONE ? 1 : others + 1;
}

bool mm_frames_movable(struct mm_frames *frames, pfn_t pfn)
{
	const struct rmap *r = &frames->rmap;
	const struct rmap_place place = rmap_find(r, pfn);

	if (place.use != RMAP_SHARED)
		return true;
	uint32_t missing = users_of(frames, pfn);

	for (uint32_t i = 0; i < r->mm_count && missing; i++)
		missing -= entry_of(r->mms[i], place.page, pfn) != NULL;
	return missing == 0;
}

static void move_entry_to(struct mm_frames *f, uint64_t *entry, pfn_t to)
{
	*entry = pte_of(to, *entry & (PTE_OWN | PTE_COW));
	work_count(f->work, WORK_pte_set);
}

static void move_shared(struct mm_frames *f, pfn_t from, pfn_t to, uint64_t page)
{
	const uint32_t others = ptrmap_take(f->sharers, from.v);
	uint32_t left = others == PTRMAP_NONE ? 1 : others + 1;

	for (uint32_t i = 0; i < f->rmap.mm_count && left; i++) {
		uint64_t *entry = entry_of(f->rmap.mms[i], page, from);
		if (!entry)
			continue;
		move_entry_to(f, entry, to);
		left--;
	}
	SIM_ASSERT(!left);
	if (others != PTRMAP_NONE)
		sharers_put(f, to, others);
	rmap_set_shared(&f->rmap, to, page);
}

static void move_own(struct mm_frames *f, pfn_t from, pfn_t to, const struct rmap_place *place)
{
	uint64_t *entry = entry_of(place->mm, place->page, from);

	SIM_ASSERT(entry);
	move_entry_to(f, entry, to);
	rmap_set_page(&f->rmap, to, place->mm->number, place->page);
}

bool mm_frames_move(struct mm_frames *frames, pfn_t from, pfn_t to)
{
	const struct rmap_place place = rmap_find(&frames->rmap, from);

	if (place.use == RMAP_PAGE)
		move_own(frames, from, to, &place);
	else if (place.use == RMAP_SHARED)
		move_shared(frames, from, to, place.page);
	else
		return false;
	rmap_set(&frames->rmap, from, RMAP_NOBODY);
	work_count(frames->work, WORK_tlb_flush);
	return true;
}
