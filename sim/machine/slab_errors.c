/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/slab_errors.h"

#include "machine/machine.h"

int slab_errors_open(struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "record",
		  .unit = "1",
		  .long_name = "record of the trace",
		  .type = RESULT_U64 },
		{ .name = "time_ns",
		  .unit = "ns",
		  .long_name = "simulated time",
		  .type = RESULT_U64 },
		{ .name = "error", .unit = "", .long_name = "what was wrong", .type = RESULT_TEXT },
		{ .name = "cache", .unit = "", .long_name = "kmem_cache", .type = RESULT_TEXT },
		{ .name = "objects",
		  .unit = "1",
		  .long_name = "objects that callers hold",
		  .type = RESULT_U64 },
	};
	if (m->page_level)
		return 0;
	m->slab_errors = m->sink_ops->table(m->sink, "/events/slab_error", columns,
					    sizeof(columns) / sizeof(columns[0]), err);
	return m->slab_errors ? 0 : -1;
}

void slab_errors_objects_left(struct machine *m, cache_id recorded, uint64_t objects)
{
	const uint64_t record = machine_record(m);
	const void *const values[] = { &record, &m->time_ns, "cache destroyed with objects left",
				       m->trace->definitions->caches[recorded.v].name, &objects };
	m->summary->caches_left++;
	events_append(m, m->slab_errors, values);
}
