/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole state from and to core/page_state.h. */
#include <stdlib.h>
#include <string.h>

#include "page/buddy.h"
#include "page/pcp.h"
#include "page/watermark.h"

static int bad_state(struct error *err, const struct zone_state *z, const char *what, uint32_t pfn)
{
	return error_set(err, ERROR_INPUT, "page.buddy: state of zone %s: %s at frame %u", z->name,
			 what, pfn);
}

/* The zone's place among those of an architecture; ZONE_TYPES: it is none of them. */
static unsigned type_named(const struct zone_arch *arch, const char *name)
{
	unsigned type = 0;

	while (type < ZONE_TYPES && strcmp(arch->names[type], name) != 0)
		type++;
	return type;
}

/* Memory of devices (ZONE_DEVICE) is above all others. */
static unsigned zone_type(const struct buddy *b, const struct zone_state *from)
{
	unsigned type = type_named(b->arch, from->name);

	return type < ZONE_TYPES ? type : from->index < type ? from->index : type - 1;
}

static void load_zone_figures(const struct buddy *b, struct buddy_zone *z,
			      const struct zone_state *from)
{
	memcpy(z->name, from->name, sizeof(z->name));
	z->node = from->node;
	z->type = zone_type(b, from);
	z->start = from->start_pfn;
	z->end = from->start_pfn + from->spanned;
	z->present = from->present;
	z->managed = from->managed;
	z->watermark[WMARK_MIN] = from->watermark_min;
	z->watermark[WMARK_LOW] = from->watermark_low;
	z->watermark[WMARK_HIGH] = from->watermark_high;
	z->watermark[WMARK_PROMO] = from->watermark_promo;
	z->boost = from->watermark_boost;
	z->nr_highatomic = from->nr_highatomic;
	z->nr_free = from->nr_free;
	z->flags = from->flags;
	z->compact = (struct compact_zone){
		.cached_free = from->compact.free_pfn,
		.cached_migrate = { from->compact.migrate_pfn[0], from->compact.migrate_pfn[1] },
		.considered = from->compact.considered,
		.defer_shift = from->compact.defer_shift < COMPACT_MAX_DEFER_SHIFT
				       ? from->compact.defer_shift
				       : COMPACT_MAX_DEFER_SHIFT,
		.order_failed = (int)from->compact.order_failed,
	};
	for (unsigned i = 0; i < ZONE_TYPES && i < from->lowmem_reserve_count; i++)
		z->lowmem_reserve[i] = from->lowmem_reserve[i];
}

/* The zones of the fresh machine give way; each keeps the lock that it has. */
static int load_zones(struct buddy *b, const struct page_state *from, struct error *err)
{
	uint32_t end = 0;

	for (size_t i = 0; i < from->zone_count; i++) {
		const struct zone_state *z = &from->zones[i];
		lock_id lock = b->zones[i].lock;
		if (!z->spanned)
			return error_set(err, ERROR_INPUT, "page.buddy: zone %s spans nothing",
					 z->name);
		if (z->start_pfn < end)
			return error_set(err, ERROR_INPUT,
					 "page.buddy: zone %s is not in address order", z->name);
		b->zones[i] = (struct buddy_zone){ .lock = lock };
		load_zone_figures(b, &b->zones[i], z);
		end = b->zones[i].end;
	}
	b->zone_count = (uint32_t)from->zone_count;
	return 0;
}

/* Without grouping by mobility all that may be moved or reclaimed is of one type with the rest. */
static unsigned grouped_type(const struct buddy *b, unsigned type)
{
	return !b->group_by_mobility && type < MIGRATE_PCPTYPES ? MIGRATE_UNMOVABLE : type;
}

static int load_pageblocks(struct buddy *b, const struct buddy_zone *z,
			   const struct zone_state *from, struct error *err)
{
	for (size_t i = 0; i < from->pageblock_count; i++) {
		const struct pageblock_state *block = &from->pageblocks[i];
		if (block->pfn >= z->end || block->migratetype >= MIGRATE_TYPES)
			return bad_state(err, from, "impossible pageblock", block->pfn);
		b->pageblock_type[pageblock_of(b, block->pfn)] =
			(uint8_t)grouped_type(b, block->migratetype);
		b->has_cma = b->has_cma || block->migratetype == MIGRATE_CMA;
		in_use_set_lru(b, block->pfn, block->lru);
	}
	return 0;
}

/* Where frames are known, there is a pageblock, whether the state lists it or not. */
static void have_pageblocks(struct buddy *b, uint32_t pfn, uint32_t end)
{
	for (uint32_t block = pageblock_of(b, pfn); pfn < end && block <= pageblock_of(b, end - 1);
	     block++) {
		if (b->pageblock_type[block] == PAGEBLOCK_ABSENT)
			b->pageblock_type[block] = MIGRATE_UNMOVABLE;
	}
}

/*
 * User pages that wait in a CPU's batch to be put on their list (folio_add_lru()). Who looks for
 * pages to move puts them there first, so they count as being there.
 */
static bool is_joining_lru(char kind)
{
	return kind == 'a' || kind == 's';
}

static enum frame_kind run_kind(char kind)
{
	switch (kind) {
	case 'R':
		return FRAME_RESERVED;
	case 'A':
	case 'F':
	case 'a':
	case 's':
		return FRAME_LRU;
	case 'B':
	case '0':
		return FRAME_NONE;
	default:
		return FRAME_ALLOCATED;
	}
}

static void mark_frames(struct buddy *b, uint32_t pfn, uint32_t end, enum frame_kind kind)
{
	for (; pfn < end; pfn++) {
		b->frames.level[0].states[pfn] = (uint8_t)kind;
		if (kind == FRAME_ALLOCATED)
			in_use_pin(b, pfn, 0, 1);
	}
}

static void count_lru(struct buddy *b, uint32_t pfn, uint32_t end)
{
	for (; pfn < end; pfn++)
		pageblock_count(b, b->pageblock_lru, pfn, 1);
}

/*
 * A run of tail frames ('t') makes a compound page with the frame before it. False when that is
 * none: the state does not tell what they belong to.
 */
static bool join_compound(struct buddy *b, const struct buddy_zone *z, const struct page_run *tails)
{
	uint32_t head = tails->pfn - 1, frames = tails->count + 1;
	uint8_t *state = &b->frames.level[0].states[head];
	uint8_t kind = *state;
	unsigned order = 31 - (unsigned)__builtin_clz(frames);

	if (tails->pfn == z->start || !frame_is_allocated(kind) || frames != 1u << order ||
	    head & (frames - 1) || order >= b->orders)
		return false;
	*state = FRAME_NONE;
	frames_set(&b->frames, head, order, frame_kind(kind));
	frames_describe(&b->frames, head, order, true, 0);
	for (uint32_t pfn = tails->pfn; pfn < head + frames && kind == FRAME_ALLOCATED; pfn++)
		in_use_pin(b, pfn, 0, 1);
	return true;
}

/* Frames that no run covers are holes. */
static int load_runs(struct buddy *b, const struct buddy_zone *z, const struct zone_state *from,
		     struct error *err)
{
	uint32_t at = z->start;

	for (size_t i = 0; i < from->run_count; i++) {
		const struct page_run *run = &from->runs[i];
		if (run->pfn < at || run->pfn > z->end || run->count > z->end - run->pfn)
			return bad_state(err, from, "impossible run of pages", run->pfn);
		if (run_kind(run->kind) != FRAME_RESERVED)
			have_pageblocks(b, run->pfn, run->pfn + run->count);
		mark_frames(b, at, run->pfn, FRAME_RESERVED);
		if (run->kind != 't' || !join_compound(b, z, run))
			mark_frames(b, run->pfn, run->pfn + run->count, run_kind(run->kind));
		if (is_joining_lru(run->kind))
			count_lru(b, run->pfn, run->pfn + run->count);
		at = run->pfn + run->count;
	}
	if (from->run_count)
		mark_frames(b, at, z->end, FRAME_RESERVED);
	return 0;
}

/* Nothing else may be known of any frame of the block yet. */
static int check_placeable(struct buddy *b, const struct buddy_zone *z,
			   const struct zone_state *from, uint32_t pfn, unsigned order,
			   struct error *err)
{
	uint32_t start;

	if (pfn < z->start || pfn >= z->end || z->end - pfn < 1u << order ||
	    pfn & ((1u << order) - 1))
		return bad_state(err, from, "impossible free block", pfn);
	if (frames_find(&b->frames, pfn, b->orders, &start).state != FRAME_NONE ||
	    !frames_interior_empty(&b->frames, pfn, order))
		return bad_state(err, from, "free block is in use or listed twice", pfn);
	have_pageblocks(b, pfn, pfn + (1u << order));
	return 0;
}

static int load_free_lists(struct buddy *b, uint32_t zone, const struct zone_state *from,
			   struct error *err)
{
	const struct buddy_zone *z = &b->zones[zone];

	for (unsigned order = 0; order < b->orders; order++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			const struct pfn_list *list = &from->free[order][type];
			for (size_t i = 0; i < list->count; i++) {
				uint32_t pfn = list->pfn[i];
				if (check_placeable(b, z, from, pfn, order, err))
					return -1;
				block_append(b, zone, pfn, order, grouped_type(b, type));
			}
		}
	}
	return 0;
}

/* The per-cpu list that stands for `index`, likewise. */
static unsigned grouped_list(const struct buddy *b, unsigned index)
{
	if (b->group_by_mobility)
		return index;
	if (index >= PCP_LOW_LISTS)
		return PCP_LOW_LISTS;
	return index - index % MIGRATE_PCPTYPES + MIGRATE_UNMOVABLE;
}

/* What the sets of a zone count, and room for their lists. */
static int load_pcp_figures(struct buddy *b, uint32_t zone, const struct zone_state *from,
			    struct error *err)
{
	size_t most = 0;

	for (size_t i = 0; i < from->pcp_count; i++) {
		const struct pcp_state *set = &from->pcp[i];
		struct pcp *pcp;
		size_t held = 0;
		if (set->cpu >= b->cpus)
			return error_set(err, ERROR_INPUT,
					 "page.buddy: state has per-cpu lists of CPU %u", set->cpu);
		pcp = buddy_pcp(b, zone, set->cpu);
		pcp->count = set->count;
		pcp->high = set->high;
		pcp->batch = set->batch;
		pcp->free_factor = set->free_factor;
		pcp->free_diff = set->vmdiff_free;
		pcp->stat_threshold = set->vmdiff_threshold;
		for (unsigned index = 0; index < set->list_count && index < PCP_LISTS; index++)
			held += set->lists[index].count;
		most = held > most ? held : most;
	}
	return pcp_make_room(b, zone, most, err);
}

static int load_pcp_lists(struct buddy *b, uint32_t zone, const struct zone_state *from,
			  const struct pcp_state *set, struct error *err)
{
	for (unsigned index = 0; index < set->list_count && index < PCP_LISTS; index++) {
		unsigned order = pcp_list_order(b, index);
		for (size_t i = 0; i < set->lists[index].count; i++) {
			uint32_t pfn = set->lists[index].pfn[i];
			if (check_placeable(b, &b->zones[zone], from, pfn, order, err))
				return -1;
			pcp_append(b, zone, set->cpu, grouped_list(b, index), pfn);
		}
	}
	return 0;
}

static int load_zone(struct buddy *b, uint32_t zone, const struct zone_state *from,
		     struct error *err)
{
	const struct buddy_zone *z = &b->zones[zone];

	if (load_pageblocks(b, z, from, err) || load_runs(b, z, from, err) ||
	    load_free_lists(b, zone, from, err) || load_pcp_figures(b, zone, from, err))
		return -1;
	for (size_t i = 0; i < from->pcp_count; i++) {
		if (load_pcp_lists(b, zone, from, &from->pcp[i], err))
			return -1;
	}
	stat_threshold_mark(b, zone, z->managed);
	return 0;
}

static int check_shape(const struct buddy *b, const struct page_state *from, struct error *err)
{
	if (from->cpus != b->cpus)
		return error_set(err, ERROR_INPUT,
				 "page.buddy: the state has %u CPUs, the machine %u", from->cpus,
				 b->cpus);
	if (from->orders < 1 || from->orders > PAGE_ORDERS_MAX ||
	    from->pageblock_order >= from->orders)
		return error_set(err, ERROR_INPUT,
				 "page.buddy: the state has %u orders and pageblocks of order %u",
				 from->orders, from->pageblock_order);
	if (!from->zone_count || from->zone_count > PAGE_ZONES_MAX)
		return error_set(err, ERROR_INPUT, "page.buddy: the state has %zu zones",
				 from->zone_count);
	return 0;
}

static int check_arch(const struct buddy *b, const char *zone, struct error *err)
{
	bool ia32 = b->topology.arch == ARCH_IA32;
	const struct zone_arch *other = zone_arch_of(ia32 ? ARCH_X86_64 : ARCH_IA32);

	if (type_named(b->arch, zone) < ZONE_TYPES || type_named(other, zone) == ZONE_TYPES)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "page.buddy: the state's zone %s is one of %s, but machine.arch is %s",
			 zone, ia32 ? "x86-64" : "ia32", ia32 ? "ia32" : "x86-64");
}

/* What a state's zones say of the machine that it is of. */
static int check_topology(const struct buddy *b, const struct page_state *from, struct error *err)
{
	for (size_t i = 0; i < from->zone_count; i++) {
		const struct zone_state *z = &from->zones[i];
		if (z->node >= b->topology.nodes)
			return error_set(err, ERROR_INPUT,
					 "page.buddy: the state has zones of node %u, the machine "
					 "%u nodes",
					 z->node, b->topology.nodes);
		if (check_arch(b, z->name, err))
			return -1;
	}
	return 0;
}

/* What contiguous areas have, as far as their pageblocks tell. */
static void count_cma(struct buddy *b)
{
	for (uint32_t zone = 0; b->has_cma && zone < b->zone_count; zone++) {
		struct buddy_zone *z = &b->zones[zone];
		z->cma_pages = z->pageblocks[MIGRATE_CMA] << b->pageblock_order;
		for (unsigned order = 0; order < b->orders; order++)
			z->nr_free_cma += (int64_t)z->blocks[order][MIGRATE_CMA] << order;
	}
}

int buddy_load(void *state, const struct page_state *from, struct error *err)
{
	struct buddy *b = state;
	uint32_t fresh_zones = b->zone_count;

	if (check_shape(b, from, err) || check_topology(b, from, err) || load_zones(b, from, err) ||
	    zonelist_build(b, err))
		return -1;
	b->orders = from->orders;
	b->pageblock_order = from->pageblock_order;
	b->total_reserve = from->total_reserve_pages;
	b->min_free_kbytes = from->min_free_kbytes;
	b->jiffies = from->jiffies;
	if (buddy_arrays(b, b->zones[b->zone_count - 1].end, err) || pcp_create(b, err))
		return -1;
	buddy_add_zone_locks(b, fresh_zones);
	block_lists_init(b);
	pageblock_find_shared(b);
	memset(b->pageblock_type, PAGEBLOCK_ABSENT,
	       pageblock_of(b, b->zones[b->zone_count - 1].end - 1) + 1);
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (load_zone(b, zone, &from->zones[zone], err))
			return -1;
	}
	pageblock_recount(b);
	count_cma(b);
	return 0;
}

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory to describe the page allocator's state");
}

static void dump_zone_figures(const struct buddy_zone *z, struct zone_state *to)
{
	memcpy(to->name, z->name, sizeof(to->name));
	to->node = z->node;
	to->index = z->type;
	to->start_pfn = z->start;
	to->spanned = z->end - z->start;
	to->present = z->present;
	to->managed = z->managed;
	to->watermark_min = z->watermark[WMARK_MIN];
	to->watermark_low = z->watermark[WMARK_LOW];
	to->watermark_high = z->watermark[WMARK_HIGH];
	to->watermark_promo = z->watermark[WMARK_PROMO];
	to->watermark_boost = z->boost;
	to->nr_highatomic = z->nr_highatomic;
	to->nr_free = z->nr_free;
	to->nr_free_cma = z->nr_free_cma;
	to->cma_pages = z->cma_pages;
	memcpy(to->numa, z->numa, sizeof(to->numa));
	to->flags = z->flags;
	to->compact = (struct compact_state){
		.free_pfn = z->compact.cached_free,
		.migrate_pfn = { z->compact.cached_migrate[0], z->compact.cached_migrate[1] },
		.considered = z->compact.considered,
		.defer_shift = z->compact.defer_shift,
		.order_failed = (uint32_t)z->compact.order_failed,
	};
	to->lowmem_reserve_count = ZONE_TYPES;
	for (unsigned i = 0; i < ZONE_TYPES; i++)
		to->lowmem_reserve[i] = z->lowmem_reserve[i];
}

static int dump_free_lists(const struct buddy *b, uint32_t zone, struct zone_state *to)
{
	for (unsigned order = 0; order < b->orders; order++) {
		const struct frame_level *level = frames_level(&b->frames, order);
		for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
			uint32_t head = block_list_head(b, zone, order, type);
			uint32_t node = level->links[head].next;
			for (; node != head; node = level->links[node].next) {
				if (pfn_list_add(&to->free[order][type], node << level->shift))
					return -1;
			}
		}
	}
	return 0;
}

static int dump_pcp(const struct buddy *b, uint32_t zone, uint32_t cpu, struct pcp_state *to)
{
	const struct pcp *pcp = buddy_pcp(b, zone, cpu);

	to->cpu = cpu;
	to->count = pcp->count;
	to->high = pcp->high;
	to->batch = pcp->batch;
	to->free_factor = pcp->free_factor;
	to->vmdiff_free = pcp->free_diff;
	to->vmdiff_threshold = pcp->stat_threshold;
	to->list_count = PCP_LISTS;
	for (unsigned index = 0; index < PCP_LISTS; index++) {
		for (uint32_t i = 0; i < pcp->lists[index].length; i++) {
			if (pfn_list_add(&to->lists[index], pcp_at(b, zone, cpu, index, i)))
				return -1;
		}
	}
	return 0;
}

static int dump_pcps(const struct buddy *b, uint32_t zone, struct zone_state *to)
{
	to->pcp = calloc(b->cpus, sizeof(*to->pcp));
	if (!to->pcp)
		return -1;
	to->pcp_count = b->cpus;
	for (uint32_t cpu = 0; cpu < b->cpus; cpu++) {
		if (dump_pcp(b, zone, cpu, &to->pcp[cpu]))
			return -1;
	}
	return 0;
}

static int dump_pageblocks(const struct buddy *b, const struct buddy_zone *z, struct zone_state *to)
{
	uint32_t first = pageblock_of(b, z->start);
	uint32_t count = pageblock_of(b, z->end - 1) - first + 1;

	to->pageblocks = calloc(count, sizeof(*to->pageblocks));
	if (!to->pageblocks)
		return -1;
	to->pageblock_count = count;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t block = first + i;
		to->pageblocks[i] = (struct pageblock_state){
			.pfn = block << b->pageblock_order,
			.migratetype = b->pageblock_type[block],
			.lru = b->pageblock_lru[block],
		};
	}
	return 0;
}

static char extent_kind(uint8_t state)
{
	if (frame_is_free(state))
		return 'B';
	if (frame_is_pcp(state))
		return '0';
	if (frame_kind(state) == FRAME_RESERVED)
		return 'R';
	return frame_kind(state) == FRAME_LRU ? 'A' : 'P';
}

static void count_reserved(const struct buddy *b, struct zone_state *to, uint32_t pfn,
			   uint32_t count)
{
	uint32_t first = to->pageblocks[0].pfn >> b->pageblock_order;

	for (uint32_t end = pfn + count; pfn < end;) {
		uint32_t block = pageblock_of(b, pfn);
		uint32_t next = (block + 1) << b->pageblock_order;
		uint32_t part = (next < end ? next : end) - pfn;
		to->pageblocks[block - first].reserved += part;
		pfn += part;
	}
}

static int dump_runs(const struct buddy *b, const struct buddy_zone *z, struct zone_state *to)
{
	for (uint32_t pfn = z->start; pfn < z->end;) {
		struct frame_block block = frames_block(&b->frames, pfn);
		char kind = extent_kind(block.state);
		if (page_run_add(to, pfn, 1u << block.order, kind))
			return -1;
		if (kind == 'R')
			count_reserved(b, to, pfn, 1u << block.order);
		pfn += 1u << block.order;
	}
	return 0;
}

/* Where there is no memory at all, there are none. */
static void drop_absent_pageblocks(const struct buddy *b, struct zone_state *to)
{
	size_t kept = 0;

	for (size_t i = 0; i < to->pageblock_count; i++) {
		if (b->pageblock_type[to->pageblocks[i].pfn >> b->pageblock_order] !=
		    PAGEBLOCK_ABSENT)
			to->pageblocks[kept++] = to->pageblocks[i];
	}
	to->pageblock_count = kept;
}

static int dump_zone(const struct buddy *b, uint32_t zone, struct zone_state *to)
{
	const struct buddy_zone *z = &b->zones[zone];

	dump_zone_figures(z, to);
	to->node_unreclaimable = b->nodes[z->node].failures >= RECLAIM_RETRIES_MAX;
	if (dump_free_lists(b, zone, to) || dump_pcps(b, zone, to) || dump_pageblocks(b, z, to) ||
	    dump_runs(b, z, to))
		return -1;
	drop_absent_pageblocks(b, to);
	return 0;
}

int buddy_dump(const void *state, struct page_state *to, struct error *err)
{
	const struct buddy *b = state;

	*to = (struct page_state){
		.cpus = b->cpus,
		.orders = b->orders,
		.pageblock_order = b->pageblock_order,
		.total_reserve_pages = b->total_reserve,
		.min_free_kbytes = b->min_free_kbytes,
	};
	to->zones = calloc(b->zone_count, sizeof(*to->zones));
	if (!to->zones)
		return no_memory(err);
	to->zone_count = b->zone_count;
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		to->total_ram_pages += b->zones[zone].managed;
		if (dump_zone(b, zone, &to->zones[zone])) {
			page_state_free(to);
			return no_memory(err);
		}
	}
	return 0;
}
