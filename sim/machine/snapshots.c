/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/snapshots.h"

#include <stdio.h>
#include <stdlib.h>

#include "machine/blame.h"
#include "machine/frame_uses.h"
#include "machine/heap_map.h"
#include "machine/machine.h"
#include "machine/process_figures.h"

enum { ZONE_TITLE_MAX = 32 };

/* Frames of one kind. */
struct run {
	uint32_t pfn, count;
	uint8_t kind, order, migratetype;
};

struct snapshots {
	struct result_table *taken, *pfn, *processes;
	uint64_t number;
	struct machine *m;
	struct blame *blame;
	struct heap_map *heaps;
	bool explained; /* blame is to know of the map in hand */
	uint32_t zone_starts[PAGE_ZONES_MAX];
	uint32_t zone_count;
	struct run run;
	struct error error;
	bool broken;
};

static int open_tables(struct snapshots *s, struct machine *m, struct error *err)
{
	const struct result_column taken[] = {
		{ .name = "snapshot", .unit = "1", .long_name = "number", .type = RESULT_U64 },
		{ .name = "mark",
		  .unit = "1",
		  .long_name = "number of the mark, -1: start or end",
		  .type = RESULT_I64 },
		{ .name = "record",
		  .unit = "1",
		  .long_name = "record of the trace",
		  .type = RESULT_U64 },
		{ .name = "time_ns",
		  .unit = "ns",
		  .long_name = "simulated time",
		  .type = RESULT_U64 },
	};
	const struct result_column pfn[] = {
		{ .name = "snapshot", .unit = "1", .long_name = "number", .type = RESULT_U64 },
		{ .name = "pfn", .unit = "page", .long_name = "first frame", .type = RESULT_U64 },
		{ .name = "pages", .unit = "page", .long_name = "frames", .type = RESULT_U64 },
		{ .name = "kind",
		  .unit = "1",
		  .long_name = "index in /snapshots/kinds",
		  .type = RESULT_U64 },
		{ .name = "order",
		  .unit = "1",
		  .long_name = "of the blocks that a free run is made of, else 0",
		  .type = RESULT_U64 },
		{ .name = "migratetype",
		  .unit = "1",
		  .long_name = "of the free list, else of the pageblock",
		  .type = RESULT_U64 },
	};
	s->taken = m->sink_ops->table(m->sink, "/snapshots/taken", taken, 4, err);
	if (!s->taken)
		return -1;
	s->pfn = m->sink_ops->table(m->sink, "/snapshots/pfn", pfn, 6, err);
	if (!s->pfn)
		return -1;
	return m->sink_ops->text(m->sink, "/snapshots/kinds", frame_use_names, FRAME_USE_KINDS,
				 err);
}

/* Where each zone lies: the maps tell frames only. */
static int write_zones(struct snapshots *s, struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "zone", .unit = "", .long_name = "node and zone", .type = RESULT_TEXT },
		{ .name = "start_pfn",
		  .unit = "page",
		  .long_name = "first frame",
		  .type = RESULT_U64 },
		{ .name = "spanned",
		  .unit = "page",
		  .long_name = "frames, holes among them",
		  .type = RESULT_U64 },
	};
	struct page_counts *counts = calloc(1, sizeof(*counts));
	if (!counts)
		return error_set(err, ERROR_RUN, "no memory for snapshots");
	m->page->counts(m->page_state, counts);
	struct result_table *table =
		m->sink_ops->table(m->sink, "/snapshots/zones", columns, 3, err);
	int result = table ? 0 : -1;
	for (uint32_t i = 0; result == 0 && i < counts->zone_count; i++) {
		const struct zone_counts *zone = &counts->zones[i];
		uint64_t start = zone->start_pfn, spanned = zone->spanned;
		s->zone_starts[s->zone_count++] = zone->start_pfn;
		char title[ZONE_TITLE_MAX];
		snprintf(title, sizeof(title), "node %u %s", zone->node, zone->name);
		const void *const row[] = { title, &start, &spanned };
		result = m->sink_ops->table_append(table, row, err);
	}
	free(counts);
	return result;
}

int snapshots_open(struct machine *m, struct snapshots **out, struct error *err)
{
	*out = NULL;
	if (!m->frame_uses)
		return 0;
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return error_set(err, ERROR_RUN, "no memory for snapshots");
	if (open_tables(*out, m, err) != 0 || write_zones(*out, m, err) != 0 ||
	    heap_map_open(m, &(*out)->heaps, err) != 0 ||
	    process_snapshots_open(m, &(*out)->processes, err) != 0)
		return -1;
	return blame_open(m, &(*out)->blame, err);
}

void snapshots_close(struct snapshots *s)
{
	if (!s)
		return;
	blame_close(s->blame);
	heap_map_close(s->heaps);
	free(s);
}

static void write_run(struct snapshots *s)
{
	const uint64_t cells[] = { s->number,   s->run.pfn,   s->run.count,
				   s->run.kind, s->run.order, s->run.migratetype };
	const void *values[6];

	for (size_t i = 0; i < 6; i++)
		values[i] = &cells[i];
	if (s->run.count && !s->broken &&
	    s->m->sink_ops->table_append(s->pfn, values, &s->error) != 0)
		s->broken = true;
}

/* No run goes on from one zone into the next. */
static bool begins_zone(const struct snapshots *s, uint32_t pfn)
{
	for (uint32_t i = 0; i < s->zone_count; i++)
		if (s->zone_starts[i] == pfn)
			return true;
	return false;
}

static void add_use(void *context, const struct frame_use *use)
{
	struct snapshots *s = context;
	struct run *last = &s->run;

	if (s->explained)
		blame_see(s->blame, use);
	if (last->count && last->pfn + last->count == use->pfn && last->kind == use->kind &&
	    last->order == use->order && last->migratetype == use->migratetype &&
	    !begins_zone(s, use->pfn)) {
		last->count += use->count;
		return;
	}
	write_run(s);
	*last = (struct run){ .pfn = use->pfn,
			      .count = use->count,
			      .kind = use->kind,
			      .order = use->order,
			      .migratetype = use->migratetype };
}

static int write_map(struct snapshots *s, struct machine *m, struct error *err)
{
	int result = frame_uses_find(m->frame_uses, err);

	s->run = (struct run){ 0 };
	if (result == 0)
		frame_uses_walk(m->frame_uses, add_use, s);
	write_run(s);
	if (result == 0 && s->explained)
		result = blame_end(s->blame, m->frame_uses, s->number, err);
	frame_uses_forget(m->frame_uses);
	return result;
}

static int take(struct snapshots *s, struct machine *m, int64_t mark, bool at_end,
		struct error *err)
{
	uint64_t record = machine_record(m);

	if (!s)
		return 0;
	const void *const row[] = { &s->number, &mark, &record, &m->time_ns };
	if (m->sink_ops->table_append(s->taken, row, err) != 0)
		return -1;
	s->m = m;
	s->explained = blame_begin(s->blame, at_end);
	if (write_map(s, m, err) != 0 || heap_map_take(s->heaps, m, s->number, err) != 0 ||
	    process_snapshots_take(s->processes, m, s->number, err) != 0)
		return -1;
	s->number++;
	if (!s->broken)
		return 0;
	*err = s->error;
	return -1;
}

int snapshots_begin(struct snapshots *s, struct machine *m, struct error *err)
{
	return take(s, m, -1, false, err);
}

int snapshots_mark(struct snapshots *s, struct machine *m, uint64_t mark, struct error *err)
{
	return take(s, m, (int64_t)mark, false, err);
}

int snapshots_end(struct snapshots *s, struct machine *m, struct error *err)
{
	return take(s, m, -1, true, err);
}
