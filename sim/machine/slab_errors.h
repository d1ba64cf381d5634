/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table /events/slab_error: what the simulated slab allocator would have complained about. */
#ifndef SLABYARD_MACHINE_SLAB_ERRORS_H
#define SLABYARD_MACHINE_SLAB_ERRORS_H

#include <stdint.h>

#include "base/error.h"
#include "core/ids.h"

struct machine;

/* At slab level only; before any record is carried out. */
int slab_errors_open(struct machine *m, struct error *err);

/* kmem_cache_destroy() of a recorded cache in which callers still hold objects. */
void slab_errors_objects_left(struct machine *m, cache_id recorded, uint64_t objects);

#endif
