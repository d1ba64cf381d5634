/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One slab policy alone, with pages from a stack: what it takes in time and in memory of its own.
 */
#ifndef SLABYARD_TESTS_SLAB_ALONE_H
#define SLABYARD_TESTS_SLAB_ALONE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/rng.h"
#include "core/gfp.h"
#include "core/option.h"
#include "slab/slab.h"

enum { ALONE_FRAMES = 1 << 20, ALONE_ORDERS = 11 };

/* Blocks that came back, by order, in front of memory that was never used. */
struct page_stack {
	uint32_t next;
	uint32_t *block[ALONE_ORDERS];
	size_t count[ALONE_ORDERS];
};

static inline pfn_t stack_alloc(void *context, const struct request *request)
{
	struct page_stack *pages = context;
	const uint32_t step = 1u << request->order;

	if (pages->count[request->order])
		return (pfn_t){ pages->block[request->order][--pages->count[request->order]] };
	const uint32_t pfn = (pages->next + step - 1) & ~(step - 1);

	if (pfn + step > ALONE_FRAMES)
		return PFN_NONE;
	pages->next = pfn + step;
	return (pfn_t){ pfn };
}

static inline void stack_free(void *context, const struct request *request, pfn_t pfn)
{
	struct page_stack *pages = context;

	pages->block[request->order][pages->count[request->order]++] = pfn.v;
}

static inline void no_defer(void *engine, enum defer_target target, uint64_t when_ns,
			    uint64_t token)
{
	(void)engine;
	(void)target;
	(void)when_ns;
	(void)token;
}

struct slab_alone {
	const struct slab_policy *policy;
	void *state;
	struct page_stack pages;
	struct page_source source;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
};

static inline int slab_alone_open(struct slab_alone *b, const struct policy_info *info)
{
	struct error err = { 0 };
	void *params = calloc(1, info->params_size + 1);

	*b = (struct slab_alone){ .policy = slab_policy_of(info), .pages = { .next = 1 } };
	for (int i = 0; i < ALONE_ORDERS; i++)
		b->pages.block[i] = malloc(ALONE_FRAMES * sizeof(uint32_t));
	b->arena = arena_create((size_t)1 << 36, &err);
	b->clock.work = &b->work;
	b->services = (struct services){
		.arena = b->arena,
		.work = &b->work,
		.clock = &b->clock,
		.seed = 1,
		.cpus = 1,
		.nodes = 1,
		.ram_pages = ALONE_FRAMES,
		.frames = ALONE_FRAMES,
		.defer = no_defer,
	};
	b->source = (struct page_source){ stack_alloc, stack_free, &b->pages };
	if (info->options)
		option_defaults(info->options, params);
	b->state = b->arena ? b->policy->create(&b->source, params, &b->services, &err) : NULL;
	free(params);
	if (!b->state)
		fprintf(stderr, "%s: %s\n", info->name, err.message);
	return b->state ? 0 : -1;
}

static inline void slab_alone_close(struct slab_alone *b)
{
	if (b->state)
		b->policy->destroy(b->state);
	arena_destroy(b->arena);
	for (int i = 0; i < ALONE_ORDERS; i++)
		free(b->pages.block[i]);
}

/* A request as most are; its bytes are to be set. */
static inline struct request slab_alone_request(void)
{
	return (struct request){ .gfp = GFP_MASK_KERNEL, .zone_hint = -1, .node = -1 };
}

/* Sizes of objects: all the same, or drawn below a power of two that is drawn itself. */
struct slab_sizes {
	const char *name;
	uint32_t bytes;
	uint32_t shift_max; /* where bytes is 0 */
};

static inline uint32_t slab_sizes_next(const struct slab_sizes *sizes, struct rng *rng)
{
	if (sizes->bytes)
		return sizes->bytes;
	return 1 + (uint32_t)rng_below(rng, UINT64_C(1) << rng_below(rng, sizes->shift_max));
}

/*
 * Bytes of host memory for each of `count` living objects, after as many more were freed and
 * replaced as `turns` says, one in turn for one at random. Less than 0: it could not be measured.
 */
static inline double slab_alone_bytes(const struct policy_info *info,
				      const struct slab_sizes *sizes, uint32_t count,
				      uint32_t turns)
{
	struct rng *rng = rng_create(1, "slab.memory");
	object_t *objects = malloc(count * sizeof(*objects));
	uint32_t *bytes = malloc(count * sizeof(*bytes));
	struct request request = slab_alone_request();
	struct slab_alone alone;
	double each = -1;

	if (rng && objects && bytes && slab_alone_open(&alone, info) == 0) {
		const size_t before = arena_resident(alone.arena);

		for (uint64_t i = 0; i < count + (uint64_t)count * turns; i++) {
			const uint32_t slot =
				i < count ? (uint32_t)i : (uint32_t)rng_below(rng, count);

			if (i >= count) {
				request.bytes = bytes[slot];
				alone.policy->kfree(alone.state, &request, objects[slot]);
			}
			request.bytes = bytes[slot] = slab_sizes_next(sizes, rng);
			objects[slot] = alone.policy->kmalloc(alone.state, &request, request.bytes);
		}
		each = (double)(arena_resident(alone.arena) - before) / count;
		slab_alone_close(&alone);
	}
	rng_destroy(rng);
	free(objects);
	free(bytes);
	return each;
}

#endif
