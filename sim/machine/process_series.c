/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/process_series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"
#include "machine/process_figures.h"

enum { ARENA_COLUMNS = 11, NAME_MAX_BYTES = 64 };

/* An arena of a process: one place in the arena dimension. */
struct arena_place {
	uint32_t process, arena;
};

/* What grows with a dimension: labels, and a row of each column. */
struct grown {
	struct result_dimension dimension;
	const char **labels;
	size_t capacity;
	uint64_t *values; /* [column][capacity] */
	size_t columns;
};

struct process_series {
	struct result_series *process, *libc;
	struct grown processes, arenas;
	struct result_dimension bin;
	const char **bin_labels;
	struct libc_bin *bins;            /* of the process in hand */
	uint64_t *bin_bytes, *bin_chunks; /* [process][bin] */
	size_t bin_capacity;              /* processes */
	struct arena_place *places;
	uint32_t *arenas_of; /* by process: how many of its arenas have a place */
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for time series");
}

static int open_process(struct process_series *s, struct machine *m, struct error *err)
{
	struct result_column columns[PROCESS_FIGURES];

	for (size_t i = 0; i < PROCESS_FIGURES; i++) {
		columns[i] = process_figures[i];
		columns[i].dimension_count = 1;
		columns[i].dimensions[0] = &s->processes.dimension;
	}
	s->process =
		m->sink_ops->series(m->sink, "/timeseries/process", columns, PROCESS_FIGURES, err);
	return s->process ? 0 : -1;
}

static int open_libc(struct process_series *s, struct machine *m, struct error *err)
{
#define COLUMN(name, unit, text)                                                                   \
	{                                                                                          \
		name, unit, text, RESULT_U64, 1,                                                   \
		{                                                                                  \
			&s->arenas.dimension                                                       \
		}                                                                                  \
	}
#define BIN_COLUMN(name, unit, text)                                                               \
	{                                                                                          \
		name, unit, text, RESULT_U64, 2,                                                   \
		{                                                                                  \
			&s->processes.dimension, &s->bin                                           \
		}                                                                                  \
	}
	const struct result_column columns[ARENA_COLUMNS + 2] = {
		COLUMN("arena", "bytes", "mallinfo2: got by brk or for heaps"),
		COLUMN("ordblks", "chunks", "mallinfo2: free chunks"),
		COLUMN("smblks", "chunks", "mallinfo2: free chunks in fastbins"),
		COLUMN("hblks", "chunks", "mallinfo2: chunks with a mapping of their own"),
		COLUMN("hblkhd", "bytes", "mallinfo2: bytes in them"),
		COLUMN("usmblks", "bytes", "mallinfo2: always 0"),
		COLUMN("fsmblks", "bytes", "mallinfo2: bytes in fastbins"),
		COLUMN("uordblks", "bytes", "mallinfo2: bytes in use, threads' caches among them"),
		COLUMN("fordblks", "bytes", "mallinfo2: bytes free"),
		COLUMN("keepcost", "bytes", "mallinfo2: bytes at the top, of main arenas"),
		COLUMN("top", "bytes", "bytes at the top, of any arena"),
		BIN_COLUMN("bin_bytes", "bytes", "free memory by list"),
		BIN_COLUMN("bin_chunks", "chunks", "free chunks by list"),
	};
#undef COLUMN
#undef BIN_COLUMN
	const size_t count = ARENA_COLUMNS + (m->libc->bin_count ? 2 : 0);

	s->libc = m->sink_ops->series(m->sink, "/timeseries/libc", columns, count, err);
	return s->libc ? 0 : -1;
}

static int name_bins(struct process_series *s, const struct libc_policy *libc, struct error *err)
{
	s->bin_labels = calloc(libc->bin_count + 1, sizeof(*s->bin_labels));
	s->bins = calloc(libc->bin_count + 1, sizeof(*s->bins));
	if (!s->bin_labels || !s->bins)
		return no_memory(err);
	for (uint32_t i = 0; i < libc->bin_count; i++) {
		char name[NAME_MAX_BYTES];

		libc->bin_name(i, name, sizeof(name));
		s->bin_labels[i] = strdup(name);
		if (!s->bin_labels[i])
			return no_memory(err);
	}
	s->bin = (struct result_dimension){ "bin", libc->bin_count, s->bin_labels };
	return 0;
}

int process_series_open(struct machine *m, struct process_series **out, struct error *err)
{
	*out = NULL;
	if (!m->libc_level)
		return 0;
	struct process_series *s = calloc(1, sizeof(*s));

	if (!s)
		return no_memory(err);
	*out = s;
	s->processes =
		(struct grown){ .dimension = { .name = "process" }, .columns = PROCESS_FIGURES };
	s->arenas = (struct grown){ .dimension = { .name = "heap" }, .columns = ARENA_COLUMNS };
	return name_bins(s, m->libc, err) || open_process(s, m, err) || open_libc(s, m, err) ? -1
											     : 0;
}

static void grown_free(struct grown *g)
{
	for (size_t i = 0; i < g->dimension.length; i++)
		free((char *)(uintptr_t)g->labels[i]);
	free(g->labels);
	free(g->values);
}

void process_series_close(struct process_series *s)
{
	if (!s)
		return;
	grown_free(&s->processes);
	grown_free(&s->arenas);
	for (size_t i = 0; s->bin_labels && s->bin_labels[i]; i++)
		free((char *)(uintptr_t)s->bin_labels[i]);
	free(s->bin_labels);
	free(s->bins);
	free(s->bin_bytes);
	free(s->bin_chunks);
	free(s->places);
	free(s->arenas_of);
	free(s);
}

/* Makes room for one more; the values of a row are written anew each time, so they need not move.
 */
static int reserve(struct grown *g, struct error *err)
{
	const size_t capacity = g->capacity ? 2 * g->capacity : 8;

	if (g->dimension.length < g->capacity)
		return 0;
	const char **labels = realloc(g->labels, capacity * sizeof(*labels));

	if (!labels)
		return no_memory(err);
	g->labels = labels;
	g->dimension.labels = labels;
	free(g->values);
	g->values = calloc(g->columns * capacity, sizeof(*g->values));
	if (!g->values)
		return no_memory(err);
	g->capacity = capacity;
	return 0;
}

static int add_label(struct grown *g, const char *label, struct error *err)
{
	if (reserve(g, err) != 0)
		return -1;
	char *copy = strdup(label);

	if (!copy)
		return no_memory(err);
	g->labels[g->dimension.length++] = copy;
	return 0;
}

static uint64_t *column(const struct grown *g, size_t number)
{
	return g->values + number * g->capacity;
}

static int cover_processes(struct process_series *s, const struct machine *m, struct error *err)
{
	const uint32_t count = m->processes.count;

	while (s->processes.dimension.length < count) {
		const struct process *p =
			process_at(&m->processes, (uint32_t)s->processes.dimension.length);
		char label[NAME_MAX_BYTES];

		snprintf(label, sizeof(label), "%u %.40s", p->pid, p->comm);
		if (add_label(&s->processes, label, err) != 0)
			return -1;
	}
	if (s->bin_capacity >= s->processes.capacity)
		return 0;
	const size_t cells = s->processes.capacity * s->bin.length + 1;

	free(s->bin_bytes);
	free(s->bin_chunks);
	s->bin_bytes = calloc(cells, sizeof(*s->bin_bytes));
	s->bin_chunks = calloc(cells, sizeof(*s->bin_chunks));
	uint32_t *arenas_of = realloc(s->arenas_of, s->processes.capacity * sizeof(*arenas_of));

	if (!arenas_of || !s->bin_bytes || !s->bin_chunks)
		return no_memory(err);
	memset(arenas_of + s->bin_capacity, 0,
	       (s->processes.capacity - s->bin_capacity) * sizeof(*arenas_of));
	s->arenas_of = arenas_of;
	s->bin_capacity = s->processes.capacity;
	return 0;
}

static int cover_arenas(struct process_series *s, const struct machine *m, const struct process *p,
			struct error *err)
{
	const uint32_t count = m->libc->arena_count(p->libc);

	while (s->arenas_of[p->index] < count) {
		const size_t place = s->arenas.dimension.length, capacity = s->arenas.capacity;
		char label[NAME_MAX_BYTES];

		snprintf(label, sizeof(label), "%u arena %u", p->pid, s->arenas_of[p->index]);
		if (add_label(&s->arenas, label, err) != 0)
			return -1;
		if (s->arenas.capacity > capacity) {
			struct arena_place *places =
				realloc(s->places, s->arenas.capacity * sizeof(*places));

			if (!places)
				return no_memory(err);
			s->places = places;
		}
		s->places[place] = (struct arena_place){ p->index, s->arenas_of[p->index]++ };
	}
	return 0;
}

static void fill_process(struct process_series *s, const struct process *p)
{
	uint64_t values[PROCESS_FIGURES];

	process_figures_of(p, values);
	for (size_t i = 0; i < PROCESS_FIGURES; i++)
		column(&s->processes, i)[p->index] = values[i];
}

static void fill_bins(struct process_series *s, const struct machine *m, const struct process *p)
{
	const size_t first = p->index * s->bin.length;

	if (!s->bin.length)
		return;
	memset(s->bins, 0, s->bin.length * sizeof(*s->bins));
	if (!p->ended)
		m->libc->bins(p->libc, s->bins);
	for (size_t i = 0; i < s->bin.length; i++) {
		s->bin_bytes[first + i] = s->bins[i].bytes;
		s->bin_chunks[first + i] = s->bins[i].chunks;
	}
}

static void fill_arena(struct process_series *s, const struct machine *m, size_t place)
{
	const struct process *p = process_at(&m->processes, s->places[place].process);
	struct libc_counts c = { 0 };

	if (!p->ended)
		m->libc->counts(p->libc, s->places[place].arena, &c);
	const uint64_t values[ARENA_COLUMNS] = { c.arena,    c.ordblks,  c.smblks,  c.hblks,
						 c.hblkhd,   c.usmblks,  c.fsmblks, c.uordblks,
						 c.fordblks, c.keepcost, c.top };

	for (size_t i = 0; i < ARENA_COLUMNS; i++)
		column(&s->arenas, i)[place] = values[i];
}

static int append(struct process_series *s, struct machine *m, uint64_t time_ns, uint64_t record,
		  struct error *err)
{
	const void *process[PROCESS_FIGURES], *libc[ARENA_COLUMNS + 2];

	for (size_t i = 0; i < PROCESS_FIGURES; i++)
		process[i] = column(&s->processes, i);
	for (size_t i = 0; i < ARENA_COLUMNS; i++)
		libc[i] = column(&s->arenas, i);
	libc[ARENA_COLUMNS] = s->bin_bytes;
	libc[ARENA_COLUMNS + 1] = s->bin_chunks;
	if (m->sink_ops->series_append(s->process, time_ns, record, process, err) != 0)
		return -1;
	return m->sink_ops->series_append(s->libc, time_ns, record, libc, err);
}

int process_series_row(struct process_series *s, struct machine *m, uint64_t time_ns,
		       uint64_t record, struct error *err)
{
	if (!s)
		return 0;
	if (cover_processes(s, m, err) != 0)
		return -1;
	for (uint32_t i = 0; i < m->processes.count; i++) {
		const struct process *p = process_at(&m->processes, i);

		if (!p->ended && cover_arenas(s, m, p, err) != 0)
			return -1;
		fill_process(s, p);
		fill_bins(s, m, p);
	}
	for (size_t i = 0; i < s->arenas.dimension.length; i++)
		fill_arena(s, m, i);
	return append(s, m, time_ns, record, err);
}

int process_series_thin(struct process_series *s, struct machine *m, struct error *err)
{
	if (!s)
		return 0;
	if (m->sink_ops->series_thin(s->process, err) != 0)
		return -1;
	return m->sink_ops->series_thin(s->libc, err);
}
