/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/event.h"

#include <stdlib.h>

#include "core/assert.h"

struct event_heap {
	struct event
		*events; /* a binary heap: events[i] is before events[2i + 1], events[2i + 2] */
	size_t count, capacity;
	uint64_t next_sequence;
};

bool event_before(const struct event *a, const struct event *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns;
	if (a->class != b->class)
		return a->class < b->class;
	SIM_ASSERT(a->sequence != b->sequence);
	return a->sequence < b->sequence;
}

struct event_heap *event_heap_create(struct error *err)
{
	struct event_heap *heap = calloc(1, sizeof(*heap));

	if (!heap)
		error_set(err, ERROR_RUN, "no memory for events");
	return heap;
}

void event_heap_destroy(struct event_heap *heap)
{
	if (!heap)
		return;
	free(heap->events);
	free(heap);
}

static int make_room(struct event_heap *heap, struct error *err)
{
	if (heap->count < heap->capacity)
		return 0;
	size_t capacity = heap->capacity ? 2 * heap->capacity : 64;
	struct event *grown = realloc(heap->events, capacity * sizeof(*grown));

	if (!grown)
		return error_set(err, ERROR_RUN, "no memory for %zu events", capacity);
	heap->events = grown;
	heap->capacity = capacity;
	return 0;
}

int event_heap_push(struct event_heap *heap, struct event event, struct error *err)
{
	if (make_room(heap, err))
		return -1;
	event.sequence = heap->next_sequence++;
	size_t hole = heap->count++;
	while (hole > 0) {
		size_t parent = (hole - 1) / 2;
		if (event_before(&heap->events[parent], &event))
			break;
		heap->events[hole] = heap->events[parent];
		hole = parent;
	}
	heap->events[hole] = event;
	return 0;
}

const struct event *event_heap_peek(const struct event_heap *heap)
{
	return heap->count ? &heap->events[0] : NULL;
}

/* Puts `event` in where events[0] was taken out. */
static void sift_down(struct event_heap *heap, const struct event *event)
{
	struct event *events = heap->events;
	size_t hole = 0;

	for (;;) {
		size_t child = 2 * hole + 1;
		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && event_before(&events[child + 1], &events[child]))
			child++;
		if (event_before(event, &events[child]))
			break;
		events[hole] = events[child];
		hole = child;
	}
	events[hole] = *event;
}

struct event event_heap_pop(struct event_heap *heap)
{
	SIM_ASSERT(heap->count > 0);
	struct event first = heap->events[0];
	struct event last = heap->events[--heap->count];

	if (heap->count)
		sift_down(heap, &last);
	return first;
}

size_t event_heap_size(const struct event_heap *heap)
{
	return heap->count;
}
