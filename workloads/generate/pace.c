/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/pace.h"

#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "core/call_site.h"
#include "core/operation.h"

static const uint64_t tick_ns = 4000000; /* CONFIG_HZ=250 */
static const uint64_t oldest_ns = 3 * 4000000;
static const uint64_t batch_ns = 2000000; /* callbacks of one tick come within this */
static const uint64_t gap_ns = 1000000;   /* as much of a time without records counts */

enum { CLOCK_SHIFT = 16 }; /* what is noted of an allocation: 78 hours in 32 bits */

struct entry {
	struct late_event event;
	uint64_t at;         /* on the clock: where it goes */
	uint64_t not_before; /* of a free: what was done to its object earlier */
	uint64_t sequence;
	bool moved;
};

struct entries {
	struct entry *array;
	size_t count, capacity;
};

struct pace {
	double pace;
	struct ptrmap *touched; /* by allocation: the clock after its latest event */
	struct entries heap;    /* by clock, then as put */
	struct entries batch;   /* RCU's frees of one tick, of which more may come */
	uint64_t clock;         /* recorded time without gaps */
	uint64_t read_ns;       /* recorded time of the latest event put */
	uint64_t taken_ns;      /* time of the latest event taken */
	uint64_t sequence;
};

struct pace *pace_create(double pace, struct error *err)
{
	struct pace *p = calloc(1, sizeof(*p));
	if (!p) {
		error_set(err, ERROR_RUN, "no memory for another pace");
		return NULL;
	}
	p->pace = pace;
	p->clock = oldest_ns; /* no free goes to before it */
	p->touched = ptrmap_create(err);
	if (p->touched)
		return p;
	pace_destroy(p);
	return NULL;
}

void pace_destroy(struct pace *p)
{
	if (!p)
		return;
	ptrmap_destroy(p->touched);
	free(p->heap.array);
	free(p->batch.array);
	free(p);
}

/* --- order --- */

static int append(struct entries *entries, const struct entry *entry, struct error *err)
{
	if (entries->count == entries->capacity) {
		const size_t capacity = entries->capacity ? 2 * entries->capacity : 1024;
		struct entry *grown = realloc(entries->array, capacity * sizeof(*grown));
		if (!grown)
			return error_set(err, ERROR_RUN, "no memory for another pace");
		entries->array = grown;
		entries->capacity = capacity;
	}
	entries->array[entries->count++] = *entry;
	return 0;
}

static bool comes_before(const struct entry *a, const struct entry *b)
{
	return a->at != b->at ? a->at < b->at : a->sequence < b->sequence;
}

static void sift_up(struct entries *heap, size_t at)
{
	const struct entry entry = heap->array[at];
	for (; at > 0 && comes_before(&entry, &heap->array[(at - 1) / 2]); at = (at - 1) / 2)
		heap->array[at] = heap->array[(at - 1) / 2];
	heap->array[at] = entry;
}

static void sift_down(struct entries *heap)
{
	const struct entry entry = heap->array[0];
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= heap->count)
			break;
		child += child + 1 < heap->count &&
			 comes_before(&heap->array[child + 1], &heap->array[child]);
		if (!comes_before(&heap->array[child], &entry))
			break;
		heap->array[at] = heap->array[child];
		at = child;
	}
	heap->array[at] = entry;
}

static int push(struct pace *p, const struct entry *entry, struct error *err)
{
	if (append(&p->heap, entry, err) != 0)
		return -1;
	sift_up(&p->heap, p->heap.count - 1);
	return 0;
}

static struct entry pop(struct entries *heap)
{
	const struct entry first = heap->array[0];
	heap->array[0] = heap->array[--heap->count];
	if (heap->count)
		sift_down(heap);
	return first;
}

/* --- what RCU frees --- */

static bool is_rcus(const struct definitions *d, const struct record *r)
{
	const char *comm = d->tasks[r->task].comm;
	const char *call_site = d->origins[r->origin].call_site;

	if ((r->operation != OP_KFREE && r->operation != OP_KMEM_CACHE_FREE) ||
	    r->flags & RECORD_BULK)
		return false;
	return (comm && (strncmp(comm, "rcuc", 4) == 0 || strncmp(comm, "rcuo", 4) == 0)) ||
	       (call_site && (call_site_is_in(call_site, "rcu_core") ||
			      call_site_is_in(call_site, "rcu_do_batch")));
}

/* All of the batch is known: it was waited for evenly long, the first one longest. */
static int place_batch(struct pace *p, struct error *err)
{
	for (size_t i = 0; i < p->batch.count; i++) {
		struct entry *entry = &p->batch.array[i];
		const uint64_t wait = oldest_ns - tick_ns * i / p->batch.count;

		entry->at += (uint64_t)((double)wait / p->pace) - wait;
		if (entry->at < entry->not_before)
			entry->at = entry->not_before;
		if (push(p, entry, err) != 0)
			return -1;
	}
	p->batch.count = 0;
	return 0;
}

/* What nothing that was handed to RCU before may pass. */
static bool is_barrier(const struct record *r)
{
	return r->operation == OP_RCU_BARRIER || r->operation == OP_KMEM_CACHE_DESTROY;
}

static void hold_back(struct pace *p)
{
	for (size_t i = 0; i < p->heap.count; i++) {
		if (p->heap.array[i].at > p->clock)
			p->heap.array[i].at = p->clock;
		sift_up(&p->heap, i);
	}
}

/* --- events --- */

static void go_on(struct pace *p, uint64_t time_ns)
{
	const uint64_t gap = time_ns > p->read_ns && p->sequence ? time_ns - p->read_ns : 0;

	p->clock += gap < gap_ns ? gap : gap_ns;
	p->read_ns = time_ns;
}

/* The clock after the object's latest event, 0 when there was none. */
static int touch(struct pace *p, const struct late_event *event, uint64_t *before,
		 struct error *err)
{
	const struct operation_info *info = &operation_table[event->record.operation];
	*before = 0;
	if (!event->allocation || info->space != SPACE_OBJECT)
		return 0;
	const uint32_t known = info->ids == ID_FREE ? ptrmap_take(p->touched, event->allocation)
						    : ptrmap_get(p->touched, event->allocation);
	if (known != PTRMAP_NONE)
		*before = (uint64_t)known << CLOCK_SHIFT;
	if (info->ids == ID_FREE)
		return 0;
	return ptrmap_put(p->touched, event->allocation, (uint32_t)(p->clock >> CLOCK_SHIFT) + 1,
			  err);
}

int pace_put(struct pace *p, const struct definitions *definitions, const struct late_event *event,
	     struct error *err)
{
	go_on(p, event->time_ns);
	struct entry entry = { .event = *event, .at = p->clock, .sequence = p->sequence++ };
	const bool barrier = is_barrier(&event->record);

	if (touch(p, event, &entry.not_before, err) != 0)
		return -1;
	if (p->batch.count && (barrier || p->clock - p->batch.array[0].at > batch_ns) &&
	    place_batch(p, err) != 0)
		return -1;
	if (barrier)
		hold_back(p);
	entry.moved = is_rcus(definitions, &event->record);
	return entry.moved ? append(&p->batch, &entry, err) : push(p, &entry, err);
}

/* What is put from now on does not go to before this. */
static uint64_t settled(const struct pace *p)
{
	const uint64_t first = p->batch.count ? p->batch.array[0].at : p->clock;
	const uint64_t reach =
		p->pace > 1 ? oldest_ns - (uint64_t)((double)oldest_ns / p->pace) : 0;

	return first - reach;
}

int pace_take(struct pace *p, bool ended, struct late_event *event, struct error *err)
{
	if (ended && place_batch(p, err) != 0)
		return -1;
	if (!p->heap.count || (!ended && p->heap.array[0].at >= settled(p)))
		return 0;
	const struct entry entry = pop(&p->heap);

	*event = entry.event;
	if (entry.moved || event->time_ns < p->taken_ns)
		event->time_ns = p->taken_ns;
	p->taken_ns = event->time_ns;
	return 1;
}
