/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/perturb.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "base/rng.h"
#include "core/operation.h"
#include "generate/late.h"
#include "generate/pace.h"
#include "generate/renumber.h"

enum {
	BATCH_EVENTS = 4096,
	BATCH_RECORDS = 2 * BATCH_EVENTS, /* each may have an extension */
	SWAP_STEPS = 1 << 24,
};

struct perturb_cursor {
	struct trace_cursor cursor; /* first: a cursor is cast to its perturbation */
	struct trace_cursor *first;
	struct perturb_params params;
	struct pace *pace; /* NULL: as recorded */
	struct late *late;
	struct renumber *renumber;
	struct rng *rng;
	struct definitions definitions; /* those of `first`, with other ids */
	bool ended;
	uint64_t records_out;
	struct late_event next; /* waits for the one behind it, when `waiting` */
	bool waiting;
	struct record records[BATCH_RECORDS];
	uint64_t lines[BATCH_RECORDS];
};

/* All that has its place at the other pace. */
static int pass_on(struct perturb_cursor *c, struct error *err)
{
	struct late_event event;
	int got;
	while ((got = pace_take(c->pace, c->ended, &event, err)) == 1)
		if (late_put(c->late, c->first->definitions, &event, err) != 0)
			return -1;
	return got;
}

static int put_event(struct perturb_cursor *c, const struct late_event *event, struct error *err)
{
	return c->pace ? pace_put(c->pace, c->first->definitions, event, err)
		       : late_put(c->late, c->first->definitions, event, err);
}

static int take_batch(struct perturb_cursor *c, struct error *err)
{
	struct batch batch;
	const int more = c->first->ops->next(c->first, &batch, err);
	if (more < 0)
		return -1;
	c->ended = more == 0;
	for (uint32_t i = 0; more && i < batch.count; i++) {
		const struct record *r = &batch.records[i];
		if (r->operation == OP_EXTENSION)
			continue;
		struct late_event event = {
			.record = *r,
			.extension = r->flags & RECORD_EXTENDED ? r[1] : (struct record){ 0 },
			.time_ns = batch.base_ns + r->time,
			.line = batch.lines ? batch.lines[i] : 0,
		};
		if (renumber_enter(c->renumber, r, &event.allocation, err) != 0 ||
		    put_event(c, &event, err) != 0)
			return -1;
	}
	return c->pace ? pass_on(c, err) : 0;
}

/* 1 with the event that comes next, 0 at the end. */
static int next_late(struct perturb_cursor *c, struct late_event *event, struct error *err)
{
	while (!late_take(c->late, c->ended, event)) {
		if (c->ended)
			return 0;
		if (take_batch(c, err) != 0)
			return -1;
	}
	return 1;
}

static bool is_memory(const struct record *r)
{
	const struct operation_info *info = &operation_table[r->operation];
	return info->ids == ID_ALLOC || info->ids == ID_FREE;
}

/* Neither has to do with the other, and neither stands between brackets. */
static bool commute(const struct late_event *first, const struct late_event *second)
{
	const struct record *a = &first->record, *b = &second->record;
	const unsigned bound = RECORD_BULK | RECORD_NESTED | RECORD_EXTENDED;
	if (!is_memory(a) || !is_memory(b) || (a->flags | b->flags) & bound ||
	    (first->allocation && first->allocation == second->allocation))
		return false;
	return operation_table[a->operation].space != operation_table[b->operation].space ||
	       a->address != b->address;
}

static bool draw_swap(struct perturb_cursor *c)
{
	return c->params.swap > 0 &&
	       rng_below(c->rng, SWAP_STEPS) < (uint64_t)(c->params.swap * SWAP_STEPS);
}

/* The next event, perhaps after the one behind it: times stay where they are. */
static int next_event(struct perturb_cursor *c, struct late_event *event, struct error *err)
{
	struct late_event behind;
	int got = 1;
	if (!c->waiting)
		got = next_late(c, &c->next, err);
	if (got != 1)
		return got;
	*event = c->next;
	got = next_late(c, &behind, err);
	c->waiting = got == 1;
	if (got < 0)
		return -1;
	if (c->waiting && draw_swap(c) && commute(event, &behind)) {
		const struct late_event earlier = *event;
		*event = behind;
		behind = earlier;
		behind.time_ns = event->time_ns;
		event->time_ns = earlier.time_ns;
	}
	c->next = behind;
	return 1;
}

static void put_record(struct perturb_cursor *c, struct batch *batch,
		       const struct late_event *event, const struct record *r)
{
	c->lines[batch->count] = event->line;
	c->records[batch->count] = *r;
	c->records[batch->count++].time = (uint32_t)(event->time_ns - batch->base_ns);
}

static int perturb_next(struct trace_cursor *cursor, struct batch *batch, struct error *err)
{
	struct perturb_cursor *c = (struct perturb_cursor *)cursor;
	struct late_event event;
	int got = 1;
	*batch = (struct batch){ .records = c->records, .first_record = c->records_out };
	if (c->first->has_lines)
		batch->lines = c->lines;
	while (batch->count + 2 <= BATCH_RECORDS) {
		/* What waits may lie too far from the batch's base. */
		if (batch->count && c->waiting && c->next.time_ns - batch->base_ns > UINT32_MAX)
			break;
		got = next_event(c, &event, err);
		if (got != 1)
			break;
		if (!batch->count)
			batch->base_ns = event.time_ns;
		if (renumber_leave(c->renumber, &event.record, event.allocation, err) != 0)
			return -1;
		put_record(c, batch, &event, &event.record);
		if (event.record.flags & RECORD_EXTENDED)
			put_record(c, batch, &event, &event.extension);
	}
	c->records_out += batch->count;
	if (got < 0)
		return -1;
	c->definitions = *c->first->definitions;
	for (unsigned space = 0; space < SPACE_COUNT; space++)
		c->definitions.id_max[space] = renumber_id_max(c->renumber, (enum id_space)space);
	return batch->count > 0;
}

static double perturb_progress(const struct trace_cursor *cursor)
{
	const struct perturb_cursor *c = (const struct perturb_cursor *)cursor;
	return c->first->ops->progress(c->first);
}

static uint64_t perturb_hash(const struct trace_cursor *cursor)
{
	const struct perturb_cursor *c = (const struct perturb_cursor *)cursor;
	return c->first->ops->hash(c->first);
}

static void perturb_close(struct trace_cursor *cursor)
{
	struct perturb_cursor *c = (struct perturb_cursor *)cursor;
	c->first->ops->close(c->first);
	pace_destroy(c->pace);
	late_destroy(c->late);
	renumber_destroy(c->renumber);
	if (c->rng)
		rng_destroy(c->rng);
	free(c);
}

static const struct trace_cursor_ops perturb_ops = { perturb_next, perturb_progress, perturb_hash,
						     perturb_close };

struct trace_cursor *perturb_open(struct trace_cursor *first, const struct perturb_params *params,
				  struct error *err)
{
	struct perturb_cursor *c = calloc(1, sizeof(*c));
	if (!c) {
		first->ops->close(first);
		error_set(err, ERROR_RUN, "%s: out of memory", first->name);
		return NULL;
	}
	c->first = first;
	c->params = *params;
	c->cursor = *first;
	c->cursor.ops = &perturb_ops;
	c->definitions = *first->definitions;
	c->cursor.definitions = &c->definitions;
	c->rng = rng_create(params->seed, "perturb.swap");
	c->late = late_create(params->delay_ns, params->seed, err);
	c->renumber = c->late ? renumber_create(err) : NULL;
	const bool paced = params->pace > 0 && params->pace != 1;
	if (paced && c->renumber)
		c->pace = pace_create(params->pace, err);
	if (c->rng && c->renumber && (c->pace || !paced))
		return &c->cursor;
	if (!c->rng)
		error_set(err, ERROR_RUN, "%s: out of memory", first->name);
	perturb_close(&c->cursor);
	return NULL;
}
