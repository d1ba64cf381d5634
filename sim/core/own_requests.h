/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a slab allocator of Linux 6.1 asks for, for itself, when a cache is created. Reference:
 * mm/slub.c (init_kmem_cache_nodes, sysfs_slab_add), mm/slab.c (setup_kmem_cache_node), and
 * create_cache() of mm/slab_common.c for all three.
 *
 * Sizes and numbers are those of the kernels in workloads/samples: other configurations have larger
 * structs and more files in sysfs.
 */
#ifndef SLABYARD_CORE_OWN_REQUESTS_H
#define SLABYARD_CORE_OWN_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

struct own_request {
	const char *cache; /* NULL: kmalloc */
	uint32_t bytes;    /* of each object */
	uint32_t flags;    /* enum cache_flags of the cache */
	uint32_t count;    /* 0 ends the list */
};

enum { OWN_OBJECTS_MAX = 64 }; /* no list asks for more */

/* For "slub", "slab" or "slob"; NULL for any other. */
const struct own_request *own_requests_of(const char *allocator);
/* For a cache that was merged with another (sysfs_slab_alias); NULL: nothing. */
const struct own_request *own_requests_of_alias(const char *allocator);

/* A cache for nothing but such objects. */
bool own_requests_have(const char *cache);

#endif
