/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The main loop: trace records in their order, merged with the engine's own events. In recorded
 * timing each record is carried out at its own time; in closed timing it goes to closed.c.
 */
#include "machine/closed.h"
#include "machine/cpu_order.h"
#include "machine/execute.h"
#include "machine/id_table.h"
#include "machine/kernel_threads.h"
#include "machine/machine.h"
#include "machine/marks.h"
#include "machine/own_records.h"
#include "machine/progress.h"
#include "machine/sampler.h"
#include "machine/snapshots.h"
#include "machine/start.h"

static int run_event(struct machine *m, const struct event *event, struct error *err)
{
	m->now_ns = event->time_ns;
	if (event->class == EVENT_SAMPLE)
		return sampler_by_time(m->sampler, m, event->time_ns, err);
	if (event->class == EVENT_TRIM)
		return trims_timer(m, event->payload, event->time_ns, err);
	if (event->class == EVENT_READY)
		return closed_ready(m->closed, m, event->payload, event->time_ns, err);
	SIM_ASSERT(event->class == EVENT_DEFERRED);
	uint64_t now_ns = event->time_ns;
	/* A deferrable timer does not wake an idle CPU: it waits for the next that happens. */
	if (event->payload == DEFER_SLAB_REAP && m->time_ns > now_ns)
		now_ns = m->time_ns;
	m->clock.start_ps = (event->time_ns - m->origin_ns) * PS_PER_NS;
	m->clock.work_at_start = m->work.cost_ps;
	m->clock.waited_ps = 0;
	m->clock.cpu = 0;
	if (event->payload == DEFER_PAGE)
		m->page->expire(m->page_state, event->token, now_ns);
	else
		m->slab->expire(m->slab_state, event->token, now_ns);
	return 0;
}

void machine_note_next_event(struct machine *m)
{
	const struct event *first = event_heap_peek(m->events);
	m->next_event_ns = first ? first->time_ns : UINT64_MAX;
	/* they look at each record for the time that it leaves them */
	if (kernel_threads_waiting(m->threads))
		m->next_event_ns = 0;
}

int machine_run_events(struct machine *m, uint64_t until_ns, struct error *err)
{
	const struct event *first;
	if (kernel_threads_waiting(m->threads))
		kernel_threads_run(m, until_ns);
	while ((first = event_heap_peek(m->events)) && first->time_ns <= until_ns) {
		struct event event = event_heap_pop(m->events);
		if (run_event(m, &event, err) != 0)
			return -1;
	}
	machine_note_next_event(m);
	return 0;
}

/* Before the start state's mark nothing is executed, but who was alive is remembered by address. */
static void skip_record(struct machine *m, const struct record *r)
{
	const struct operation_info *info = &operation_table[r->operation];
	m->summary->skipped_before_start++;
	if (r->id == 0)
		return;
	bool is_page = info->space == SPACE_PAGE;
	if (!is_page && info->space != SPACE_OBJECT)
		return;
	uint64_t *slot = is_page ? &m->ids.page[r->id] : &m->ids.object[r->id];
	if (info->ids == ID_FREE) {
		*slot = r->flags & RECORD_NESTED || record_leaves_part(r) ? *slot : 0;
		return;
	}
	uint64_t address = is_page ? r->address : r->address - m->page_offset;
	*slot = (address + 1) | IDENTITY_OLDER;
	machine_note_owner(m, is_page ? m->ids.page_owner : m->ids.object_owner, r);
}

static bool begins_here(const struct machine *m, const struct record *r)
{
	return r->operation == OP_MARK && (int64_t)r->size == start_mark(m->start);
}

/* The state that the run begins with. */
static int begin_results(struct machine *m, struct error *err)
{
	if (m->page->begin)
		m->page->begin(m->page_state, m->time_ns);
	if (m->slab && m->slab->begin && m->slab->begin(m->slab_state, m->time_ns, err) != 0)
		return -1;
	if (snapshots_begin(m->snapshots, m, err) != 0 ||
	    marks_note(m, SLABYARD_MARK_START, err) != 0)
		return -1;
	return sampler_begin(m->sampler, m, err);
}

static int begin_run(struct machine *m, struct error *err)
{
	m->started = true;
	return begin_results(m, err);
}

/* Passes over records up to the start's mark; returns the number of the first to be executed. */
static uint32_t skip_to_start(struct machine *m, const struct batch *batch, uint32_t i)
{
	for (; i < batch->count && !m->started; i++) {
		const struct record *r = &batch->records[i];
		m->position.current = r;
		m->time_ns = batch->base_ns + r->time;
		m->operations[r->operation].idle++;
		skip_record(m, r);
		m->started = begins_here(m, r);
	}
	return i;
}

/* To where records wait, for their thread or for their turn among the CPUs. */
static int add_to_waiting(struct machine *m, const struct batch *batch, uint32_t i,
			  struct error *err)
{
	for (; i < batch->count; i++) {
		const struct record *r = &batch->records[i];
		m->position.current = r;
		m->time_ns = batch->base_ns + r->time;
		if (r->operation == OP_EXTENSION) {
			m->operations[OP_EXTENSION].idle++;
			continue;
		}
		const struct record *extension = r->flags & RECORD_EXTENDED ? r + 1 : NULL;
		if ((m->closed ? closed_add(m->closed, m, r, extension, err)
			       : cpu_order_add(m->cpu_order, m, r, extension, err)) != 0)
			return -1;
	}
	return 0;
}

/* Whole stretches between samples, so that the inner loop need not look for them. */
static int replay_stretches(struct machine *m, const struct batch *batch, uint32_t i,
			    struct error *err)
{
	while (i < batch->count) {
		uint64_t due = sampler_next_record(m->sampler) - batch->first_record;
		uint32_t end = due < batch->count ? (uint32_t)due : batch->count;
		if (execute_batch(m, batch, i, end, err) != 0)
			return -1;
		i = end;
		if (end == due && sampler_by_record(m->sampler, m, err) != 0)
			return -1;
	}
	return 0;
}

static int replay_batch(struct machine *m, const struct batch *batch, struct error *err)
{
	uint32_t i = 0;
	if (!m->started) {
		i = skip_to_start(m, batch, 0);
		if (m->started && begin_results(m, err) != 0)
			return -1;
	}
	if (!m->started || i == batch->count)
		return 0;
	return m->closed || m->cpu_order ? add_to_waiting(m, batch, i, err)
					 : replay_stretches(m, batch, i, err);
}

static void prepare_requests(struct machine *m)
{
	const struct definitions *d = m->trace->definitions;
	for (; m->request_count < d->origin_count; m->request_count++) {
		const struct origin_def *origin = &d->origins[m->request_count];
		m->requests[m->request_count] = (struct request){
			.origin = m->request_count,
			.gfp = origin->gfp & ~m->gfp_ignored,
			.migratetype = (uint8_t)gfp_migratetype(origin->gfp),
			.zone_hint = -1,
			.node = origin->node,
		};
		own_records_note_origin(m, m->request_count);
	}
}

static void enter_batch(struct machine *m, const struct batch *batch)
{
	m->position.batch = m->position.current = batch->records;
	m->position.base_ns = batch->base_ns;
	m->position.first_record = batch->first_record;
	m->lines = batch->lines;
	m->origins = m->trace->definitions->origins;
	prepare_requests(m);
}

static void leave_batch(struct machine *m, const struct batch *batch)
{
	m->position.current = batch->records + batch->count;
	sim_position_leave_batch(&m->position);
	m->lines = NULL;
}

static int first_batch(struct machine *m, const struct batch *batch, struct error *err)
{
	m->origin_ns = batch->base_ns + batch->records[0].time;
	m->time_ns = m->origin_ns;
	return start_mark(m->start) < 0 ? begin_run(m, err) : 0;
}

static int check_limits(const struct machine *m, const struct batch *batch, struct error *err)
{
	const struct definitions *d = m->trace->definitions;
	if (d->origin_count > MACHINE_ORIGINS_MAX)
		return error_at_record(err, m->trace->name, "record", machine_record(m),
				       "more than %d different call sites", MACHINE_ORIGINS_MAX);
	if (d->cache_count > MACHINE_CACHES_MAX)
		return error_at_record(err, m->trace->name, "record", machine_record(m),
				       "more than %d caches", MACHINE_CACHES_MAX);
	uint64_t last_ns = batch->base_ns + batch->records[batch->count - 1].time;
	if (last_ns - m->origin_ns > UINT64_MAX / PS_PER_NS / 2)
		return error_at_record(err, m->trace->name, "record",
				       batch->first_record + batch->count,
				       "more than 106 days after the first one");
	for (int i = 0; i < SPACE_COUNT; i++)
		if (d->id_max[i] >= MACHINE_IDS_MAX)
			return error_at_record(err, m->trace->name, "record", machine_record(m),
					       "more than %d allocations alive at once",
					       MACHINE_IDS_MAX);
	return 0;
}

static int finish_replay(struct machine *m, struct error *err)
{
	if (!m->started)
		return error_set(err, ERROR_INPUT,
				 "%s: has no MARK %lld, which --start begins after", m->trace->name,
				 (long long)start_mark(m->start));
	if (m->closed && closed_drain(m->closed, m, err) != 0)
		return -1;
	if (m->cpu_order && cpu_order_drain(m->cpu_order, m, err) != 0)
		return -1;
	machine_flush_bulks(m);
	return sampler_end(m->sampler, m, err);
}

int machine_replay(struct machine *m, struct batch *batch, struct error *err)
{
	sim_position = &m->position;
	int more = 1;
	if (first_batch(m, batch, err) != 0)
		return -1;
	while (more == 1) {
		if (check_limits(m, batch, err) != 0 || machine_cover_ids(m, err) != 0 ||
		    resident_cover(m, err) != 0)
			return -1;
		enter_batch(m, batch);
		if (replay_batch(m, batch, err) != 0)
			return -1;
		if (m->run->stop && *m->run->stop)
			return error_set(err, ERROR_RUN, "interrupted, nothing is written");
		leave_batch(m, batch);
		progress_tick(m);
		more = m->trace->ops->next(m->trace, batch, err);
	}
	return more < 0 ? -1 : finish_replay(m, err);
}
