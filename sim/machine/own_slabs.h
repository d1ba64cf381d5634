/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What SLAB allocates for its slabs (index arrays), in a run of SLAB on a recording of SLAB: the
 * policy asks for it itself, inside the operation that it is for. The records of it come before
 * that operation's own: they are kept until the policy asks, and then compared.
 */
#ifndef SLABYARD_MACHINE_OWN_SLABS_H
#define SLABYARD_MACHINE_OWN_SLABS_H

#include "core/record.h"
#include "slab/slab.h"

struct machine;

/* services->note_own: the policy has allocated an object for itself. */
void own_slabs_note(void *engine, object_t object);

/* As own_record(). An object that this run did not leave out is freed as the record says. */
int own_slab_record(struct machine *m, const struct record *r);

#endif
