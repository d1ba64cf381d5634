/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/cpu_order.h"

#include <stdlib.h>

#include "machine/due.h"
#include "machine/execute.h"
#include "machine/machine.h"
#include "machine/sampler.h"

enum {
	WINDOW = 4096, /* records that are looked at together; the most seen of one time is 1409 */
	NO_SLOT = UINT32_MAX,
};

struct waiting {
	struct record record, extension;
	uint64_t time_ns, number, line;
	uint64_t after; /* sequence number + 1 of the record before it on its id, 0: none */
	uint32_t next;  /* slot of the same CPU's next record */
	bool has_extension, done;
};

/* A CPU with records in the window: slots of the first that is not done and of the last. */
struct waiting_cpu {
	uint32_t cpu, first, last;
};

struct cpu_order {
	struct waiting window[WINDOW]; /* ring: slot = sequence number % WINDOW */
	uint64_t begin, end;           /* sequence numbers */
	struct waiting_cpu cpus[RECORD_CPU_MASK + 1];
	uint32_t cpu_count;
	uint64_t time_ns; /* of the latest record carried out: time does not go back */
	uint64_t executed;
};

struct cpu_order *cpu_order_create(struct error *err)
{
	struct cpu_order *o = calloc(1, sizeof(*o));
	if (!o)
		error_set(err, ERROR_RUN, "no memory for the order of CPUs");
	return o;
}

void cpu_order_destroy(struct cpu_order *order)
{
	free(order);
}

static struct waiting *waiting_at(struct cpu_order *o, uint64_t sequence)
{
	return &o->window[sequence % WINDOW];
}

static int carry_out(struct cpu_order *o, struct machine *m, struct waiting *w, struct error *err)
{
	uint64_t end_ps;
	if (w->time_ns > o->time_ns)
		o->time_ns = w->time_ns;
	m->time_ns = o->time_ns;
	m->hand = (struct hand){ true, w->number, w->line };
	if (m->time_ns >= m->next_event_ns && machine_run_events(m, m->time_ns, err) != 0)
		return -1;
	if (execute_step(m, &w->record, w->has_extension ? &w->extension : NULL,
			 (m->time_ns - m->origin_ns) * PS_PER_NS, &end_ps, err) != 0)
		return -1;
	w->done = true;
	o->executed += w->has_extension ? 2 : 1;
	m->hand.record = o->executed + m->summary->skipped_before_start;
	int result = 0;
	if (m->hand.record >= sampler_next_record(m->sampler))
		result = sampler_by_record(m->sampler, m, err);
	m->hand = (struct hand){ 0 };
	return result;
}

/* All that one refill got, as its first block alone may agree with several states. */
static bool whole_refill_is_due(const struct cpu_order *o, struct machine *m,
				const struct waiting *w)
{
	const struct record *first = &w->record;
	for (uint32_t nth = 0; refill_is_due(m, &w->record, nth); nth++) {
		if (w->next == NO_SLOT || !are_of_one_refill(first, &o->window[w->next].record))
			return true;
		w = &o->window[w->next];
	}
	return false;
}

/* The allocation takes what its own CPU is yet to free, from `first` on. */
static bool is_fed(const struct cpu_order *o, const struct waiting *first, const struct waiting *w)
{
	for (; first != w; first = &o->window[first->next])
		if (first->record.address == w->record.address)
			return true;
	return false;
}

/*
 * The CPU's next allocation would be given now what it was given. What stands before it is passed
 * over, but not a drain, which changes what other CPUs are given.
 */
static bool is_due(const struct cpu_order *o, struct machine *m, const struct waiting *w)
{
	const struct waiting *first = w;
	while (!tells_order(m, &w->record)) {
		if (w->next == NO_SLOT || w->record.operation == OP_MM_PAGE_PCPU_DRAIN)
			return false;
		w = &o->window[w->next];
	}
	if (is_refill(m, &w->record))
		return whole_refill_is_due(o, m, w);
	return object_is_due(m, &w->record) || is_fed(o, first, w);
}

static bool waits(const struct cpu_order *o, const struct waiting *w)
{
	return w->after > o->begin && !o->window[(w->after - 1) % WINDOW].done;
}

static void choose_earlier(struct cpu_order *o, struct waiting_cpu **best, struct waiting_cpu *cpu)
{
	if (!*best || o->window[cpu->first].number < o->window[(*best)->first].number)
		*best = cpu;
}

/* Of the CPUs whose turn it may be the one that the trace lists first. */
static struct waiting_cpu *choose(struct cpu_order *o, struct machine *m)
{
	const uint64_t until_ns = waiting_at(o, o->begin)->time_ns + RECORD_SLACK_NS;
	struct waiting_cpu *listed = NULL; /* of all */
	struct waiting_cpu *free = NULL;   /* of those whose next record tells nothing */
	struct waiting_cpu *due = NULL;
	for (uint32_t i = 0; i < o->cpu_count; i++) {
		struct waiting_cpu *cpu = &o->cpus[i];
		if (cpu->first == NO_SLOT)
			continue;
		const struct waiting *w = &o->window[cpu->first];
		if (w->time_ns > until_ns)
			continue;
		choose_earlier(o, &listed, cpu);
		if (waits(o, w))
			continue;
		if (!tells_order(m, &w->record))
			choose_earlier(o, &free, cpu);
		if (is_due(o, m, w))
			choose_earlier(o, &due, cpu);
	}
	struct waiting_cpu *chosen = due ? due : free ? free : listed;
	m->assists.used[ASSIST_NAMED_lock_order] += chosen != listed;
	return chosen;
}

static int step(struct cpu_order *o, struct machine *m, struct error *err)
{
	struct waiting_cpu *cpu = choose(o, m);
	struct waiting *w = &o->window[cpu->first];
	cpu->first = w->next;
	if (carry_out(o, m, w, err) != 0)
		return -1;
	while (o->begin < o->end && waiting_at(o, o->begin)->done)
		o->begin++;
	if (o->begin == o->end)
		o->cpu_count = 0;
	return 0;
}

static void append_to_cpu(struct cpu_order *o, uint32_t cpu, uint32_t slot)
{
	uint32_t i = 0;
	while (i < o->cpu_count && o->cpus[i].cpu != cpu)
		i++;
	if (i == o->cpu_count)
		o->cpus[o->cpu_count++] = (struct waiting_cpu){ cpu, NO_SLOT, NO_SLOT };
	struct waiting_cpu *c = &o->cpus[i];
	if (c->first == NO_SLOT)
		c->first = slot;
	else
		o->window[c->last].next = slot;
	c->last = slot;
}

static uint64_t earlier_on_id(struct cpu_order *o, const struct record *r)
{
	unsigned space = operation_table[r->operation].space;
	if (o->cpu_count < 2 || !r->id || space == SPACE_NONE)
		return 0;
	for (uint64_t sequence = o->end; sequence > o->begin; sequence--) {
		const struct record *e = &waiting_at(o, sequence - 1)->record;
		if (e->id == r->id && operation_table[e->operation].space == space)
			return sequence;
	}
	return 0;
}

int cpu_order_add(struct cpu_order *o, struct machine *m, const struct record *r,
		  const struct record *extension, struct error *err)
{
	struct waiting added = { .record = *r,
				 .time_ns = m->time_ns,
				 .number = machine_record(m),
				 .line = machine_line(m),
				 .next = NO_SLOT,
				 .has_extension = extension != NULL };
	if (extension)
		added.extension = *extension;
	while (o->end - o->begin == WINDOW ||
	       (o->begin < o->end &&
		waiting_at(o, o->begin)->time_ns + RECORD_SLACK_NS < added.time_ns))
		if (step(o, m, err) != 0)
			return -1;
	append_to_cpu(o, record_cpu(r), (uint32_t)(o->end % WINDOW));
	added.after = earlier_on_id(o, r);
	*waiting_at(o, o->end++) = added;
	return 0;
}

int cpu_order_drain(struct cpu_order *o, struct machine *m, struct error *err)
{
	while (o->begin < o->end)
		if (step(o, m, err) != 0)
			return -1;
	return 0;
}
