/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which slab a page frame belongs to, and the order of kmallocs that are whole blocks of pages.
 * A frame costs 4 bytes of host memory once something near it was used.
 */
#ifndef SLABYARD_SLAB_FRAME_MAP_H
#define SLABYARD_SLAB_FRAME_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "core/gfp.h"
#include "core/ids.h"
#include "core/page_source.h"
#include "core/services.h"
#include "slab/slab.h"

enum { FRAMES_DEFAULT = 1 << 28 }; /* 1 TiB, when the machine's size is not told */

#define FRAME_LARGE 0x80000000u

struct frame_map {
	uint32_t *owner; /* by pfn: 0 nobody, a slab's number, or FRAME_LARGE with the order */
	uint32_t frames;
	uint32_t large_max; /* KMALLOC_MAX_SIZE */
};

int frame_map_init(struct frame_map *map, const struct services *services, struct error *err);

void frame_map_set(struct frame_map *map, uint32_t pfn, uint32_t order, uint32_t slab);
void frame_map_clear(struct frame_map *map, uint32_t pfn, uint32_t order);

/* The object's slab, FRAME_LARGE with the order for a large kmalloc, 0 for neither. */
static inline uint32_t frame_map_owner(const struct frame_map *map, object_t object)
{
	const uint64_t pfn = object >> PAGE_SHIFT;

	return pfn < map->frames ? map->owner[pfn] : 0;
}

/* What of a caller's flags goes on to the page allocator when a slab is made (mm/internal.h). */
enum {
	GFP_SLAB_RECLAIM = GFP_MASK_RECLAIM | GFP_BIT_HIGH | GFP_BIT_IO | GFP_BIT_FS |
			   GFP_BIT_NOWARN | GFP_BIT_RETRY_MAYFAIL | GFP_BIT_NOFAIL |
			   GFP_BIT_NORETRY | GFP_BIT_MEMALLOC | GFP_BIT_NOMEMALLOC | GFP_BIT_ATOMIC,
	GFP_SLAB_CONSTRAINT = GFP_BIT_HARDWALL | GFP_BIT_THISNODE,
};

/* What kmalloc(0) returns (ZERO_SIZE_PTR): in a frame that is never given out. */
#define OBJECT_ZERO_SIZE ((object_t)16)

/* A kmalloc of whole pages (kmalloc_large), or of nothing. OBJECT_NONE when there are none. */
object_t large_alloc(struct frame_map *map, const struct page_source *pages,
		     const struct request *request, uint32_t bytes);
/* object is one that large_alloc returned (free_large_kmalloc). */
void large_free(struct frame_map *map, const struct page_source *pages,
		const struct request *request, object_t object);

/* The request for pages that an object request causes; objects are in memory that the kernel sees.
 */
struct request page_request(const struct request *cause, uint32_t gfp, uint32_t order);

#endif
