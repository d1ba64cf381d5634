/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The small heap of the engine's own events (sampling, reaping, kswapd, ready tasks). The key
 * (time_ns, class, sequence) is a total order; two equal keys are a bug and assert.
 */
#ifndef SLABYARD_CORE_EVENT_H
#define SLABYARD_CORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct event {
	uint64_t time_ns;
	uint32_t class; /* order among events of one time; the owner's enum */
	uint32_t payload;
	uint64_t sequence; /* unique within (time_ns, class) */
	uint64_t token;
};

/* True when a comes first. Two events of one key are the simulator's own bug. */
bool event_before(const struct event *a, const struct event *b);

struct event_heap;

struct event_heap *event_heap_create(struct error *err);
void event_heap_destroy(struct event_heap *heap);
/* Gives the event the heap's next sequence number and adds it. -1 when memory is spent. */
int event_heap_push(struct event_heap *heap, struct event event, struct error *err);
/* The first event, or NULL when there is none. */
const struct event *event_heap_peek(const struct event_heap *heap);
struct event event_heap_pop(struct event_heap *heap);
size_t event_heap_size(const struct event_heap *heap);

#endif
