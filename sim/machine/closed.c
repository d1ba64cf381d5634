/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/closed.h"

#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "machine/execute.h"
#include "machine/id_table.h"
#include "machine/machine.h"
#include "machine/sampler.h"

enum {
	WINDOW = 1 << 16,
	NO_SLOT = UINT32_MAX,
	THREADS_MAX = 1 << 22, /* pid_max of a 64-bit kernel */
};

struct pending {
	struct record record, extension;
	uint64_t number, line;
	uint64_t gap_ns;        /* recorded time since the thread's previous record */
	uint64_t not_before_ns; /* when the record that it waited for ended */
	uint32_t thread;
	uint32_t next;      /* slot of the thread's next record */
	uint32_t dependant; /* slot of the next record on the same id */
	bool has_extension, done;
	bool waiting; /* for the record before it on its id */
};

struct thread {
	uint32_t head, tail;  /* slots, NO_SLOT: none in the window */
	uint64_t recorded_ns; /* time of its latest record read */
	uint64_t free_ns;     /* when its latest record executed ended */
	bool seen, ended;
};

struct closed {
	struct pending *window; /* ring of WINDOW */
	uint64_t begin, end;    /* sequence numbers: slot = number % WINDOW */
	struct thread *threads;
	uint32_t thread_count, silent; /* silent: alive and without a record in the window */
	struct ptrmap *thread_of_tid;
	uint64_t *last_use[SPACE_COUNT]; /* by id: sequence number + 1 of the latest record on it */
	uint32_t ids[SPACE_COUNT];       /* entries of each */
	uint64_t stalls, executed;
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for closed timing");
}

struct closed *closed_create(struct machine *m, struct error *err)
{
	struct closed *c = calloc(1, sizeof(*c));
	if (!c) {
		no_memory(err);
		return NULL;
	}
	c->window = calloc(WINDOW, sizeof(*c->window));
	c->thread_of_tid = ptrmap_create(err);
	c->threads = arena_array(m->arena, THREADS_MAX, sizeof(*c->threads), err);
	if (c->window && c->thread_of_tid && c->threads)
		return c;
	if (!c->window)
		no_memory(err);
	closed_destroy(c);
	return NULL;
}

int closed_cover_ids(struct closed *c, struct machine *m, struct error *err)
{
	const uint32_t *id_max = m->trace->definitions->id_max;
	for (int i = SPACE_NONE + 1; i < SPACE_COUNT; i++)
		if (id_table_cover(m->arena, &c->last_use[i], &c->ids[i], id_max[i], err) != 0)
			return -1;
	return 0;
}

void closed_destroy(struct closed *closed)
{
	if (!closed)
		return;
	free(closed->window);
	ptrmap_destroy(closed->thread_of_tid);
	free(closed);
}

uint64_t closed_stalls(const struct closed *closed)
{
	return closed->stalls;
}

/* The idle task has one thread a CPU under the one tid 0. */
static uint32_t thread_of(struct closed *c, struct machine *m, const struct record *r,
			  struct error *err)
{
	uint64_t tid = m->trace->definitions->tasks[r->task].tid;
	uint64_t key = tid ? tid : 1ull << 32 | record_cpu(r);
	uint32_t thread = ptrmap_get(c->thread_of_tid, key);
	if (thread != PTRMAP_NONE)
		return thread;
	if (c->thread_count == THREADS_MAX) {
		error_at_record(err, m->trace->name, "record", machine_record(m),
				"too many threads");
		return NO_SLOT;
	}
	if (ptrmap_put(c->thread_of_tid, key, c->thread_count, err) != 0)
		return NO_SLOT;
	thread = c->thread_count++;
	c->threads[thread].head = c->threads[thread].tail = NO_SLOT;
	return thread;
}

static bool is_head(const struct closed *c, uint32_t slot)
{
	return c->threads[c->window[slot].thread].head == slot;
}

/* The thread's first record that nothing holds back goes to the heap. */
static int make_ready(struct closed *c, struct machine *m, uint32_t slot, struct error *err)
{
	struct pending *p = &c->window[slot];
	if (p->waiting || !is_head(c, slot))
		return 0;
	struct event event = { .time_ns = c->threads[p->thread].free_ns + p->gap_ns,
			       .class = EVENT_READY,
			       .payload = slot };
	if (event.time_ns < p->not_before_ns)
		event.time_ns = p->not_before_ns;
	if (event.time_ns < m->now_ns)
		event.time_ns = m->now_ns;
	if (event_heap_push(m->events, event, err) != 0)
		return -1;
	machine_note_next_event(m);
	return 0;
}

/* Finds the record that this one has to wait for: the latest before it on the same id. */
static void link_dependency(struct closed *c, uint64_t sequence)
{
	struct pending *p = &c->window[sequence % WINDOW];
	unsigned space = operation_table[p->record.operation].space;
	if (!p->record.id || space == SPACE_NONE)
		return;
	uint64_t *last = &c->last_use[space][p->record.id];
	if (*last && *last - 1 >= c->begin) {
		struct pending *before = &c->window[(*last - 1) % WINDOW];
		if (!before->done) {
			before->dependant = (uint32_t)(sequence % WINDOW);
			p->waiting = true;
		}
	}
	*last = sequence + 1;
}

static void append_to_thread(struct closed *c, uint32_t slot)
{
	struct pending *p = &c->window[slot];
	struct thread *t = &c->threads[p->thread];
	if (t->tail != NO_SLOT)
		c->window[t->tail].next = slot;
	else
		t->head = slot;
	if (t->seen && t->tail == NO_SLOT && !t->ended)
		c->silent--;
	t->tail = slot;
	t->seen = true;
	t->ended = p->record.operation == OP_EXIT || p->record.operation == OP_THREAD_EXIT;
}

/* Until a record is taken in hand, the run stands where as many were carried out. */
static void stand(const struct closed *c, struct machine *m)
{
	m->hand = (struct hand){ .taken = true,
				 .record = c->executed + m->summary->skipped_before_start };
}

static int make_room(struct closed *c, struct machine *m, struct error *err)
{
	while (c->end - c->begin == WINDOW) {
		SIM_ASSERT(m->next_event_ns != UINT64_MAX);
		c->stalls += c->silent > 0;
		stand(c, m);
		if (machine_run_events(m, m->next_event_ns, err) != 0)
			return -1;
	}
	m->hand = (struct hand){ 0 };
	return 0;
}

int closed_add(struct closed *c, struct machine *m, const struct record *r,
	       const struct record *extension, struct error *err)
{
	uint64_t recorded_ns = m->time_ns;
	if (make_room(c, m, err) != 0)
		return -1;
	uint32_t thread = thread_of(c, m, r, err);
	if (thread == NO_SLOT)
		return -1;
	struct thread *t = &c->threads[thread];
	uint64_t sequence = c->end++;
	uint32_t slot = (uint32_t)(sequence % WINDOW);
	struct pending *p = &c->window[slot];
	*p = (struct pending){ .record = *r,
			       .number = machine_record(m),
			       .line = machine_line(m),
			       .thread = thread,
			       .next = NO_SLOT,
			       .dependant = NO_SLOT,
			       .has_extension = extension != NULL };
	if (extension)
		p->extension = *extension;
	if (!t->seen)
		t->free_ns = t->recorded_ns = recorded_ns;
	p->gap_ns = recorded_ns - t->recorded_ns;
	t->recorded_ns = recorded_ns;
	link_dependency(c, sequence);
	append_to_thread(c, slot);
	return make_ready(c, m, slot, err);
}

static void leave_thread(struct closed *c, struct pending *p)
{
	struct thread *t = &c->threads[p->thread];
	t->head = p->next;
	if (p->next != NO_SLOT)
		return;
	t->tail = NO_SLOT;
	if (!t->ended)
		c->silent++;
}

static int release(struct closed *c, struct machine *m, struct pending *p, uint64_t end_ns,
		   struct error *err)
{
	p->done = true;
	c->threads[p->thread].free_ns = end_ns;
	leave_thread(c, p);
	if (p->next != NO_SLOT && make_ready(c, m, p->next, err) != 0)
		return -1;
	if (p->dependant != NO_SLOT) {
		struct pending *waiter = &c->window[p->dependant];
		waiter->waiting = false;
		waiter->not_before_ns = end_ns;
		/* The thread's next may be the waiter itself: it went to the heap only if not
		 * waiting. */
		if (make_ready(c, m, p->dependant, err) != 0)
			return -1;
	}
	while (c->begin < c->end && c->window[c->begin % WINDOW].done)
		c->begin++;
	return 0;
}

int closed_ready(struct closed *c, struct machine *m, uint32_t slot, uint64_t now_ns,
		 struct error *err)
{
	struct pending *p = &c->window[slot];
	uint64_t end_ps, arrival_ps = (now_ns - m->origin_ns) * PS_PER_NS;
	m->now_ns = m->time_ns = now_ns;
	m->hand = (struct hand){ true, p->number, p->line };
	if (execute_step(m, &p->record, p->has_extension ? &p->extension : NULL, arrival_ps,
			 &end_ps, err) != 0)
		return -1;
	uint64_t end_ns = m->origin_ns + (end_ps + PS_PER_NS - 1) / PS_PER_NS;
	c->executed += p->has_extension ? 2 : 1;
	stand(c, m);
	if (m->hand.record >= sampler_next_record(m->sampler) &&
	    sampler_by_record(m->sampler, m, err) != 0)
		return -1;
	return release(c, m, p, end_ns, err);
}

int closed_drain(struct closed *c, struct machine *m, struct error *err)
{
	stand(c, m);
	while (c->begin < c->end) {
		SIM_ASSERT(m->next_event_ns != UINT64_MAX);
		if (machine_run_events(m, m->next_event_ns, err) != 0)
			return -1;
	}
	return 0;
}
