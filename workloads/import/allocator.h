/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which slab allocator a kernel had, told by what it rounded its kmallocs up to. */
#ifndef SLABYARD_IMPORT_ALLOCATOR_H
#define SLABYARD_IMPORT_ALLOCATOR_H

#include "import/grammar.h"

/* Keeps what one kmalloc tells as the trace's meta entry "allocator" once it is told; -1 with *err.
 */
int allocator_look(struct decoder *decoder, uint32_t bytes_req, uint32_t bytes_alloc,
		   struct error *err);

#endif
