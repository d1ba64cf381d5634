/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/kernel_threads.h"

#include <stdlib.h>
#include <string.h>

#include "machine/execute.h"
#include "machine/machine.h"
#include "machine/oom.h"

enum { THREADS_MAX = 2 * 1024 /* two a node */ };

/* sysctl_sched_latency: on a CPU that is never idle everybody gets his turn in this time. */
static const uint64_t scheduling_period_ns = 6000000;

struct waiting {
	uint64_t token;
	uint64_t since_ns;
	uint32_t node;
	uint32_t cpu; /* that woke it */
};

struct kernel_threads {
	uint32_t count;
	struct waiting waiting[THREADS_MAX]; /* oldest first */
	/* By CPU: when it was last told of work, and whose. */
	uint64_t *busy_ns;
	uint32_t *busy_task;
};

struct kernel_threads *kernel_threads_create(uint32_t cpus, struct error *err)
{
	struct kernel_threads *threads = calloc(1, sizeof(*threads));
	if (threads) {
		threads->busy_ns = calloc(cpus, sizeof(*threads->busy_ns));
		threads->busy_task = calloc(cpus, sizeof(*threads->busy_task));
	}
	if (threads && threads->busy_ns && threads->busy_task)
		return threads;
	kernel_threads_destroy(threads);
	error_set(err, ERROR_RUN, "no memory for kernel threads");
	return NULL;
}

void kernel_threads_destroy(struct kernel_threads *threads)
{
	if (!threads)
		return;
	free(threads->busy_ns);
	free(threads->busy_task);
	free(threads);
}

bool kernel_threads_waiting(const struct kernel_threads *threads)
{
	return threads->count > 0;
}

void kernel_threads_wake(void *engine, enum defer_target target, uint32_t node, uint32_t cpu,
			 uint64_t token)
{
	struct machine *m = engine;
	struct kernel_threads *threads = m->threads;

	SIM_ASSERT(target == DEFER_PAGE && threads->count < THREADS_MAX);
	if (m->closed) {
		services_defer(&m->services, target, m->now_ns, token);
		return;
	}
	if (threads->count == 0)
		for (uint32_t i = 0; i < m->cpus; i++)
			threads->busy_ns[i] = m->time_ns;
	threads->waiting[threads->count++] = (struct waiting){ token, m->time_ns, node, cpu };
	machine_note_next_event(m);
}

/* What the recorded kernel's own threads did is no work for a CPU of this machine. */
static bool is_recorded_thread(const struct machine *m, const struct record *r)
{
	const char *comm = m->trace->definitions->tasks[r->task].comm;
	return strncmp(comm, "kswapd", 6) == 0 || strncmp(comm, "kcompactd", 9) == 0;
}

/* Who was killed gives back his memory at a stretch, and tells little of it. */
static bool is_dying(const struct machine *m, const struct record *r)
{
	return m->threads->busy_task[machine_cpu(m, r)] == r->task && oom_is_victim(m, r->task);
}

/* The time before these is that of the recorded allocator's own searches, and no pause. */
static bool ends_search(const struct record *r)
{
	switch (r->operation) {
	case OP_MM_PAGE_ALLOC_EXTFRAG:
	case OP_DIRECT_RECLAIM_END:
	case OP_RECLAIM_RETRY_ZONE:
	case OP_COMPACTION_END:
	case OP_COMPACTION_MIGRATE:
	case OP_COMPACTION_FREE:
	case OP_MARK_VICTIM:
		return true;
	default:
		return false;
	}
}

/* The CPUs that a thread may run on: `count` from `first` on. */
struct cpu_range {
	uint32_t first, count;
};

static struct cpu_range allowed_cpus(const struct machine *m, uint32_t node)
{
	uint32_t count = topology_node_cpus(&m->topology, node);

	return count ? (struct cpu_range){ m->topology.first_cpu[node], count }
		     : (struct cpu_range){ 0, m->cpus };
}

/*
 * The CPU that has time for a thread, and when that began; UINT32_MAX: none has. The one that woke
 * it is asked first, if it may.
 */
static uint32_t find_cpu(const struct machine *m, const struct waiting *w, uint64_t now_ns,
			 uint64_t *begin_ns)
{
	const struct kernel_threads *threads = m->threads;
	uint64_t needs = m->page->thread_needs ? m->page->thread_needs(m->page_state, w->token) : 0;
	struct cpu_range allowed = allowed_cpus(m, w->node);
	uint32_t near = w->cpu - allowed.first < allowed.count ? w->cpu - allowed.first : 0;

	for (uint32_t i = 0; i < allowed.count; i++) {
		uint32_t cpu = allowed.first + (near + i) % allowed.count;
		*begin_ns = threads->busy_ns[cpu];
		if (now_ns >= *begin_ns + needs)
			return cpu;
	}
	*begin_ns = now_ns;
	return now_ns - w->since_ns >= scheduling_period_ns ? allowed.first + near : UINT32_MAX;
}

/* The thread's work is its CPU's, from then on. */
static void run_thread(struct machine *m, uint64_t token, uint32_t cpu, uint64_t begin_ns)
{
	uint64_t begin_ps = (begin_ns - m->origin_ns) * PS_PER_NS, work_ps = m->work.cost_ps;

	m->clock.cpu = cpu;
	m->clock.start_ps = begin_ps;
	m->clock.work_at_start = work_ps;
	m->clock.waited_ps = 0;
	m->page->expire(m->page_state, token, begin_ns);
	begin_ps += m->work.cost_ps - work_ps + m->clock.waited_ps;
	if (m->cpu_free_ps[cpu] < begin_ps)
		m->cpu_free_ps[cpu] = begin_ps;
	m->threads->busy_ns[cpu] = m->origin_ns + begin_ps / PS_PER_NS;
}

void kernel_threads_run(struct machine *m, uint64_t now_ns)
{
	struct kernel_threads *threads = m->threads;
	const struct record *r = m->position.current;

	if (r->operation == OP_EXTENSION || is_recorded_thread(m, r))
		return;
	if (ends_search(r) || is_dying(m, r))
		threads->busy_ns[machine_cpu(m, r)] = now_ns;
	/* who runs may wake others, which are behind it */
	for (uint32_t i = 0; i < threads->count;) {
		struct waiting w = threads->waiting[i];
		uint64_t begin_ns;
		uint32_t cpu = find_cpu(m, &w, now_ns, &begin_ns);
		if (cpu == UINT32_MAX) {
			i++;
			continue;
		}
		threads->count--;
		memmove(&threads->waiting[i], &threads->waiting[i + 1],
			(threads->count - i) * sizeof(w));
		run_thread(m, w.token, cpu, begin_ns);
	}
	threads->busy_ns[machine_cpu(m, r)] = now_ns;
	threads->busy_task[machine_cpu(m, r)] = r->task;
}
