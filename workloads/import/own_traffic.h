/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the recorded slab allocator allocated for itself when a cache was created: SLUB's kobject
 * and its files in sysfs, SLAB's node, the struct kmem_cache of all three. Another allocator would
 * not have done so, and a replay under one leaves it out. Known by the function that called; those
 * that others call too (a kernfs node) count while a cache is being created.
 *
 * Reference: mm/slab_common.c (kmem_cache_create_usercopy), mm/slub.c (sysfs_slab_add), mm/slab.c
 * (setup_kmem_cache_node, alloc_slabmgmt).
 */
#ifndef SLABYARD_IMPORT_OWN_TRAFFIC_H
#define SLABYARD_IMPORT_OWN_TRAFFIC_H

#include <stdbool.h>

#include "base/error.h"
#include "import/event.h"
#include "import/names.h"

struct own_traffic;

struct own_traffic *own_traffic_create(struct names *names, struct error *err);
void own_traffic_destroy(struct own_traffic *own);

/*
 * The event, in its order, gets an origin of the allocator's own when it is such. -1 and *err when
 * memory is spent.
 */
int own_traffic_mark(struct own_traffic *own, struct import_event *event, struct error *err);

/* A free of what the allocator had for itself is marked as well: identity has told e->allocation.
 */
int own_traffic_mark_free(struct own_traffic *own, struct import_event *event, struct error *err);

/* Records that were marked. */
uint64_t own_traffic_count(const struct own_traffic *own);

#endif
