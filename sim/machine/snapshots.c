/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/snapshots.h"

#include <stdlib.h>

#include "machine/machine.h"
#include "machine/start.h"

enum map_kind {
	MAP_RESERVED,
	MAP_FREE,
	MAP_PCP,
	MAP_SLAB,
	MAP_PAGE_TABLE,
	MAP_ANONYMOUS,
	MAP_FILE,
	MAP_MOVABLE,
	MAP_UNMOVABLE,
	MAP_KINDS
};

/* What is had during the run is told apart by mobility alone, what is older by its use. */
static const char *const kind_names[MAP_KINDS] = {
	"reserved", "free",          "per-cpu list",    "slab", "page table", "anonymous",
	"file",     "other movable", "other unmovable",
};

/* Frames of one kind. */
struct run {
	uint32_t pfn, count;
	uint8_t kind, order, migratetype;
};

struct slab_pages {
	uint32_t pfn, end;
};

struct snapshots {
	struct result_table *taken, *pfn;
	uint64_t number;
	struct machine *m;
	/* slabs by frame, and the first that is not wholly behind the walk */
	struct slab_pages *slabs;
	size_t slab_count, slab_capacity, slab_next;
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
	return m->sink_ops->text(m->sink, "/snapshots/kinds", kind_names, MAP_KINDS, err);
}

int snapshots_open(struct machine *m, struct snapshots **out, struct error *err)
{
	*out = NULL;
	if (!m->run->output || m->pages_from_trace)
		return 0;
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return error_set(err, ERROR_RUN, "no memory for snapshots");
	return open_tables(*out, m, err);
}

void snapshots_close(struct snapshots *s)
{
	if (!s)
		return;
	free(s->slabs);
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

static void add_run(struct snapshots *s, struct run run)
{
	struct run *last = &s->run;

	if (last->count && last->pfn + last->count == run.pfn && last->kind == run.kind &&
	    last->order == run.order && last->migratetype == run.migratetype) {
		last->count += run.count;
		return;
	}
	write_run(s);
	*last = run;
}

static void note_slab(void *context, const struct slab_extent *extent)
{
	struct snapshots *s = context;

	if (s->slab_count == s->slab_capacity) {
		size_t capacity = s->slab_capacity ? 2 * s->slab_capacity : 1024;
		struct slab_pages *slabs = realloc(s->slabs, capacity * sizeof(*slabs));
		if (!slabs && !s->broken) {
			s->broken = true;
			error_set(&s->error, ERROR_RUN, "no memory for snapshots");
		}
		if (!slabs)
			return;
		s->slabs = slabs;
		s->slab_capacity = capacity;
	}
	s->slabs[s->slab_count++] =
		(struct slab_pages){ extent->pfn.v, extent->pfn.v + (1u << extent->order) };
}

static int compare_slabs(const void *a, const void *b)
{
	uint32_t x = ((const struct slab_pages *)a)->pfn, y = ((const struct slab_pages *)b)->pfn;

	return (x > y) - (x < y);
}

static void collect_slabs(struct snapshots *s, struct machine *m)
{
	s->slab_count = s->slab_next = 0;
	if (m->page_level || !m->slab->walk)
		return;
	m->slab->walk(m->slab_state, note_slab, s);
	if (s->slab_count)
		qsort(s->slabs, s->slab_count, sizeof(*s->slabs), compare_slabs);
}

/* A page in use since before the start, by the letter of the recorded state. */
static enum map_kind older_kind(char letter, bool movable)
{
	switch (letter) {
	case 'S':
		return MAP_SLAB;
	case 'T':
		return MAP_PAGE_TABLE;
	case 'a':
	case 'A':
		return MAP_ANONYMOUS;
	case 's':
	case 'f':
	case 'F':
		return MAP_FILE;
	default:
		return movable ? MAP_MOVABLE : MAP_UNMOVABLE;
	}
}

/* The kind of a frame in use, and up to where it is the same. */
static enum map_kind used_kind(struct snapshots *s, uint32_t pfn, bool movable, uint32_t *end)
{
	while (s->slab_next < s->slab_count && s->slabs[s->slab_next].end <= pfn)
		s->slab_next++;
	if (s->slab_next < s->slab_count) {
		const struct slab_pages *slab = &s->slabs[s->slab_next];
		uint32_t turn = slab->pfn <= pfn ? slab->end : slab->pfn;
		*end = turn < *end ? turn : *end;
		if (slab->pfn <= pfn)
			return MAP_SLAB;
	}
	if (!start_pages(s->m->start))
		return movable ? MAP_MOVABLE : MAP_UNMOVABLE;
	*end = pfn + 1;
	return older_kind(start_page_kind(s->m->start, pfn), movable);
}

static void add_extent(void *context, const struct page_extent *extent)
{
	struct snapshots *s = context;
	uint32_t pfn = extent->pfn.v, end = pfn + (1u << extent->order);
	uint32_t behind = s->run.pfn + s->run.count;
	struct run run = { .migratetype = extent->migratetype };

	if (pfn > behind)
		add_run(s, (struct run){ .pfn = behind, .count = pfn - behind });
	while (pfn < end) {
		uint32_t turn = end;
		run.pfn = pfn;
		run.order = extent->free ? extent->order : 0;
		if (extent->free || extent->pcp)
			run.kind = extent->free ? MAP_FREE : MAP_PCP;
		else
			run.kind = (uint8_t)used_kind(s, pfn, extent->movable, &turn);
		run.count = turn - pfn;
		add_run(s, run);
		pfn = turn;
	}
}

int snapshots_take(struct snapshots *s, struct machine *m, int64_t mark, struct error *err)
{
	uint64_t record = machine_record(m);

	if (!s)
		return 0;
	const void *const row[] = { &s->number, &mark, &record, &m->time_ns };
	if (m->sink_ops->table_append(s->taken, row, err) != 0)
		return -1;
	s->m = m;
	s->run = (struct run){ 0 };
	collect_slabs(s, m);
	m->page->walk(m->page_state, add_extent, s);
	write_run(s);
	s->number++;
	if (!s->broken)
		return 0;
	*err = s->error;
	return -1;
}
