/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/id_table.h"

#include "machine/closed.h"
#include "machine/machine.h"

enum { IDS_LEAST = 1 << 16 };

/* The table of *count elements, or a larger one in its place; NULL and *err. */
static void *cover(struct arena *arena, void *table, size_t size, uint32_t *count, uint32_t id_max,
		   struct error *err)
{
	uint32_t wanted = *count ? *count : IDS_LEAST;
	void *grown;

	if (id_max < *count)
		return table;
	while (wanted <= id_max)
		wanted *= 2;
	grown = *count ? arena_grow(arena, table, wanted, size, err)
		       : arena_array(arena, wanted, size, err);
	if (grown)
		*count = wanted;
	return grown;
}

int id_table_cover(struct arena *arena, uint64_t **table, uint32_t *count, uint32_t id_max,
		   struct error *err)
{
	uint64_t *covered = cover(arena, *table, sizeof(**table), count, id_max, err);

	if (!covered)
		return -1;
	*table = covered;
	return 0;
}

static int cover_owners(struct machine *m, struct owner **owners, uint32_t *count, uint32_t id_max,
			struct error *err)
{
	struct owner *covered;

	if (!m->run->output)
		return 0;
	covered = cover(m->arena, *owners, sizeof(**owners), count, id_max, err);
	if (!covered)
		return -1;
	*owners = covered;
	return 0;
}

static int cover_processes(struct machine *m, struct error *err)
{
	const uint32_t *id_max = m->trace->definitions->id_max;
	struct identity *ids = &m->ids;
	struct heap_block *heap = cover(m->arena, ids->heap, sizeof(*heap), &ids->heap_count,
					id_max[SPACE_HEAP], err);
	struct map_entry *map =
		cover(m->arena, ids->map, sizeof(*map), &ids->map_count, id_max[SPACE_MAP], err);

	if (!heap || !map)
		return -1;
	ids->heap = heap;
	ids->map = map;
	return processes_cover_tasks(m, err);
}

int machine_cover_ids(struct machine *m, struct error *err)
{
	const uint32_t *id_max = m->trace->definitions->id_max;
	struct identity *ids = &m->ids;

	if (id_table_cover(m->arena, &ids->object, &ids->object_count, id_max[SPACE_OBJECT], err) ||
	    id_table_cover(m->arena, &ids->page, &ids->page_count, id_max[SPACE_PAGE], err) ||
	    cover_owners(m, &ids->object_owner, &ids->object_owner_count, id_max[SPACE_OBJECT],
			 err) ||
	    cover_owners(m, &ids->page_owner, &ids->page_owner_count, id_max[SPACE_PAGE], err) ||
	    (m->libc_level && cover_processes(m, err)))
		return -1;
	return m->closed ? closed_cover_ids(m->closed, m, err) : 0;
}
