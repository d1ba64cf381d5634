/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/late.h"

#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "base/rng.h"
#include "core/operation.h"

enum {
	ORDER_SHIFT = 20, /* room between two events of the trace for those that are moved there */
	LOOK_AHEAD = 1 << 16,
	CPUS = RECORD_CPU_MASK + 1,
	WAITING_MAX = 64,
	CHILDS_MAX = 4096, /* what a fork allocates for its child, at most */
	CHANCES = 1 << 16,
	DELAY_STEPS = 5, /* a schedule's largest delay is halved so many times at most */
};

enum early {
	EARLY_NO,
	EARLY_WAITS, /* its first record was not put yet */
	EARLY_RUNS,  /* its first records are put at its fork */
};

/* A process, or a thread of the kernel. */
struct late_task {
	uint64_t delay_ns;
	uint64_t not_before_ns; /* its latest event, or its fork */
	bool ended;
	int64_t late_ns; /* how late its latest event is */
	uint32_t parent; /* number + 1 in tasks, 0: not known */
	enum early early;
	uint64_t fork_ns, fork_order; /* where its first records go */
};

/* The latest event on an allocation that is alive. */
struct allocation {
	uint64_t time_ns;
	uint32_t task; /* whose it is, by number + 1 in tasks; 0: nobody known */
};

struct heap_entry {
	struct late_event event;
	uint64_t order;
};

struct late {
	uint64_t delay_ns;
	struct rng *rng;
	struct ptrmap *task_of_tid;
	struct late_task *tasks;
	uint32_t task_count, task_capacity;
	struct ptrmap *allocation_of; /* by number: its place in allocations */
	struct allocation *allocations;
	uint32_t *unused;
	uint32_t allocation_count, allocation_capacity, unused_count;
	struct heap_entry *heap; /* by time, then by order */
	size_t heap_count, heap_capacity;
	uint64_t sequence;             /* events put so far */
	uint64_t read_ns;              /* recorded time of the latest one */
	uint64_t taken_ns;             /* moved time of the latest event taken */
	uint64_t highest_ns;           /* latest moved time of any event so far */
	uint64_t mark_ns;              /* nothing behind a mark comes before it */
	uint32_t waiting[WAITING_MAX]; /* early tasks not all of whose first records are put */
	uint32_t waiting_count;
	uint32_t chance_early; /* of CHANCES: that a child comes before its parent goes on */
	/* What the latest fork, which is not told yet, has allocated for its child. */
	uint64_t childs[CHILDS_MAX];
	uint32_t childs_count, childs_task;
	bool *is_childs; /* by origin: its allocations are a child's */
	uint32_t origin_count;
	uint32_t runs[CPUS]; /* number + 1 of the early task whose first records come, by CPU */
};

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for a perturbed trace");
}

struct late *late_create(uint64_t delay_ns, uint64_t seed, struct error *err)
{
	struct late *l = calloc(1, sizeof(*l));
	if (!l) {
		no_memory(err);
		return NULL;
	}
	l->rng = rng_create(seed, "perturb.delay");
	l->task_of_tid = ptrmap_create(err);
	l->allocation_of = l->task_of_tid ? ptrmap_create(err) : NULL;
	if (l->rng && l->allocation_of) {
		/* How busy the CPUs are and who is preferred is the same for the whole schedule. */
		l->delay_ns = delay_ns >> rng_below(l->rng, DELAY_STEPS);
		l->chance_early = (uint32_t)rng_below(l->rng, CHANCES + 1);
		return l;
	}
	if (!l->rng)
		no_memory(err);
	late_destroy(l);
	return NULL;
}

void late_destroy(struct late *l)
{
	if (!l)
		return;
	if (l->rng)
		rng_destroy(l->rng);
	ptrmap_destroy(l->task_of_tid);
	ptrmap_destroy(l->allocation_of);
	free(l->allocations);
	free(l->is_childs);
	free(l->unused);
	free(l->tasks);
	free(l->heap);
	free(l);
}

/* --- tasks --- */

static uint64_t draw_delay(struct late *l)
{
	return l->delay_ns ? rng_below(l->rng, l->delay_ns + 1) : 0;
}

static uint32_t add_task(struct late *l, uint32_t tid, const struct late_task *task,
			 struct error *err)
{
	if (l->task_count == l->task_capacity) {
		const uint32_t capacity = l->task_capacity ? 2 * l->task_capacity : 256;
		struct late_task *grown = realloc(l->tasks, capacity * sizeof(*grown));
		if (!grown) {
			no_memory(err);
			return UINT32_MAX;
		}
		l->tasks = grown;
		l->task_capacity = capacity;
	}
	if (ptrmap_put(l->task_of_tid, tid, l->task_count, err) != 0)
		return UINT32_MAX;
	l->tasks[l->task_count] = *task;
	return l->task_count++;
}

/* Who the trace does not show the beginning of is a thread of the kernel, or waits for others. */
static uint32_t find_task(struct late *l, uint32_t tid, struct error *err)
{
	const struct late_task unknown = { 0 };
	const uint32_t known = ptrmap_get(l->task_of_tid, tid);
	return known == PTRMAP_NONE ? add_task(l, tid, &unknown, err) : known;
}

/* --- allocations --- */

static uint32_t new_allocation(struct late *l, struct error *err)
{
	if (l->unused_count)
		return l->unused[--l->unused_count];
	if (l->allocation_count == l->allocation_capacity) {
		const uint32_t capacity =
			l->allocation_capacity ? 2 * l->allocation_capacity : 4096;
		struct allocation *grown = realloc(l->allocations, capacity * sizeof(*grown));
		uint32_t *unused = realloc(l->unused, capacity * sizeof(*unused));
		if (grown)
			l->allocations = grown;
		if (unused)
			l->unused = unused;
		if (!grown || !unused) {
			no_memory(err);
			return UINT32_MAX;
		}
		l->allocation_capacity = capacity;
	}
	return l->allocation_count++;
}

/* What is known of the event's allocation, which is made when it is met first; NULL: it has none.
 */
static int find_allocation(struct late *l, const struct late_event *event,
			   struct allocation **found, struct error *err)
{
	*found = NULL;
	if (!event->allocation)
		return 0;
	uint32_t number = ptrmap_get(l->allocation_of, event->allocation);
	if (number == PTRMAP_NONE) {
		number = new_allocation(l, err);
		if (number == UINT32_MAX ||
		    ptrmap_put(l->allocation_of, event->allocation, number, err) != 0)
			return -1;
		l->allocations[number] = (struct allocation){ 0 };
	}
	*found = &l->allocations[number];
	return 0;
}

static void note_allocation(struct late *l, const struct late_event *event,
			    struct allocation *allocation, uint32_t task)
{
	const unsigned ids = operation_table[event->record.operation].ids;
	if (!allocation)
		return;
	allocation->time_ns = event->time_ns;
	if (ids == ID_ALLOC)
		allocation->task = task + 1;
	if (ids != ID_FREE || event->record.flags & RECORD_NESTED ||
	    record_leaves_part(&event->record))
		return;
	l->unused[l->unused_count++] = ptrmap_take(l->allocation_of, event->allocation);
}

/* --- order --- */

static bool comes_before(const struct heap_entry *a, const struct heap_entry *b)
{
	if (a->event.time_ns != b->event.time_ns)
		return a->event.time_ns < b->event.time_ns;
	return a->order < b->order;
}

static void sift_up(struct late *l, size_t at)
{
	const struct heap_entry entry = l->heap[at];
	for (; at > 0 && comes_before(&entry, &l->heap[(at - 1) / 2]); at = (at - 1) / 2)
		l->heap[at] = l->heap[(at - 1) / 2];
	l->heap[at] = entry;
}

static void sift_down(struct late *l)
{
	const struct heap_entry entry = l->heap[0];
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= l->heap_count)
			break;
		child += child + 1 < l->heap_count &&
			 comes_before(&l->heap[child + 1], &l->heap[child]);
		if (!comes_before(&l->heap[child], &entry))
			break;
		l->heap[at] = l->heap[child];
		at = child;
	}
	l->heap[at] = entry;
}

static int push(struct late *l, const struct late_event *event, uint64_t order, struct error *err)
{
	if (l->heap_count == l->heap_capacity) {
		const size_t capacity = l->heap_capacity ? 2 * l->heap_capacity : 4096;
		struct heap_entry *grown = realloc(l->heap, capacity * sizeof(*grown));
		if (!grown)
			return no_memory(err);
		l->heap = grown;
		l->heap_capacity = capacity;
	}
	l->heap[l->heap_count] = (struct heap_entry){ *event, order };
	sift_up(l, l->heap_count++);
	return 0;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t moved_by(uint64_t time_ns, int64_t ns)
{
	return ns < 0 && time_ns < (uint64_t)-ns ? 0 : time_ns + (uint64_t)ns;
}

/* --- early ones --- */

static void stop_early(struct late *l, uint32_t task)
{
	l->tasks[task].early = EARLY_NO;
	for (uint32_t i = 0; i < l->waiting_count; i++)
		if (l->waiting[i] == task)
			l->waiting[i] = l->waiting[--l->waiting_count];
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		if (l->runs[cpu] == task + 1)
			l->runs[cpu] = 0;
}

/* Its first records end where another task has its CPU; one that does not come is not waited for.
 */
static void look_for_ends(struct late *l, const struct record *r, uint32_t task)
{
	const uint32_t runs = l->runs[record_cpu(r)];
	if (runs && runs != task + 1)
		stop_early(l, runs - 1);
	for (uint32_t i = 0; i < l->waiting_count; i++)
		if ((l->sequence - (l->tasks[l->waiting[i]].fork_order >> ORDER_SHIFT)) >
		    LOOK_AHEAD) {
			stop_early(l, l->waiting[i]);
			return;
		}
}

/* True when the event goes to its task's fork: *order is its place there. */
static bool goes_to_fork(struct late *l, const struct late_event *event,
			 const struct allocation *allocation, uint32_t task, uint64_t *order)
{
	struct late_task *t = &l->tasks[task];
	if (t->early == EARLY_NO)
		return false;
	if (t->early == EARLY_WAITS) {
		t->early = EARLY_RUNS;
		l->runs[record_cpu(&event->record)] = task + 1;
	}
	const bool fits = (t->fork_order + 1) >> ORDER_SHIFT == t->fork_order >> ORDER_SHIFT;
	if (!fits || l->mark_ns > t->fork_ns || t->not_before_ns > t->fork_ns ||
	    (allocation && allocation->time_ns > t->fork_ns)) {
		stop_early(l, task);
		return false;
	}
	*order = ++t->fork_order;
	return true;
}

/* --- whose --- */

/* Functions of kernel/fork.c, and what they call for a child alone. */
static bool is_of_fork(const char *call_site)
{
	static const char *const functions[] = {
		"copy_process", "dup_task_struct", "dup_fd",   "copy_fs_struct", "copy_signal",
		"copy_sighand", "dup_mm",          "mm_init",  "vm_area_dup",    "anon_vma_fork",
		"alloc_pid",    "copy_creds",      "dup_mmap", "copy_files",     "copy_mm",
	};
	const size_t length = strcspn(call_site, ".+");
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strlen(functions[i]) == length && memcmp(functions[i], call_site, length) == 0)
			return true;
	return false;
}

static int know_origins(struct late *l, const struct definitions *d, struct error *err)
{
	if (d->origin_count <= l->origin_count)
		return 0;
	bool *grown = realloc(l->is_childs, d->origin_count * sizeof(*grown));
	if (!grown)
		return no_memory(err);
	for (uint32_t i = l->origin_count; i < d->origin_count; i++)
		grown[i] = is_of_fork(d->origins[i].call_site);
	l->is_childs = grown;
	l->origin_count = d->origin_count;
	return 0;
}

/* A fork allocates for its child and is told of afterwards. */
static void note_childs(struct late *l, const struct late_event *event, uint32_t task)
{
	if (!l->is_childs[event->record.origin] || !event->allocation ||
	    operation_table[event->record.operation].ids != ID_ALLOC)
		return;
	if (l->childs_task != task)
		l->childs_count = 0;
	l->childs_task = task;
	if (l->childs_count < CHILDS_MAX)
		l->childs[l->childs_count++] = event->allocation;
}

static void give_to_child(struct late *l, uint32_t parent, uint32_t child)
{
	for (uint32_t i = 0; l->childs_task == parent && i < l->childs_count; i++) {
		const uint32_t number = ptrmap_get(l->allocation_of, l->childs[i]);
		if (number != PTRMAP_NONE)
			l->allocations[number].task = child + 1;
	}
	l->childs_count = 0;
}

/* --- when --- */

static int fork_child(struct late *l, const struct late_event *event, uint64_t order, uint32_t task,
		      struct error *err)
{
	struct late_task child = { .not_before_ns = event->time_ns, .parent = task + 1 };
	if (l->delay_ns && l->waiting_count < WAITING_MAX &&
	    rng_below(l->rng, CHANCES) < l->chance_early) {
		child.early = EARLY_WAITS;
		child.fork_ns = event->time_ns;
		child.fork_order = order;
	} else {
		child.delay_ns = draw_delay(l);
	}
	const uint32_t number = add_task(l, event->record.size, &child, err);
	if (number == UINT32_MAX)
		return -1;
	if (child.early)
		l->waiting[l->waiting_count++] = number;
	give_to_child(l, task, number);
	return 0;
}

/*
 * When the event comes that does not go to its fork. What a thread of the kernel frees for another
 * (RCU, a worker) is as late as that one is: it was asked to. Who frees what is left of a process
 * that has ended had waited for it (release_task()).
 */
static uint64_t time_of(const struct late *l, const struct late_event *event, uint32_t task,
			const struct allocation *allocation)
{
	const struct late_task *t = &l->tasks[task];
	const bool others = allocation && allocation->task && allocation->task != task + 1;
	const struct late_task *owner = others ? &l->tasks[allocation->task - 1] : t;
	uint64_t time_ns = later(event->time_ns + t->delay_ns, t->not_before_ns);
	if (others && !t->parent)
		time_ns = moved_by(event->time_ns, owner->late_ns);
	else if (others && owner->ended)
		time_ns = later(time_ns, owner->not_before_ns);
	if (allocation)
		time_ns = later(time_ns, allocation->time_ns);
	if (event->record.operation == OP_MARK)
		time_ns = later(time_ns, l->highest_ns);
	return later(time_ns, later(l->mark_ns, l->taken_ns));
}

int late_put(struct late *l, const struct definitions *definitions, const struct late_event *event,
	     struct error *err)
{
	struct late_event moved = *event;
	struct allocation *allocation;
	uint64_t order = ++l->sequence << ORDER_SHIFT;
	const uint32_t task = find_task(l, definitions->tasks[event->record.task].tid, err);
	if (task == UINT32_MAX || find_allocation(l, event, &allocation, err) != 0 ||
	    know_origins(l, definitions, err) != 0)
		return -1;
	look_for_ends(l, &event->record, task);
	moved.time_ns = goes_to_fork(l, event, allocation, task, &order)
				? l->tasks[task].fork_ns
				: time_of(l, event, task, allocation);
	/* What a thread of the kernel does for one does not hold up what it does for others. */
	if (l->tasks[task].parent || !allocation)
		l->tasks[task].not_before_ns = moved.time_ns;
	l->tasks[task].late_ns = (int64_t)(moved.time_ns - event->time_ns);
	note_allocation(l, &moved, allocation, task);
	note_childs(l, &moved, task);
	if (event->record.operation == OP_MARK)
		l->mark_ns = moved.time_ns;
	l->highest_ns = later(l->highest_ns, moved.time_ns);
	l->read_ns = event->time_ns;
	l->tasks[task].ended |= event->record.operation == OP_EXIT;
	if (event->record.operation == OP_FORK && fork_child(l, &moved, order, task, err) != 0)
		return -1;
	return push(l, &moved, order, err);
}

/* Nothing may be taken that the first records of an early task have to come before. */
static bool is_held(const struct late *l, const struct heap_entry *entry)
{
	for (uint32_t i = 0; i < l->waiting_count; i++) {
		const struct late_task *t = &l->tasks[l->waiting[i]];
		if (entry->event.time_ns > t->fork_ns ||
		    (entry->event.time_ns == t->fork_ns && entry->order > t->fork_order))
			return true;
	}
	return false;
}

bool late_take(struct late *l, bool ended, struct late_event *event)
{
	if (!l->heap_count)
		return false;
	/* An event that is yet to be put may be early by as much as others are late. */
	if (!ended &&
	    (l->heap[0].event.time_ns + l->delay_ns >= l->read_ns || is_held(l, &l->heap[0])))
		return false;
	*event = l->heap[0].event;
	l->taken_ns = event->time_ns;
	l->heap[0] = l->heap[--l->heap_count];
	if (l->heap_count)
		sift_down(l);
	return true;
}
