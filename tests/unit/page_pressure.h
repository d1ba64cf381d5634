/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small machine full of user pages, whose owner knows where each one is and can give it back. */
#ifndef SLABYARD_TESTS_PAGE_PRESSURE_H
#define SLABYARD_TESTS_PAGE_PRESSURE_H

#include "../conformance/page_fixture.h"
#include "core/migrate_source.h"
#include "core/oom_source.h"
#include "core/page_observer.h"
#include "core/reclaim_source.h"

enum {
	PRESSURE_MEMORY = 64 << 20,
	PRESSURE_DMA_FRAMES = 4096,
	PRESSURE_FRAMES = (PRESSURE_MEMORY >> PAGE_SHIFT) + 64,
	PRESSURE_USER = GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP,
	/* For filling memory: to the last page, and nobody is woken. */
	PRESSURE_QUIET = (PRESSURE_USER & ~GFP_MASK_RECLAIM) | GFP_BIT_MEMALLOC,
	PRESSURE_THREADS = 16,
};

struct pressure {
	struct fixture *f;
	struct migrate_source migrate;
	struct oom_source oom;
	struct reclaim_source reclaim;
	struct page_observer observer;

	uint32_t frame[PRESSURE_FRAMES]; /* by id; 0: no page */
	uint32_t pages;                  /* ids 1..pages have been given out */
	bool pinned;                     /* nothing can be moved */
	uint64_t moved;
	uint64_t compactions; /* passes over a zone */
	uint64_t mixed;       /* blocks had from another migratetype */

	uint32_t oldest;       /* the id that reclaim looks at next */
	uint64_t passes;       /* shrink_node calls, */
	uint64_t reclaimed;    /* pages given back by them, */
	uint32_t pass_pages;   /* and how many each gives */
	bool of_slab;          /* they come free with objects, off no list */
	uint64_t wanted_least; /* of all passes */
	/* As the observer is told: kswapd woken, direct reclaims and what they brought. */
	uint64_t wakeups, direct, direct_pages;

	uint64_t ooms;
	enum oom_outcome oom_outcome;

	/* Threads woken and timers set, not yet run. */
	uint64_t woken[PRESSURE_THREADS], timers[PRESSURE_THREADS], timer_ns[PRESSURE_THREADS];
	uint32_t woken_count, timer_count;
};

static inline bool pressure_movable(void *context, pfn_t pfn, bool may_wait)
{
	const struct pressure *p = context;

	(void)pfn;
	(void)may_wait;
	return !p->pinned;
}

static inline void pressure_moved(void *context, uint32_t id, pfn_t from, pfn_t to)
{
	struct pressure *p = context;

	assert_int_equal(p->frame[id], from.v);
	p->frame[id] = to.v;
	p->moved++;
}

static inline void pressure_compacted(void *context, const struct compaction_event *event)
{
	struct pressure *p = context;

	assert_true(event->migrated <= event->isolated);
	p->compactions++;
}

static inline void pressure_mixed(void *context, const struct extfrag_event *event)
{
	struct pressure *p = context;

	(void)event;
	p->mixed++;
}

static inline void pressure_kswapd(void *context)
{
	struct pressure *p = context;

	p->wakeups++;
}

static inline void pressure_direct(void *context, uint64_t pages)
{
	struct pressure *p = context;

	p->direct++;
	p->direct_pages += pages;
}

static inline void pressure_free(struct pressure *p, uint32_t id)
{
	fixture_free(p->f, 0, (pfn_t){ p->frame[id] }, 0);
	p->frame[id] = 0;
}

static inline struct reclaim_progress pressure_shrink(void *context,
						      const struct reclaim_pass *pass)
{
	struct pressure *p = context;
	struct reclaim_progress progress = { 0 };

	p->passes++;
	if (!p->wanted_least || pass->wanted < p->wanted_least)
		p->wanted_least = pass->wanted;
	while (progress.reclaimed < p->pass_pages && p->oldest <= p->pages) {
		progress.scanned++;
		if (p->frame[p->oldest]) {
			pressure_free(p, p->oldest);
			progress.reclaimed++;
		}
		p->oldest++;
	}
	p->reclaimed += progress.reclaimed;
	return p->of_slab ? (struct reclaim_progress){ .slab = progress.reclaimed } : progress;
}

static inline uint64_t pressure_left(void *context, uint32_t node)
{
	const struct pressure *p = context;

	(void)node;
	return p->pass_pages ? p->pages + 1 - p->oldest : 0;
}

static inline uint64_t pressure_reclaimable(void *context, uint32_t node, uint32_t zone_type)
{
	return zone_type == 1 ? pressure_left(context, node) : 0;
}

static inline enum oom_outcome pressure_oom(void *context, const struct request *request)
{
	struct pressure *p = context;

	(void)request;
	p->ooms++;
	return p->oom_outcome;
}

static inline void pressure_wake(void *engine, enum defer_target target, uint32_t node,
				 uint32_t cpu, uint64_t token)
{
	struct pressure *p = engine;

	(void)node;
	(void)cpu;
	assert_int_equal(target, DEFER_PAGE);
	assert_true(p->woken_count < PRESSURE_THREADS);
	p->woken[p->woken_count++] = token;
}

static inline void pressure_defer(void *engine, enum defer_target target, uint64_t when_ns,
				  uint64_t token)
{
	struct pressure *p = engine;

	assert_int_equal(target, DEFER_PAGE);
	assert_true(p->timer_count < PRESSURE_THREADS);
	p->timer_ns[p->timer_count] = when_ns;
	p->timers[p->timer_count++] = token;
}

/* Not yet started, so that options can be set. */
static inline struct pressure *pressure_new(void)
{
	struct pressure *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->f = fixture_new(page_policy_of(policy_find(&page_policies, "buddy")),
			   fixture_machine(PRESSURE_MEMORY, 1));
	p->migrate = (struct migrate_source){ pressure_movable, pressure_moved, p };
	p->reclaim =
		(struct reclaim_source){ pressure_shrink, pressure_reclaimable, pressure_left, p };
	p->oom = (struct oom_source){ pressure_oom, p };
	p->observer = (struct page_observer){ .extfrag = pressure_mixed,
					      .compaction = pressure_compacted,
					      .kswapd_woken = pressure_kswapd,
					      .direct_reclaimed = pressure_direct,
					      .context = p };
	p->oldest = 1;
	p->f->services.observer = &p->observer;
	p->f->services.migrate = &p->migrate;
	p->f->services.reclaim = &p->reclaim;
	p->f->services.oom = &p->oom;
	p->f->services.wake_thread = pressure_wake;
	p->f->services.defer = pressure_defer;
	p->f->services.engine = p;
	return p;
}

static inline struct pressure *pressure_start(void)
{
	struct pressure *p = pressure_new();

	fixture_start(p->f);
	return p;
}

/* A user page under an id that has none; false: there was none to be had. */
static inline bool pressure_alloc(struct pressure *p, uint32_t id, uint32_t gfp)
{
	struct request r = fixture_request(0, gfp, 0);
	pfn_t pfn;

	r.id = id;
	pfn = p->f->policy->alloc(p->f->state, &r);
	if (pfn_is_none(pfn))
		return false;
	p->frame[id] = pfn.v;
	return true;
}

/* And under a new one. */
static inline bool pressure_add(struct pressure *p, uint32_t gfp)
{
	assert_true(p->pages + 1 < PRESSURE_FRAMES);
	if (!pressure_alloc(p, p->pages + 1, gfp))
		return false;
	p->pages++;
	return true;
}

/* Until nothing is left. */
static inline void pressure_fill(struct pressure *p)
{
	while (pressure_add(p, PRESSURE_QUIET))
		;
}

/*
 * Gives back every second block of this order in zone DMA32, now the lower of a pair and now the
 * upper: much is free, and no larger block.
 */
static inline void pressure_riddle(struct pressure *p, unsigned order)
{
	for (uint32_t id = 1; id <= p->pages; id++)
		if (__builtin_parity(p->frame[id] >> order) && p->frame[id] >= PRESSURE_DMA_FRAMES)
			pressure_free(p, id);
	p->f->policy->drain(p->f->state, 0);
}

/* Runs the threads that have been woken, once each; returns how many. */
static inline uint32_t pressure_run_threads(struct pressure *p, uint64_t now_ns)
{
	uint64_t tokens[PRESSURE_THREADS];
	uint32_t count = p->woken_count;

	memcpy(tokens, p->woken, sizeof(tokens));
	p->woken_count = 0;
	for (uint32_t i = 0; i < count; i++)
		p->f->policy->expire(p->f->state, tokens[i], now_ns);
	return count;
}

static inline uint64_t pressure_event(const struct pressure *p, enum vm_event event)
{
	return p->f->work.vm_event[event];
}

static inline void pressure_destroy(struct pressure *p)
{
	fixture_check(p->f);
	fixture_destroy(p->f);
	free(p);
}

#endif
