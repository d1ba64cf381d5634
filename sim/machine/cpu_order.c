/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/cpu_order.h"

#include <stdlib.h>

#include "machine/due.h"
#include "machine/execute.h"
#include "machine/machine.h"
#include "machine/page_records.h"
#include "machine/pending.h"
#include "machine/sampler.h"

enum {
	WINDOW = 1 << 14, /* records looked at together; the most seen of one time is 1409 */
	ID_CHAINS = 1 << 12,
	NO_SLOT = UINT32_MAX,
};

struct waiting {
	struct record record, extension;
	uint64_t time_ns, number, line;
	uint64_t after; /* sequence number + 1 of the record before it on its id, 0: none */
	uint64_t chain; /* the same of the record before it on an id of the same chain */
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
	uint64_t chains[ID_CHAINS];    /* by id: sequence number + 1 of the latest record */
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

/* Where what one CPU does decides what any other is given, much later records are looked at. */
static uint64_t reach_ns(const struct machine *m)
{
	return m->slab && m->slab->would_return_after ? RECORD_REACH_NS : RECORD_SLACK_NS;
}

static int carry_out(struct cpu_order *o, struct machine *m, struct waiting *w, struct error *err)
{
	const uint64_t until_ns = waiting_at(o, o->begin)->time_ns + RECORD_SLACK_NS;
	const uint64_t time_ns = w->time_ns < until_ns ? w->time_ns : until_ns;
	uint64_t end_ps;
	if (time_ns > o->time_ns)
		o->time_ns = time_ns;
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

/* A page event that a slab caused: nothing is done at it. */
static bool is_effect(const struct machine *m, const struct record *r)
{
	return operation_table[r->operation].space == SPACE_PAGE && page_is_effect(m, r);
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

/* An object allocation that a CPU tells of next, but for the pages that it asked for. */
struct next_object {
	const struct waiting *w;
	bool new_pages;
};

static bool next_object(const struct cpu_order *o, const struct machine *m,
			const struct waiting_cpu *cpu, struct next_object *next)
{
	uint32_t slot = cpu->first;
	*next = (struct next_object){ 0 };
	for (; slot != NO_SLOT; slot = o->window[slot].next) {
		const struct record *r = &o->window[slot].record;
		if (!is_effect(m, r) && r->operation != OP_MM_PAGE_ALLOC_ZONE_LOCKED)
			break;
		next->new_pages |= is_effect(m, r) && operation_table[r->operation].ids == ID_ALLOC;
	}
	if (slot == NO_SLOT || !tells_order(m, &o->window[slot].record) ||
	    waits(o, &o->window[slot]))
		return false;
	next->w = &o->window[slot];
	return true;
}

static bool overlap(const struct record *a, const struct record *b)
{
	return a->address <= b->address ? b->address - a->address < (a->size ? a->size : 1)
					: a->address - b->address < (b->size ? b->size : 1);
}

/* The record has what lies where the object does: it allocates it, or frees the page around it. */
static bool has_place_of(const struct machine *m, const struct record *r,
			 const struct record *object)
{
	const struct operation_info *info = &operation_table[r->operation];
	if (info->space == SPACE_PAGE)
		return info->ids == ID_FREE &&
		       r->address == (object->address - m->page_offset) >> PAGE_SHIFT;
	return info->space == SPACE_OBJECT && info->ids == ID_ALLOC && overlap(r, object);
}

/* Another CPU still has the object's place before the object is told of: it came after that. */
static bool comes_after_another(struct cpu_order *o, const struct machine *m,
				const struct waiting *object)
{
	const uint32_t cpu = record_cpu(&object->record);
	for (uint64_t at = o->begin; waiting_at(o, at) != object; at++) {
		const struct waiting *w = waiting_at(o, at);
		if (!w->done && record_cpu(&w->record) != cpu &&
		    has_place_of(m, &w->record, &object->record))
			return true;
	}
	return false;
}

/* What is freed is given to another before the object is told of: the free tells nothing of it. */
static bool is_given_again(struct cpu_order *o, const struct record *freed,
			   const struct waiting *object)
{
	for (uint64_t at = o->begin; waiting_at(o, at) != object; at++) {
		const struct waiting *w = waiting_at(o, at);
		const struct operation_info *info = &operation_table[w->record.operation];
		if (!w->done && info->space == SPACE_OBJECT && info->ids == ID_ALLOC &&
		    overlap(&w->record, freed))
			return true;
	}
	return false;
}

/*
 * A CPU that has allocated before the chosen record is carried out, and tells of it later: that
 * record is an allocation which cannot be yet, or a free after which the other could not have been.
 * Who only had to find that there is no room need not have had the pages before.
 */
static struct waiting_cpu *late(struct cpu_order *o, struct machine *m,
				const struct waiting_cpu *chosen)
{
	const struct record *r = &o->window[chosen->first].record;
	const bool object = tells_order(m, r) && !is_refill(m, r);
	struct waiting_cpu *before = NULL;
	if (object && object_is_due(m, r))
		return NULL;
	for (uint32_t i = 0; i < o->cpu_count; i++) {
		struct waiting_cpu *cpu = &o->cpus[i];
		struct next_object next;
		if (cpu == chosen || !next_object(o, m, cpu, &next))
			continue;
		const struct record *other = &next.w->record;
		if (!(object ? object_is_due(m, other) : free_decides(m, r, other)))
			continue;
		if (!object && next.new_pages && pending_needs_pages(m, other))
			continue;
		if (comes_after_another(o, m, next.w) || (!object && is_given_again(o, r, next.w)))
			continue;
		choose_earlier(o, &before, cpu);
	}
	return before;
}

/* Pages have come for an object that is told of later: who asked for them had found no room. */
static void note_search(struct cpu_order *o, struct machine *m, const struct waiting_cpu *cpu)
{
	struct next_object next;
	if (next_object(o, m, cpu, &next) && next.new_pages && object_is_due(m, &next.w->record))
		pending_needs_pages(m, &next.w->record);
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
	struct waiting_cpu *before = reach_ns(m) > RECORD_SLACK_NS ? late(o, m, chosen) : NULL;
	chosen = before ? before : chosen;
	m->assists.used[ASSIST_NAMED_lock_order] += chosen != listed;
	return chosen;
}

static int step(struct cpu_order *o, struct machine *m, struct error *err)
{
	struct waiting_cpu *cpu = choose(o, m);
	struct waiting *w = &o->window[cpu->first];
	if (is_effect(m, &w->record) && reach_ns(m) > RECORD_SLACK_NS)
		note_search(o, m, cpu);
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

/* Notes the record before the added one on its id, if that is still in the window. */
static void follow_id(struct cpu_order *o, struct waiting *added)
{
	const struct record *r = &added->record;
	const unsigned space = operation_table[r->operation].space;
	if (!r->id || space == SPACE_NONE)
		return;
	uint64_t *chain = &o->chains[r->id % ID_CHAINS];
	added->chain = *chain;
	*chain = o->end + 1;
	for (uint64_t at = added->chain; at > o->begin; at = waiting_at(o, at - 1)->chain) {
		const struct record *e = &waiting_at(o, at - 1)->record;
		if (e->id != r->id || operation_table[e->operation].space != space)
			continue;
		added->after = at;
		return;
	}
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
		waiting_at(o, o->begin)->time_ns + reach_ns(m) < added.time_ns))
		if (step(o, m, err) != 0)
			return -1;
	append_to_cpu(o, record_cpu(r), (uint32_t)(o->end % WINDOW));
	follow_id(o, &added);
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
