/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which slab allocator a kernel had, told by what it rounded its kmallocs up to. */
#ifndef SLABYARD_IMPORT_ALLOCATOR_H
#define SLABYARD_IMPORT_ALLOCATOR_H

#include "import/grammar.h"

/*
 * "slub", "slab" or "slob"; NULL when the sizes of one kmalloc do not tell. The smallest caches of
 * x86-64 differ (KMALLOC_SHIFT_LOW, include/linux/slab.h); SLOB reports what it takes in front of
 * an object too (__do_kmalloc_node, mm/slob.c).
 */
const char *allocator_of_kmalloc(uint32_t bytes_req, uint32_t bytes_alloc);

/* Keeps it as the trace's meta entry "allocator" once it is told; -1 with *err. */
int allocator_look(struct decoder *decoder, uint32_t bytes_req, uint32_t bytes_alloc,
		   struct error *err);

#endif
