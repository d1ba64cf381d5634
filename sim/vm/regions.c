/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/regions.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "core/host_memory.h"
#include "core/ids.h"

size_t regions_behind(const struct regions *r, uint64_t address)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (r->list[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

const struct region *regions_at(const struct regions *r, uint64_t address)
{
	const size_t i = regions_behind(r, address);

	return i < r->count && r->list[i].start <= address ? &r->list[i] : NULL;
}

bool regions_overlap(const struct regions *r, uint64_t start, uint64_t end)
{
	const size_t i = regions_behind(r, start);

	return i < r->count && r->list[i].start < end;
}

uint64_t regions_place(struct regions *r, uint64_t length)
{
	const bool known = r->full_from && length >= r->full_length;
	uint64_t end = known ? r->full_from : REGIONS_END;
	size_t i = known ? regions_behind(r, end) : r->count;

	for (; i > 0 && end - r->list[i - 1].end < length; i--)
		end = r->list[i - 1].start;
	if (end < length || end - length < PAGE_SIZE_BYTES)
		return ADDRESS_NONE;
	r->full_from = end;
	r->full_length = length;
	return end - length;
}

static void insert(struct regions *r, size_t at, uint64_t start, uint64_t end)
{
	r->list = host_memory_need(grow_array(r->list, r->count, &r->capacity, sizeof(*r->list)),
				   "mappings");
	memmove(r->list + at + 1, r->list + at, (r->count - at) * sizeof(*r->list));
	r->list[at] = (struct region){ start, end };
	r->count++;
}

void regions_add(struct regions *r, uint64_t start, uint64_t end)
{
	insert(r, regions_behind(r, start), start, end);
}

void regions_extend(struct regions *r, uint64_t start, uint64_t end)
{
	const size_t i = regions_behind(r, start);

	if (i > 0 && r->list[i - 1].end == start)
		r->list[i - 1].end = end;
	else
		insert(r, i, start, end);
}

uint64_t regions_cut(struct regions *r, uint64_t start, uint64_t end)
{
	const size_t at = regions_behind(r, start);

	if (at == r->count || r->list[at].start >= end)
		return 0;
	const struct region whole = r->list[at];

	start = start > whole.start ? start : whole.start;
	end = end < whole.end ? end : whole.end;
	if (end > r->full_from)
		r->full_from = 0;
	memmove(r->list + at, r->list + at + 1, (--r->count - at) * sizeof(*r->list));
	if (whole.end > end)
		insert(r, at, end, whole.end);
	if (whole.start < start)
		insert(r, at, whole.start, start);
	return end - start;
}

void regions_copy(struct regions *dst, const struct regions *src)
{
	*dst = *src;
	dst->list = NULL;
	dst->capacity = src->count ? src->count : 1;
	dst->list = host_memory_need(malloc(dst->capacity * sizeof(*dst->list)), "mappings");
	if (src->count)
		memcpy(dst->list, src->list, src->count * sizeof(*dst->list));
}
