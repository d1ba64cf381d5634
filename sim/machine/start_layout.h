/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A page allocator's state made of what /proc tells of a running kernel (import/proc_memory.h).
 * Zones, watermarks, numbers of free blocks and of pageblocks by type, pages on per-cpu and on LRU
 * lists are as told. Where each of them lies is not told, and follows this rule, seeded:
 *
 * Free blocks and types of pageblocks lie as machine/free_layout.h draws them, and their lists are
 * in the order of a draw. Of the frames that are not free, the lowest are reserved, as boot comes
 * first; pages on per-cpu lists are drawn among the others and are on the list of their pageblock's
 * type. Pages on LRU lists are spread evenly over the movable pageblocks, then over the others, and
 * pages of slabs and page tables over the rest in the node's proportion. Without pagetypeinfo the
 * pageblocks of each type go by what zoneinfo tells of their use, free blocks below a pageblock by
 * these, and larger ones are movable.
 */
#ifndef SLABYARD_MACHINE_START_LAYOUT_H
#define SLABYARD_MACHINE_START_LAYOUT_H

#include <stdint.h>

#include "core/page_state.h"
#include "import/proc_memory.h"

/* folder names the files in messages. The state is the caller's, page_state_free. */
int start_layout(const struct proc_memory *memory, uint64_t seed, const char *folder,
		 struct page_state *state, struct error *err);

#endif
