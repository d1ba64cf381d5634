/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/trim_events.h"

#include "machine/machine.h"

/* A program that trims at every free does not fill the disk; the counts stay exact. */
static const uint64_t rows_max = 1 << 20;

#define NUMBER(column, of_unit, text)                                                              \
	{                                                                                          \
		.name = column, .unit = of_unit, .long_name = text, .type = RESULT_U64             \
	}
static const struct result_column columns[] = {
	NUMBER("record", "1", "record of the trace"),
	NUMBER("time_ns", "ns", "simulated time"),
	NUMBER("process", "1", "index of the process"),
	{ .name = "moment", .unit = "", .long_name = "when it was asked", .type = RESULT_TEXT },
	{ .name = "action", .unit = "", .long_name = "verdict", .type = RESULT_TEXT },
	NUMBER("pad", "bytes", "kept at the end of the heap"),
	NUMBER("top", "bytes", "free at the end of the heap"),
	NUMBER("mmap_threshold", "bytes", "M_MMAP_THRESHOLD from now on"),
	NUMBER("trim_threshold", "bytes", "M_TRIM_THRESHOLD from now on"),
	NUMBER("live_bytes", "bytes", "asked for by the program and not freed"),
	NUMBER("rss_bytes", "bytes", "present before"),
	NUMBER("released_bytes", "bytes", "no longer present"),
	NUMBER("unmapped_bytes", "bytes", "no longer in the address space"),
	NUMBER("system_calls", "1", "system calls that it took"),
	NUMBER("cost_ps", "ps", "modelled cost of it"),
};
#undef NUMBER

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

int trim_events_open(struct machine *m, struct error *err)
{
	m->events_out.trim = m->sink_ops->table(m->sink, "/events/trim", columns, COLUMNS, err);
	return m->events_out.trim ? 0 : -1;
}

void trim_events_add(struct process *p, const struct trim_view *view,
		     const struct trim_verdict *verdict, const struct trim_outcome *outcome)
{
	struct machine *m = p->machine;
	const bool raise = verdict->action == TRIM_RAISE;
	const uint64_t record = machine_record(m), process = p->index;
	const uint64_t mmap_threshold = raise ? verdict->mmap_threshold : view->mmap_threshold;
	const uint64_t trim_threshold = raise ? verdict->trim_threshold : view->trim_threshold;
	const void *const values[COLUMNS] = {
		&record,
		&view->time_ns,
		&process,
		trim_moment_names[view->moment],
		trim_action_names[verdict->action],
		&verdict->pad,
		&view->top_bytes,
		&mmap_threshold,
		&trim_threshold,
		&view->live_bytes,
		&view->rss_bytes,
		&outcome->released_bytes,
		&outcome->unmapped_bytes,
		&outcome->system_calls,
		&outcome->cost_ps,
	};

	if (m->events_out.trim && m->events_out.trim_rows++ < rows_max)
		events_append(m, m->events_out.trim, values);
}
