/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page allocator on its own: arena, work, clock and default options, as the engine gives them. */
#ifndef SLABYARD_TESTS_PAGE_FIXTURE_H
#define SLABYARD_TESTS_PAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/rng.h"
#include "core/gfp.h"
#include "core/option.h"
#include "page/page.h"

struct fixture {
	const struct page_policy *policy;
	struct page_machine machine;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	void *params;
	void *state;
};

/* What firmware keeps at the end of a PC's memory. */
enum { FIRMWARE_BYTES = 128 << 10 };

/* With so much memory beside what firmware keeps. */
static inline struct page_machine fixture_machine(uint64_t memory_bytes, uint32_t cpus)
{
	return (struct page_machine){
		.memory_bytes = memory_bytes + FIRMWARE_BYTES,
		.cpus = cpus,
		.nodes = 1,
		.orders = 11,
		.pageblock_order = 9,
	};
}

/* Sets one option of the policy's, as a user would write it. Before fixture_start. */
static inline void fixture_set(struct fixture *f, const char *name, const char *value)
{
	struct error err = { 0 };
	const struct option_spec *option = option_find(f->policy->info.options, name);

	assert_non_null(option);
	assert_int_equal(option_parse(option, value, f->params, &err), 0);
}

static inline struct fixture *fixture_new(const struct page_policy *policy,
					  struct page_machine machine)
{
	struct error err = { 0 };
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->policy = policy;
	f->machine = machine;
	f->arena = arena_create((size_t)1 << 36, &err);
	assert_non_null(f->arena);
	f->clock.work = &f->work;
	f->services = (struct services){
		.arena = f->arena,
		.work = &f->work,
		.clock = &f->clock,
		.cpus = machine.cpus,
		.nodes = machine.nodes,
	};
	f->params = calloc(1, policy->info.params_size + 1);
	assert_non_null(f->params);
	if (policy->info.options)
		option_defaults(policy->info.options, f->params);
	return f;
}

static inline void fixture_start(struct fixture *f)
{
	struct error err = { 0 };

	f->state = f->policy->create(&f->machine, f->params, &f->services, &err);
	if (!f->state)
		fail_msg("%s", err.message);
}

static inline struct fixture *fixture_create(const struct page_policy *policy,
					     struct page_machine machine)
{
	struct fixture *f = fixture_new(policy, machine);

	fixture_start(f);
	return f;
}

static inline void fixture_destroy(struct fixture *f)
{
	if (f->policy->destroy)
		f->policy->destroy(f->state);
	arena_destroy(f->arena);
	free(f->params);
	free(f);
}

static inline struct request fixture_request(uint32_t cpu, uint32_t gfp, unsigned order)
{
	return (struct request){
		.cpu = cpu,
		.gfp = gfp,
		.order = (uint8_t)order,
		.migratetype = (uint8_t)gfp_migratetype(gfp),
		.zone_hint = -1,
		.node = -1,
	};
}

static inline pfn_t fixture_alloc(struct fixture *f, uint32_t cpu, uint32_t gfp, unsigned order)
{
	struct request r = fixture_request(cpu, gfp, order);

	return f->policy->alloc(f->state, &r);
}

static inline void fixture_free(struct fixture *f, uint32_t cpu, pfn_t pfn, unsigned order)
{
	struct request r = fixture_request(cpu, GFP_MASK_KERNEL, order);

	f->policy->free(f->state, &r, pfn);
}

static inline void fixture_check(struct fixture *f)
{
	struct error err = { 0 };

	if (!f->policy->check(f->state, &err))
		fail_msg("%s: %s", f->policy->info.name, err.message);
}

/* Frames on the buddy lists and on the per-cpu lists of all zones. */
static inline uint64_t fixture_free_frames(struct fixture *f)
{
	static struct page_counts counts;
	uint64_t frames = 0;

	f->policy->counts(f->state, &counts);
	for (uint32_t zone = 0; zone < counts.zone_count; zone++)
		frames += counts.zones[zone].free_pages + counts.zones[zone].pcp_pages;
	return frames;
}

#endif
