/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every frame of the machine is used for at one moment: free frames and pages as the page
 * allocator has them, slabs as the slab allocator has them, pages and page tables of the processes
 * whose faults are simulated, other allocations by the ids and origins of the trace, and what was
 * there at the start by the recorded state. Made by looking at
 * everything that is alive, so that the main loop need not know of it.
 */
#ifndef SLABYARD_MACHINE_FRAME_USES_H
#define SLABYARD_MACHINE_FRAME_USES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"

struct machine;

enum frame_use_kind {
	USE_RESERVED, /* and holes */
	USE_FREE,
	USE_PCP,
	USE_SLAB,
	USE_PAGE_TABLE,
	USE_VMALLOC,
	USE_ANONYMOUS,
	USE_FILE,
	USE_MOVABLE,   /* user pages that nothing tells apart further */
	USE_UNMOVABLE, /* the kernel's, likewise */
	FRAME_USE_KINDS
};

extern const char *const frame_use_names[FRAME_USE_KINDS];

/* Frames that have one use and belong to one allocation. */
struct frame_use {
	uint32_t pfn, count;
	uint8_t kind;        /* enum frame_use_kind */
	uint8_t order;       /* free: of the block */
	uint8_t migratetype; /* of the free list, else of the pageblock */
	bool movable;        /* in use, and could be moved away */
	bool older;          /* in use since before the start */
	/* Whose it is, where that is known: one of these, the others 0. */
	uint32_t page;    /* trace id of the page allocation */
	uint32_t object;  /* trace id of an object that has pages to itself (a large kmalloc) */
	uint32_t slab;    /* number of the slab, plus 1 */
	uint32_t process; /* index of the process that faulted it in, plus 1 */
};

struct slab_use {
	uint32_t pfn;
	cache_id cache;
	uint8_t order;
	uint32_t inuse; /* objects that callers hold */
};

struct frame_uses {
	struct machine *m;
	uint32_t frames;  /* of the machine */
	uint32_t *claims; /* by frame: who has it; all 0 between two looks */
	struct slab_use *slabs;
	size_t slab_count, slab_capacity;
	uint32_t *large; /* first frames that objects have to themselves */
	size_t large_count, large_capacity;
	bool failed;        /* no memory for one of these lists */
	uint64_t looked_at; /* allocations and extents: what looking costs grows with it */
};

/* NULL and *err when memory is spent. */
struct frame_uses *frame_uses_create(struct machine *m, struct error *err);
void frame_uses_destroy(struct frame_uses *uses);

/* Looks at all that is alive. frame_uses_forget follows, before the machine goes on. */
int frame_uses_find(struct frame_uses *uses, struct error *err);
void frame_uses_forget(struct frame_uses *uses);

/* Every frame of the machine's zones once, in address order; what is not managed is reserved. */
void frame_uses_walk(struct frame_uses *uses,
		     void (*visit)(void *context, const struct frame_use *use), void *context);

/* Number of the slab that has the frame, plus 1; 0: none has. */
uint32_t frame_uses_slab_at(const struct frame_uses *uses, uint32_t pfn);

/*
 * What gfp flags tell of a page (mm/slub.c: allocate_slab(), include/linux/pgalloc.h:
 * GFP_PGTABLE_USER, mm/vmalloc.c, mm/memory.c, mm/filemap.c). USE_MOVABLE and USE_UNMOVABLE where
 * they leave it open.
 */
enum frame_use_kind frame_use_of_gfp(uint32_t gfp, unsigned order);

#endif
