/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/assert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/operation.h"

_Thread_local struct sim_position *sim_position;

static uint32_t records_done(const struct sim_position *position)
{
	return position->batch ? (uint32_t)(position->current - position->batch) : 0;
}

void sim_position_leave_batch(struct sim_position *position)
{
	uint32_t done = records_done(position);
	uint32_t from_batch = done < SIM_HISTORY ? done : SIM_HISTORY;
	uint32_t room = SIM_HISTORY - from_batch;
	uint32_t kept = position->tail_count < room ? position->tail_count : room;
	uint32_t dropped = position->tail_count - kept;

	for (uint32_t i = 0; i < kept; i++) {
		position->tail[i] = position->tail[dropped + i];
		position->tail_base_ns[i] = position->tail_base_ns[dropped + i];
	}
	for (uint32_t i = 0; i < from_batch; i++) {
		position->tail[kept + i] = position->batch[done - from_batch + i];
		position->tail_base_ns[kept + i] = position->base_ns;
	}
	position->tail_count = kept + from_batch;
	position->first_record += done;
	position->batch = NULL;
	position->current = NULL;
}

static void print_record(uint64_t number, uint64_t base_ns, const struct record *r)
{
	const char *name = "unknown";

	if (r->operation < OPERATION_COUNT)
		name = operation_table[r->operation].name;
	fprintf(stderr,
		"  %" PRIu64 ": %" PRIu64 " ns cpu %" PRIu32 " %s task %" PRIu32 " origin %" PRIu32
		" id %" PRIu32 " size %" PRIu32 " address 0x%" PRIx64 " flags 0x%x\n",
		number, base_ns + r->time, record_cpu(r), name, r->task, r->origin, r->id, r->size,
		r->address, (unsigned)r->flags);
}

/* Oldest first; the operation in hand, if any, is the last line. */
static void print_history(const struct sim_position *position)
{
	uint32_t shown = records_done(position) + (position->current != NULL);
	uint32_t from_batch = shown < SIM_HISTORY ? shown : SIM_HISTORY;
	uint32_t room = SIM_HISTORY - from_batch;
	uint32_t from_tail = position->tail_count < room ? position->tail_count : room;

	for (uint32_t i = position->tail_count - from_tail; i < position->tail_count; i++)
		print_record(position->first_record - position->tail_count + i + 1,
			     position->tail_base_ns[i], &position->tail[i]);
	for (uint32_t i = shown - from_batch; i < shown; i++)
		print_record(position->first_record + i + 1, position->base_ns,
			     &position->batch[i]);
}

void sim_assert_failed(const char *condition, const char *file, int line)
{
	const struct sim_position *position = sim_position;

	fprintf(stderr, "slabyard: internal error: %s does not hold (%s:%d)\n", condition, file,
		line);
	if (position) {
		const struct record *current = position->current;
		fprintf(stderr,
			"at event %" PRIu64 ", simulated time %" PRIu64 " ns; last operations:\n",
			position->first_record + records_done(position) + (current != NULL),
			position->base_ns + (current ? current->time : 0));
		print_history(position);
	}
	abort();
}
