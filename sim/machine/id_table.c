/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/id_table.h"

#include "machine/closed.h"
#include "machine/machine.h"

enum { IDS_LEAST = 1 << 16 };

int id_table_cover(struct arena *arena, uint64_t **table, uint32_t *count, uint32_t id_max,
		   struct error *err)
{
	uint32_t wanted = *count ? *count : IDS_LEAST;
	uint64_t *grown;

	if (id_max < *count)
		return 0;
	while (wanted <= id_max)
		wanted *= 2;
	grown = *count ? arena_grow(arena, *table, wanted, sizeof(**table), err)
		       : arena_array(arena, wanted, sizeof(**table), err);
	if (!grown)
		return -1;
	*table = grown;
	*count = wanted;
	return 0;
}

int machine_cover_ids(struct machine *m, struct error *err)
{
	const uint32_t *id_max = m->trace->definitions->id_max;
	struct identity *ids = &m->ids;

	if (id_table_cover(m->arena, &ids->object, &ids->object_count, id_max[SPACE_OBJECT], err) ||
	    id_table_cover(m->arena, &ids->page, &ids->page_count, id_max[SPACE_PAGE], err))
		return -1;
	return m->closed ? closed_cover_ids(m->closed, m, err) : 0;
}
