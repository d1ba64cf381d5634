/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine for one slab policy alone: frames that are given out first fit and naturally aligned,
 * deferred calls that wait until they are let go, and failures on order. It asserts that no frame
 * is given back that was not given out.
 */
#ifndef SLABYARD_TESTS_SLAB_FIXTURE_H
#define SLABYARD_TESTS_SLAB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/rng.h"
#include "core/gfp.h"
#include "core/option.h"
#include "core/policy.h"
#include "core/topology.h"
#include "slab/slab.h"

enum { FIXTURE_FRAMES = 1 << 14, FIXTURE_DEFERRED = 1 << 12, FIXTURE_ASKED = 64 };

struct fixture {
	const struct slab_policy *policy;
	void *state;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	struct page_source pages;
	uint8_t order[FIXTURE_FRAMES]; /* of the block that starts here, plus 1; 0: none starts */
	uint8_t taken[FIXTURE_FRAMES];
	uint64_t pages_out;
	uint64_t page_calls;
	struct request asked[FIXTURE_ASKED]; /* the first requests for pages */
	uint64_t fail_from;                  /* calls from this number on fail, UINT64_MAX: none */
	void (*on_call)(struct fixture *fixture);
	uint64_t token[FIXTURE_DEFERRED];
	size_t deferred;
	uint64_t now_ns;
	struct topology topology; /* frames and CPUs are shared out evenly among nodes */
};

static inline uint32_t fixture_node_of_frame(void *engine, uint32_t pfn)
{
	const struct fixture *f = engine;

	const uint32_t node = pfn / (FIXTURE_FRAMES / f->topology.nodes);

	return node < f->topology.nodes ? node : f->topology.nodes - 1;
}

static inline uint32_t fixture_node_of_object(struct fixture *f, object_t object)
{
	return fixture_node_of_frame(f, (uint32_t)(object >> PAGE_SHIFT));
}

static inline bool fixture_free_block(const struct fixture *f, uint32_t pfn, uint32_t order)
{
	for (uint32_t i = 0; i < 1u << order; i++)
		if (f->taken[pfn + i])
			return false;
	return true;
}

static inline pfn_t fixture_page_alloc(void *context, const struct request *request)
{
	struct fixture *f = context;
	const uint32_t step = 1u << request->order;

	if (f->on_call)
		f->on_call(f);
	if (f->page_calls < FIXTURE_ASKED)
		f->asked[f->page_calls] = *request;
	if (++f->page_calls > f->fail_from)
		return PFN_NONE;
	const uint32_t node = request->node >= 0 ? (uint32_t)request->node
						 : topology_node_of_cpu(&f->topology, request->cpu);
	const uint32_t begin = node * (FIXTURE_FRAMES / f->topology.nodes);

	/* Frame 0 is never given out, as on the real machine. */
	for (uint32_t pfn = begin ? begin : step; pfn + step <= FIXTURE_FRAMES; pfn += step) {
		if (!fixture_free_block(f, pfn, request->order))
			continue;
		memset(f->taken + pfn, 1, step);
		f->order[pfn] = (uint8_t)(request->order + 1);
		f->pages_out += step;
		return (pfn_t){ pfn };
	}
	return PFN_NONE;
}

static inline void fixture_page_free(void *context, const struct request *request, pfn_t pfn)
{
	struct fixture *f = context;

	assert_in_range(pfn.v, 1, FIXTURE_FRAMES - 1);
	assert_int_equal(f->order[pfn.v], request->order + 1);
	f->order[pfn.v] = 0;
	memset(f->taken + pfn.v, 0, (size_t)1 << request->order);
	f->pages_out -= 1u << request->order;
	if (f->on_call)
		f->on_call(f);
}

static inline void fixture_defer(void *engine, enum defer_target target, uint64_t when_ns,
				 uint64_t token)
{
	struct fixture *f = engine;

	assert_true(target == DEFER_SLAB || target == DEFER_SLAB_RCU || target == DEFER_SLAB_REAP);
	assert_true(when_ns >= f->now_ns);
	assert_true(f->deferred < FIXTURE_DEFERRED);
	f->token[f->deferred++] = token;
}

/* All deferred calls that wait now. */
static inline void fixture_expire(struct fixture *f)
{
	const size_t waiting = f->deferred;

	f->now_ns += UINT64_C(1000000000);
	for (size_t i = 0; i < waiting; i++)
		f->policy->expire(f->state, f->token[i], f->now_ns);
	memmove(f->token, f->token + waiting, (f->deferred - waiting) * sizeof(f->token[0]));
	f->deferred -= waiting;
}

/* `set` is "option=value" or NULL. */
static inline struct fixture *fixture_create_on(const struct slab_policy *policy, uint32_t cpus,
						uint32_t nodes, const char *const *set)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct error err = { 0 };
	void *params = calloc(1, policy->info.params_size + 1);

	assert_non_null(f);
	f->policy = policy;
	f->arena = arena_create((size_t)1 << 34, &err);
	assert_non_null(f->arena);
	f->clock.work = &f->work;
	f->fail_from = UINT64_MAX;
	topology_even(&f->topology, (uint64_t)FIXTURE_FRAMES << PAGE_SHIFT, cpus, nodes);
	f->services = (struct services){
		.arena = f->arena,
		.work = &f->work,
		.clock = &f->clock,
		.seed = 1,
		.cpus = cpus,
		.nodes = nodes,
		.topology = &f->topology,
		.node_of_frame = fixture_node_of_frame,
		.ram_pages = FIXTURE_FRAMES,
		.frames = FIXTURE_FRAMES,
		.defer = fixture_defer,
		.engine = f,
	};
	f->pages = (struct page_source){ fixture_page_alloc, fixture_page_free, f };
	if (policy->info.options)
		option_defaults(policy->info.options, params);
	for (; set && *set; set++) {
		char name[64];
		const char *equals = strchr(*set, '=');

		snprintf(name, sizeof(name), "%.*s", (int)(equals - *set), *set);
		assert_int_equal(option_parse(option_find(policy->info.options, name), equals + 1,
					      params, &err),
				 0);
	}
	f->state = policy->create(&f->pages, params, &f->services, &err);
	if (!f->state)
		fail_msg("%s: %s", policy->info.name, err.message);
	free(params);
	return f;
}

static inline struct fixture *fixture_create(const struct slab_policy *policy, uint32_t cpus,
					     const char *const *set)
{
	return fixture_create_on(policy, cpus, 1, set);
}

/* With default options on the machine that topology and services now tell of. */
static inline void fixture_create_again(struct fixture *f)
{
	const struct policy_info *info = &f->policy->info;
	struct error err = { 0 };
	void *params = calloc(1, info->params_size + 1);

	if (info->options)
		option_defaults(info->options, params);
	f->policy->destroy(f->state);
	f->state = f->policy->create(&f->pages, params, &f->services, &err);
	if (!f->state)
		fail_msg("%s: %s", info->name, err.message);
	free(params);
}

static inline void fixture_destroy(struct fixture *f)
{
	f->policy->destroy(f->state);
	arena_destroy(f->arena);
	free(f);
}

static inline void fixture_check(struct fixture *f)
{
	struct error err = { 0 };

	if (!f->policy->check(f->state, &err))
		fail_msg("%s: %s", f->policy->info.name, err.message);
}

static inline struct request fixture_request(struct fixture *f, uint32_t cpu, uint32_t gfp)
{
	return (struct request){
		.time_ns = ++f->now_ns, .cpu = cpu, .gfp = gfp, .zone_hint = -1, .node = -1
	};
}

/* The newest cache first: the kmallocs come last, and get back what managed the others' slabs. */
static inline void fixture_shrink_all(struct fixture *f, const struct request *request)
{
	struct cache_counts counts;

	for (uint32_t i = f->policy->cache_count(f->state); i-- > 0;)
		if (f->policy->counts(f->state, (cache_id){ i }, &counts))
			f->policy->cache_shrink(f->state, request, (cache_id){ i });
}

static inline cache_id fixture_cache_create(struct fixture *f, const struct cache_spec *spec,
					    struct error *err)
{
	const struct request request = fixture_request(f, 0, GFP_MASK_KERNEL);

	return f->policy->cache_create(f->state, &request, spec, err);
}

#endif
