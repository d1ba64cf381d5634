/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the recorded slab allocator did for itself (origin_def.own), in a run under another one: its
 * records are left out, and where it made a struct kmem_cache, the run's allocator asks for what it
 * would have needed for the new cache. Reference: __kmem_cache_create of mm/slub.c (kobject and
 * files in sysfs), mm/slab.c (setup_kmem_cache_node), mm/slob.c.
 */
#ifndef SLABYARD_MACHINE_OWN_RECORDS_H
#define SLABYARD_MACHINE_OWN_RECORDS_H

#include "core/own_requests.h"
#include "machine/machine.h"

struct own_records;

/*
 * In a run of the policy that the trace was recorded under only what that policy asks for itself is
 * left out.
 */
int own_records_open(struct machine *m, struct error *err);
void own_records_close(struct own_records *own);

/* Origins that came with a batch. */
void own_records_note_origin(struct machine *m, uint32_t origin);

/* True when the record is not to be carried out as it stands. */
static inline bool is_left_out(const struct machine *m, const struct record *r)
{
	return m->leaves_out && m->left_out[r->origin];
}

/* kmem_cache_create of that task was carried out: the cache is new, or merged with another. */
void own_records_note_made(struct machine *m, uint32_t task, bool merged);

/* Asks for all that the run's policy needs for a new cache. */
int own_objects_make(struct machine *m, const struct request *request,
		     object_t objects[OWN_OBJECTS_MAX], size_t *count, struct error *err);

/* As the carry-out functions of other records: 1 when something was done, 0, -1 with *err. */
int own_record(struct machine *m, const struct record *r, struct error *err);

#endif
