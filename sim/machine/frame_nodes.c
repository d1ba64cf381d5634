/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/frame_nodes.h"

#include "machine/machine.h"

/* Zones neither move nor grow, so they are asked for once, when all of them are there. */
static const struct page_counts *zones_of(struct machine *m)
{
	if (!m->frame_zones.zone_count)
		m->page->counts(m->page_state, &m->frame_zones);
	return &m->frame_zones;
}

uint32_t frame_nodes_of(void *engine, uint32_t pfn)
{
	const struct page_counts *counts = zones_of(engine);

	for (uint32_t i = 0; i < counts->zone_count; i++)
		if (pfn - counts->zones[i].start_pfn < counts->zones[i].spanned)
			return counts->zones[i].node;
	return 0;
}
