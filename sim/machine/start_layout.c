/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/start_layout.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/ids.h"
#include "machine/free_layout.h"

enum { PAGEBLOCK_ORDER_DEFAULT = 9, PCP_LISTS = MIGRATE_PCPTYPES * 4 + 2, HOLE = ' ' };

/* Low memory ends here, and firmware keeps what is before. */
static const uint32_t first_mib = (1 << 20) >> PAGE_SHIFT;

/* What is known of a zone's frames as they are laid out, by frame from the zone's first one. */
struct zone_layout {
	const struct proc_memory *memory;
	const struct proc_zone *from;
	struct zone_state *to;
	struct free_layout free;
	char *kinds; /* page_run's letters, HOLE, or 0: in use, and not told further yet */
	uint32_t in_use;
	uint64_t left_unmovable; /* of the node: frames that are on no LRU list */
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for the start state");
}

/* --- what the files tell as it stands --- */

static uint32_t zone_type(const char *name)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal", "Movable" };

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 2;
}

static void copy_figures(struct zone_state *to, const struct proc_zone *from)
{
	memcpy(to->name, from->name, sizeof(to->name));
	to->node = from->node;
	to->index = zone_type(from->name);
	to->start_pfn = (uint32_t)from->start_pfn;
	to->spanned = (uint32_t)from->spanned;
	to->present = (uint32_t)from->present;
	to->managed = (uint32_t)from->managed;
	to->watermark_min = (uint32_t)from->min;
	to->watermark_low = (uint32_t)from->low;
	to->watermark_high = (uint32_t)from->high;
	/* kernels before 5.18 have none to print, 6.1 has it without printing it */
	to->watermark_promo = (uint32_t)(from->promo ? from->promo : 2 * from->high - from->low);
	to->watermark_boost = (uint32_t)from->boost;
	to->lowmem_reserve_count = from->protection_count;
	for (uint32_t i = 0; i < from->protection_count; i++)
		to->lowmem_reserve[i] = from->protection[i];
}

/* --- what pagetypeinfo would have told --- */

static uint64_t free_frames(const struct proc_zone *z, uint32_t orders)
{
	uint64_t frames = 0;

	for (uint32_t order = 0; order < orders; order++)
		frames += z->blocks[order] << order;
	return frames;
}

/* Pageblocks by the use of what is in use: LRU pages, reclaimable slabs of the node, the rest. */
static void infer_pageblocks(struct zone_layout *l, uint64_t count)
{
	const struct proc_zone *z = l->from;
	const struct proc_node *node = &l->memory->nodes[z->node];
	uint64_t used = z->managed - free_frames(z, l->memory->orders);
	uint64_t lru = z->anon + z->file + z->unevictable;
	uint64_t slab = node->slab_reclaimable + node->slab_unreclaimable;
	uint64_t pinned = used > lru ? used - lru : 0, reclaimable = 0;

	pinned = (pinned + (1ull << l->free.pageblock_order) - 1) >> l->free.pageblock_order;
	pinned = pinned < count ? pinned : count;
	if (slab)
		reclaimable = pinned * node->slab_reclaimable / (2 * slab);
	l->free.pageblocks[MIGRATE_RECLAIMABLE] = reclaimable;
	l->free.pageblocks[MIGRATE_UNMOVABLE] = pinned - reclaimable;
	l->free.pageblocks[MIGRATE_MOVABLE] = count - pinned;
}

static void infer_free_blocks(struct zone_layout *l, uint64_t count)
{
	for (uint32_t order = 0; order < l->memory->orders; order++) {
		uint64_t blocks = l->from->blocks[order], left = blocks;
		for (unsigned type = 0; order < l->free.pageblock_order && type < MIGRATE_PCPTYPES;
		     type++) {
			uint64_t share = blocks * l->free.pageblocks[type] / count;
			l->free.blocks[order][type] = share;
			left -= share;
		}
		l->free.blocks[order][MIGRATE_MOVABLE] += left;
	}
}

/*
 * Frames that are there: pagetypeinfo counts the pageblocks of those, while zoneinfo may call
 * present what is yet to be plugged in.
 */
static uint64_t populated(const struct zone_layout *l)
{
	const struct proc_zone *z = l->from;
	uint64_t block = 1ull << l->free.pageblock_order, blocks = 0;

	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		blocks += z->pageblocks[type];
	uint64_t frames = blocks * block - (z->start_pfn & (block - 1));
	if (!z->has_pageblocks)
		frames = z->managed + z->managed / 4;
	return frames < z->present ? frames : z->present;
}

static uint32_t last_frame(const struct zone_layout *l)
{
	return l->free.ranges[l->free.ranges[1].end ? 1 : 0].end - 1;
}

/* The first zone has its hole below 1 MiB; what lies behind the last frame is left out of a zone.
 */
static void set_ranges(struct zone_layout *l)
{
	const struct proc_zone *z = l->from;
	uint32_t start = (uint32_t)z->start_pfn, hole = (uint32_t)(z->spanned - z->present);
	uint32_t frames = (uint32_t)populated(l);

	if (hole && start + hole < first_mib && z->spanned > first_mib) {
		l->free.ranges[0] = (struct layout_range){ start, first_mib - hole };
		l->free.ranges[1] = (struct layout_range){ first_mib, start + frames + hole };
	} else {
		l->free.ranges[0] = (struct layout_range){ start, start + frames };
	}
	l->to->spanned = last_frame(l) + 1 - start;
}

static void set_counts(struct zone_layout *l)
{
	const struct proc_zone *z = l->from;
	unsigned order = l->free.pageblock_order;
	uint64_t count = (last_frame(l) >> order) - (l->free.ranges[0].start >> order) + 1;

	memcpy(l->free.pageblocks, z->pageblocks, sizeof(l->free.pageblocks));
	memcpy(l->free.blocks, z->free_blocks, sizeof(l->free.blocks));
	if (z->has_types)
		return;
	infer_pageblocks(l, count);
	infer_free_blocks(l, count);
}

/* --- frames that are not free --- */

static uint32_t range_frames(const struct zone_layout *l)
{
	uint32_t frames = 0;

	for (unsigned r = 0; r < LAYOUT_RANGES_MAX; r++)
		frames += l->free.ranges[r].end - l->free.ranges[r].start;
	return frames;
}

static bool in_ranges(const struct zone_layout *l, uint32_t pfn)
{
	for (unsigned r = 0; r < LAYOUT_RANGES_MAX; r++)
		if (pfn >= l->free.ranges[r].start && pfn < l->free.ranges[r].end)
			return true;
	return false;
}

static int check_room(const struct zone_layout *l, uint64_t free_count, const char *folder,
		      struct error *err)
{
	uint64_t managed = l->from->managed, there = range_frames(l);

	if (free_count > managed)
		return error_set(err, ERROR_INPUT,
				 "%s: zone %s of node %u has more free frames (%" PRIu64
				 ") than managed ones (%" PRIu64 ")",
				 folder, l->from->name, l->from->node, free_count, managed);
	if (managed > there)
		return error_set(err, ERROR_INPUT,
				 "%s: zone %s of node %u manages more frames (%" PRIu64
				 ") than its pageblocks have (%" PRIu64 ")",
				 folder, l->from->name, l->from->node, managed, there);
	return 0;
}

static uint64_t count_free(const struct zone_layout *l)
{
	uint64_t frames = 0;

	for (uint32_t order = 0; order < l->memory->orders; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			frames += l->free.blocks[order][type] << order;
	return frames;
}

static void mark_free(struct zone_layout *l)
{
	for (uint32_t order = 0; order < l->memory->orders; order++)
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			const struct pfn_list *list = &l->free.free[order][type];
			for (size_t i = 0; i < list->count; i++)
				memset(l->kinds + (list->pfn[i] - l->to->start_pfn), 'B',
				       1u << order);
		}
}

/* The lowest frames that are there and not free, as many as are not managed. */
static void mark_reserved(struct zone_layout *l)
{
	uint64_t reserved = range_frames(l) - l->from->managed;

	for (uint32_t i = 0; i < l->to->spanned; i++) {
		if (!in_ranges(l, l->to->start_pfn + i)) {
			l->kinds[i] = HOLE;
		} else if (!l->kinds[i] && reserved) {
			l->kinds[i] = 'R';
			reserved--;
		}
	}
}

/* The n-th frame that is in use. */
static void list_in_use(const struct zone_layout *l, uint32_t *frames)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->to->spanned; i++)
		if (!l->kinds[i])
			frames[n++] = i;
}

static int fill_pcp(struct zone_layout *l, struct pcp_state *pcp, uint32_t cpu, uint32_t *frames)
{
	const struct proc_pageset *set = &l->from->pagesets[cpu];

	*pcp = (struct pcp_state){ .cpu = cpu,
				   .high = (int32_t)set->high,
				   .batch = (int32_t)set->batch,
				   .vmdiff_threshold = (int32_t)set->threshold,
				   .list_count = PCP_LISTS };
	for (uint64_t i = 0; i < set->count && l->in_use; i++) {
		uint32_t at = (uint32_t)rng_below(l->free.rng, l->in_use);
		uint32_t frame = frames[at], pfn = l->to->start_pfn + frame;
		unsigned type = free_layout_type(&l->free, pfn);
		frames[at] = frames[--l->in_use];
		l->kinds[frame] = '0';
		pcp->count++;
		if (pfn_list_add(&pcp->lists[type < MIGRATE_PCPTYPES ? type : MIGRATE_MOVABLE],
				 pfn) != 0)
			return -1;
	}
	return 0;
}

static int fill_pcps(struct zone_layout *l, struct error *err)
{
	uint32_t cpus = l->memory->cpus;
	uint32_t *frames = calloc(l->in_use + 1, sizeof(*frames));
	int result = frames ? 0 : -1;

	l->to->pcp = calloc(cpus, sizeof(*l->to->pcp));
	if (result == 0 && l->to->pcp) {
		l->to->pcp_count = cpus;
		list_in_use(l, frames);
		for (uint32_t cpu = 0; cpu < cpus && result == 0; cpu++)
			result = fill_pcp(l, &l->to->pcp[cpu], cpu, frames);
	}
	free(frames);
	return result == 0 && l->to->pcp ? 0 : no_memory(err);
}

/* --- what frames in use are for --- */

/* Says yes `yes` times in `of` calls, evenly spread. */
struct spread {
	uint64_t yes, of, at;
};

static bool spread_next(struct spread *s)
{
	uint64_t before = s->of ? s->at * s->yes / s->of : 0;

	s->at++;
	return s->of && s->at * s->yes / s->of > before;
}

static bool is_movable_block(const struct zone_layout *l, uint32_t frame)
{
	unsigned type = free_layout_type(&l->free, l->to->start_pfn + frame);

	return type == MIGRATE_MOVABLE || type == MIGRATE_CMA;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void mark_lru(struct zone_layout *l)
{
	const struct proc_zone *z = l->from;
	uint64_t in_movable = 0, lru = least(z->anon + z->file + z->unevictable, l->in_use);

	for (uint32_t i = 0; i < l->to->spanned; i++)
		in_movable += !l->kinds[i] && is_movable_block(l, i);
	struct spread movable = { least(lru, in_movable), in_movable, 0 };
	struct spread other = { lru - movable.yes, l->in_use - in_movable, 0 };
	struct spread anon = { least(z->anon, lru), lru, 0 };
	for (uint32_t i = 0; i < l->to->spanned; i++)
		if (!l->kinds[i] && spread_next(is_movable_block(l, i) ? &movable : &other))
			l->kinds[i] = spread_next(&anon) ? 'A' : 'F';
	l->in_use -= (uint32_t)lru;
}

/* Slabs and page tables are counted by node: each of its zones has its part. */
static void mark_kernel(struct zone_layout *l)
{
	const struct proc_node *node = &l->memory->nodes[l->from->node];
	uint64_t all = l->left_unmovable > l->in_use ? l->left_unmovable : l->in_use;
	uint64_t slabs = node->slab_reclaimable + node->slab_unreclaimable;
	struct spread slab = { least(all ? slabs * l->in_use / all : 0, l->in_use), l->in_use, 0 };
	uint64_t rest = l->in_use - slab.yes;
	struct spread table = { least(all ? node->page_tables * l->in_use / all : 0, rest), rest,
				0 };

	for (uint32_t i = 0; i < l->to->spanned; i++)
		if (!l->kinds[i])
			l->kinds[i] = spread_next(&slab) ? 'S' : spread_next(&table) ? 'T' : 'o';
}

/* --- the state --- */

static int write_runs(struct zone_layout *l, struct error *err)
{
	for (uint32_t i = 0, end; i < l->to->spanned; i = end) {
		for (end = i + 1; end < l->to->spanned && l->kinds[end] == l->kinds[i];)
			end++;
		if (l->kinds[i] != HOLE &&
		    page_run_add(l->to, l->to->start_pfn + i, end - i, l->kinds[i]) != 0)
			return no_memory(err);
	}
	return 0;
}

static int write_pageblocks(struct zone_layout *l, struct error *err)
{
	unsigned order = l->free.pageblock_order;

	l->to->pageblocks = calloc(l->free.pageblock_count, sizeof(*l->to->pageblocks));
	if (!l->to->pageblocks)
		return no_memory(err);
	for (uint32_t i = 0; i < l->free.pageblock_count; i++) {
		uint32_t first = (l->free.first_pageblock + i) << order;
		if (l->free.pageblock_type[i] == MIGRATE_TYPES)
			continue;
		struct pageblock_state *block = &l->to->pageblocks[l->to->pageblock_count++];
		*block = (struct pageblock_state){ .pfn = first,
						   .migratetype = l->free.pageblock_type[i] };
		for (uint32_t pfn = first; pfn < first + (1u << order); pfn++) {
			uint32_t frame = pfn - l->to->start_pfn;
			char kind = frame < l->to->spanned ? l->kinds[frame] : HOLE;
			block->lru += kind == 'A' || kind == 'F';
			block->reserved += kind == 'R' || kind == HOLE;
		}
	}
	return 0;
}

static int lay_out(struct zone_layout *l, const char *folder, struct error *err)
{
	uint64_t free_count = count_free(l);

	if (check_room(l, free_count, folder, err) != 0)
		return -1;
	int drawn = free_layout_draw(&l->free, err);
	if (drawn > 0)
		return error_set(
			err, ERROR_INPUT,
			"%s: the free blocks of zone %s of node %u do not fit in its frames",
			folder, l->from->name, l->from->node);
	l->kinds = drawn == 0 ? calloc(l->to->spanned + 1, 1) : NULL;
	if (!l->kinds)
		return drawn == 0 ? no_memory(err) : -1;
	mark_free(l);
	mark_reserved(l);
	l->to->nr_free = (int64_t)free_count;
	l->in_use = (uint32_t)(l->from->managed - free_count);
	if (fill_pcps(l, err) != 0)
		return -1;
	mark_lru(l);
	mark_kernel(l);
	memcpy(l->to->free, l->free.free, sizeof(l->to->free));
	memset(l->free.free, 0, sizeof(l->free.free));
	return write_runs(l, err) == 0 ? write_pageblocks(l, err) : -1;
}

/* Frames of the node that are on no list, before they are laid out. */
static uint64_t node_unmovable(const struct proc_memory *m, uint32_t node)
{
	uint64_t frames = 0;

	for (uint32_t i = 0; i < m->zone_count; i++) {
		const struct proc_zone *z = &m->zones[i];
		uint64_t known = free_frames(z, m->orders) + z->anon + z->file + z->unevictable;
		for (uint32_t cpu = 0; cpu < m->cpus; cpu++)
			known += z->pagesets[cpu].count;
		if (z->node == node && z->managed > known)
			frames += z->managed - known;
	}
	return frames;
}

static int lay_out_zone(const struct proc_memory *m, uint32_t number, struct rng *rng,
			const char *folder, struct page_state *state, struct error *err)
{
	struct zone_layout l = {
		.memory = m,
		.from = &m->zones[number],
		.to = &state->zones[number],
		.free = { .orders = m->orders,
			  .pageblock_order = state->pageblock_order,
			  .rng = rng },
		.left_unmovable = node_unmovable(m, m->zones[number].node),
	};
	copy_figures(l.to, l.from);
	set_ranges(&l);
	set_counts(&l);
	int result = lay_out(&l, folder, err);
	free_layout_free(&l.free);
	free(l.kinds);
	return result;
}

/* calculate_totalreserve_pages() of mm/page_alloc.c */
static uint64_t total_reserve(const struct page_state *state)
{
	uint64_t total = 0;

	for (size_t i = 0; i < state->zone_count; i++) {
		const struct zone_state *z = &state->zones[i];
		uint64_t most = 0;
		for (uint32_t k = z->index; k < z->lowmem_reserve_count; k++)
			most = z->lowmem_reserve[k] > most ? z->lowmem_reserve[k] : most;
		total += least(most + z->watermark_high, z->managed);
	}
	return total;
}

int start_layout(const struct proc_memory *m, uint64_t seed, const char *folder,
		 struct page_state *state, struct error *err)
{
	struct rng *rng = rng_create(seed, "start.proc");
	int result = 0;

	*state = (struct page_state){
		.cpus = m->cpus,
		.orders = m->orders,
		.pageblock_order =
			m->pageblock_order ? m->pageblock_order : PAGEBLOCK_ORDER_DEFAULT,
		.zones = calloc(m->zone_count, sizeof(*state->zones)),
	};
	if (!rng || !state->zones)
		result = no_memory(err);
	for (uint32_t i = 0; i < m->zone_count && result == 0; i++) {
		state->zone_count = i + 1;
		result = lay_out_zone(m, i, rng, folder, state, err);
		state->total_ram_pages += state->zones[i].managed;
		state->min_free_kbytes += 4ull * state->zones[i].watermark_min;
	}
	state->total_reserve_pages = result == 0 ? total_reserve(state) : 0;
	rng_destroy(rng);
	if (result != 0)
		page_state_free(state);
	return result;
}
