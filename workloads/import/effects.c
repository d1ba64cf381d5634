/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/effects.h"

#include <stdlib.h>

#include "base/ptrmap.h"
#include "core/gfp.h"
#include "core/ids.h"
#include "core/operation.h"
#include "import/direct_map.h"

enum {
	EFFECTS_ORDER_MAX = 10, /* larger pages hold no slab */
	EFFECTS_CPUS = RECORD_CPU_MASK + 1,
	SLAB_ORDER_MAX = 3, /* slub_max_order, PAGE_ALLOC_COSTLY_ORDER */
};

enum block_kind {
	BLOCK_OPEN,  /* allocated, and nothing has told yet what for */
	BLOCK_SLAB,  /* an object was seen in it in time */
	BLOCK_CAUSE, /* it left the window before an object was seen in it */
	BLOCK_OLD,   /* a page older than the trace that objects were seen in */
};

/* Pages of one allocation, or one page of an older one. */
struct block {
	uint64_t number; /* of the event that allocated it, or of the latest object seen in it */
	uint8_t order;
	uint8_t kind; /* enum block_kind */
	uint32_t next_unused;
};

struct effects {
	struct window *window;
	struct names *names;
	struct import_report *report;
	struct direct_map map;
	bool hashed;          /* pointers carry no address */
	bool objects;         /* object events were seen */
	uint64_t looked_at;   /* number of the next event to look at */
	struct ptrmap *heads; /* first page frame -> block */
	struct block *blocks;
	uint32_t block_count, block_capacity, unused; /* unused: UINT32_MAX ends the chain */
	unsigned order_max;                           /* largest block so far */
	/* Hashed pointers: key of the latest page allocation with nothing behind it, by CPU. */
	uint32_t page_before[EFFECTS_CPUS];
};

struct effects *effects_create(struct window *window, struct names *names,
			       struct import_report *report, struct error *err)
{
	struct effects *x = calloc(1, sizeof(*x));
	if (!x) {
		error_set(err, ERROR_RUN, "no memory for the import window");
		return NULL;
	}
	x->window = window;
	x->names = names;
	x->report = report;
	x->unused = UINT32_MAX;
	for (unsigned cpu = 0; cpu < EFFECTS_CPUS; cpu++)
		x->page_before[cpu] = UINT32_MAX;
	report->effect_rule = "none";
	x->heads = ptrmap_create(err);
	if (!x->heads) {
		effects_destroy(x);
		return NULL;
	}
	return x;
}

void effects_destroy(struct effects *x)
{
	if (!x)
		return;
	ptrmap_destroy(x->heads);
	free(x->blocks);
	free(x);
}

void effects_set_base(struct effects *x, uint64_t page_offset)
{
	x->map.base = page_offset;
}

static struct block *block_at(struct effects *x, uint64_t pfn)
{
	uint32_t index = ptrmap_get(x->heads, pfn);
	return index == PTRMAP_NONE ? NULL : &x->blocks[index];
}

static void block_drop(struct effects *x, uint64_t pfn)
{
	uint32_t index = ptrmap_take(x->heads, pfn);
	if (index == PTRMAP_NONE)
		return;
	x->blocks[index].next_unused = x->unused;
	x->unused = index;
}

static int block_add(struct effects *x, uint64_t pfn, const struct block *block, struct error *err)
{
	uint32_t index = x->unused;
	if (index != UINT32_MAX) {
		x->unused = x->blocks[index].next_unused;
	} else if (x->block_count < x->block_capacity) {
		index = x->block_count++;
	} else {
		uint32_t capacity = x->block_capacity ? 2 * x->block_capacity : 4096;
		struct block *grown = realloc(x->blocks, capacity * sizeof(*grown));
		if (!grown)
			return error_set(err, ERROR_RUN, "no memory for the trace's pages");
		x->blocks = grown;
		x->block_capacity = capacity;
		index = x->block_count++;
	}
	x->blocks[index] = *block;
	return ptrmap_put(x->heads, pfn, index, err);
}

static void mark_effect(struct effects *x, struct import_event *e)
{
	if (!(e->record.flags & RECORD_EFFECT))
		x->report->effects++;
	e->record.flags |= RECORD_EFFECT;
}

static int saw_page_alloc(struct effects *x, struct import_event *e, uint64_t number,
			  struct error *err)
{
	unsigned order = e->record.size;
	uint64_t pfn = e->record.address;
	unsigned cpu = record_cpu(&e->record);
	if (e->record.flags & RECORD_FAILED || order > EFFECTS_ORDER_MAX)
		return 0;
	/* What was known of these pages belongs to whoever had them before. */
	for (uint64_t page = pfn; page < pfn + (1ull << order); page++)
		block_drop(x, page);
	struct block block = { .number = number, .order = (uint8_t)order, .kind = BLOCK_OPEN };
	if (order > x->order_max)
		x->order_max = order;
	x->page_before[cpu] = window_key(number);
	return block_add(x, pfn, &block, err);
}

static void saw_page_free(struct effects *x, struct import_event *e)
{
	unsigned order = e->record.size;
	uint64_t pfn = e->record.address;
	struct block *block = block_at(x, pfn);
	x->page_before[record_cpu(&e->record)] = UINT32_MAX;
	if (block && block->kind != BLOCK_OLD) {
		if (block->kind == BLOCK_SLAB)
			mark_effect(x, e);
		return;
	}
	if (order > EFFECTS_ORDER_MAX)
		return;
	for (uint64_t page = pfn; page < pfn + (1ull << order); page++) {
		block = block_at(x, page);
		if (block && block->kind == BLOCK_OLD)
			mark_effect(x, e);
	}
}

/* The block that holds the page frame, whatever its first one is. */
static struct block *block_around(struct effects *x, uint64_t pfn)
{
	uint64_t looked = UINT64_MAX;
	for (unsigned order = 0; order <= x->order_max; order++) {
		uint64_t head = pfn >> order << order;
		struct block *block = head == looked ? NULL : block_at(x, head);
		if (block && pfn < head + (1ull << block->order))
			return block;
		looked = head;
	}
	return NULL;
}

static int saw_object_address(struct effects *x, uint64_t address, uint64_t number,
			      struct error *err)
{
	uint64_t pfn = (address - x->map.base) >> PAGE_SHIFT;
	if (address < x->map.base || pfn >= UINT32_MAX)
		return 0;
	struct block *block = block_around(x, pfn);
	if (!block) {
		struct block old = { .number = number, .kind = BLOCK_OLD };
		return block_add(x, pfn, &old, err);
	}
	if (block->kind == BLOCK_OLD)
		block->number = number;
	if (block->kind != BLOCK_OPEN)
		return 0;
	block->kind = BLOCK_SLAB;
	mark_effect(x, window_at(x->window, block->number));
	return 0;
}

/* Could a slab of this order hold such an object, or a large kmalloc get this order? */
static bool order_fits(const struct import_event *page, const struct import_event *object)
{
	uint64_t bytes = (uint64_t)PAGE_SIZE_BYTES << page->record.size;
	if (object->record.size > bytes)
		return false;
	return page->record.size <= SLAB_ORDER_MAX || 2ull * object->record.size > bytes;
}

static bool gfp_is_kernel(uint32_t gfp)
{
	return !(gfp & (GFP_BIT_MOVABLE | GFP_BIT_HIGHMEM | GFP_BIT_HARDWALL));
}

static void saw_hashed_object(struct effects *x, struct import_event *object)
{
	unsigned cpu = record_cpu(&object->record);
	uint32_t key = x->page_before[cpu];
	x->page_before[cpu] = UINT32_MAX;
	struct import_event *page = key == UINT32_MAX ? NULL : window_find(x->window, key);
	if (!page || page->record.task != object->record.task || !order_fits(page, object) ||
	    !gfp_is_kernel(names_origin_gfp(x->names, page->raw_origin)))
		return;
	struct block *block = block_at(x, page->record.address);
	if (!block || block->kind != BLOCK_OPEN)
		return;
	block->kind = BLOCK_SLAB;
	mark_effect(x, page);
}

static bool is_object_alloc(const struct import_event *e)
{
	return (e->record.operation == OP_KMALLOC || e->record.operation == OP_KMEM_CACHE_ALLOC) &&
	       e->record.address != 0;
}

static bool is_object(const struct import_event *e)
{
	return operation_table[e->record.operation].space == SPACE_OBJECT;
}

static int look_at(struct effects *x, uint64_t number, struct error *err)
{
	struct import_event *e = window_at(x->window, number);
	switch (e->record.operation) {
	case OP_MM_PAGE_ALLOC:
		return saw_page_alloc(x, e, number, err);
	case OP_MM_PAGE_FREE:
	case OP_MM_PAGE_FREE_BATCHED:
		saw_page_free(x, e);
		return 0;
	case OP_MM_PAGE_ALLOC_ZONE_LOCKED:
	case OP_MM_PAGE_PCPU_DRAIN:
	case OP_MM_PAGE_ALLOC_EXTFRAG:
		return 0;
	default:
		break;
	}
	x->objects |= is_object(e);
	/* A deferred free tells of its object's page where nothing else may. */
	if ((is_object(e) || e->record.operation == OP_SLOB_RCU_FREE) && x->map.base)
		return saw_object_address(x, e->record.address, number, err);
	if (is_object_alloc(e) && x->hashed)
		saw_hashed_object(x, e);
	x->page_before[record_cpu(&e->record)] = UINT32_MAX;
	return 0;
}

/* Votes go by the newest event, before it may be looked at. */
static void consider_newest(struct effects *x)
{
	const struct import_event *e = window_at(x->window, x->window->head - 1);
	if (e->record.operation == OP_MM_PAGE_ALLOC && !(e->record.flags & RECORD_FAILED) &&
	    e->record.size <= EFFECTS_ORDER_MAX)
		direct_map_saw_page(&x->map, e->record.address, e->record.size);
	if (!is_object_alloc(e))
		return;
	/* "%p" prints 32 bits of a hash; no kernel address is that small. */
	if (e->record.address <= UINT32_MAX)
		x->hashed = true;
	else
		direct_map_saw_object(&x->map, e->record.address);
}

static void tell_rule(struct effects *x)
{
	if (x->map.base)
		x->report->effect_rule = "direct map";
	else if (x->hashed)
		x->report->effect_rule = "hashed pointers";
	x->report->page_offset = x->map.base;
}

static int look_up_to(struct effects *x, uint64_t end, struct error *err)
{
	tell_rule(x);
	for (; x->looked_at < end; x->looked_at++) {
		if (look_at(x, x->looked_at, err))
			return -1;
	}
	return 0;
}

int effects_advance(struct effects *x, struct error *err)
{
	if (!x->map.base)
		consider_newest(x);
	if (!x->map.base && !x->hashed)
		return 0;
	return look_up_to(x, x->window->head, err);
}

int effects_force(struct effects *x, uint64_t number, struct error *err)
{
	if (!x->map.base && !x->hashed)
		direct_map_decide(&x->map);
	if (x->map.base)
		number = x->window->head;
	return x->looked_at < number ? look_up_to(x, number, err) : 0;
}

static void page_alloc_leaves(struct effects *x, const struct import_event *e, uint64_t number)
{
	struct block *block = block_at(x, e->record.address);
	if (!block || block->kind != BLOCK_OPEN || block->number != number)
		return;
	block->kind = BLOCK_CAUSE;
	/* Bulk pages are vmalloc's, never a slab's. */
	if (x->objects && !(e->record.flags & RECORD_BULK) &&
	    gfp_is_kernel(names_origin_gfp(x->names, e->raw_origin)))
		x->report->undecided++;
}

/* What was known of pages that are gone is forgotten, unless they have been given out again. */
static void page_free_leaves(struct effects *x, const struct import_event *e, uint64_t number)
{
	if (e->record.flags & RECORD_NESTED || e->record.size > EFFECTS_ORDER_MAX)
		return;
	for (uint64_t i = 0; i < 1ull << e->record.size; i++) {
		struct block *block = block_at(x, e->record.address + i);
		if (block && block->number < number)
			block_drop(x, e->record.address + i);
	}
}

void effects_leave(struct effects *x, const struct import_event *e, uint64_t number)
{
	if (e->record.operation == OP_MM_PAGE_ALLOC)
		page_alloc_leaves(x, e, number);
	else if (e->record.operation == OP_MM_PAGE_FREE ||
		 e->record.operation == OP_MM_PAGE_FREE_BATCHED)
		page_free_leaves(x, e, number);
}
