/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/marks.h"

#include <stdlib.h>
#include <string.h>

enum {
	MARKS_MAX = 4096, /* a trace may hold any number: later ones are counted, not kept */
	HUGE_PAGE_ORDER = 9,
};

_Static_assert((int)SLABYARD_ORDERS_MAX == (int)PAGE_ORDERS_MAX,
	       "requests of any order are counted");

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the figures at marks");
}

static int count_pages(struct machine *m, struct slabyard_mark *mark, struct error *err)
{
	struct page_counts *counts = calloc(1, sizeof(*counts));
	if (!counts)
		return no_memory(err);
	m->page->counts(m->page_state, counts);
	for (uint32_t i = 0; i < counts->zone_count; i++) {
		mark->free_pages += counts->zones[i].free_pages + counts->zones[i].pcp_pages;
		mark->free_huge_blocks +=
			free_blocks_of(&counts->zones[i], counts->orders, HUGE_PAGE_ORDER);
	}
	free(counts);
	return 0;
}

static struct slabyard_mark_cache *add_row(struct slabyard_mark *mark, const char *name,
					   struct error *err)
{
	struct slabyard_mark_cache *grown =
		realloc(mark->caches, (mark->cache_count + 1) * sizeof(*grown));
	if (grown)
		mark->caches = grown;
	char *copy = strdup(name);
	if (!grown || !copy) {
		free(copy);
		no_memory(err);
		return NULL;
	}
	struct slabyard_mark_cache *row = &mark->caches[mark->cache_count++];
	*row = (struct slabyard_mark_cache){ .name = copy };
	return row;
}

static int count_caches(struct machine *m, struct slabyard_mark *mark, struct error *err)
{
	for (uint32_t i = 0; i < m->slab->cache_count(m->slab_state); i++) {
		struct cache_counts counts = { 0 };
		if (!m->slab->counts(m->slab_state, (cache_id){ i }, &counts) ||
		    (!counts.slabs && !counts.live_objects))
			continue;
		struct slabyard_mark_cache *row = add_row(mark, counts.name, err);
		if (!row)
			return -1;
		row->slabs = counts.slabs;
		row->pages = counts.held_bytes >> PAGE_SHIFT;
		row->objects = counts.objects;
		row->live_objects = counts.live_objects;
		mark->slab_pages += row->pages;
	}
	return 0;
}

/* Where pages are shared, what tells them apart is the list that they are on. */
struct list_counts {
	uint64_t slabs[SLOB_LIST_LARGE + 1];
};

static void count_extent(void *context, const struct slab_extent *extent)
{
	struct list_counts *lists = context;
	if (extent->list <= SLOB_LIST_LARGE)
		lists->slabs[extent->list]++;
}

static int count_lists(struct machine *m, struct slabyard_mark *mark, struct error *err)
{
	static const char *const names[SLOB_LIST_LARGE + 1] = {
		[SLAB_LIST_FULL] = "full",
		[SLOB_LIST_SMALL] = "small",
		[SLOB_LIST_MEDIUM] = "medium",
		[SLOB_LIST_LARGE] = "large",
	};
	struct list_counts lists = { { 0 } };
	m->slab->walk(m->slab_state, count_extent, &lists);
	for (size_t i = 0; i <= SLOB_LIST_LARGE; i++) {
		if (!names[i] || !lists.slabs[i])
			continue;
		struct slabyard_mark_cache *row = add_row(mark, names[i], err);
		if (!row)
			return -1;
		row->slabs = row->pages = lists.slabs[i];
		mark->slab_pages += row->pages;
	}
	return 0;
}

int marks_note(struct machine *m, int64_t number, struct error *err)
{
	struct slabyard_summary *s = m->summary;
	/* the last place is for the end */
	if (s->mark_count + (number != SLABYARD_MARK_END) >= MARKS_MAX) {
		s->marks_dropped++;
		return 0;
	}
	struct slabyard_mark *grown = realloc(s->marks, (s->mark_count + 1) * sizeof(*grown));
	if (!grown)
		return no_memory(err);
	s->marks = grown;
	struct slabyard_mark *mark = &grown[s->mark_count++];
	*mark = (struct slabyard_mark){ .number = number,
					.record = machine_record(m),
					.time_ns = m->time_ns };
	memcpy(mark->requests, m->slab_requests, sizeof(mark->requests));
	if (count_pages(m, mark, err) != 0)
		return -1;
	if (m->page_level)
		return 0;
	return m->slab->info.capabilities & POLICY_SLABINFO ? count_caches(m, mark, err)
							    : count_lists(m, mark, err);
}

void marks_free(struct slabyard_summary *s)
{
	for (size_t i = 0; i < s->mark_count; i++) {
		for (size_t k = 0; k < s->marks[i].cache_count; k++)
			free(s->marks[i].caches[k].name);
		free(s->marks[i].caches);
	}
	free(s->marks);
}

static int write_caches(struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "mark",
		  .unit = "1",
		  .long_name = "number of the mark, -1: start, -2: end",
		  .type = RESULT_I64 },
		{ .name = "record",
		  .unit = "1",
		  .long_name = "record of the trace",
		  .type = RESULT_U64 },
		{ .name = "cache",
		  .unit = "",
		  .long_name = "cache, or list where caches share pages",
		  .type = RESULT_TEXT },
		{ .name = "slabs", .unit = "1", .long_name = "slabs", .type = RESULT_U64 },
		{ .name = "pages", .unit = "page", .long_name = "pages", .type = RESULT_U64 },
		{ .name = "objects",
		  .unit = "1",
		  .long_name = "objects in all slabs",
		  .type = RESULT_U64 },
		{ .name = "live_objects",
		  .unit = "1",
		  .long_name = "objects that callers hold",
		  .type = RESULT_U64 },
	};
	struct result_table *table =
		m->sink_ops->table(m->sink, "/snapshots/slab", columns, 7, err);
	for (size_t i = 0; table && i < m->summary->mark_count; i++) {
		const struct slabyard_mark *mark = &m->summary->marks[i];
		for (size_t k = 0; k < mark->cache_count; k++) {
			const struct slabyard_mark_cache *row = &mark->caches[k];
			const void *const values[] = {
				&mark->number, &mark->record, row->name,          &row->slabs,
				&row->pages,   &row->objects, &row->live_objects,
			};
			if (m->sink_ops->table_append(table, values, err) != 0)
				return -1;
		}
	}
	return table ? 0 : -1;
}

static int write_requests(struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "mark",
		  .unit = "1",
		  .long_name = "number of the mark, -1: start, -2: end",
		  .type = RESULT_I64 },
		{ .name = "record",
		  .unit = "1",
		  .long_name = "record of the trace",
		  .type = RESULT_U64 },
		{ .name = "order", .unit = "1", .long_name = "order", .type = RESULT_U64 },
		{ .name = "allocs",
		  .unit = "1",
		  .long_name = "asked for by slab since the start",
		  .type = RESULT_U64 },
		{ .name = "frees",
		  .unit = "1",
		  .long_name = "given back by slab since the start",
		  .type = RESULT_U64 },
		{ .name = "recorded_allocs",
		  .unit = "1",
		  .long_name = "asked for by the recorded slab allocator",
		  .type = RESULT_U64 },
		{ .name = "recorded_frees",
		  .unit = "1",
		  .long_name = "given back by the recorded slab allocator",
		  .type = RESULT_U64 },
	};
	struct result_table *table =
		m->sink_ops->table(m->sink, "/snapshots/slab_requests", columns, 7, err);
	for (size_t i = 0; table && i < m->summary->mark_count; i++) {
		for (uint64_t order = 0; order < SLABYARD_ORDERS_MAX; order++) {
			const struct slabyard_mark *mark = &m->summary->marks[i];
			const struct slabyard_requests *r = &mark->requests[order];
			const void *const values[] = {
				&mark->number,     &mark->record, &order,
				&r->allocs,        &r->frees,     &r->recorded_allocs,
				&r->recorded_frees
			};
			if ((r->allocs || r->frees || r->recorded_allocs || r->recorded_frees) &&
			    m->sink_ops->table_append(table, values, err) != 0)
				return -1;
		}
	}
	return table ? 0 : -1;
}

static int write_memory(struct machine *m, struct error *err)
{
	const struct result_column columns[] = {
		{ .name = "mark",
		  .unit = "1",
		  .long_name = "number of the mark, -1: start, -2: end",
		  .type = RESULT_I64 },
		{ .name = "record",
		  .unit = "1",
		  .long_name = "record of the trace",
		  .type = RESULT_U64 },
		{ .name = "free_pages",
		  .unit = "page",
		  .long_name = "free, those on per-cpu lists included",
		  .type = RESULT_U64 },
		{ .name = "free_huge_blocks",
		  .unit = "1",
		  .long_name = "free huge pages, neither split nor on per-cpu lists",
		  .type = RESULT_U64 },
		{ .name = "slab_pages",
		  .unit = "page",
		  .long_name = "held by slab",
		  .type = RESULT_U64 },
	};
	struct result_table *table =
		m->sink_ops->table(m->sink, "/snapshots/memory", columns, 5, err);
	for (size_t i = 0; table && i < m->summary->mark_count; i++) {
		const struct slabyard_mark *mark = &m->summary->marks[i];
		const void *const values[] = {
			&mark->number,           &mark->record,     &mark->free_pages,
			&mark->free_huge_blocks, &mark->slab_pages,
		};
		if (m->sink_ops->table_append(table, values, err) != 0)
			return -1;
	}
	return table ? 0 : -1;
}

int marks_write(struct machine *m, struct error *err)
{
	if (write_memory(m, err) != 0)
		return -1;
	if (m->page_level)
		return 0;
	return write_caches(m, err) == 0 ? write_requests(m, err) : -1;
}
