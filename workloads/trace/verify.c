/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/verify.h"

#include <stdbool.h>

#include "core/operation.h"

/* Largest id by operation, in a table so that the loop over records has no unsteady branch. */
struct limits {
	uint32_t id[UINT8_MAX + 1];
	uint32_t task_count, origin_count;
};

static void limits_set(struct limits *l, const struct definitions *d)
{
	l->task_count = d->task_count;
	l->origin_count = d->origin_count;
	for (unsigned op = 0; op <= UINT8_MAX; op++) {
		unsigned space = op < OPERATION_COUNT ? operation_table[op].space : SPACE_NONE;
		l->id[op] = space == SPACE_NONE ? UINT32_MAX : d->id_max[space];
	}
}

static bool refers_beyond(const struct record *r, const struct limits *l)
{
	return (r->operation >= OPERATION_COUNT) | (r->task >= l->task_count) |
	       (r->origin >= l->origin_count) | (r->id > l->id[r->operation]);
}

bool records_verify(const struct record *records, uint32_t count, const struct definitions *d)
{
	struct limits limits;
	limits_set(&limits, d);
	uint32_t time = 0;
	bool extended = false, bad = false;
	for (uint32_t i = 0; i < count; i++) {
		const struct record *r = &records[i];
		bool is_extension = r->operation == OP_EXTENSION;
		bad |= (is_extension != extended) | (r->time < time);
		/* An extension's task, origin and id are words of its owner's. */
		if (!is_extension)
			bad |= refers_beyond(r, &limits);
		extended = r->flags & RECORD_EXTENDED;
		time = r->time;
	}
	return !bad && !extended;
}

const char *records_explain(const struct record *records, uint32_t count,
			    const struct definitions *d, uint32_t *bad)
{
	struct limits limits;
	limits_set(&limits, d);
	for (uint32_t i = 0; i < count; i++) {
		const struct record *r = &records[i];
		bool extended = i > 0 && (records[i - 1].flags & RECORD_EXTENDED);
		*bad = i;
		if (extended != (r->operation == OP_EXTENSION))
			return extended ? "its extension is missing" : "extension without an owner";
		if (i > 0 && r->time < records[i - 1].time)
			return "its time is before the record before it";
		if (r->operation >= OPERATION_COUNT)
			return "an operation that this version does not know";
		if (r->operation == OP_EXTENSION)
			continue;
		if (r->task >= limits.task_count)
			return "a task that is not defined";
		if (r->origin >= limits.origin_count)
			return "an origin that is not defined";
		if (r->id > limits.id[r->operation])
			return "an id beyond the largest of its space";
	}
	return "its extension is missing";
}
