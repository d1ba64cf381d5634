/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/start_frames.h"

#include <stdlib.h>
#include <string.h>

struct start_frames {
	uint64_t count;
	/* no block of that order stands in any more: one that is an allocation, or any */
	bool none_left[PAGE_ORDERS_MAX], nothing_left[PAGE_ORDERS_MAX];
	uint8_t *blocks; /* by first frame of an allocation: its order + 1; NULL: none is known */
	uint64_t bits[]; /* one a frame */
};

struct start_frames *start_frames_create(uint64_t count, struct error *err)
{
	struct start_frames *f = calloc(1, sizeof(*f) + (count / 64 + 1) * sizeof(f->bits[0]));

	if (!f) {
		error_set(err, ERROR_RUN, "no memory for the start state");
		return NULL;
	}
	f->count = count;
	return f;
}

void start_frames_destroy(struct start_frames *f)
{
	if (f)
		free(f->blocks);
	free(f);
}

void start_frames_set(struct start_frames *f, uint64_t pfn, uint64_t count, bool in_use)
{
	for (uint64_t i = pfn; i < pfn + count && i < f->count; i++) {
		if (in_use)
			f->bits[i / 64] |= 1ull << (i % 64);
		else
			f->bits[i / 64] &= ~(1ull << (i % 64));
	}
	if (in_use) {
		memset(f->none_left, 0, sizeof(f->none_left));
		memset(f->nothing_left, 0, sizeof(f->nothing_left));
	}
}

int start_frames_note_block(struct start_frames *f, uint64_t pfn, unsigned order, struct error *err)
{
	if (!f->blocks)
		f->blocks = calloc(f->count, sizeof(*f->blocks));
	if (!f->blocks)
		return error_set(err, ERROR_RUN, "no memory for the start state");
	if (pfn < f->count)
		f->blocks[pfn] = (uint8_t)(order + 1);
	return 0;
}

bool start_frames_has(const struct start_frames *f, uint64_t pfn)
{
	return pfn < f->count && f->bits[pfn / 64] >> (pfn % 64) & 1;
}

static void exclude_pcp(struct start_frames *f, const struct page_state *state,
			const struct pcp_state *pcp)
{
	for (uint32_t list = 0; list < pcp->list_count; list++) {
		uint32_t order = pcp_state_order(list, state->pageblock_order);
		for (size_t i = 0; i < pcp->lists[list].count; i++)
			start_frames_set(f, pcp->lists[list].pfn[i], 1ull << order, false);
	}
}

/*
 * Pages that nobody refers to ('0') are on a per-cpu list, or else they follow the first one of an
 * allocation that is not compound.
 */
void start_frames_add(struct start_frames *f, const struct page_state *state)
{
	for (size_t z = 0; z < state->zone_count; z++) {
		const struct zone_state *zone = &state->zones[z];
		for (size_t i = 0; i < zone->run_count; i++)
			if (!strchr("RB", zone->runs[i].kind))
				start_frames_set(f, zone->runs[i].pfn, zone->runs[i].count, true);
		for (size_t i = 0; i < zone->pcp_count; i++)
			exclude_pcp(f, state, &zone->pcp[i]);
	}
}

static bool all_in_use(const struct start_frames *f, uint64_t pfn, unsigned order)
{
	for (uint64_t i = pfn; i < pfn + (1ull << order); i++)
		if (!start_frames_has(f, i))
			return false;
	return true;
}

/* known: it must be one allocation. Words without a frame in use are passed over. */
static uint64_t next_block(const struct start_frames *f, uint64_t from, uint64_t end,
			   unsigned order, bool known)
{
	uint64_t step = 1ull << order;

	for (uint64_t pfn = (from + step - 1) & ~(step - 1); pfn + step <= end;) {
		if (!f->bits[pfn / 64]) {
			uint64_t next_word = (pfn / 64 + 1) * 64;
			pfn = step < 64 ? next_word : pfn + step;
		} else if ((!known || f->blocks[pfn] == order + 1) && all_in_use(f, pfn, order)) {
			return pfn;
		} else {
			pfn += step;
		}
	}
	return UINT64_MAX;
}

/* From pfn on, then from the start. */
static uint64_t find_block(const struct start_frames *f, uint64_t pfn, unsigned order, bool known)
{
	uint64_t from = pfn < f->count ? pfn : 0;
	uint64_t found = next_block(f, from, f->count, order, known);

	return found == UINT64_MAX ? next_block(f, 0, f->count, order, known) : found;
}

pfn_t start_frames_take(struct start_frames *f, uint64_t pfn, unsigned order)
{
	if (order >= PAGE_ORDERS_MAX || pfn >= f->count || f->count - pfn < 1ull << order ||
	    !all_in_use(f, pfn, order))
		return PFN_NONE;
	start_frames_set(f, pfn, 1ull << order, false);
	return (pfn_t){ (uint32_t)pfn };
}

pfn_t start_frames_stand_in(struct start_frames *f, uint64_t pfn, unsigned order)
{
	uint64_t found = UINT64_MAX;

	if (order >= PAGE_ORDERS_MAX || f->nothing_left[order])
		return PFN_NONE;
	if (f->blocks && !f->none_left[order]) {
		found = find_block(f, pfn, order, true);
		f->none_left[order] = found == UINT64_MAX;
	}
	if (found == UINT64_MAX)
		found = find_block(f, pfn, order, false);
	f->nothing_left[order] = found == UINT64_MAX;
	return f->nothing_left[order] ? PFN_NONE : start_frames_take(f, found, order);
}
