/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An allocation is told of when it is done. One that sleeps for memory may have been asked for long
 * before: what other tasks did meanwhile stands between. That it has begun shows when its task
 * enters direct reclaim, so a made-up alloc_begin goes before that, for the page and for the object
 * that the page was for.
 */
#ifndef SLABYARD_IMPORT_BEGINS_H
#define SLABYARD_IMPORT_BEGINS_H

#include <stdbool.h>

#include "import/window.h"

enum { BEGINS_OPEN_MAX = 256 };

/* A task that sleeps for a page, or has got one and is about to have an object of it. */
struct begin_open {
	uint32_t task;
	bool has_page;
	uint64_t begin;      /* number of the event at which it began */
	uint64_t operations; /* allocations and frees of all tasks until then */
};

struct begins {
	struct begin_open open[BEGINS_OPEN_MAX];
	uint32_t count;
	uint64_t operations;
};

/* The event of that number, the window's latest, has come in. */
void begins_enter(struct begins *begins, struct window *window, uint64_t number);

/* The allocations that begin with an event, which goes out. */
struct begun {
	struct import_event *page, *object; /* NULL: none */
};

struct begun begins_leave(struct window *window, const struct import_event *event);

/* The record that tells that `allocation` begins at `event`. */
struct import_event begins_make(const struct import_event *event,
				const struct import_event *allocation);

#endif
