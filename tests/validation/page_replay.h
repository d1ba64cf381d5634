/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replays the page events of a recording through the buddy policy alone, from the recorded state at
 * mark 0 on, and compares every frame and the whole state at every mark.
 */
#ifndef SLABYARD_TESTS_PAGE_REPLAY_H
#define SLABYARD_TESTS_PAGE_REPLAY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "page/assist.h"
#include "recording.h"

#include "base/arena.h"
#include "core/operation.h"
#include "core/option.h"
#include "import/import.h"
#include "page/page.h"

enum { REPLAY_TASKS_MAX = 1 << 16, REPLAY_IDS_MAX = 1 << 20 };

/* Recorded facts that the replay may use, or'ed together. */
enum replay_facts {
	FACT_DRAIN = 1 << 0,
	FACT_COMPACTION = 1 << 1, /* isolated blocks, rotated lists */
	FACT_LRU = 1 << 2,        /* which pages are on an LRU list, told at each mark */
	FACT_RECLAIM = 1 << 3,    /* when kswapd ran, who was reclaiming, who was to die */
	FACT_LOCK_ORDER = 1 << 4, /* when refills and drains took place */
	FACT_BULK = 1 << 5,       /* which allocations are part of one bulk call */
	/* No fact, but a model without one: zones' counters learn of every page at once. */
	WITHOUT_COUNTER_LAG = 1 << 6,
};

struct replay_result {
	uint64_t exact, compared;
	uint64_t failures_exact, failures;
	uint64_t marks_equal, marks;
	uint64_t first_line; /* of the first frame that differs, 0: none */
	uint64_t first_recorded, first_simulated;
	uint8_t first_order;
	uint64_t refused_frees;
	struct error first_list; /* of the first mark that differs */
};

struct replay {
	const struct page_policy *policy;
	unsigned facts;
	const struct recording *recording;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	void *state;
	const struct definitions *definitions;
	bool began;
	bool bulk[64];
	bool reclaiming[REPLAY_TASKS_MAX], victim[REPLAY_TASKS_MAX]; /* by tid */
	uint64_t pages[REPLAY_IDS_MAX]; /* by id: order << 32 | frame, + 1 */
	struct replay_result result;
};

static inline void replay_state_read(const struct replay *r, uint32_t mark,
				     struct page_state *state)
{
	char path[2 * RECORDING_PATH_MAX];
	struct error err = { 0 };

	snprintf(path, sizeof(path), "%s/mmstate-%u.txt.zst", r->recording->folder, mark);
	if (mmstate_read(path, state, NULL, &err))
		fail_msg("%s", err.message);
}

static inline void replay_assist(struct replay *r, enum replay_facts fact,
				 struct page_assist assist)
{
	if (r->facts & (unsigned)fact)
		r->policy->assist(r->state, &assist);
}

/* What the policy leaves to the recording. */
static inline uint32_t replay_told(unsigned facts)
{
	uint32_t told = 0;

	if (facts & FACT_LOCK_ORDER)
		told |= 1u << ASSIST_REFILL;
	if (facts & FACT_DRAIN)
		told |= 1u << ASSIST_DRAIN;
	if (facts & FACT_COMPACTION)
		told |= 1u << ASSIST_ISOLATE;
	if (facts & FACT_RECLAIM)
		told |= 1u << ASSIST_KSWAPD;
	return told;
}

static inline void replay_forget_lag(struct page_state *state)
{
	for (size_t i = 0; i < state->zone_count; i++) {
		struct zone_state *zone = &state->zones[i];
		for (size_t cpu = 0; cpu < zone->pcp_count; cpu++) {
			zone->nr_free += zone->pcp[cpu].vmdiff_free;
			zone->pcp[cpu].vmdiff_free = 0;
			zone->pcp[cpu].vmdiff_threshold = 0;
		}
	}
}

static inline void replay_load(struct replay *r)
{
	struct error err = { 0 };
	struct page_state start = { 0 };
	void *params = calloc(1, r->policy->info.params_size);

	assert_non_null(params);
	replay_state_read(r, 0, &start);
	if (r->facts & WITHOUT_COUNTER_LAG)
		replay_forget_lag(&start);
	option_defaults(r->policy->info.options, params);
	struct page_machine machine = {
		.memory_bytes = start.total_ram_pages << PAGE_SHIFT,
		.cpus = start.cpus,
		.nodes = 1,
		.orders = start.orders,
		.pageblock_order = start.pageblock_order,
	};
	r->services.cpus = start.cpus;
	r->state = r->policy->create(&machine, params, &r->services, &err);
	if (!r->state || r->policy->load(r->state, &start, &err))
		fail_msg("%s", err.message);
	r->policy->assist(r->state, &(struct page_assist){ .kind = ASSIST_TOLD,
							   .value = replay_told(r->facts) });
	page_state_free(&start);
	free(params);
}

static inline struct replay *replay_new(const struct recording *recording, unsigned facts)
{
	struct error err = { 0 };
	struct replay *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->policy = page_policy_of(policy_find(&page_policies, "buddy"));
	r->facts = facts;
	r->recording = recording;
	r->arena = arena_create((size_t)1 << 35, &err);
	assert_non_null(r->arena);
	r->clock.work = &r->work;
	r->services = (struct services){
		.arena = r->arena, .work = &r->work, .clock = &r->clock, .nodes = 1
	};
	replay_load(r);
	return r;
}

static inline void replay_destroy(struct replay *r)
{
	arena_destroy(r->arena);
	free(r);
}

static inline uint32_t replay_tid(const struct replay *r, const struct record *record)
{
	return r->definitions->tasks[record->task].tid % REPLAY_TASKS_MAX;
}

static inline struct request replay_request(const struct replay *r, const struct record *record)
{
	const struct origin_def *origin = &r->definitions->origins[record->origin];
	uint32_t cpu = record_cpu(record);
	struct request request = {
		.cpu = cpu,
		.gfp = origin->gfp,
		.order = (uint8_t)record->size,
		.migratetype = origin->migratetype,
		.zone_hint = -1,
		.node = -1,
	};

	if (record->flags & RECORD_IRQ)
		request.flags |= REQUEST_IRQ;
	if (r->facts & FACT_BULK && r->bulk[cpu])
		request.flags |= REQUEST_BULK;
	if (r->facts & FACT_RECLAIM && r->reclaiming[replay_tid(r, record)])
		request.flags |= REQUEST_RECLAIMING;
	if (r->facts & FACT_RECLAIM && r->victim[replay_tid(r, record)])
		request.flags |= REQUEST_OOM_VICTIM;
	return request;
}

static inline void replay_alloc(struct replay *r, const struct record *record, uint64_t line)
{
	struct request request = replay_request(r, record);
	pfn_t pfn = r->policy->alloc(r->state, &request);
	struct replay_result *result = &r->result;

	assert_true(record->id < REPLAY_IDS_MAX);
	if (!pfn_is_none(pfn) && record->id)
		r->pages[record->id] = ((uint64_t)request.order << 32 | pfn.v) + 1;
	if (record->flags & RECORD_FAILED) {
		result->failures++;
		result->failures_exact += pfn_is_none(pfn);
		return;
	}
	result->compared++;
	result->exact += pfn.v == record->address;
	if (pfn.v != record->address && !result->first_line) {
		result->first_line = line;
		result->first_order = request.order;
		result->first_recorded = record->address;
		result->first_simulated = pfn.v;
	}
}

static inline void replay_free(struct replay *r, const struct record *record)
{
	struct request request = replay_request(r, record);
	uint64_t page = record->id ? r->pages[record->id] : 0;
	pfn_t pfn = { (uint32_t)record->address };

	if (record->flags & RECORD_NESTED)
		return;
	if (page && record->flags & RECORD_PART) {
		pfn.v = (uint32_t)(page - 1) + (pfn.v & ((1u << (uint8_t)((page - 1) >> 32)) - 1));
	} else if (page) {
		pfn.v = (uint32_t)(page - 1);
		request.order = (uint8_t)((page - 1) >> 32);
	}
	if (record->flags & RECORD_PART && record_detail(record) & PAGE_FREE_EXACT)
		request.flags |= REQUEST_EXACT;
	if (page && !record_leaves_part(record))
		r->pages[record->id] = 0;
	r->policy->free(r->state, &request, pfn);
}

static inline void replay_tell_lru(struct replay *r, const struct zone_state *zone)
{
	for (size_t i = 0; i < zone->run_count; i++) {
		const struct page_run *run = &zone->runs[i];
		bool lru = run->kind == 'A' || run->kind == 'F';
		if (!strchr("AaFfoST", run->kind))
			continue;
		for (uint32_t k = 0; k < run->count; k++)
			replay_assist(r, FACT_LRU,
				      (struct page_assist){ .kind = ASSIST_LRU,
							    .pfn = { run->pfn + k },
							    .value = lru });
	}
	for (size_t i = 0; i < zone->pageblock_count; i++)
		replay_assist(r, FACT_LRU,
			      (struct page_assist){ .kind = ASSIST_LRU_BLOCK,
						    .pfn = { zone->pageblocks[i].pfn },
						    .value = zone->pageblocks[i].lru });
}

static inline void replay_mark(struct replay *r, uint32_t mark)
{
	struct page_state expected = { 0 }, simulated = { 0 };
	struct error err = { 0 };
	size_t compared = 0;

	if (mark == 0) {
		r->began = true;
		return;
	}
	replay_state_read(r, mark, &expected);
	assert_int_equal(r->policy->dump(r->state, &simulated, &err), 0);
	r->result.marks++;
	if (page_state_compare(&simulated, &expected, &compared, &err) == 0)
		r->result.marks_equal++;
	else if (r->result.marks_equal + 1 == r->result.marks)
		r->result.first_list = err;
	assert_true(compared > 0);
	for (size_t i = 0; i < expected.zone_count; i++)
		replay_tell_lru(r, &expected.zones[i]);
	page_state_free(&expected);
	page_state_free(&simulated);
}

static inline void replay_fact(struct replay *r, const struct record *record,
			       enum replay_facts fact, enum page_assist_kind kind)
{
	replay_assist(r, fact,
		      (struct page_assist){
			      .kind = kind,
			      .cpu = record_cpu(record),
			      .value = r->definitions->origins[record->origin].migratetype,
			      .pfn = { (uint32_t)record->address },
			      .order = (uint8_t)record->size,
		      });
}

static inline void replay_record(struct replay *r, const struct record *record, uint64_t line)
{
	switch (record->operation) {
	case OP_MM_PAGE_ALLOC:
		replay_alloc(r, record, line);
		return;
	case OP_MM_PAGE_FREE:
	case OP_MM_PAGE_FREE_BATCHED:
		replay_free(r, record);
		return;
	case OP_BULK_BEGIN:
	case OP_BULK_END:
		r->bulk[record_cpu(record)] = record->operation == OP_BULK_BEGIN;
		return;
	case OP_MM_PAGE_PCPU_DRAIN:
		replay_fact(r, record, FACT_DRAIN, ASSIST_DRAIN);
		return;
	case OP_MM_PAGE_ALLOC_ZONE_LOCKED:
		if (record_detail(record))
			replay_fact(r, record, FACT_LOCK_ORDER, ASSIST_REFILL);
		return;
	case OP_ISOLATE_FREE_PAGE:
		replay_fact(r, record, FACT_COMPACTION, ASSIST_ISOLATE);
		return;
	case OP_COMPACT_HEAD:
		replay_fact(r, record, FACT_COMPACTION, ASSIST_ROTATE_HEAD);
		return;
	case OP_COMPACT_TAIL:
		replay_fact(r, record, FACT_COMPACTION, ASSIST_ROTATE_TAIL);
		return;
	case OP_KSWAPD_WAKE:
		replay_assist(r, FACT_RECLAIM, (struct page_assist){ .kind = ASSIST_KSWAPD });
		return;
	case OP_DIRECT_RECLAIM_BEGIN:
	case OP_DIRECT_RECLAIM_END:
		r->reclaiming[replay_tid(r, record)] = record->operation == OP_DIRECT_RECLAIM_BEGIN;
		return;
	case OP_MARK_VICTIM:
		r->victim[record->size % REPLAY_TASKS_MAX] = true;
		return;
	default:
		return;
	}
}

static inline void replay_batch(struct replay *r, const struct batch *batch)
{
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct record *record = &batch->records[i];
		if (record->operation == OP_MARK)
			replay_mark(r, record->size);
		else if (r->began)
			replay_record(r, record, batch->lines ? batch->lines[i] : 0);
	}
}

/* Replays the whole recording; checks all invariants at its end. */
static inline struct replay_result replay_recording(const struct recording *recording,
						    unsigned facts)
{
	struct replay *r = replay_new(recording, facts);
	struct import_options options = { .level = IMPORT_PAGE };
	struct replay_result result;
	struct error err = { 0 };
	struct trace_cursor *cursor;
	struct batch batch;
	char path[2 * RECORDING_PATH_MAX];
	int more;

	snprintf(path, sizeof(path), "%s/trace.txt.zst", recording->folder);
	cursor = import_open(path, &options, NULL, &err);
	if (!cursor)
		fail_msg("%s", err.message);
	r->definitions = cursor->definitions;
	while ((more = cursor->ops->next(cursor, &batch, &err)) > 0)
		replay_batch(r, &batch);
	if (more < 0 || !r->policy->check(r->state, &err))
		fail_msg("%s", err.message);
	cursor->ops->close(cursor);
	r->result.refused_frees = r->work.count[WORK_bad_page];
	result = r->result;
	replay_destroy(r);
	return result;
}

#endif
