/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Closed timing: what a record costs delays what its thread does next. Each thread has one entry in
 * the event heap; between two of its records lies the recorded gap (think time). A record waits for
 * the one before it that touched the same id, whatever thread that was in. Look-ahead is bounded:
 * while the window is full, a thread without a record in it cannot be heard, which is counted.
 */
#ifndef SLABYARD_MACHINE_CLOSED_H
#define SLABYARD_MACHINE_CLOSED_H

#include <stdint.h>

#include "base/error.h"
#include "core/record.h"

struct machine;
struct closed;

struct closed *closed_create(struct machine *m, struct error *err);
void closed_destroy(struct closed *closed);

/* Before the records of a batch are added: room for their ids. */
int closed_cover_ids(struct closed *closed, struct machine *m, struct error *err);

/*
 * Takes the record that m->position and m->time_ns stand at, with its extension or NULL; an
 * extension is not given by itself. Runs others until there is room.
 */
int closed_add(struct closed *closed, struct machine *m, const struct record *r,
	       const struct record *extension, struct error *err);
/* Runs all that is left. */
int closed_drain(struct closed *closed, struct machine *m, struct error *err);
/* A thread's next record is due (event EVENT_READY). */
int closed_ready(struct closed *closed, struct machine *m, uint32_t slot, uint64_t now_ns,
		 struct error *err);
/* Records that ran while the window was full and some thread had none in it. */
uint64_t closed_stalls(const struct closed *closed);

#endif
