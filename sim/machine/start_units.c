/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/start_units.h"

#include <stdlib.h>
#include <string.h>

#include "core/ids.h"

enum { UNIT_SHIFT = 1, PAGE_UNITS = PAGE_SIZE_BYTES >> UNIT_SHIFT };

struct start_units {
	size_t count;
	struct page {
		uint32_t pfn;
		uint8_t used[PAGE_UNITS / 8]; /* a bit for each unit */
	} pages[];                            /* by pfn */
};

static void set_used(struct page *page, uint32_t unit, bool used)
{
	const uint8_t bit = (uint8_t)(1u << (unit % 8));

	page->used[unit / 8] =
		(uint8_t)(used ? page->used[unit / 8] | bit : page->used[unit / 8] & ~bit);
}

static void describe_page(struct page *page, const struct slab_entry *entry)
{
	page->pfn = entry->pfn;
	memset(page->used, 0xff, sizeof(page->used));
	for (size_t i = 0; i + 1 < entry->free_count; i += 2) {
		const uint32_t first = entry->freelist[i] >> UNIT_SHIFT;

		for (uint32_t k = 0; k < entry->freelist[i + 1] && first + k < PAGE_UNITS; k++)
			set_used(page, first + k, false);
	}
}

static int compare_pages(const void *a, const void *b)
{
	const struct page *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

struct start_units *start_units_create(const struct slab_state *state)
{
	struct start_units *units =
		malloc(sizeof(*units) + state->slab_count * sizeof(units->pages[0]));

	if (!units)
		return NULL;
	units->count = state->slab_count;
	for (size_t i = 0; i < units->count; i++)
		describe_page(&units->pages[i], &state->slabs[i]);
	qsort(units->pages, units->count, sizeof(units->pages[0]), compare_pages);
	return units;
}

void start_units_destroy(struct start_units *units)
{
	free(units);
}

static uint32_t unit_of(uint64_t object)
{
	return (uint32_t)(object & (PAGE_SIZE_BYTES - 1)) >> UNIT_SHIFT;
}

/* The page that has the unit in use, or NULL. */
static struct page *find_page(const struct start_units *units, uint64_t object)
{
	const struct page key = { .pfn = (uint32_t)(object >> PAGE_SHIFT) };
	struct page *page =
		bsearch(&key, units->pages, units->count, sizeof(units->pages[0]), compare_pages);
	const uint32_t unit = unit_of(object);

	return page && page->used[unit / 8] >> (unit % 8) & 1 ? page : NULL;
}

bool start_units_hold(const struct start_units *units, uint64_t object)
{
	return find_page(units, object) != NULL;
}

bool start_units_take(struct start_units *units, uint64_t object)
{
	struct page *page = find_page(units, object);

	if (page)
		set_used(page, unit_of(object), false);
	return page != NULL;
}

static bool is_used(const struct page *page, uint32_t unit)
{
	return page->used[unit / 8] >> (unit % 8) & 1;
}

/* Units in use from `unit` on, `limit` at most. */
static uint32_t run_at(const struct page *page, uint32_t unit, uint32_t limit)
{
	uint32_t run = 0;

	while (run < limit && unit + run < PAGE_UNITS && is_used(page, unit + run))
		run++;
	return run;
}

uint64_t start_units_take_alike(struct start_units *units, uint32_t bytes, uint32_t align)
{
	const uint32_t need = (bytes + 1) >> UNIT_SHIFT;
	const uint32_t step = align > 1 << UNIT_SHIFT ? align >> UNIT_SHIFT : 1;

	if (need == 0 || need > PAGE_UNITS || step > PAGE_UNITS)
		return UINT64_MAX;
	for (size_t i = units->count; i-- > 0;) {
		struct page *page = &units->pages[i];
		for (uint32_t unit = 0; unit + need <= PAGE_UNITS; unit += step) {
			if (run_at(page, unit, need) < need)
				continue;
			for (uint32_t k = 0; k < need; k++)
				set_used(page, unit + k, false);
			return ((uint64_t)page->pfn << PAGE_SHIFT) + (unit << UNIT_SHIFT);
		}
	}
	return UINT64_MAX;
}
