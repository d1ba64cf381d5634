/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/frame_uses.h"

#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"
#include "machine/page_cache.h"
#include "machine/page_records.h"
#include "machine/start.h"

const char *const frame_use_names[FRAME_USE_KINDS] = {
	"reserved", "free",      "per-cpu list", "slab",          "page table",
	"vmalloc",  "anonymous", "file",         "other movable", "other unmovable",
};

/* What a claim's number is of; ids stand at an allocation's first frame, the others at each. */
enum {
	CLAIM_NONE,
	CLAIM_PAGE,
	CLAIM_OBJECT,
	CLAIM_SLAB,
	CLAIM_PROCESS, /* its page */
	CLAIM_TABLE,   /* its page table */
	CLAIM_KIND_SHIFT = 29,
};

static uint32_t claim_of(unsigned kind, uint32_t number)
{
	return (uint32_t)kind << CLAIM_KIND_SHIFT | number;
}

static uint32_t claim_number(uint32_t claim)
{
	return claim & ((1u << CLAIM_KIND_SHIFT) - 1);
}

enum frame_use_kind frame_use_of_gfp(uint32_t gfp, unsigned order)
{
	const uint32_t readahead = GFP_BIT_NOWARN | GFP_BIT_NORETRY;
	const uint32_t page_table = GFP_MASK_KERNEL | GFP_BIT_ACCOUNT | GFP_BIT_ZERO;
	bool user =
		(gfp & (GFP_BIT_HIGHMEM | GFP_BIT_MOVABLE)) == (GFP_BIT_HIGHMEM | GFP_BIT_MOVABLE);

	if (user && (gfp & GFP_BIT_ZERO || gfp & GFP_BIT_NOMEMALLOC))
		return USE_ANONYMOUS; /* GFP_TRANSHUGE has NOMEMALLOC */
	if (user && (gfp & GFP_BIT_WRITE || (gfp & readahead) == readahead))
		return USE_FILE;
	if (gfp & GFP_BIT_MOVABLE)
		return USE_MOVABLE;
	if ((gfp & readahead) == readahead || gfp & GFP_BIT_RECLAIMABLE)
		return USE_SLAB;
	if (gfp & GFP_BIT_HIGHMEM && !(gfp & GFP_BIT_HARDWALL))
		return USE_VMALLOC;
	return gfp == page_table && order == 0 ? USE_PAGE_TABLE : USE_UNMOVABLE;
}

/* --- who is alive --- */

static void set_slab_claims(struct frame_uses *uses, uint32_t pfn, unsigned order, uint32_t claim)
{
	for (uint32_t i = 0; i < 1u << order && pfn + i < uses->frames; i++)
		uses->claims[pfn + i] = claim;
}

static void claim_slab(void *context, const struct slab_extent *extent)
{
	struct frame_uses *uses = context;

	if (uses->slab_count == uses->slab_capacity) {
		size_t capacity = uses->slab_capacity ? 2 * uses->slab_capacity : 1024;
		struct slab_use *slabs = realloc(uses->slabs, capacity * sizeof(*slabs));
		uses->failed = uses->failed || !slabs;
		if (!slabs)
			return;
		uses->slabs = slabs;
		uses->slab_capacity = capacity;
	}
	set_slab_claims(uses, extent->pfn.v, extent->order,
			claim_of(CLAIM_SLAB, (uint32_t)uses->slab_count));
	uses->slabs[uses->slab_count++] = (struct slab_use){ .pfn = extent->pfn.v,
							     .cache = extent->cache,
							     .order = extent->order,
							     .inuse = extent->inuse };
}

/* The frames of a page allocation, as far as it still has them. */
struct page_block {
	uint32_t pfn;
	uint8_t order;
	bool split; /* parts of it have been freed */
};

/* One that was made before the start is where it was recorded, as long as it is in use there. */
static bool page_block(const struct machine *m, uint32_t id, struct page_block *block)
{
	uint64_t entry = m->ids.page[id];
	uint64_t value = (entry & ~(IDENTITY_OLDER | IDENTITY_SPLIT)) - 1;

	if (!entry)
		return false;
	*block = (struct page_block){ .pfn = (uint32_t)value,
				      .order = page_entry_order(entry),
				      .split = entry & IDENTITY_SPLIT };
	if (!(entry & IDENTITY_OLDER))
		return block->pfn < m->services.frames;
	block->order = m->trace->definitions->origins[m->ids.page_owner[id].origin].order;
	return value < m->services.frames && start_has_addresses(m->start) &&
	       start_page_kind(m->start, block->pfn);
}

/* A whole block is claimed at its first frame, a split one at each. */
static void set_page_claim(struct frame_uses *uses, const struct page_block *block, uint32_t claim)
{
	const uint32_t end = block->pfn + (block->split ? 1u << block->order : 1);

	for (uint32_t pfn = block->pfn; pfn < end && pfn < uses->frames; pfn++)
		uses->claims[pfn] = claim;
}

/* Split blocks come first of all: what they have no more may be others'. */
static void claim_pages(struct frame_uses *uses, bool split)
{
	uint32_t ids = machine_owned_ids(uses->m, SPACE_PAGE);
	struct page_block block;

	for (uint32_t id = 1; id <= ids; id++)
		if (page_block(uses->m, id, &block) && block.split == split)
			set_page_claim(uses, &block, claim_of(CLAIM_PAGE, id));
	uses->looked_at += ids;
}

static void forget_pages(struct frame_uses *uses)
{
	uint32_t ids = machine_owned_ids(uses->m, SPACE_PAGE);
	struct page_block block;

	for (uint32_t id = 1; id <= ids; id++)
		if (page_block(uses->m, id, &block))
			set_page_claim(uses, &block, 0);
}

static void claim_large_object(struct frame_uses *uses, uint32_t id, uint32_t pfn)
{
	if (uses->large_count == uses->large_capacity) {
		size_t capacity = uses->large_capacity ? 2 * uses->large_capacity : 64;
		uint32_t *large = realloc(uses->large, capacity * sizeof(*large));
		uses->failed = uses->failed || !large;
		if (!large)
			return;
		uses->large = large;
		uses->large_capacity = capacity;
	}
	uses->large[uses->large_count++] = pfn;
	uses->claims[pfn] = claim_of(CLAIM_OBJECT, id);
}

/*
 * What kmalloc passes on to the page allocator is in no slab, and begins a page. Most entries are
 * told apart by the one test for what does not, free ones and those of older objects too.
 */
static void claim_large_objects(struct frame_uses *uses)
{
	const uint64_t *entries = uses->m->ids.object;
	uint32_t ids = machine_owned_ids(uses->m, SPACE_OBJECT);

	for (uint32_t id = 1; id <= ids; id++) {
		const uint64_t object = entries[id] - 1;
		if (object & (IDENTITY_OLDER | (PAGE_SIZE_BYTES - 1)))
			continue;
		const uint64_t pfn = object >> PAGE_SHIFT;
		if (pfn < uses->frames && uses->claims[pfn] >> CLAIM_KIND_SHIFT != CLAIM_SLAB)
			claim_large_object(uses, id, (uint32_t)pfn);
	}
	uses->looked_at += ids;
}

/* A process's frames, or (claims of kind CLAIM_NONE) those that are claimed no more. */
struct process_claims {
	struct frame_uses *uses;
	uint32_t page, table; /* claims */
};

static void claim_process_frame(void *context, pfn_t pfn, bool is_table)
{
	const struct process_claims *claims = context;

	if (pfn.v < claims->uses->frames)
		claims->uses->claims[pfn.v] = is_table ? claims->table : claims->page;
	claims->uses->looked_at++;
}

static void set_process_claims(struct frame_uses *uses, bool claimed)
{
	const struct processes *ps = &uses->m->processes;
	struct process_claims claims = { .uses = uses };

	for (uint32_t i = 0; i < ps->count; i++) {
		const struct process *p = process_at(ps, i);
		if (p->ended)
			continue;
		if (claimed) {
			claims.page = claim_of(CLAIM_PROCESS, i);
			claims.table = claim_of(CLAIM_TABLE, i);
		}
		mm_walk_frames(p->mm, claim_process_frame, &claims);
	}
}

struct frame_uses *frame_uses_create(struct machine *m, struct error *err)
{
	struct frame_uses *uses = calloc(1, sizeof(*uses));

	if (!uses) {
		error_set(err, ERROR_RUN, "no memory for the map of physical memory");
		return NULL;
	}
	uses->m = m;
	uses->frames = m->services.frames;
	uses->claims = arena_array(m->arena, uses->frames, sizeof(*uses->claims), err);
	if (uses->claims)
		return uses;
	frame_uses_destroy(uses);
	return NULL;
}

void frame_uses_destroy(struct frame_uses *uses)
{
	if (!uses)
		return;
	free(uses->slabs);
	free(uses->large);
	free(uses);
}

int frame_uses_find(struct frame_uses *uses, struct error *err)
{
	const struct machine *m = uses->m;

	uses->looked_at = 0;
	claim_pages(uses, true);
	claim_pages(uses, false);
	if (!m->page_level) {
		m->slab->walk(m->slab_state, claim_slab, uses);
		claim_large_objects(uses);
	}
	set_process_claims(uses, true);
	uses->looked_at += uses->slab_count;
	return uses->failed ? error_set(err, ERROR_RUN, "no memory for the map of physical memory")
			    : 0;
}

/* Only what was claimed is touched: the table is as long as the machine's memory. */
void frame_uses_forget(struct frame_uses *uses)
{
	forget_pages(uses);
	set_process_claims(uses, false);
	for (size_t i = 0; i < uses->large_count; i++)
		uses->claims[uses->large[i]] = 0;
	uses->large_count = 0;
	for (size_t i = 0; i < uses->slab_count; i++)
		set_slab_claims(uses, uses->slabs[i].pfn, uses->slabs[i].order, 0);
	uses->slab_count = 0;
}

static uint32_t claim_at(const struct frame_uses *uses, uint32_t pfn)
{
	return pfn < uses->frames ? uses->claims[pfn] : 0;
}

uint32_t frame_uses_slab_at(const struct frame_uses *uses, uint32_t pfn)
{
	uint32_t claim = claim_at(uses, pfn);

	return claim >> CLAIM_KIND_SHIFT == CLAIM_SLAB ? claim_number(claim) + 1 : 0;
}

/* --- the walk --- */

struct walk {
	struct frame_uses *uses;
	void (*visit)(void *context, const struct frame_use *use);
	void *context;
	uint32_t at; /* first frame not told of yet */
};

static void tell_reserved(struct walk *w, uint32_t end)
{
	struct frame_use use = { .pfn = w->at, .count = end - w->at, .kind = USE_RESERVED };

	if (end > w->at)
		w->visit(w->context, &use);
	w->at = end;
}

/* A page in use since before the start, by the letter of the recorded state (page_run). */
static enum frame_use_kind older_kind(char letter, bool movable)
{
	switch (letter) {
	case 'S':
		return USE_SLAB;
	case 'T':
		return USE_PAGE_TABLE;
	case 'a':
	case 'A':
		return USE_ANONYMOUS;
	case 's':
	case 'f':
	case 'F':
		return USE_FILE;
	default:
		return movable ? USE_MOVABLE : USE_UNMOVABLE;
	}
}

/* machine.page_cache, which has no id of the trace. */
static bool describe_cache_page(const struct machine *m, struct frame_use *use)
{
	if (!page_cache_has(m->page_cache, (pfn_t){ use->pfn }))
		return false;
	use->older = true;
	use->movable = true;
	use->kind = USE_FILE;
	use->count = 1;
	return true;
}

static void describe_older(const struct machine *m, struct frame_use *use)
{
	char letter = start_page_kind(m->start, use->pfn);

	use->older = letter != '\0';
	/* free at the start and in use without an allocation: compaction moved a page there */
	use->movable = use->movable || (letter && strchr("AFB", letter));
	use->kind = (uint8_t)older_kind(letter, use->movable);
	use->count = 1;
}

static void describe_page(const struct machine *m, struct frame_use *use, uint32_t id)
{
	const struct owner *owner = &m->ids.page_owner[id];
	uint32_t gfp = m->trace->definitions->origins[owner->origin].gfp;
	struct page_block block = { 0 };

	page_block(m, id, &block);
	use->page = id;
	use->kind = (uint8_t)frame_use_of_gfp(gfp, block.order);
	/* As user pages join an LRU list; a policy that keeps no account of it cannot tell. */
	use->movable = use->movable || (gfp & GFP_BIT_MOVABLE && gfp & GFP_BIT_COMP);
	use->count = block.split ? 1 : 1u << block.order;
}

static void describe_object(const struct machine *m, struct frame_use *use, uint32_t id)
{
	object_t object = m->ids.object[id] - 1;
	uint32_t bytes = m->slab->usable_size(m->slab_state, object);

	use->object = id;
	use->kind = USE_SLAB;
	use->count = bytes > PAGE_SIZE_BYTES ? bytes >> PAGE_SHIFT : 1;
}

static void describe_slab(const struct frame_uses *uses, struct frame_use *use, uint32_t number)
{
	const struct slab_use *slab = &uses->slabs[number];

	use->slab = number + 1;
	use->kind = USE_SLAB;
	use->count = slab->pfn + (1u << slab->order) - use->pfn;
}

/* User pages can be moved, as they are on LRU lists; page tables cannot. */
static void describe_process(struct frame_use *use, uint32_t index, bool is_table)
{
	use->process = index + 1;
	use->kind = is_table ? USE_PAGE_TABLE : USE_ANONYMOUS;
	use->movable = !is_table;
	use->count = 1;
}

/* What the frame at use->pfn is, and how many after it are the same. */
static void describe(const struct frame_uses *uses, struct frame_use *use)
{
	uint32_t claim = claim_at(uses, use->pfn), number = claim_number(claim);

	switch (claim >> CLAIM_KIND_SHIFT) {
	case CLAIM_PAGE:
		describe_page(uses->m, use, number);
		break;
	case CLAIM_OBJECT:
		describe_object(uses->m, use, number);
		break;
	case CLAIM_SLAB:
		describe_slab(uses, use, number);
		break;
	case CLAIM_PROCESS:
	case CLAIM_TABLE:
		describe_process(use, number, claim >> CLAIM_KIND_SHIFT == CLAIM_TABLE);
		break;
	default:
		if (!describe_cache_page(uses->m, use))
			describe_older(uses->m, use);
	}
}

static void tell_in_use(struct walk *w, const struct page_extent *extent)
{
	uint32_t end = extent->pfn.v + (1u << extent->order);

	while (w->at < end) {
		struct frame_use use = { .pfn = w->at,
					 .migratetype = extent->migratetype,
					 .movable = extent->movable };
		describe(w->uses, &use);
		if (use.count > end - w->at)
			use.count = end - w->at;
		w->visit(w->context, &use);
		w->at += use.count;
	}
}

static void tell_extent(void *context, const struct page_extent *extent)
{
	struct walk *w = context;
	struct frame_use use = { .pfn = extent->pfn.v,
				 .count = 1u << extent->order,
				 .kind = extent->free ? USE_FREE : USE_PCP,
				 .order = extent->order,
				 .migratetype = extent->migratetype };

	w->uses->looked_at++;
	tell_reserved(w, extent->pfn.v);
	if (!extent->free && !extent->pcp) {
		tell_in_use(w, extent);
		return;
	}
	w->visit(w->context, &use);
	w->at += use.count;
}

void frame_uses_walk(struct frame_uses *uses,
		     void (*visit)(void *context, const struct frame_use *use), void *context)
{
	struct machine *m = uses->m;
	struct walk w = { .uses = uses, .visit = visit, .context = context };
	struct page_counts *counts = calloc(1, sizeof(*counts));
	uint32_t end = 0;

	m->page->walk(m->page_state, tell_extent, &w);
	if (counts)
		m->page->counts(m->page_state, counts);
	for (uint32_t i = 0; counts && i < counts->zone_count; i++) {
		uint32_t zone_end = counts->zones[i].start_pfn + counts->zones[i].spanned;
		end = zone_end > end ? zone_end : end;
	}
	free(counts);
	if (w.at)
		tell_reserved(&w, end);
}
