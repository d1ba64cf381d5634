/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policy `null`: gives out increasing frame numbers and takes freed blocks again from one LIFO an
 * order. It does as little as a page allocator can, so that a run with it measures the engine; it
 * never merges, has no zones and its addresses mean nothing.
 */
#include <string.h>

#include "page/page.h"

struct null_page {
	uint32_t next;  /* never given out from here on */
	uint32_t count; /* frames of the machine */
	uint32_t orders, pageblock_order;
	uint64_t free_frames; /* on the LIFOs */
	uint32_t first[PAGE_ORDERS_MAX];
	uint64_t blocks[PAGE_ORDERS_MAX];
	uint32_t *below; /* by frame: the next block on its LIFO */
};

static void *null_create(const struct page_machine *machine, const void *params,
			 const struct services *services, struct error *err)
{
	uint64_t frames = machine->memory_bytes >> PAGE_SHIFT;
	struct null_page *n = arena_array(services->arena, 1, sizeof(*n), err);

	(void)params;
	if (!n)
		return NULL;
	if (machine->memory_bytes > PAGE_MEMORY_BYTES_MAX || machine->orders > PAGE_ORDERS_MAX) {
		error_set(err, ERROR_INPUT, "page.null: more than 8TiB or %d orders",
			  (int)PAGE_ORDERS_MAX);
		return NULL;
	}
	n->count = (uint32_t)frames;
	n->next = 1;
	n->orders = machine->orders;
	n->pageblock_order = machine->pageblock_order;
	n->below = arena_array(services->arena, n->count, sizeof(*n->below), err);
	for (unsigned order = 0; order < PAGE_ORDERS_MAX; order++)
		n->first[order] = UINT32_MAX;
	return n->below ? n : NULL;
}

static pfn_t take_new(struct null_page *n, unsigned order)
{
	uint32_t frames = 1u << order;
	uint32_t pfn = (n->next + frames - 1) & ~(frames - 1);

	if (order >= n->orders || pfn >= n->count || n->count - pfn < frames)
		return PFN_NONE;
	n->next = pfn + frames;
	return (pfn_t){ pfn };
}

static pfn_t null_alloc(void *state, const struct request *request)
{
	struct null_page *n = state;
	unsigned order = request->order;
	uint32_t pfn;

	if (order >= n->orders || n->first[order] == UINT32_MAX)
		return take_new(n, order);
	pfn = n->first[order];
	n->first[order] = n->below[pfn];
	n->blocks[order]--;
	n->free_frames -= 1u << order;
	return (pfn_t){ pfn };
}

static void null_free(void *state, const struct request *request, pfn_t pfn)
{
	struct null_page *n = state;
	unsigned order = request->order;

	/* memory that was in use before the trace began is not among the frames given out */
	if (pfn.v >= n->next || order >= n->orders)
		return;
	n->below[pfn.v] = n->first[order];
	n->first[order] = pfn.v;
	n->blocks[order]++;
	n->free_frames += 1u << order;
}

static void null_counts(const void *state, struct page_counts *counts)
{
	const struct null_page *n = state;
	struct zone_counts *zone = &counts->zones[0];

	memset(zone, 0, sizeof(*zone));
	counts->orders = n->orders;
	counts->pageblock_order = n->pageblock_order;
	counts->zone_count = 1;
	memcpy(zone->name, "null", sizeof("null"));
	zone->spanned = n->count;
	zone->managed = n->count - 1;
	zone->free_pages = n->count - n->next + n->free_frames;
	for (unsigned order = 0; order < n->orders; order++)
		zone->free_blocks[order][MIGRATE_UNMOVABLE] = n->blocks[order];
	zone->free_blocks[0][MIGRATE_UNMOVABLE] += n->count - n->next;
}

static void null_walk(const void *state, void (*visit)(void *, const struct page_extent *),
		      void *context)
{
	(void)state;
	(void)visit;
	(void)context;
}

static bool null_check(const void *state, struct error *err)
{
	const struct null_page *n = state;

	if (n->next > n->count || n->free_frames > n->next)
		return error_set(err, ERROR_RUN, "more frames free than there are") == 0;
	return true;
}

const struct page_policy null_page_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "null",
		.help = "counts frames and places nothing: for measuring the engine alone",
	},
	.create = null_create,
	.alloc = null_alloc,
	.free = null_free,
	.counts = null_counts,
	.walk = null_walk,
	.check = null_check,
};
