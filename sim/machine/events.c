/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/events.h"

#include "machine/machine.h"
#include "machine/trim_events.h"

/* A machine that is full fails without end; the counts in /summary stay exact. */
static const uint64_t alloc_fail_rows_max = 1 << 20;

int events_open(struct machine *m, struct error *err)
{
	const struct result_column fails[] = {
		{ .name = "record",
		  .unit = "1",
		  .long_name = "record of the trace",
		  .type = RESULT_U64 },
		{ .name = "time_ns",
		  .unit = "ns",
		  .long_name = "simulated time",
		  .type = RESULT_U64 },
		{ .name = "operation", .unit = "", .long_name = "operation", .type = RESULT_TEXT },
		{ .name = "size",
		  .unit = "order or bytes",
		  .long_name = "pages: order; objects: bytes",
		  .type = RESULT_U64 },
		{ .name = "gfp",
		  .unit = "",
		  .long_name = "GFP flags, Linux 6.1's bits",
		  .type = RESULT_U64 },
		{ .name = "recorded",
		  .unit = "",
		  .long_name = "1: failed in the recording too",
		  .type = RESULT_U64 },
	};
	const struct result_column marks[] = {
		{ .name = "mark",
		  .unit = "1",
		  .long_name = "number of the mark",
		  .type = RESULT_U64 },
		{ .name = "record",
		  .unit = "1",
		  .long_name = "record of the trace",
		  .type = RESULT_U64 },
		{ .name = "time_ns",
		  .unit = "ns",
		  .long_name = "simulated time",
		  .type = RESULT_U64 },
	};
	struct events *e = &m->events_out;
	e->alloc_fail = m->sink_ops->table(m->sink, "/events/alloc_fail", fails, 6, err);
	if (!e->alloc_fail)
		return -1;
	e->mark = m->sink_ops->table(m->sink, "/events/mark", marks, 3, err);
	if (!e->mark)
		return -1;
	return m->libc_level ? trim_events_open(m, err) : 0;
}

void events_append(struct machine *m, struct result_table *table, const void *const *values)
{
	struct events *e = &m->events_out;
	if (!e->broken && m->sink_ops->table_append(table, values, &e->error) != 0)
		e->broken = true;
}

void events_alloc_fail(struct machine *m, const struct record *r)
{
	struct events *e = &m->events_out;
	if (e->alloc_fail_rows++ >= alloc_fail_rows_max)
		return;
	uint64_t size = r->size, recorded = !!(r->flags & RECORD_FAILED);
	uint64_t gfp = m->trace->definitions->origins[r->origin].gfp;
	uint64_t record = machine_record(m);
	const void *const values[] = { &record, &m->time_ns, operation_table[r->operation].name,
				       &size,   &gfp,        &recorded };
	events_append(m, e->alloc_fail, values);
}

void events_mark(struct machine *m, uint64_t number)
{
	uint64_t record = machine_record(m);
	const void *const values[] = { &number, &record, &m->time_ns };
	events_append(m, m->events_out.mark, values);
}

int events_finish(struct machine *m, struct error *err)
{
	if (!m->events_out.broken)
		return 0;
	*err = m->events_out.error;
	return -1;
}
