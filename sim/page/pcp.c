/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Per-cpu page lists: small allocations are served from them, refilled and drained in batches.
 * Reference: rmqueue_pcplist(), free_unref_page_commit(), free_pcppages_bulk() of mm/page_alloc.c.
 * The list a frame leaves from and the moment of a drain decide later placements.
 */
#include "page/pcp.h"

bool pcp_allows(const struct buddy *b, unsigned order)
{
	return order <= COSTLY_ORDER || (b->params.transparent_hugepage &&
					 order == b->pageblock_order && order > COSTLY_ORDER);
}

/* order_to_pindex() */
static unsigned list_index(unsigned order, unsigned migratetype)
{
	if (order > COSTLY_ORDER)
		return PCP_LOW_LISTS + (migratetype == MIGRATE_MOVABLE);
	return MIGRATE_PCPTYPES * order + migratetype;
}

unsigned pcp_list_order(const struct buddy *b, unsigned index)
{
	return index < PCP_LOW_LISTS ? index / MIGRATE_PCPTYPES : b->pageblock_order;
}

static unsigned list_type(unsigned index)
{
	if (index < PCP_LOW_LISTS)
		return index % MIGRATE_PCPTYPES;
	return index == PCP_LOW_LISTS ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;
}

/* How a frame remembers its migratetype on a list that does not tell it. */
static enum frame_kind pcp_kind(unsigned index, unsigned migratetype)
{
	if (migratetype == list_type(index))
		return FRAME_PCP;
	switch (migratetype) {
	case MIGRATE_RECLAIMABLE:
		return FRAME_PCP_RECLAIMABLE;
	case MIGRATE_HIGHATOMIC:
		return FRAME_PCP_HIGHATOMIC;
	case MIGRATE_CMA:
		return FRAME_PCP_CMA;
	default:
		return FRAME_PCP;
	}
}

/* The migratetype of a frame on a per-cpu list of another one. */
static unsigned odd_type(uint8_t state)
{
	switch (frame_kind(state)) {
	case FRAME_PCP_RECLAIMABLE:
		return MIGRATE_RECLAIMABLE;
	case FRAME_PCP_HIGHATOMIC:
		return MIGRATE_HIGHATOMIC;
	default:
		return MIGRATE_CMA;
	}
}

static inline uint32_t *ring_of(const struct pcp *pcp, unsigned index)
{
	return pcp->slots + index * ((size_t)pcp->ring_mask + 1);
}

static inline void ring_push_head(struct pcp *pcp, unsigned index, uint32_t pfn)
{
	struct pcp_list *list = &pcp->lists[index];

	list->head = (list->head - 1) & pcp->ring_mask;
	list->length++;
	ring_of(pcp, index)[list->head] = pfn;
}

static inline void ring_push_tail(struct pcp *pcp, unsigned index, uint32_t pfn)
{
	struct pcp_list *list = &pcp->lists[index];

	ring_of(pcp, index)[(list->head + list->length) & pcp->ring_mask] = pfn;
	list->length++;
}

static inline uint32_t ring_pop_head(struct pcp *pcp, unsigned index)
{
	struct pcp_list *list = &pcp->lists[index];
	uint32_t pfn = ring_of(pcp, index)[list->head];

	list->head = (list->head + 1) & pcp->ring_mask;
	list->length--;
	return pfn;
}

static inline uint32_t ring_pop_tail(struct pcp *pcp, unsigned index)
{
	struct pcp_list *list = &pcp->lists[index];

	list->length--;
	return ring_of(pcp, index)[(list->head + list->length) & pcp->ring_mask];
}

/* rmqueue_bulk(): the new blocks go to the list's tail in the order they were found. */
static int32_t refill(struct buddy *b, uint32_t zone, uint32_t cpu, unsigned order,
		      unsigned migratetype, unsigned alloc_flags)
{
	struct pcp *pcp = buddy_pcp(b, zone, cpu);
	struct buddy_zone *z = &b->zones[zone];
	unsigned index = list_index(order, migratetype);
	int32_t wanted = pcp->batch;
	int32_t got = 0;

	if (wanted > 1)
		wanted = wanted >> order > 2 ? wanted >> order : 2;
	buddy_lock(b, z);
	for (; got < wanted; got++) {
		uint32_t pfn = fallback_take(b, zone, order, migratetype, alloc_flags);
		unsigned taken;
		if (pfn == UINT32_MAX)
			break;
		taken = buddy_taken_type(b, pfn, migratetype);
		if (taken == MIGRATE_CMA)
			buddy_cma_count_add(b, zone, cpu, -(1 << order));
		frames_set(&b->frames, pfn, order, pcp_kind(index, taken));
		ring_push_tail(pcp, index, pfn);
	}
	work_count_n(b->services->work, WORK_pcp_refill_page, (uint64_t)got << order);
	buddy_free_count_add(b, zone, cpu, -(got << order));
	pcp->count += got << order;
	buddy_unlock(b, z);
	return got;
}

/* Seldom is there one. */
static inline void drain_decided(struct buddy *b, uint32_t zone, struct pcp *pcp, uint32_t cpu)
{
	if (__builtin_expect(pcp->drain_frames != 0, 0))
		pcp_drain_decided(b, zone, cpu);
}

uint32_t pcp_take(struct buddy *b, uint32_t zone, const struct request *request,
		  unsigned migratetype, unsigned alloc_flags)
{
	unsigned order = request->order;
	unsigned index = list_index(order, migratetype);
	struct pcp *pcp = buddy_pcp(b, zone, request->cpu);

	drain_decided(b, zone, pcp, request->cpu);
	/* __alloc_pages_bulk() alone does not touch it */
	if (!(request->flags & REQUEST_BULK))
		pcp->free_factor >>= 1;
	if (!pcp->lists[index].length) {
		refill(b, zone, request->cpu, order, migratetype, alloc_flags);
		if (!pcp->lists[index].length)
			return UINT32_MAX;
	}
	pcp->count -= 1 << order;
	pcp->refilled &= ~(1u << index);
	work_count(b->services->work, WORK_pcp_hit);
	return ring_pop_head(pcp, index);
}

/* type: the list's. */
static inline void give_back(struct buddy *b, uint32_t zone, uint32_t running_cpu, struct pcp *pcp,
			     unsigned type, unsigned order, uint32_t pfn)
{
	uint8_t *state = frames_state(&b->frames, pfn, order);
	unsigned migratetype = frame_kind(*state) == FRAME_PCP ? type : odd_type(*state);

	*state = FRAME_NONE;
	pcp->count -= 1 << order;
	buddy_freepage_add(b, zone, running_cpu, 1 << order, migratetype);
	block_free(b, zone, pfn, order, migratetype, false);
	b->tally.pcp_drain_page += 1u << order;
}

/* Round robin over the lists that are not empty, with bounds that close in on them. */
struct drain_cursor {
	unsigned index, min, max;
};

static void next_list(const struct pcp *pcp, struct drain_cursor *at)
{
	for (;;) {
		at->index = at->index + 1 > at->max ? at->min : at->index + 1;
		if (pcp->lists[at->index].length)
			return;
		if (at->index == at->max)
			at->max--;
		if (at->index == at->min)
			at->min++;
	}
}

/* free_pcppages_bulk(): `frames` from the tails, all that is needed of a list before the next. */
static void drain_frames(struct buddy *b, uint32_t zone, struct pcp *pcp, uint32_t running_cpu,
			 int32_t frames, unsigned first_list)
{
	struct buddy_zone *z = &b->zones[zone];
	struct drain_cursor at = { first_list - 1, 0, PCP_LISTS - 1 };

	if (frames > pcp->count)
		frames = pcp->count;
	buddy_lock(b, z);
	while (frames > 0) {
		next_list(pcp, &at);
		unsigned order = pcp_list_order(b, at.index), type = list_type(at.index);
		do {
			uint32_t pfn = ring_pop_tail(pcp, at.index);
			give_back(b, zone, running_cpu, pcp, type, order, pfn);
			frames -= 1 << order;
		} while (frames > 0 && pcp->lists[at.index].length);
	}
	buddy_unlock(b, z);
}

/* nr_pcp_free(): frees in a row drain twice as much each time. */
static int32_t drain_size(struct pcp *pcp, int32_t high, bool free_all)
{
	int32_t max = high - pcp->batch;
	int32_t frames;

	if (free_all)
		return pcp->count;
	if (high < pcp->batch)
		return 1;
	frames = pcp->batch << pcp->free_factor;
	if (frames < max && pcp->free_factor < PCP_BATCH_SCALE_MAX)
		pcp->free_factor++;
	if (frames > max)
		frames = max;
	return frames < pcp->batch ? pcp->batch : frames;
}

/* nr_pcp_high() */
static int32_t high_now(const struct buddy_zone *z, const struct pcp *pcp, bool free_all)
{
	if (!pcp->high || free_all)
		return 0;
	if (z->flags & ZONE_RECLAIM_ACTIVE && pcp->batch << 2 < pcp->high)
		return pcp->batch << 2;
	return pcp->high;
}

void pcp_put(struct buddy *b, uint32_t zone, const struct request *request, uint32_t pfn)
{
	struct pcp *pcp = buddy_pcp(b, zone, request->cpu);
	unsigned order = request->order;
	unsigned type = pageblock_type(b, pfn);
	unsigned index = list_index(order, type < MIGRATE_PCPTYPES ? type : MIGRATE_MOVABLE);
	bool free_all;
	int32_t high;

	drain_decided(b, zone, pcp, request->cpu);
	free_all = pcp->free_factor && order && order <= COSTLY_ORDER;
	vm_event_count(b->services->work, VM_pgfree, 1u << order);
	frames_set(&b->frames, pfn, order, pcp_kind(index, type));
	ring_push_head(pcp, index, pfn);
	pcp->count += 1 << order;
	work_count(b->services->work, WORK_pcp_hit);
	high = high_now(&b->zones[zone], pcp, free_all);
	if (pcp->count < high)
		return;
	pcp->drain_frames = drain_size(pcp, high, free_all);
	pcp->drain_first = index;
	if (!buddy_told(b, ASSIST_REFILL))
		pcp_drain_decided(b, zone, request->cpu);
}

bool pcp_drain_decided(struct buddy *b, uint32_t zone, uint32_t cpu)
{
	struct pcp *pcp = buddy_pcp(b, zone, cpu);
	int32_t frames = pcp->drain_frames;

	if (!frames)
		return false;
	pcp->drain_frames = 0;
	drain_frames(b, zone, pcp, cpu, frames, pcp->drain_first);
	return true;
}

bool pcp_refill_told(struct buddy *b, uint32_t zone, uint32_t cpu, unsigned order,
		     unsigned migratetype)
{
	struct pcp *pcp = buddy_pcp(b, zone, cpu);

	if (pcp->refill_left > 0) {
		pcp->refill_left--;
		return false;
	}
	pcp_drain_decided(b, zone, cpu);
	if (pcp->lists[list_index(order, migratetype)].length)
		return false;
	pcp->refill_left = refill(b, zone, cpu, order, migratetype, 0) - 1;
	pcp->refilled |= 1u << list_index(order, migratetype);
	return true;
}

bool pcp_refill_is_due(const struct buddy *b, uint32_t zone, const struct page_assist *block)
{
	const struct pcp *pcp = buddy_pcp(b, zone, block->cpu);
	uint32_t pfn;

	if (pcp->refill_left > 0 || pcp->drain_frames)
		return true;
	pfn = block_nth(b, zone, block->order, block->value, block->nth);
	return pfn == UINT32_MAX || pfn == block->pfn.v;
}

uint32_t pcp_refilled_zone(const struct buddy *b, const struct request *request,
			   unsigned migratetype)
{
	unsigned index;

	if (!buddy_told(b, ASSIST_REFILL) || !pcp_allows(b, request->order))
		return UINT32_MAX;
	index = list_index(request->order, migratetype);
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (buddy_pcp(b, zone, request->cpu)->refilled & 1u << index)
			return zone;
	}
	return UINT32_MAX;
}

void pcp_drain(struct buddy *b, uint32_t zone, uint32_t cpu, uint32_t running_cpu)
{
	struct pcp *pcp = buddy_pcp(b, zone, cpu);

	while (pcp->count)
		drain_frames(b, zone, pcp, running_cpu, pcp->batch << PCP_BATCH_SCALE_MAX, 0);
}

void pcp_drain_cpu(struct buddy *b, uint32_t cpu, uint32_t running_cpu)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++)
		pcp_drain(b, zone, cpu, running_cpu);
}

/* False: pfn is not on the list. */
static bool ring_remove(struct pcp *pcp, unsigned index, uint32_t pfn)
{
	struct pcp_list *list = &pcp->lists[index];
	uint32_t *ring = ring_of(pcp, index);
	uint32_t mask = pcp->ring_mask;
	uint32_t at = list->length;

	/* drains come from the tail, so the search starts there */
	while (at > 0 && ring[(list->head + at - 1) & mask] != pfn)
		at--;
	if (at == 0)
		return false;
	for (; at < list->length; at++)
		ring[(list->head + at - 1) & mask] = ring[(list->head + at) & mask];
	list->length--;
	return true;
}

static bool drain_from(struct buddy *b, uint32_t zone, uint32_t cpu, unsigned index, uint32_t pfn)
{
	struct pcp *pcp = buddy_pcp(b, zone, cpu);

	if (!ring_remove(pcp, index, pfn))
		return false;
	buddy_lock(b, &b->zones[zone]);
	give_back(b, zone, cpu, pcp, list_type(index), pcp_list_order(b, index), pfn);
	buddy_unlock(b, &b->zones[zone]);
	return true;
}

bool pcp_drain_block(struct buddy *b, uint32_t zone, uint32_t cpu, uint32_t pfn, unsigned order)
{
	/* in the order of locks, what another CPU has was drained before it came there */
	uint32_t owners = buddy_told(b, ASSIST_REFILL) ? 1 : b->cpus;

	for (uint32_t i = 0; i < owners; i++) {
		uint32_t owner = (cpu + i) % b->cpus;
		for (unsigned index = 0; index < PCP_LISTS; index++) {
			if (pcp_list_order(b, index) == order &&
			    drain_from(b, zone, owner, index, pfn))
				return true;
		}
	}
	return false;
}

bool pcp_take_block(struct buddy *b, uint32_t zone, uint32_t pfn, unsigned order)
{
	for (uint32_t cpu = 0; cpu < b->cpus; cpu++) {
		struct pcp *pcp = buddy_pcp(b, zone, cpu);
		for (unsigned index = 0; index < PCP_LISTS; index++) {
			if (pcp_list_order(b, index) != order || !ring_remove(pcp, index, pfn))
				continue;
			pcp->count -= 1 << order;
			frames_clear(&b->frames, pfn, order);
			return true;
		}
	}
	return false;
}

void pcp_put_back(struct buddy *b, uint32_t zone, const struct request *request, uint32_t pfn)
{
	unsigned order = request->order;
	unsigned migratetype = buddy_migratetype(b, request->migratetype);
	unsigned index = list_index(order, migratetype);
	struct pcp *pcp = buddy_pcp(b, zone, request->cpu);

	frames_set(&b->frames, pfn, order, pcp_kind(index, buddy_taken_type(b, pfn, migratetype)));
	ring_push_head(pcp, index, pfn);
	pcp->count += 1 << order;
}

void pcp_append(struct buddy *b, uint32_t zone, uint32_t cpu, unsigned index, uint32_t pfn)
{
	unsigned type = pageblock_type(b, pfn);
	unsigned list = list_type(index);
	bool odd = type == MIGRATE_HIGHATOMIC || type == MIGRATE_CMA ? list == MIGRATE_MOVABLE
								     : index == PCP_LOW_LISTS;

	/* recorded states do not tell it: taken to be the pageblock's where that is possible */
	frames_set(&b->frames, pfn, pcp_list_order(b, index), pcp_kind(index, odd ? type : list));
	ring_push_tail(buddy_pcp(b, zone, cpu), index, pfn);
}

uint32_t pcp_at(const struct buddy *b, uint32_t zone, uint32_t cpu, unsigned index, uint32_t i)
{
	const struct pcp *pcp = buddy_pcp(b, zone, cpu);

	return ring_of(pcp, index)[(pcp->lists[index].head + i) & pcp->ring_mask];
}

int pcp_create(struct buddy *b, struct error *err)
{
	size_t sets = (size_t)b->cpus * b->zone_count;

	b->pcps = arena_array(b->services->arena, sets, sizeof(struct pcp), err);
	return b->pcps ? 0 : -1;
}

/* A list grows to `high`, by a batch more when a refill comes, and never beyond the zone. */
static uint64_t ring_room(const struct buddy *b, uint32_t zone, size_t held)
{
	uint64_t frames = b->zones[zone].end - b->zones[zone].start, room = held;

	for (uint32_t cpu = 0; cpu < b->cpus; cpu++) {
		const struct pcp *pcp = buddy_pcp(b, zone, cpu);
		int64_t most = pcp->high > pcp->count ? pcp->high : pcp->count;
		most += pcp->batch > 0 ? pcp->batch : 0;
		if (most > 0 && (uint64_t)most > room)
			room = (uint64_t)most;
	}
	return room < frames || held > frames ? room : frames;
}

int pcp_make_room(struct buddy *b, uint32_t zone, size_t held, struct error *err)
{
	uint64_t room = ring_room(b, zone, held);
	size_t ring = 64;
	uint32_t *slots;

	while (ring <= room)
		ring *= 2;
	slots = arena_array(b->services->arena, b->cpus * PCP_LISTS * ring, sizeof(*slots), err);
	if (!slots)
		return -1;
	for (uint32_t cpu = 0; cpu < b->cpus; cpu++) {
		struct pcp *pcp = buddy_pcp(b, zone, cpu);
		pcp->slots = slots + cpu * PCP_LISTS * ring;
		pcp->ring_mask = (uint32_t)(ring - 1);
	}
	return 0;
}
