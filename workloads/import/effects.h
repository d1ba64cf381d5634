/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which page events the slab allocator caused. A page that an object lies in is a slab's: its
 * allocation, while in the window, and its free get RECORD_EFFECT. Object addresses become page
 * frames through the direct map's base, which is inferred: it is a multiple of 1 GiB
 * (kernel_randomize_memory() of arch/x86/mm/kaslr.c), so an object address and the frame of a page
 * allocated shortly before agree in 18 bits when the object lies in it, and each such pair votes.
 * Where pointers are hashed, a page allocated directly before an object by the same CPU and task,
 * of an order that fits the cache, is the object's.
 */
#ifndef SLABYARD_IMPORT_EFFECTS_H
#define SLABYARD_IMPORT_EFFECTS_H

#include "base/error.h"
#include "import/import.h"
#include "import/names.h"
#include "import/window.h"

struct effects;

struct effects *effects_create(struct window *window, struct names *names,
			       struct import_report *report, struct error *err);
void effects_destroy(struct effects *effects);

/* The base is told, not inferred. */
void effects_set_base(struct effects *effects, uint64_t page_offset);

/* Looks at the events that came in since the last call, as far as it may. */
int effects_advance(struct effects *effects, struct error *err);
/* Looks at all events up to `number`, decided or not: they are about to go out. */
int effects_force(struct effects *effects, uint64_t number, struct error *err);
/* The event, the window's oldest, goes out. */
void effects_leave(struct effects *effects, const struct import_event *event, uint64_t number);

#endif
