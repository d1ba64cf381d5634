/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A page allocator to begin from. It is complete and passes the conformance tests: every block is
 * the lowest free one that fits, found by looking at each frame.
 *
 * To make it your own: copy the file, rename template_ and the policy, and either add
 * POLICY(your_page_policy) to policies.def and the file to CMakeLists.txt, or leave the tree alone
 * and load it as a plugin:
 *
 *     cc -shared -fPIC -I PREFIX/include/slabyard my_page.c -o my_page.so
 *     slabyard --plugin ./my_page.so run --set page.policy=template ...
 */
#include <string.h>

#include "page/page.h"

/* What users can set. The option table below fills it before create() sees it. */
struct template_params {
	uint64_t first_frame;
};

/*
 * All state stands in one struct and in arrays of the arena, indexed by small numbers: no pointers
 * between parts, no malloc, nothing static. So runs are independent and repeatable.
 */
struct template_page {
	const struct services *services;
	uint32_t count, orders, pageblock_order;
	uint32_t first;
	uint64_t free_frames;
	uint8_t *block; /* by frame: 0 free, else order + 1 of the block that it is part of */
};

/* An option is written once: YAML, --set, defaults, ranges and documentation come from here. */
static const struct option_spec template_options[] = {
	{
		.name = "first_frame",
		.offset = offsetof(struct template_params, first_frame),
		.type = OPTION_UINT,
		.default_text = "1",
		.min = 1,
		.max = 1 << 20,
		.unit = "frames",
		.help = "frames below this one are never given out",
	},
	OPTION_END,
};

/* Called once. A user's mistake is reported through err; memory comes from services->arena. */
static void *template_create(const struct page_machine *machine, const void *params,
			     const struct services *services, struct error *err)
{
	const struct template_params *p = params;
	struct template_page *t = arena_array(services->arena, 1, sizeof(*t), err);

	if (!t)
		return NULL;
	t->services = services;
	t->count = (uint32_t)(machine->memory_bytes >> PAGE_SHIFT);
	t->orders = machine->orders;
	t->pageblock_order = machine->pageblock_order;
	t->first = (uint32_t)p->first_frame;
	if (t->first >= t->count) {
		error_set(err, ERROR_INPUT, "page.template.first_frame: must be below %u",
			  t->count);
		return NULL;
	}
	t->free_frames = t->count - t->first;
	t->block = arena_array(services->arena, t->count, sizeof(*t->block), err);
	return t->block ? t : NULL;
}

static bool range_is_free(const struct template_page *t, uint32_t pfn, uint32_t frames)
{
	for (uint32_t i = 0; i < frames; i++) {
		if (t->block[pfn + i])
			return false;
	}
	return true;
}

/*
 * One allocation. Failing is a result, not an error: PFN_NONE. Work is counted as it is done, and
 * never in nanoseconds: the cost model knows what each primitive costs.
 */
static pfn_t template_alloc(void *state, const struct request *request)
{
	struct template_page *t = state;
	uint32_t frames = 1u << request->order;
	uint32_t pfn = (t->first + frames - 1) & ~(frames - 1);

	if (request->order >= t->orders)
		return PFN_NONE;
	for (; pfn < t->count && t->count - pfn >= frames; pfn += frames) {
		work_count(t->services->work, WORK_list_step);
		if (!range_is_free(t, pfn, frames))
			continue;
		memset(t->block + pfn, request->order + 1, frames);
		t->free_frames -= frames;
		work_count(t->services->work, WORK_buddy_take);
		return (pfn_t){ pfn };
	}
	return PFN_NONE;
}

/* The engine frees what alloc gave, with the same order. */
static void template_free(void *state, const struct request *request, pfn_t pfn)
{
	struct template_page *t = state;
	uint32_t frames = 1u << request->order;

	memset(t->block + pfn.v, 0, frames);
	t->free_frames += frames;
	work_count(t->services->work, WORK_buddy_put);
}

/* The largest aligned free block at pfn. */
static unsigned free_order_at(const struct template_page *t, uint32_t pfn)
{
	unsigned order = 0;

	while (order + 1 < t->orders && (pfn & ((2u << order) - 1)) == 0 &&
	       t->count - pfn >= 2u << order && range_is_free(t, pfn, 2u << order))
		order++;
	return order;
}

/* Every managed frame once, in address order: figures and /proc files are made of this. */
static void template_walk(const void *state, void (*visit)(void *, const struct page_extent *),
			  void *context)
{
	const struct template_page *t = state;

	for (uint32_t pfn = t->first; pfn < t->count;) {
		bool free = t->block[pfn] == 0;
		unsigned order = free ? free_order_at(t, pfn) : t->block[pfn] - 1u;
		struct page_extent extent = { .pfn = { pfn },
					      .order = (uint8_t)order,
					      .free = free };
		visit(context, &extent);
		pfn += 1u << order;
	}
}

static void count_extent(void *context, const struct page_extent *extent)
{
	struct zone_counts *zone = context;

	if (extent->free)
		zone->free_blocks[extent->order][extent->migratetype]++;
}

/* Read at every sample: a policy that is used in earnest keeps these figures as it goes. */
static void template_counts(const void *state, struct page_counts *counts)
{
	const struct template_page *t = state;
	struct zone_counts *zone = &counts->zones[0];

	memset(zone, 0, sizeof(*zone));
	counts->orders = t->orders;
	counts->pageblock_order = t->pageblock_order;
	counts->zone_count = 1;
	memcpy(zone->name, "all", sizeof("all"));
	zone->spanned = t->count;
	zone->managed = t->count - t->first;
	zone->free_pages = t->free_frames;
	template_walk(t, count_extent, zone);
}

/* True when the state makes sense; the conformance tests call it after every operation. */
static bool template_check(const void *state, struct error *err)
{
	const struct template_page *t = state;
	uint64_t free_frames = 0;

	for (uint32_t pfn = t->first; pfn < t->count; pfn++)
		free_frames += t->block[pfn] == 0;
	if (free_frames != t->free_frames)
		return error_set(err, ERROR_RUN, "free frames miscounted") == 0;
	return true;
}

/* Hooks that are left out are NULL; page.h says for each what the engine does then. */
const struct page_policy template_page_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "template",
		.help = "lowest free block that fits: a page allocator to begin from",
		.capabilities = POLICY_PLACES | POLICY_REUSES,
		.options = template_options,
		.params_size = sizeof(struct template_params),
	},
	.create = template_create,
	.alloc = template_alloc,
	.free = template_free,
	.counts = template_counts,
	.walk = template_walk,
	.check = template_check,
};

const struct slabyard_plugin slabyard_plugin = { "page", &template_page_policy.info };
