/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/migration.h"

#include <stdlib.h>

#include "base/grow.h"
#include "base/ptrmap.h"
#include "core/host_memory.h"
#include "machine/page_cache.h"
#include "machine/page_records.h"
#include "machine/start.h"

struct migration {
	struct migrate_source source;
	struct ptrmap *owners; /* frame that a page was moved to -> its id */
	/* Ids whose frame the recording frees without ending them, oldest first. */
	uint32_t *adrift;
	size_t begin, count, capacity;
};

/* A page of its own, in that frame of this run. */
static bool is_in(const struct machine *m, uint32_t id, pfn_t pfn)
{
	uint64_t entry = id < m->ids.page_count ? m->ids.page[id] : 0;

	return entry && !(entry & IDENTITY_OLDER) && !page_entry_order(entry) &&
	       page_entry_pfn(entry).v == pfn.v;
}

static void moved(void *context, uint32_t id, pfn_t from, pfn_t to)
{
	struct machine *m = context;

	if (page_cache_move(m->page_cache, from, to))
		return;
	if (m->libc_level && mm_frames_move(&m->processes.frames, from, to))
		return;
	if (!id || !is_in(m, id, from)) {
		start_move_page(m->start, from.v, to.v);
		return;
	}
	m->ids.page[id] += (uint64_t)to.v - from.v;
	ptrmap_take(m->migration->owners, from.v);
	host_memory_check(ptrmap_put(m->migration->owners, to.v, id, NULL) == 0, "moved pages");
}

/* The root file system of recording kernels is in memory: always dirty, with nowhere to go. */
static bool movable(void *context, pfn_t pfn, bool may_wait)
{
	struct machine *m = context;

	(void)may_wait;
	if (m->libc_level && !mm_frames_movable(&m->processes.frames, pfn))
		return false;
	return !m->params->root_in_memory || start_page_kind(m->start, pfn.v) != 'F';
}

struct migration *migration_create(struct machine *m, struct error *err)
{
	struct migration *g = calloc(1, sizeof(*g));

	if (!g) {
		error_set(err, ERROR_RUN, "no memory for moved pages");
		return NULL;
	}
	g->owners = ptrmap_create(err);
	if (!g->owners) {
		free(g);
		return NULL;
	}
	g->source = (struct migrate_source){ .movable = movable, .moved = moved, .context = m };
	m->services.migrate = &g->source;
	return g;
}

void migration_destroy(struct migration *g)
{
	if (!g)
		return;
	ptrmap_destroy(g->owners);
	free(g->adrift);
	free(g);
}

void migration_note(struct machine *m, const struct record *r)
{
	struct migration *g = m->migration;

	if (!r->id)
		return;
	g->adrift = host_memory_need(
		grow_array(g->adrift, g->count, &g->capacity, sizeof(*g->adrift)), "moved pages");
	g->adrift[g->count++] = r->id;
}

/* Ends the page of an id that is alive in this run; PFN_NONE: it is not. */
static pfn_t end_page(struct machine *m, uint32_t id)
{
	uint64_t entry = m->ids.page[id];

	if (!entry || entry & IDENTITY_OLDER || page_entry_order(entry))
		return PFN_NONE;
	m->ids.page[id] = 0;
	resident_count(&m->resident, page_entry_task(entry), -1);
	return page_entry_pfn(entry);
}

pfn_t migration_end(struct machine *m, const struct record *r)
{
	struct migration *g = m->migration;
	uint32_t id = ptrmap_take(g->owners, (uint32_t)r->address);
	pfn_t pfn = PFN_NONE;

	if (r->size)
		return PFN_NONE;
	if (id != PTRMAP_NONE && is_in(m, id, (pfn_t){ (uint32_t)r->address }))
		return end_page(m, id);
	while (g->begin < g->count && pfn_is_none(pfn))
		pfn = end_page(m, g->adrift[g->begin++]);
	return pfn;
}
