/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames for address spaces that stand on no page allocator: numbered as they come, up to a limit.
 */
#ifndef SLABYARD_TESTS_FRAMES_FIXTURE_H
#define SLABYARD_TESTS_FRAMES_FIXTURE_H

#include <stdint.h>
#include <stdlib.h>

#include "core/page_source.h"
#include "vm/mm.h"

struct frames_fixture {
	struct mm_frames frames;
	uint32_t *free; /* given back, the last one on top */
	size_t free_count, free_capacity;
	uint32_t next, limit; /* limit 0: none */
	uint64_t live;
};

static inline pfn_t frames_fixture_alloc(void *context, const struct request *request)
{
	struct frames_fixture *f = context;

	(void)request;
	if (f->limit && f->live == f->limit)
		return PFN_NONE;
	f->live++;
	return (pfn_t){ f->free_count ? f->free[--f->free_count] : f->next++ };
}

static inline void frames_fixture_free(void *context, const struct request *request, pfn_t pfn)
{
	struct frames_fixture *f = context;

	(void)request;
	f->live--;
	if (f->free_count == f->free_capacity) {
		f->free_capacity = f->free_capacity ? 2 * f->free_capacity : 1024;
		f->free = realloc(f->free, f->free_capacity * sizeof(*f->free));
	}
	f->free[f->free_count++] = pfn.v;
}

/* 0, or -1 with *err. */
static inline int frames_fixture_init(struct frames_fixture *f, struct work *work,
				      struct error *err)
{
	*f = (struct frames_fixture){ .next = 1 };
	const struct page_source source = { frames_fixture_alloc, frames_fixture_free, f };

	return mm_frames_init(&f->frames, &source, UINT64_MAX, work, err);
}

static inline void frames_fixture_finish(struct frames_fixture *f)
{
	mm_frames_finish(&f->frames);
	free(f->free);
}

#endif
