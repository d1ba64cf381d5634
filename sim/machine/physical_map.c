/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/physical_map.h"

#include <stdlib.h>
#include <string.h>

#include "machine/frame_uses.h"
#include "machine/machine.h"

/*
 * Extents and allocations looked at before samples are taken half as often: what looking costs in
 * all grows with the logarithm of the run. Counted, not timed: equal runs look equally often.
 */
static const uint64_t looks_at_a_pace = 1 << 22;

struct physical_map {
	struct result_series *series;
	struct result_dimension piece, use;
	uint32_t piece_pages;
	int32_t *pages; /* by piece and use */
	uint64_t samples, every, rows;
	uint64_t looked_at; /* at this pace */
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the map of physical memory");
}

static uint32_t memory_end(struct machine *m)
{
	struct page_counts *counts = calloc(1, sizeof(*counts));
	uint32_t end = 0;

	if (!counts)
		return 0;
	m->page->counts(m->page_state, counts);
	for (uint32_t i = 0; i < counts->zone_count; i++) {
		uint32_t zone_end = counts->zones[i].start_pfn + counts->zones[i].spanned;
		end = zone_end > end ? zone_end : end;
	}
	free(counts);
	return end;
}

static int open_series(struct physical_map *map, struct machine *m, struct error *err)
{
	const struct result_column column = { "pages",    "pages", "pages of that use in the piece",
					      RESULT_I32, 2,       { &map->piece, &map->use } };
	const struct result_sink *sink = m->sink_ops;

	map->series = sink->series(m->sink, "/timeseries/physical_map", &column, 1, err);
	return map->series ? sink->attribute_u64(m->sink, "/timeseries/physical_map/pages",
						 "piece_pages", map->piece_pages, err)
			   : -1;
}

int physical_map_open(struct machine *m, struct physical_map **out, struct error *err)
{
	uint32_t end = memory_end(m), wanted = (uint32_t)m->sample_params->map_pieces;

	*out = NULL;
	if (!m->frame_uses || !m->sample_params->map_keep || !end)
		return 0;
	struct physical_map *map = calloc(1, sizeof(*map));
	*out = map;
	if (!map)
		return no_memory(err);
	map->every = 1;
	map->piece_pages = (end + wanted - 1) / wanted;
	map->piece =
		(struct result_dimension){ "piece", (end + map->piece_pages - 1) / map->piece_pages,
					   NULL };
	map->use = (struct result_dimension){ "use", FRAME_USE_KINDS, frame_use_names };
	map->pages = calloc(map->piece.length * FRAME_USE_KINDS, sizeof(*map->pages));
	return map->pages ? open_series(map, m, err) : no_memory(err);
}

void physical_map_close(struct physical_map *map)
{
	if (!map)
		return;
	free(map->pages);
	free(map);
}

static void count_use(void *context, const struct frame_use *use)
{
	struct physical_map *map = context;
	uint32_t end = use->pfn + use->count, next;

	for (uint32_t pfn = use->pfn; pfn < end; pfn = next) {
		uint32_t piece = pfn / map->piece_pages;
		if (piece >= map->piece.length)
			return;
		next = (piece + 1) * map->piece_pages;
		next = next < end ? next : end;
		map->pages[piece * FRAME_USE_KINDS + use->kind] += (int32_t)(next - pfn);
	}
}

static int take(struct physical_map *map, struct machine *m, uint64_t time_ns, struct error *err)
{
	const void *const values[] = { map->pages };
	int result = frame_uses_find(m->frame_uses, err);

	memset(map->pages, 0, map->piece.length * FRAME_USE_KINDS * sizeof(*map->pages));
	if (result == 0)
		frame_uses_walk(m->frame_uses, count_use, map);
	map->looked_at += m->frame_uses->looked_at;
	frame_uses_forget(m->frame_uses);
	return result == 0 ? m->sink_ops->series_append(map->series, time_ns, machine_record(m),
							values, err)
			   : -1;
}

int physical_map_sample(struct physical_map *map, struct machine *m, uint64_t time_ns, bool last,
			struct error *err)
{
	if (!map || (map->samples++ % map->every && !last))
		return 0;
	if (take(map, m, time_ns, err) != 0)
		return -1;
	bool full = ++map->rows > m->sample_params->map_keep;
	if (last || (!full && map->looked_at <= looks_at_a_pace))
		return 0;
	map->every *= 2;
	map->looked_at = 0;
	if (!full)
		return 0;
	map->rows = (map->rows + 1) / 2;
	return m->sink_ops->series_thin(map->series, err);
}
