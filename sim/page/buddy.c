/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policy `buddy`: Linux 6.1's page allocator, frame for frame. block.c holds the free lists,
 * fallback.c stealing between migratetypes, pcp.c the per-cpu lists, zonelist.c and watermark.c the
 * choice of zone, slowpath.c what happens when memory is short, zone.c the fresh machine. Policy
 * `buddy-nogroup` is the same code.
 */
#include "page/buddy.h"
#include "page/pcp.h"

#include <stdio.h>

#include "core/assert.h"
#include "page/shuffle.h"

static unsigned coarse_order(const struct buddy *b)
{
	unsigned largest = b->orders - 1;

	return largest < 1 ? 1 : largest < COARSE_ORDER_MAX ? largest : COARSE_ORDER_MAX;
}

void buddy_add_zone_locks(struct buddy *b, uint32_t from)
{
	struct lock_table *locks = b->services->clock ? b->services->clock->locks : NULL;

	for (uint32_t zone = from; locks && zone < b->zone_count; zone++) {
		char name[ZONE_NAME_MAX + 16];
		snprintf(name, sizeof(name), "zone->lock %s", b->zones[zone].name);
		b->zones[zone].lock = lock_add(locks, name);
	}
}

int buddy_arrays(struct buddy *b, uint32_t frame_count, struct error *err)
{
	struct arena *arena = b->services->arena;
	uint32_t heads = b->zone_count * b->orders * MIGRATE_TYPES;
	uint32_t pageblocks = ((frame_count - 1) >> b->pageblock_order) + 1;

	if (frames_create(&b->frames, frame_count, coarse_order(b), heads, arena, err))
		return -1;
	b->pageblock_type = arena_array(arena, pageblocks, sizeof(uint8_t), err);
	b->pageblock_lru = arena_array(arena, pageblocks, sizeof(uint32_t), err);
	b->pageblock_pinned = arena_array(arena, pageblocks, sizeof(uint32_t), err);
	b->pageblock_skip = arena_array(arena, pageblocks / 64 + 1, sizeof(uint64_t), err);
	if (!b->pageblock_type || !b->pageblock_lru || !b->pageblock_pinned || !b->pageblock_skip)
		return -1;
	return compact_create(b, err);
}

static int check_machine(const struct page_machine *machine, struct error *err)
{
	if (machine->nodes < 1 || machine->nodes > NODES_MAX)
		return error_set(err, ERROR_INPUT, "page.buddy: nodes must be between 1 and %d",
				 (int)NODES_MAX);
	if (machine->cpus < 1 || machine->cpus > PCP_CPUS_MAX)
		return error_set(err, ERROR_INPUT, "page.buddy: cpus must be between 1 and %d",
				 (int)PCP_CPUS_MAX);
	if (machine->orders < 1 || machine->orders > PAGE_ORDERS_MAX)
		return error_set(err, ERROR_INPUT, "page.buddy: orders must be between 1 and %d",
				 (int)PAGE_ORDERS_MAX);
	if (machine->pageblock_order >= machine->orders)
		return error_set(err, ERROR_INPUT,
				 "page.buddy: pageblock_order must be below orders, %u",
				 machine->orders);
	return 0;
}

/* MIN_PERCPU_PAGELIST_HIGH_FRACTION */
static int check_high_fraction(const struct buddy_params *params, struct error *err)
{
	enum { LEAST = 8 };

	if (!params->percpu_pagelist_high_fraction ||
	    params->percpu_pagelist_high_fraction >= LEAST)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "page.buddy.percpu_pagelist_high_fraction: must be 0, or %d or more",
			 (int)LEAST);
}

void *buddy_create(const struct page_machine *machine, const void *params,
		   const struct services *services, struct error *err)
{
	struct buddy *b;

	if (check_machine(machine, err) || check_high_fraction(params, err))
		return NULL;
	b = arena_array(services->arena, 1, sizeof(*b), err);
	if (!b)
		return NULL;
	*b = (struct buddy){
		.cpus = machine->cpus,
		.orders = machine->orders,
		.pageblock_order = machine->pageblock_order,
		.captured = { .pfn = UINT32_MAX },
		.capture = { .pfn = UINT32_MAX },
		.params = *(const struct buddy_params *)params,
		.services = services,
	};
	if (machine->topology)
		b->topology = *machine->topology;
	else
		topology_even(&b->topology, machine->memory_bytes, machine->cpus, machine->nodes);
	b->arch = zone_arch_of(b->topology.arch);
	b->zones = arena_array(services->arena, PAGE_ZONES_MAX, sizeof(*b->zones), err);
	if (!b->zones || page_threads_create(b, machine->nodes, err))
		return NULL;
	if (b->params.shuffle) {
		b->shuffle = shuffle_create(services->seed, err);
		if (!b->shuffle)
			return NULL;
	}
	if (boot_layout(b, machine, err)) {
		buddy_destroy(b);
		return NULL;
	}
	buddy_add_zone_locks(b, 0);
	return b;
}

void buddy_destroy(void *state)
{
	struct buddy *b = state;

	shuffle_destroy(b->shuffle);
}

/* User pages join an LRU list soon after they are had. */
void buddy_mark_allocated(struct buddy *b, const struct request *request, uint32_t pfn)
{
	bool lru = (request->gfp & (GFP_BIT_MOVABLE | GFP_BIT_COMP)) ==
		   (GFP_BIT_MOVABLE | GFP_BIT_COMP);

	in_use_begin(b, pfn, request->order, lru ? FRAME_LRU : FRAME_ALLOCATED);
	frames_describe(&b->frames, pfn, request->order, request->gfp & GFP_BIT_COMP, request->id);
	if (request->gfp & GFP_BIT_ZERO)
		work_count_n(b->services->work, WORK_zero_page, 1u << request->order);
}

pfn_t buddy_alloc(void *state, const struct request *request)
{
	struct buddy *b = state;
	uint32_t pfn = zonelist_take(b, request);

	if (pfn != UINT32_MAX)
		buddy_mark_allocated(b, request, pfn);
	return (pfn_t){ pfn };
}

size_t buddy_alloc_bulk(void *state, const struct request *request, size_t count, pfn_t *out)
{
	struct buddy *b = state;
	size_t got;

	SIM_ASSERT(request->order == 0);
	got = zonelist_take_bulk(b, request, count, out);
	for (size_t i = 0; i < got; i++)
		buddy_mark_allocated(b, request, out[i].v);
	return got;
}

void buddy_free(void *state, const struct request *request, pfn_t pfn)
{
	release_frames(state, request, pfn.v);
}

void buddy_drain(void *state, uint32_t cpu)
{
	struct buddy *b = state;

	pcp_drain_cpu(b, cpu, cpu);
}

bool buddy_draws(const void *params)
{
	return ((const struct buddy_params *)params)->shuffle;
}

const struct page_policy buddy_page_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "buddy",
		.help = "the page allocator of Linux 6.1, frame for frame",
		.capabilities = POLICY_PLACES | POLICY_REUSES | POLICY_USES_RNG | POLICY_RESTORES,
		.options = buddy_options,
		.params_size = sizeof(struct buddy_params),
		.draws = buddy_draws,
	},
	.create = buddy_create,
	.destroy = buddy_destroy,
	.alloc = buddy_alloc,
	.free = buddy_free,
	.alloc_bulk = buddy_alloc_bulk,
	.drain = buddy_drain,
	.assist = buddy_assist,
	.begin = buddy_begin,
	.expire = buddy_expire,
	.thread_needs = buddy_thread_needs,
	.counts = buddy_counts,
	.load = buddy_load,
	.dump = buddy_dump,
	.walk = buddy_walk,
	.check = buddy_check,
};
