/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mmstate has one letter, S, for slab pages and for pages of shared memory on an LRU list. The
 * lists of slabs tell which is which: what is in no slab becomes F, as pages of files on an LRU
 * list are.
 */
#include <stdlib.h>

#include "import/mmstate_parser.h"

struct slab_frames {
	uint64_t *bits; /* by frame */
	uint64_t frames;
};

static void mark(struct slab_frames *f, uint64_t pfn, unsigned order)
{
	for (uint64_t i = pfn; i < pfn + (1ull << order) && i < f->frames; i++)
		f->bits[i / 64] |= 1ull << (i % 64);
}

static void mark_slabs(struct slab_frames *f, const struct slab_state *slabs)
{
	for (size_t i = 0; i < slabs->cache_count; i++)
		for (size_t k = 0; k < slabs->caches[i].slab_count; k++)
			mark(f, slabs->caches[i].slabs[k].pfn, slabs->caches[i].slabs[k].order);
	for (size_t i = 0; i < slabs->slab_count; i++)
		mark(f, slabs->slabs[i].pfn, slabs->slabs[i].order);
}

static bool is_marked(const struct slab_frames *f, uint64_t pfn)
{
	return f->bits[pfn / 64] >> (pfn % 64) & 1;
}

static int settle_run(struct zone_state *zone, const struct page_run *run,
		      const struct slab_frames *f)
{
	if (run->kind != 'S')
		return page_run_add(zone, run->pfn, run->count, run->kind);
	for (uint32_t i = 0; i < run->count; i++)
		if (page_run_add(zone, run->pfn + i, 1, is_marked(f, run->pfn + i) ? 'S' : 'F') !=
		    0)
			return -1;
	return 0;
}

static int settle_zone(struct zone_state *zone, const struct slab_frames *f)
{
	struct page_run *runs = zone->runs;
	size_t count = zone->run_count;
	int result = 0;

	zone->runs = NULL;
	zone->run_count = 0;
	for (size_t i = 0; i < count && result == 0; i++)
		result = settle_run(zone, &runs[i], f);
	free(runs);
	return result;
}

int mmstate_settle_shmem(struct page_state *pages, const struct slab_state *slabs,
			 struct error *err)
{
	struct slab_frames f = { 0 };
	int result = 0;

	for (size_t i = 0; i < pages->zone_count; i++) {
		const struct zone_state *zone = &pages->zones[i];
		for (size_t k = 0; k < zone->run_count; k++)
			if ((uint64_t)zone->runs[k].pfn + zone->runs[k].count > f.frames)
				f.frames = (uint64_t)zone->runs[k].pfn + zone->runs[k].count;
	}
	f.bits = calloc(f.frames / 64 + 1, sizeof(*f.bits));
	if (f.bits)
		mark_slabs(&f, slabs);
	for (size_t i = 0; f.bits && i < pages->zone_count && result == 0; i++)
		result = settle_zone(&pages->zones[i], &f);
	if (!f.bits || result != 0)
		result = error_set(err, ERROR_RUN, "no memory for the recorded state");
	free(f.bits);
	return result;
}
