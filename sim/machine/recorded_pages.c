/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/recorded_pages.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Requests that the simulated allocator does not make leave pages behind: the oldest are dropped.
 */
enum { OFFERED_MAX = 64 };

struct recorded_pages {
	struct offered_page {
		uint32_t pfn, cpu;
		uint8_t order;
	} offered[OFFERED_MAX]; /* newest last */
	size_t offered_count;
	uint32_t frames;
	uint8_t *held; /* by pfn */
};

struct recorded_pages *recorded_pages_create(uint32_t frames, struct error *err)
{
	struct recorded_pages *pages = calloc(1, sizeof(*pages));
	uint8_t *held = calloc(frames ? frames : 1, 1);
	if (!pages || !held) {
		error_set(err, ERROR_RUN, "no memory for the recorded pages of slabs");
		free(pages);
		free(held);
		return NULL;
	}
	pages->frames = frames;
	pages->held = held;
	return pages;
}

void recorded_pages_destroy(struct recorded_pages *pages)
{
	if (!pages)
		return;
	free(pages->held);
	free(pages);
}

/* Nobody gets frame 0 (page/page.h), whatever the recording says. */
static bool in_range(const struct recorded_pages *pages, uint32_t pfn, unsigned order)
{
	return pfn > 0 && pfn < pages->frames && 1u << order <= pages->frames - pfn;
}

static void drop(struct recorded_pages *pages, size_t i)
{
	pages->offered_count--;
	memmove(&pages->offered[i], &pages->offered[i + 1],
		(pages->offered_count - i) * sizeof(pages->offered[0]));
}

void recorded_pages_offer(struct recorded_pages *pages, pfn_t pfn, unsigned order, uint32_t cpu)
{
	if (!in_range(pages, pfn.v, order))
		return;
	if (pages->offered_count == OFFERED_MAX)
		drop(pages, 0);
	pages->offered[pages->offered_count++] =
		(struct offered_page){ .pfn = pfn.v, .cpu = cpu, .order = (uint8_t)order };
}

void recorded_pages_put_off(struct recorded_pages *pages, pfn_t pfn)
{
	const size_t n = pages->offered_count;
	if (n < 2 || pfn.v - pages->offered[n - 1].pfn >= 1u << pages->offered[n - 1].order)
		return;
	const struct offered_page newest = pages->offered[n - 1];
	pages->offered[n - 1] = pages->offered[n - 2];
	pages->offered[n - 2] = newest;
}

static bool is_held(const struct recorded_pages *pages, uint32_t pfn, unsigned order)
{
	return memchr(pages->held + pfn, 1, (size_t)1 << order) != NULL;
}

pfn_t recorded_pages_take(struct recorded_pages *pages, unsigned order, uint32_t cpu)
{
	size_t newest = pages->offered_count;
	for (size_t i = pages->offered_count; i-- > 0;) {
		const struct offered_page *page = &pages->offered[i];
		if (page->order != order || is_held(pages, page->pfn, order))
			continue;
		if (newest == pages->offered_count || page->cpu == cpu)
			newest = i;
		if (page->cpu == cpu)
			break;
	}
	if (newest == pages->offered_count)
		return PFN_NONE;
	const pfn_t pfn = { pages->offered[newest].pfn };
	drop(pages, newest);
	recorded_pages_hold(pages, pfn, order);
	return pfn;
}

void recorded_pages_hold(struct recorded_pages *pages, pfn_t pfn, unsigned order)
{
	if (in_range(pages, pfn.v, order))
		memset(pages->held + pfn.v, 1, (size_t)1 << order);
}

void recorded_pages_release(struct recorded_pages *pages, pfn_t pfn, unsigned order)
{
	if (in_range(pages, pfn.v, order))
		memset(pages->held + pfn.v, 0, (size_t)1 << order);
}
