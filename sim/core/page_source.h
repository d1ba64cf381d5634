/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a layer gets pages from the one below: the machine puts the configured page allocator behind
 * it. */
#ifndef SLABYARD_CORE_PAGE_SOURCE_H
#define SLABYARD_CORE_PAGE_SOURCE_H

#include <stdint.h>

#include "core/ids.h"
#include "core/request.h"

struct page_source {
	/* 2^request->order frames or PFN_NONE. May call back into the caller (shrinkers). */
	pfn_t (*alloc)(void *context, const struct request *request);
	void (*free)(void *context, const struct request *request, pfn_t pfn);
	void *context;
};

static inline pfn_t page_source_alloc(const struct page_source *s, const struct request *request)
{
	return s->alloc(s->context, request);
}

static inline void page_source_free(const struct page_source *s, const struct request *request,
				    pfn_t pfn)
{
	s->free(s->context, request, pfn);
}

#endif
