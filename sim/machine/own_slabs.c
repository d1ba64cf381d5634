/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/own_slabs.h"

#include "core/operation.h"
#include "machine/object_records.h"
#include "machine/recorded_pages.h"

void own_slabs_note(void *engine, object_t object)
{
	struct machine *m = engine;
	struct own_slabs *own = &m->own_slabs;
	if (!own->count)
		return;
	const struct record *r = &own->records[own->first];
	own->first = (own->first + 1) % OWN_SLABS_MAX;
	own->count--;
	outcome_of(m, r, object == OBJECT_NONE, object + m->page_offset, m->page_offset != 0);
}

/* What the policy never asked for is forgotten, the oldest first. */
static void keep(struct own_slabs *own, const struct record *r)
{
	if (own->count == OWN_SLABS_MAX) {
		own->first = (own->first + 1) % OWN_SLABS_MAX;
		own->count--;
	}
	own->records[(own->first + own->count++) % OWN_SLABS_MAX] = *r;
}

int own_slab_record(struct machine *m, const struct record *r)
{
	const pfn_t pfn = { (uint32_t)((r->address - m->page_offset) >> PAGE_SHIFT) };
	if (operation_table[r->operation].ids != ID_FREE) {
		keep(&m->own_slabs, r);
		if (m->recorded_pages)
			recorded_pages_put_off(m->recorded_pages, pfn);
		return 0;
	}
	/* Older than this run, it is known to nobody but the recording. */
	return m->ids.object[r->id] ? kfree_record(m, r) : 0;
}
