/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do all invariants hold: every page is on the list that it says, its row goes from its
 * first unit to its last, its free blocks are apart from each other, and all adds up. Slow: for
 * tests and after loading.
 */
#include "slab/slob.h"

static bool wrong(const struct slob *slob, uint32_t id, const char *what, struct error *err)
{
	error_set(err, ERROR_RUN, "slob page at pfn %u: %s", slob->pages[id].pfn, what);
	return false;
}

static bool check_blocks(const struct slob *slob, uint32_t id, struct error *err)
{
	const struct slob_page *page = &slob->pages[id];
	const uint16_t *row = slob_row(slob, id);
	uint32_t sum = 0, blocks = 0, cached = 0;

	for (uint32_t i = 0; i < page->stretches; i++) {
		const bool is_free = slob_kind(row[i]) == SLOB_FREE;

		if (slob_begin(row[i]) >= slob_begin(row[i + 1]) ||
		    (is_free && (row[i + 1] & SLOB_FREE)))
			return wrong(slob, id, "has a bad free block", err);
		if (is_free && slob_length(row + i) > page->largest)
			return wrong(slob, id, "has a larger block than it says", err);
		sum += is_free ? slob_length(row + i) : 0;
		blocks += is_free;
		cached += slob_kind(row[i]) == SLOB_CACHE;
	}
	if (slob_begin(row[0]) != 0 || row[page->stretches] != (SLOB_LAST | SLOB_PAGE_UNITS))
		return wrong(slob, id, "is not told from its begin to its end", err);
	if (blocks != page->blocks || cached != page->cached)
		return wrong(slob, id, "counts other blocks", err);
	return sum == page->units || wrong(slob, id, "counts other free units", err);
}

static bool check_list(const struct slob *slob, enum slob_list list, uint64_t *pages,
		       struct error *err)
{
	const uint32_t head = slob->head[list];
	uint32_t id = head;

	if (head == SLOB_NONE)
		return true;
	do {
		const struct slob_page *page = &slob->pages[id];

		if (page->list != list || page->units == 0)
			return wrong(slob, id, "is not where it says", err);
		if (slob->pages[page->next].prev != id)
			return wrong(slob, id, "is not linked both ways", err);
		if (++*pages > slob->held)
			return wrong(slob, id, "is on a list without end", err);
		id = page->next;
	} while (id != head);
	return true;
}

bool slob_check(const void *state, struct error *err)
{
	const struct slob *slob = state;
	uint64_t listed = 0, full = 0, objects = 0, owned = 0;

	for (int list = 0; list < SLOB_LISTS; list++)
		if (!check_list(slob, (enum slob_list)list, &listed, err))
			return false;
	for (uint32_t id = SLOB_NONE + 1; id < slob->page_count; id++) {
		const struct slob_page *page = &slob->pages[id];

		if (page->pfn && slob->frames.owner[page->pfn] != id)
			return wrong(slob, id, "its frame is another's", err);
		if (page->pfn && page->list == SLOB_FULL && page->units)
			return wrong(slob, id, "has free units and is on no list", err);
		if (page->pfn && !check_blocks(slob, id, err))
			return false;
		full += page->pfn && page->list == SLOB_FULL;
		objects += (uint64_t)page->objects + page->older;
	}
	for (uint32_t i = 0; i < slob->table.count; i++)
		owned += slob->caches[i].objects;
	if (listed + full == slob->held && objects == owned)
		return true;
	error_set(err, ERROR_RUN,
		  "slob counts %llu pages and %llu objects, there are %llu and %llu",
		  (unsigned long long)slob->held, (unsigned long long)owned,
		  (unsigned long long)(listed + full), (unsigned long long)objects);
	return false;
}
