/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/heap_map.h"

#include <stdlib.h>

#include "machine/machine.h"

static const char *const kind_names[LIBC_EXTENT_STATES] = {
	[LIBC_EXTENT_LIVE] = "live", [LIBC_EXTENT_CACHED] = "cached",  [LIBC_EXTENT_FREE] = "free",
	[LIBC_EXTENT_TOP] = "top",   [LIBC_EXTENT_MMAPPED] = "mapped",
};

#define NUMBER(column, of_unit, text)                                                              \
	{                                                                                          \
		.name = column, .unit = of_unit, .long_name = text, .type = RESULT_U64             \
	}
static const struct result_column columns[] = {
	NUMBER("snapshot", "1", "number, as in taken"),
	NUMBER("process", "1", "index of the process"),
	NUMBER("address", "bytes", "where the run begins"),
	NUMBER("bytes", "bytes", "how long it is"),
	NUMBER("kind", "1", "index in heap_kinds"),
	NUMBER("bin", "1", "index in heap_bins, of free memory in a list"),
	NUMBER("touched", "1", "1: its pages are there"),
};
#undef NUMBER

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]), BINS_MAX = 4096, BIN_NAME_MAX = 64 };

/* Neighbours that are alike are one run. */
struct run {
	uint64_t address, bytes;
	uint64_t kind, bin, touched;
};

struct heap_map {
	struct result_table *rows;
	struct machine *m;
	uint64_t snapshot, process;
	struct mm *mm;
	const struct libc_extent *extent; /* in hand */
	struct run run;
	struct error error;
	bool broken;
};

static int write_bin_names(struct machine *m, struct error *err)
{
	const uint32_t count = m->libc->bin_count < BINS_MAX ? m->libc->bin_count : BINS_MAX;
	char(*names)[BIN_NAME_MAX] = calloc(count + 1, sizeof(*names));
	const char **list = calloc(count + 1, sizeof(*list));
	int result = -1;

	for (uint32_t i = 0; names && list && i < count; i++) {
		m->libc->bin_name(i, names[i], sizeof(names[i]));
		list[i] = names[i];
	}
	if (names && list)
		result = m->sink_ops->text(m->sink, "/snapshots/heap_bins", list, count, err);
	else
		error_set(err, ERROR_RUN, "no memory for heap maps");
	free(names);
	free(list);
	return result;
}

int heap_map_open(struct machine *m, struct heap_map **out, struct error *err)
{
	*out = NULL;
	if (!m->libc_level || !m->run->output)
		return 0;
	struct heap_map *map = calloc(1, sizeof(*map));

	if (!map)
		return error_set(err, ERROR_RUN, "no memory for heap maps");
	*out = map;
	map->m = m;
	map->rows = m->sink_ops->table(m->sink, "/snapshots/heap", columns, COLUMNS, err);
	if (!map->rows || m->sink_ops->text(m->sink, "/snapshots/heap_kinds", kind_names,
					    LIBC_EXTENT_STATES, err) != 0)
		return -1;
	return m->libc->bin_count ? write_bin_names(m, err) : 0;
}

void heap_map_close(struct heap_map *map)
{
	free(map);
}

static void write_run(struct heap_map *map)
{
	const struct run *run = &map->run;
	const void *const values[COLUMNS] = { &map->snapshot, &map->process, &run->address,
					      &run->bytes,    &run->kind,    &run->bin,
					      &run->touched };

	if (run->bytes && !map->broken &&
	    map->m->sink_ops->table_append(map->rows, values, &map->error) != 0)
		map->broken = true;
	map->run = (struct run){ 0 };
}

static void add_part(void *context, uint64_t start, uint64_t end, bool present)
{
	struct heap_map *map = context;
	const struct libc_extent *e = map->extent;
	const uint64_t from = start > e->address ? start : e->address;
	const uint64_t to = end < e->address + e->bytes ? end : e->address + e->bytes;
	struct run *run = &map->run;

	if (from >= to)
		return;
	if (run->bytes && run->address + run->bytes == from && run->kind == e->state &&
	    run->bin == e->bin && run->touched == present) {
		run->bytes += to - from;
		return;
	}
	write_run(map);
	*run = (struct run){ from, to - from, e->state, e->bin, present };
}

static void add_extent(void *context, const struct libc_extent *extent)
{
	struct heap_map *map = context;
	const uint64_t page = PAGE_SIZE_BYTES;

	map->extent = extent;
	mm_walk(map->mm, extent->address & ~(page - 1),
		(extent->address + extent->bytes + page - 1) & ~(page - 1), add_part, map);
}

int heap_map_take(struct heap_map *map, struct machine *m, uint64_t snapshot, struct error *err)
{
	if (!map)
		return 0;
	map->snapshot = snapshot;
	for (uint32_t i = 0; i < m->processes.count; i++) {
		const struct process *p = process_at(&m->processes, i);

		if (p->ended)
			continue;
		map->process = i;
		map->mm = p->mm;
		m->libc->walk(p->libc, add_extent, map);
		write_run(map);
	}
	if (!map->broken)
		return 0;
	*err = map->error;
	return -1;
}
