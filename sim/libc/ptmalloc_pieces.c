/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main arena's pieces, which it gets by mmap once the break cannot be moved. */
#include <string.h>

#include "libc/ptmalloc.h"

/* A page of granules stays free between two, so that no chunk of one is beside one of another. */
enum { GAP_GRANULES = 1 << PAGE_GRANULE_SHIFT };

/* How many of the pieces, by address, begin at or below this one. */
static uint32_t pieces_up_to(const struct ptmalloc *p, uint64_t address)
{
	uint32_t low = 0, high = p->piece_count;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (p->pieces[p->piece_order[middle]].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t ptmalloc_piece_locate(const struct ptmalloc *p, uint64_t address)
{
	const uint32_t below = pieces_up_to(p, address);

	if (!below)
		return CHUNK_NONE;
	const struct heap_piece *piece = &p->pieces[p->piece_order[below - 1]];
	const uint64_t offset = address - piece->address;

	return offset < piece->bytes ? piece->first + (uint32_t)(offset >> GRANULE_SHIFT)
				     : CHUNK_NONE;
}

uint64_t ptmalloc_piece_address(const struct ptmalloc *p, uint32_t chunk)
{
	const struct heap_piece *piece =
		&p->pieces[p->piece_of_page[(chunk - PIECES_FIRST) >> PAGE_GRANULE_SHIFT]];

	return piece->address + ((uint64_t)(chunk - piece->first) << GRANULE_SHIFT);
}

/* The first granule behind all pieces and the gap. */
static uint64_t next_granule(const struct ptmalloc *p)
{
	if (!p->piece_count)
		return PIECES_FIRST;
	const struct heap_piece *last = &p->pieces[p->piece_count - 1];

	return last->first + (last->bytes >> GRANULE_SHIFT) + GAP_GRANULES;
}

bool ptmalloc_piece_add(struct ptmalloc *p, uint64_t address, uint64_t bytes)
{
	const uint64_t first = next_granule(p), granules = bytes >> GRANULE_SHIFT;
	const uint32_t at = pieces_up_to(p, address), number = p->piece_count;

	if (number == PIECES_MAX || first + granules + GAP_GRANULES > UINT32_MAX)
		return false;
	p->pieces[number] = (struct heap_piece){ address, bytes, (uint32_t)first };
	memmove(p->piece_order + at + 1, p->piece_order + at,
		(number - at) * sizeof(*p->piece_order));
	p->piece_order[at] = (uint16_t)number;
	p->piece_count++;
	for (uint64_t g = first; g < first + granules; g += GAP_GRANULES)
		p->piece_of_page[(g - PIECES_FIRST) >> PAGE_GRANULE_SHIFT] = (uint16_t)number;
	for (uint64_t w = address >> HEAP_SHIFT; w <= (address + bytes - 1) >> HEAP_SHIFT; w++)
		p->slot_of[w] = WINDOW_PIECES;
	return true;
}
