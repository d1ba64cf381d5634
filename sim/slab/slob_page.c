/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The free blocks of one page. A block of two units or more keeps its size and the next block in
 * its first two words, a block of one unit has only room for the next. Reference: mm/slob.c
 * (slob_page_alloc, slob_free).
 */
#include "slab/slob.h"

enum { SINGLE = 0x8000 }; /* a block of one unit; the rest of the word is the next block */

uint16_t slob_block_units(const uint16_t *units, uint16_t block)
{
	return units[block] & SINGLE ? 1 : units[block];
}

uint16_t slob_block_next(const uint16_t *units, uint16_t block)
{
	return units[block] & SINGLE ? (uint16_t)(units[block] & ~SINGLE) : units[block + 1];
}

void slob_block_set(uint16_t *units, uint16_t block, uint32_t size, uint32_t next)
{
	if (size == 1) {
		units[block] = (uint16_t)(SINGLE | next);
		return;
	}
	units[block] = (uint16_t)size;
	units[block + 1] = (uint16_t)next;
}

/* Makes `next` the block that follows `before`, or the page's first when there is none before. */
static void link_after(struct slob_page *page, uint16_t *units, uint32_t before, uint32_t next)
{
	if (before == SLOB_END)
		page->first = (uint16_t)next;
	else
		slob_block_set(units, (uint16_t)before, slob_block_units(units, (uint16_t)before),
			       next);
}

/* Units to skip in a block so that what lies ahead in it is aligned. */
static uint32_t skipped_units(uint16_t block, const struct slob_need *need)
{
	if (!need->align)
		return 0;
	const uint32_t at = ((uint32_t)block << SLOB_UNIT_SHIFT) + need->ahead;

	return (align_up(at, need->align) - at) >> SLOB_UNIT_SHIFT;
}

struct slob_fit slob_page_find(const struct slob_page *page, const uint16_t *units,
			       const struct slob_need *need, uint64_t *steps)
{
	struct slob_fit fit = { .before = SLOB_END };
	uint16_t block = page->first;

	for (; block != SLOB_END; fit.before = block, block = slob_block_next(units, block)) {
		++*steps;
		fit.skipped = skipped_units(block, need);
		if (slob_block_units(units, block) >= need->units + fit.skipped)
			break;
	}
	fit.block = block;
	return fit;
}

uint32_t slob_page_take(struct slob_page *page, uint16_t *units, const struct slob_need *need,
			uint64_t *steps)
{
	const struct slob_fit fit = slob_page_find(page, units, need, steps);

	if (fit.block == SLOB_END)
		return SLOB_END;
	const uint16_t block = (uint16_t)fit.block;
	const uint32_t taken = block + fit.skipped;
	const uint32_t left = slob_block_units(units, block) - fit.skipped - need->units;
	uint32_t next = slob_block_next(units, block);

	if (left) {
		slob_block_set(units, (uint16_t)(taken + need->units), left, next);
		next = taken + need->units;
	}
	if (fit.skipped)
		slob_block_set(units, block, fit.skipped, next);
	else
		link_after(page, units, fit.before, next);
	page->units = (uint16_t)(page->units - need->units);
	return taken;
}

bool slob_page_put(struct slob_page *page, uint16_t *units, uint16_t block, uint16_t size,
		   uint64_t *steps)
{
	uint32_t before = SLOB_END, next = page->first, merged = size;

	while (next < block) {
		before = next;
		next = slob_block_next(units, (uint16_t)next);
		++*steps;
	}
	const uint32_t before_end =
		before == SLOB_END ? 0 : before + slob_block_units(units, (uint16_t)before);

	if (before_end > block || block + merged > next)
		return false;
	page->units = (uint16_t)(page->units + size);
	if (block + merged == next && next != SLOB_END) {
		merged += slob_block_units(units, (uint16_t)next);
		next = slob_block_next(units, (uint16_t)next);
	}
	if (before != SLOB_END && before_end == block) {
		merged += before_end - before;
		slob_block_set(units, (uint16_t)before, merged, next);
		return true;
	}
	slob_block_set(units, block, merged, next);
	link_after(page, units, before, block);
	return true;
}
