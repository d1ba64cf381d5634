/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/page_parts.h"

#include <stdlib.h>

#include "base/ptrmap.h"

/* Blocks of a larger order are not looked into. */
enum { ORDER_MAX = 20 };

struct page_parts {
	struct ptrmap *ids;    /* by first page */
	struct ptrmap *orders; /* of those that are a part of their block only */
	struct block {
		uint32_t left; /* pages not freed yet */
		uint8_t order, flags;
	} * blocks; /* by id */
	size_t capacity;
};

struct page_parts *page_parts_create(struct error *err)
{
	struct page_parts *p = calloc(1, sizeof(*p));

	if (!p) {
		error_set(err, ERROR_RUN, "no memory for the trace's pages");
		return NULL;
	}
	p->ids = ptrmap_create(err);
	p->orders = p->ids ? ptrmap_create(err) : NULL;
	if (!p->orders) {
		page_parts_destroy(p);
		return NULL;
	}
	return p;
}

void page_parts_destroy(struct page_parts *p)
{
	if (!p)
		return;
	if (p->ids)
		ptrmap_destroy(p->ids);
	if (p->orders)
		ptrmap_destroy(p->orders);
	free(p->blocks);
	free(p);
}

static uint32_t pages_of(uint32_t order)
{
	return order < ORDER_MAX ? 1u << order : 1;
}

static bool is_split(const struct block *block)
{
	return block->left != pages_of(block->order);
}

/* Order of the block or the part of one that begins at pfn. */
static uint32_t order_at(const struct page_parts *p, uint64_t pfn, const struct block *block)
{
	uint32_t order = is_split(block) ? ptrmap_get(p->orders, pfn) : PTRMAP_NONE;

	return order == PTRMAP_NONE ? block->order : order;
}

static int reserve(struct page_parts *p, uint32_t id, struct error *err)
{
	size_t capacity = p->capacity ? 2 * p->capacity : 4096;
	struct block *grown;

	if (id < p->capacity)
		return 0;
	while (capacity <= id)
		capacity *= 2;
	grown = realloc(p->blocks, capacity * sizeof(*grown));
	if (!grown)
		return error_set(err, ERROR_RUN, "no memory for the trace's pages");
	p->blocks = grown;
	p->capacity = capacity;
	return 0;
}

int page_parts_add(struct page_parts *p, uint64_t pfn, uint32_t id, uint32_t order, uint8_t flags,
		   struct error *err)
{
	if (reserve(p, id, err))
		return -1;
	p->blocks[id] = (struct block){
		.left = pages_of(order),
		.order = (uint8_t)(order < UINT8_MAX ? order : UINT8_MAX),
		.flags = flags,
	};
	return ptrmap_put(p->ids, pfn, id, err);
}

/* The first page of what contains the 2^order pages at pfn; pfn itself when nothing does. */
static uint64_t container(const struct page_parts *p, uint64_t pfn, uint32_t order)
{
	if (ptrmap_get(p->ids, pfn) != PTRMAP_NONE)
		return pfn;
	for (uint32_t larger = order + 1; larger < ORDER_MAX; larger++) {
		uint64_t start = pfn & ~((1ull << larger) - 1);
		uint32_t id = ptrmap_get(p->ids, start);
		if (id != PTRMAP_NONE && order_at(p, start, &p->blocks[id]) >= larger)
			return start;
	}
	return pfn;
}

static struct page_part part_at(const struct page_parts *p, uint64_t start, uint32_t order)
{
	uint32_t id = ptrmap_get(p->ids, start);
	struct page_part part = { .id = id };
	const struct block *block = &p->blocks[id];
	uint32_t here;

	if (id == PTRMAP_NONE)
		return part;
	here = order_at(p, start, block);
	part.order = (uint8_t)(order < here && here < ORDER_MAX ? order : here);
	part.flags = block->flags;
	part.whole = part.order == block->order;
	part.last = block->left == pages_of(part.order);
	return part;
}

struct page_part page_parts_find(const struct page_parts *p, uint64_t pfn, uint32_t order)
{
	return part_at(p, container(p, pfn, order), order);
}

static int put_part(struct page_parts *p, uint64_t pfn, uint32_t id, uint32_t order,
		    struct error *err)
{
	return ptrmap_put(p->ids, pfn, id, err) || ptrmap_put(p->orders, pfn, order, err) ? -1 : 0;
}

/* Cuts the block at `start` into halves until one of them is what is freed. */
static int cut(struct page_parts *p, uint64_t start, uint64_t pfn, uint32_t id, uint32_t from,
	       uint32_t order, struct error *err)
{
	while (from-- > order) {
		uint64_t upper = start + (1ull << from);
		bool in_upper = pfn >= upper;
		if (put_part(p, in_upper ? start : upper, id, from, err))
			return -1;
		start = in_upper ? upper : start;
	}
	return 0;
}

int page_parts_take(struct page_parts *p, uint64_t pfn, uint32_t order, struct page_part *part,
		    struct error *err)
{
	uint64_t start = container(p, pfn, order);
	struct block *block;
	uint32_t from;

	*part = part_at(p, start, order);
	if (part->id == PTRMAP_NONE)
		return 0;
	block = &p->blocks[part->id];
	from = order_at(p, start, block);
	ptrmap_take(p->ids, start);
	if (part->whole)
		return 0;
	ptrmap_take(p->orders, start);
	block->left -= pages_of(part->order);
	return cut(p, start, pfn, part->id, from, part->order, err);
}

void page_parts_end(struct page_parts *p, uint64_t pfn, struct page_part *part)
{
	*part = part_at(p, pfn, UINT32_MAX);
	if (part->id == PTRMAP_NONE)
		return;
	ptrmap_take(p->ids, pfn);
	ptrmap_take(p->orders, pfn);
	p->blocks[part->id].left -= pages_of(part->order);
}
