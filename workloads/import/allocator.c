/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/allocator.h"

enum { SLOB_HEAD_BYTES = 8, SLAB_SMALLEST = 32 };

/* Sizes that SLUB or SLAB have a kmalloc cache for. */
static bool is_class(uint32_t bytes)
{
	return bytes == 96 || bytes == 192 || (bytes & (bytes - 1)) == 0;
}

/*
 * "slub", "slab" or "slob"; NULL when the sizes of one kmalloc do not tell. The smallest caches of
 * x86-64 differ (KMALLOC_SHIFT_LOW, include/linux/slab.h); SLOB reports what it takes in front of
 * an object too (__do_kmalloc_node, mm/slob.c).
 */
static const char *allocator_of_kmalloc(uint32_t bytes_req, uint32_t bytes_alloc)
{
	if (bytes_req == 0)
		return NULL;
	if (bytes_alloc == bytes_req + SLOB_HEAD_BYTES && !is_class(bytes_alloc))
		return "slob";
	if (bytes_req <= 8 && bytes_alloc == 8)
		return "slub";
	if (bytes_req > 8 && bytes_req <= 16 && bytes_alloc == 16)
		return "slub";
	if (bytes_req <= 16 && bytes_alloc == SLAB_SMALLEST)
		return "slab";
	return NULL;
}

int allocator_look(struct decoder *d, uint32_t bytes_req, uint32_t bytes_alloc, struct error *err)
{
	const char *name = allocator_of_kmalloc(bytes_req, bytes_alloc);
	if (!name)
		return 0;
	d->allocator_known = true;
	return definition_set_meta(d->table, "allocator", name, err);
}
