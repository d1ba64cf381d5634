/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blocks of one page: which one has room, taking of it, and putting it back. Reference:
 * mm/slob.c (slob_page_alloc, slob_free).
 */
#include "slab/slob.h"

/* Units to skip in a block so that what lies ahead in it is aligned. */
static uint32_t skipped_units(uint32_t block, const struct slob_need *need)
{
	if (!need->align)
		return 0;
	const uint32_t at = (block << SLOB_UNIT_SHIFT) + need->ahead;

	return (align_up(at, need->align) - at) >> SLOB_UNIT_SHIFT;
}

struct slob_fit slob_page_find(const uint16_t *row, uint32_t blocks, const struct slob_need *need,
			       uint64_t *steps)
{
	uint32_t left = blocks, largest = 0;

	for (const uint16_t *stretch = row; left; stretch++) {
		if (!(*stretch & SLOB_FREE))
			continue;
		const uint32_t length = slob_length(stretch);

		++*steps;
		left--;
		if (length >= need->units) {
			const uint32_t skipped = skipped_units(slob_begin(*stretch), need);

			if (length >= need->units + skipped)
				return (struct slob_fit){ .at = (uint32_t)(stretch - row),
							  .unit = slob_begin(*stretch) + skipped,
							  .skipped = skipped };
		}
		largest = length > largest ? length : largest;
	}
	return (struct slob_fit){ .at = SLOB_END, .unit = SLOB_END, .largest = largest };
}

uint32_t slob_page_take(struct slob *slob, uint32_t id, const struct slob_need *need,
			uint64_t *steps)
{
	struct slob_page *page = &slob->pages[id];
	const struct slob_fit fit = slob_page_find(slob_row(slob, id), page->blocks, need, steps);

	if (fit.at == SLOB_END) {
		page->largest = (uint16_t)fit.largest;
		return SLOB_END;
	}
	const uint32_t end = slob_begin(slob_row(slob, id)[fit.at + 1]);
	const uint32_t behind = fit.unit + need->units;
	uint32_t at = fit.at, count = 0;
	uint16_t stretches[3];

	if (fit.skipped) {
		stretches[count++] = (uint16_t)(SLOB_FREE | (fit.unit - fit.skipped));
		at++;
	}
	stretches[count++] = (uint16_t)(need->kind | fit.unit);
	if (behind < end)
		stretches[count++] = (uint16_t)(SLOB_FREE | behind);
	slob_row_replace(slob, id, fit.at, 1, stretches, count);
	if (need->kind == SLOB_CACHE)
		slob_row_cache_add(slob, id, at, need->cache);
	page->blocks = (uint16_t)(page->blocks + count - 2);
	page->units = (uint16_t)(page->units - need->units);
	return fit.unit;
}

bool slob_page_holds(const struct slob *slob, uint32_t id, uint32_t at, uint32_t unit,
		     uint32_t size)
{
	const uint16_t *stretch = slob_row(slob, id) + at;
	const uint32_t kind = slob_kind(*stretch), end = slob_begin(stretch[1]);

	if (kind == SLOB_OLDER)
		return size && slob_begin(*stretch) <= unit && unit + size <= end;
	return kind != SLOB_FREE && slob_begin(*stretch) == unit && unit + size == end;
}

void slob_page_put(struct slob *slob, uint32_t id, uint32_t at, uint32_t unit, uint32_t size)
{
	struct slob_page *page = &slob->pages[id];
	const uint16_t *row = slob_row(slob, id);
	const uint16_t stretch = row[at];
	const uint32_t end = slob_begin(row[at + 1]);
	const bool after = unit + size == end && (row[at + 1] & SLOB_FREE);
	const bool before = slob_begin(stretch) == unit && at > 0 && (row[at - 1] & SLOB_FREE);
	const uint32_t begin = before ? slob_begin(row[at - 1]) : unit;
	const uint32_t merged = (after ? slob_begin(row[at + 2]) : unit + size) - begin;
	uint16_t stretches[3];
	uint32_t count = 0;

	if (slob_kind(stretch) == SLOB_CACHE)
		slob_row_cache_remove(slob, id, at);
	if (slob_begin(stretch) < unit)
		stretches[count++] = stretch;
	stretches[count++] = (uint16_t)(SLOB_FREE | begin);
	if (unit + size < end)
		stretches[count++] = (uint16_t)(slob_kind(stretch) | (unit + size));
	slob_row_replace(slob, id, at - before, 1u + before + after, stretches, count);
	page->blocks = (uint16_t)(page->blocks + 1 - before - after);
	page->units = (uint16_t)(page->units + size);
	if (merged > page->largest)
		page->largest = (uint16_t)merged;
}
