/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/execute.h"

#include "machine/expect.h"
#include "machine/libc_records.h"
#include "machine/marks.h"
#include "machine/object_facts.h"
#include "machine/object_records.h"
#include "machine/oom.h"
#include "machine/own_records.h"
#include "machine/page_facts.h"
#include "machine/page_records.h"
#include "machine/pending.h"
#include "machine/snapshots.h"

static int mark_record(struct machine *m, const struct record *r, struct error *err)
{
	machine_flush_bulks(m);
	events_mark(m, r->size);
	if (snapshots_mark(m->snapshots, m, r->size, err) != 0 ||
	    marks_note(m, (int64_t)r->size, err) != 0)
		return -1;
	return expect_mark(m->expect, m, r->size, err);
}

static int bulk_bracket(struct machine *m, bool begins)
{
	m->bulk_depth[m->clock.cpu] = begins;
	m->bulk_told = true;
	return 0;
}

/* The records that are few: kept out of the main loop, so that it stays short. */
static __attribute__((noinline)) int carry_out_rare(struct machine *m, const struct record *r,
						    const struct record *extension,
						    struct error *err)
{
	switch ((enum action)m->action[r->operation]) {
	case ACTION_MARK:
		return mark_record(m, r, err);
	case ACTION_BULK_BEGIN:
		return bulk_bracket(m, true);
	case ACTION_BULK_END:
		return bulk_bracket(m, false);
	case ACTION_NOTE:
		horizon_recorded(m, r);
		return 0;
	case ACTION_PAGE_FACT:
		horizon_recorded(m, r);
		return page_fact(m, r);
	case ACTION_OBJECT_FACT:
		return object_fact(m, r);
	case ACTION_RESIDENT:
		resident_note(m, r);
		oom_note(m, r);
		return 0;
	case ACTION_ALLOC_BEGIN:
		return pending_begin(m, r, err);
	case ACTION_KREALLOC:
		return krealloc_record(m, r, extension);
	case ACTION_CACHE_CREATE:
		return cache_create_record(m, r, err);
	case ACTION_CACHE_DESTROY:
		return cache_destroy_record(m, r, err);
	case ACTION_CACHE_SHRINK:
		return cache_shrink_record(m, r, err);
	case ACTION_LIBC:
		return libc_record(m, r, extension, err);
	case ACTION_VM:
		return vm_record(m, r, extension, err);
	case ACTION_PROCESS:
		return process_record(m, r, err);
	default:
		return 0;
	}
}

static inline __attribute__((always_inline)) int carry_out(struct machine *m,
							   const struct record *r,
							   const struct record *extension,
							   struct error *err)
{
	if (__builtin_expect(m->pending_count, 0) && pending_awaits(m, r))
		return pending_end(m, r, err);
	if (is_left_out(m, r))
		return own_record(m, r, err);
	switch ((enum action)m->action[r->operation]) {
	case ACTION_PAGE_ALLOC:
		return page_alloc_record(m, r);
	case ACTION_PAGE_FREE:
		return page_free_record(m, r);
	case ACTION_KMALLOC:
		return kmalloc_record(m, r);
	case ACTION_KFREE:
		return kfree_record(m, r);
	case ACTION_CACHE_ALLOC:
		return cache_alloc_record(m, r, err);
	case ACTION_CACHE_FREE:
		return cache_free_record(m, r, err);
	case ACTION_MALLOC:
		return malloc_record(m, r, extension, err);
	case ACTION_FREE:
		return free_record(m, r, err);
	default:
		return carry_out_rare(m, r, extension, err);
	}
}

/* The clock that policies read runs only where there is somebody to wait for. */
static inline void start_clock(struct machine *m, uint32_t cpu, uint64_t begin_ps)
{
	m->clock.cpu = cpu;
	if (!m->clock.locks)
		return;
	m->clock.start_ps = begin_ps;
	m->clock.work_at_start = m->work.cost_ps;
	m->clock.waited_ps = 0;
}

/* What a bulk free gathered is work of its CPU's own time, before its next record. */
static __attribute__((noinline)) void carry_out_bulk(struct machine *m, uint32_t cpu)
{
	uint64_t work_ps = m->work.cost_ps;
	start_clock(m, cpu, m->cpu_free_ps[cpu]);
	machine_flush_bulk(m, cpu);
	m->cpu_free_ps[cpu] += m->work.cost_ps - work_ps;
	if (m->clock.locks)
		m->cpu_free_ps[cpu] += m->clock.waited_ps;
}

static inline __attribute__((always_inline)) int step(struct machine *m, const struct record *r,
						      const struct record *extension,
						      uint64_t arrival_ps, uint64_t *end_ps,
						      struct error *err)
{
	uint32_t cpu = machine_cpu(m, r);
	uint64_t *free_ps = &m->cpu_free_ps[cpu];
	m->cpu_seen[record_cpu(r)] = true;
	if (__builtin_expect(m->bulks_gathered, 0) && m->bulk_free[cpu].count &&
	    !(r->flags & RECORD_BULK))
		carry_out_bulk(m, cpu);
	uint64_t begin_ps = arrival_ps > *free_ps ? arrival_ps : *free_ps;
	uint64_t work_ps = m->work.cost_ps;
	start_clock(m, cpu, begin_ps);
	int result = carry_out(m, r, extension, err);
	*end_ps = begin_ps + (m->work.cost_ps - work_ps);
	if (m->clock.locks)
		*end_ps += m->clock.waited_ps;
	if (result <= 0) {
		m->operations[r->operation].idle++;
		return result;
	}
	*free_ps = *end_ps;
	histogram_add(m->operations[r->operation].latency_ps, *end_ps - arrival_ps);
	return 0;
}

int execute_step(struct machine *m, const struct record *r, const struct record *extension,
		 uint64_t arrival_ps, uint64_t *end_ps, struct error *err)
{
	return step(m, r, extension, arrival_ps, end_ps, err);
}

int execute_batch(struct machine *m, const struct batch *batch, uint32_t begin, uint32_t end,
		  struct error *err)
{
	uint64_t base_ps = (batch->base_ns - m->origin_ns) * PS_PER_NS, end_ps;
	for (uint32_t i = begin; i < end; i++) {
		const struct record *r = &batch->records[i];
		const struct record *extension = r->flags & RECORD_EXTENDED ? r + 1 : NULL;
		m->position.current = r;
		m->time_ns = batch->base_ns + r->time;
		if (__builtin_expect(m->time_ns >= m->next_event_ns, 0) &&
		    machine_run_events(m, m->time_ns, err) != 0)
			return -1;
		if (step(m, r, extension, base_ps + (uint64_t)r->time * PS_PER_NS, &end_ps, err) !=
		    0)
			return -1;
	}
	return 0;
}
