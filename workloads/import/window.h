/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The latest events, held back until what follows them has told what they were. Events are numbered
 * from 0 in input order; those from `tail` to `head` - 1 are in the window.
 */
#ifndef SLABYARD_IMPORT_WINDOW_H
#define SLABYARD_IMPORT_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "import/event.h"

enum {
	WINDOW_EVENTS = 65536, /* how far an event looks ahead at least */
	WINDOW_CAPACITY = 2 * WINDOW_EVENTS,
};

struct window {
	struct import_event *events; /* WINDOW_CAPACITY of them */
	uint64_t head, tail;
};

static inline struct import_event *window_at(const struct window *w, uint64_t number)
{
	return &w->events[number & (WINDOW_CAPACITY - 1)];
}

/* Numbers are kept in maps by their low 31 bits, which is more than a window apart. */
enum { WINDOW_KEY_MASK = 0x7fffffff };

static inline uint32_t window_key(uint64_t number)
{
	return (uint32_t)number & WINDOW_KEY_MASK;
}

/* The event of that key, or NULL when it has left the window. */
static inline struct import_event *window_find(const struct window *w, uint32_t key)
{
	uint64_t behind = (window_key(w->head) - key) & WINDOW_KEY_MASK;
	return behind != 0 && behind <= w->head - w->tail ? window_at(w, w->head - behind) : NULL;
}

#endif
