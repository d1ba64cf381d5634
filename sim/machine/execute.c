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

enum { RECORDS_AHEAD = 8 };

/* What the main loop is compiled for more than once, so that it need not ask at each record. */
struct way {
	bool waits;    /* there are locks: somebody may have to be waited for */
	bool adjacent; /* an extension stands behind its record */
	bool unusual;  /* m->unusual may be other than 0 */
	bool owned;    /* who made an allocation is noted */
};

static inline const struct record *extension_of(const struct record *r,
						const struct record *extension, struct way way)
{
	if (!way.adjacent)
		return extension;
	return r->flags & RECORD_EXTENDED ? r + 1 : NULL;
}

static inline __attribute__((always_inline)) int carry_out(struct machine *m,
							   const struct record *r,
							   const struct record *extension,
							   struct way way, struct error *err)
{
	if (way.unusual && m->pending_count && pending_awaits(m, r))
		return pending_end(m, r, err);
	if (way.unusual && is_left_out(m, r))
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
		return malloc_record(m, r, extension_of(r, extension, way), err);
	case ACTION_FREE:
		return free_record(m, r, err);
	default:
		return carry_out_rare(m, r, extension_of(r, extension, way), err);
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
						      struct way way, struct error *err)
{
	/* without locks there is one CPU, and the clock is on it */
	const uint32_t cpu = way.waits || way.unusual ? machine_cpu(m, r) : 0;
	uint64_t *free_ps = &m->cpu_free_ps[cpu];
	m->cpu_seen[record_cpu(r)] = true;
	if (way.unusual && m->bulks_gathered && m->bulk_free[cpu].count &&
	    !(r->flags & RECORD_BULK))
		carry_out_bulk(m, cpu);
	uint64_t begin_ps = arrival_ps > *free_ps ? arrival_ps : *free_ps;
	uint64_t work_ps = m->work.cost_ps;
	if (way.waits || way.unusual)
		start_clock(m, cpu, begin_ps);
	int result = carry_out(m, r, extension, way, err);
	*end_ps = begin_ps + (m->work.cost_ps - work_ps);
	if (way.waits)
		*end_ps += m->clock.waited_ps;
	if (result <= 0) {
		m->operations[r->operation].idle++;
		return result;
	}
	*free_ps = *end_ps;
	histogram_add(m->operations[r->operation].latency_ps, *end_ps - arrival_ps);
	return 0;
}

__attribute__((noinline)) int execute_step(struct machine *m, const struct record *r,
					   const struct record *extension, uint64_t arrival_ps,
					   uint64_t *end_ps, struct error *err)
{
	const struct way way = { .waits = m->clock.locks != NULL,
				 .adjacent = false,
				 .unusual = true };

	return step(m, r, extension, arrival_ps, end_ps, way, err);
}

/* Apart where there is something unusual to look at, which is asked before every record. */
static inline __attribute__((always_inline)) int run_record(struct machine *m,
							    const struct record *r,
							    uint64_t arrival_ps, struct way way,
							    struct error *err)
{
	/* two of them, as one whose address is given away cannot stay in a register */
	uint64_t end_ps, told_end_ps;

	if (__builtin_expect(m->unusual != 0, 0))
		return execute_step(m, r, extension_of(r, NULL, way), arrival_ps, &told_end_ps,
				    err);
	return step(m, r, NULL, arrival_ps, &end_ps, way, err);
}

/*
 * Memory stands idle while records are worked on. What is asked of it early is not waited for
 * later: the next batch, and what is known of the id of a record some places on.
 */
struct ahead {
	const uint8_t *bytes;
	const uint64_t *entries;
	const struct owner *owners;
};

static struct ahead look_ahead(const struct machine *m, const struct batch *batch, uint32_t begin)
{
	const uint8_t *bytes = batch->ahead ? batch->ahead : (const uint8_t *)batch->records;
	const uint64_t *entries = m->page_level ? m->ids.page : m->ids.object;
	const struct owner *owners = m->page_level ? m->ids.page_owner : m->ids.object_owner;

	/* what is not there is looked for where something is, which costs less than to ask */
	return (struct ahead){
		.bytes = bytes + begin * sizeof(struct record),
		.entries = entries,
		.owners = owners ? owners : (const struct owner *)(const void *)entries,
	};
}

static inline __attribute__((always_inline)) void
fetch_ahead(struct ahead *ahead, const struct record *r, const struct record *last, struct way way)
{
	const struct record *soon = r + RECORDS_AHEAD < last ? r + RECORDS_AHEAD : r;

	__builtin_prefetch(ahead->bytes, 0, 2);
	__builtin_prefetch(&ahead->entries[soon->id], 1);
	if (way.owned)
		__builtin_prefetch(&ahead->owners[soon->id], 1);
	ahead->bytes += sizeof(struct record);
}

static inline __attribute__((always_inline)) int run_records(struct machine *m,
							     const struct batch *batch,
							     uint32_t begin, uint32_t end,
							     struct way way, struct error *err)
{
	const uint64_t base_ns = batch->base_ns, since_origin_ns = base_ns - m->origin_ns;
	const struct record *last = batch->records + end;
	struct ahead ahead = look_ahead(m, batch, begin);

	for (const struct record *r = batch->records + begin; r < last; r++) {
		fetch_ahead(&ahead, r, last, way);
		m->position.current = r;
		m->time_ns = base_ns + r->time;
		if (__builtin_expect(base_ns + r->time >= m->next_event_ns, 0) &&
		    machine_run_events(m, base_ns + r->time, err) != 0)
			return -1;
		const uint64_t arrival_ps = (since_origin_ns + r->time) * PS_PER_NS;

		if (run_record(m, r, arrival_ps, way, err) != 0)
			return -1;
	}
	return 0;
}

int execute_batch(struct machine *m, const struct batch *batch, uint32_t begin, uint32_t end,
		  struct error *err)
{
	const struct way alone = { .adjacent = true }, owned = { .adjacent = true, .owned = true },
			 waiting = { .waits = true, .adjacent = true, .owned = true };

	if (m->clock.locks)
		return run_records(m, batch, begin, end, waiting, err);
	return m->run->output ? run_records(m, batch, begin, end, owned, err)
			      : run_records(m, batch, begin, end, alone, err);
}
