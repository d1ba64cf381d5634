/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All lists of free chunks, numbered from those of threads' caches to the bin of the largest. */
#include "libc/ptmalloc.h"

/* Smallest size that goes into a bin, in granules. */
static uint32_t least_of_bin(uint32_t index)
{
	if (index < LARGE_GRANULES)
		return index;
	if (index <= 48 + 48)
		return (index - 48) << 2;
	if (index <= 91 + 20)
		return (index - 91) << 5;
	if (index <= 110 + 10)
		return (index - 110) << 8;
	if (index <= 119 + 4)
		return (index - 119) << 11;
	return index < 126 ? (index - 124) << 14 : 3 << 14;
}

void ptmalloc_bin_name(uint32_t bin, char *name, size_t size)
{
	const uint32_t index = bin - LIST_SMALL + 2;
	const bool large = bin >= LIST_SMALL && index >= LARGE_GRANULES;

	if (bin < LIST_FAST)
		snprintf(name, size, "tcache %u", (bin + TCACHE_GRANULES_MIN) * GRANULE_BYTES);
	else if (bin < LIST_UNSORTED)
		snprintf(name, size, "fast %u", (bin - LIST_FAST + MIN_GRANULES) * GRANULE_BYTES);
	else if (bin == LIST_UNSORTED)
		snprintf(name, size, "unsorted");
	else
		snprintf(name, size, "%s %u", large ? "large" : "small",
			 least_of_bin(index) * GRANULE_BYTES);
}

static void add_list(const struct ptmalloc *p, uint32_t chunk, uint32_t end, struct libc_bin *bin)
{
	for (; chunk != end; chunk = chunk_word(p, chunk, FD)) {
		bin->chunks++;
		bin->bytes += (uint64_t)chunk_size(p, chunk) << GRANULE_SHIFT;
	}
}

void ptmalloc_bins(const void *state, struct libc_bin *bins)
{
	const struct ptmalloc *p = state;

	for (uint32_t t = 0; t < p->thread_count; t++)
		for (uint32_t i = 0; i < TCACHE_BINS; i++)
			add_list(p, p->threads[t].entries[i], CHUNK_NONE, &bins[i]);
	for (uint32_t a = 0; a < p->arena_count; a++) {
		for (uint32_t i = 0; i < FASTBINS; i++)
			add_list(p, p->arenas[a].fastbins[i], CHUNK_NONE, &bins[LIST_FAST + i]);
		for (uint32_t i = 1; i < BINS - 1; i++) {
			const uint32_t head = bin_at(&p->arenas[a], i);

			add_list(p, chunk_word(p, head, FD), head, &bins[LIST_UNSORTED + i - 1]);
		}
	}
}
