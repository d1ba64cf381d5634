/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Objects that the kernel can do without (machine.slab_cache), as dentries that nobody has open:
 * in the machine at the start, and freed by their shrinker when memory is short, the oldest first.
 * What was made again after that is in no trace, so they do not grow in number. Stands before the
 * machine's reclaim_source, if it has one. References: shrink_node(), shrink_slab() of mm/vmscan.c,
 * super_cache_scan() of fs/super.c, dcache_init() of fs/dcache.c.
 *
 * Each is freed at once. In Linux a dentry waits for a grace period, so that there a pass does not
 * yet see the pages that it made free.
 */
#ifndef SLABYARD_MACHINE_DENTRIES_H
#define SLABYARD_MACHINE_DENTRIES_H

#include "base/error.h"

struct machine;
struct dentries;

/*
 * Fills the machine that has its start state, and its page cache, with that many bytes of objects,
 * or less where there is no room above the watermarks. *out is NULL when none are wanted. An error
 * in a run that has no slab layer.
 */
int dentries_fill(struct machine *m, struct dentries **out, struct error *err);
void dentries_destroy(struct dentries *d);

#endif
