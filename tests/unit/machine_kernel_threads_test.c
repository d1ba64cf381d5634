/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which CPU runs a kernel thread that was woken, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "machine/kernel_threads.h"
#include "machine/machine.h"
#include "machine/oom.h"

enum { CPUS = 6, NODES = 3, MS = 1000000, NEEDS_NS = 2000 };

/* What the page policy is told. */
struct told {
	const struct machine *machine;
	uint32_t calls, cpu;
	uint64_t token;
};

static void note_expire(void *state, uint64_t token, uint64_t now_ns)
{
	struct told *told = state;

	(void)now_ns;
	*told = (struct told){ told->machine, told->calls + 1, told->machine->clock.cpu, token };
}

static uint64_t needs(const void *state, uint64_t token)
{
	(void)state;
	(void)token;
	return NEEDS_NS;
}

static const struct page_policy noting = { .expire = note_expire, .thread_needs = needs };

/* Node 0 has CPUs 0 and 1, node 1 CPUs 2 to 5, node 2 none. Every CPU is busy at 1 ms. */
struct bench {
	struct machine m;
	struct told told;
	struct record record;
	struct task_def tasks[2];
	struct definitions definitions;
	struct trace_cursor trace;
	uint64_t cpu_free_ps[CPUS];
};

static struct bench *bench_new(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct machine *m = &b->m;

	assert_non_null(b);
	b->tasks[0].comm = b->tasks[1].comm = "user";
	b->definitions.tasks = b->tasks;
	b->trace.definitions = &b->definitions;
	b->record = (struct record){ .operation = OP_MM_PAGE_ALLOC, .task = 1 };
	b->told.machine = m;
	m->cpus = CPUS;
	topology_even(&m->topology, 3ull << 30, CPUS, NODES);
	m->topology.first_cpu[1] = 2;
	m->topology.first_cpu[2] = m->topology.first_cpu[3] = CPUS;
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		m->cpu_of[cpu] = (uint16_t)cpu;
	m->trace = &b->trace;
	m->position.current = &b->record;
	m->page = &noting;
	m->page_state = &b->told;
	m->cpu_free_ps = b->cpu_free_ps;
	m->time_ns = MS;
	m->events = event_heap_create(NULL);
	m->threads = kernel_threads_create(CPUS, NULL);
	m->oom = oom_create(m, NULL);
	assert_true(m->events && m->threads && m->oom);
	return b;
}

static void bench_end(struct bench *b)
{
	oom_destroy(b->m.oom);
	kernel_threads_destroy(b->m.threads);
	event_heap_destroy(b->m.events);
	free(b);
}

static void wake(struct bench *b, uint32_t node, uint32_t cpu)
{
	kernel_threads_wake(&b->m, DEFER_PAGE, node, cpu, node);
}

/* A record on the CPU: it was busy up to then, or, where none came, has had time. */
static void record_on(struct bench *b, uint32_t cpu, uint64_t at_ns)
{
	b->record.cpu_detail = (uint16_t)cpu;
	kernel_threads_run(&b->m, at_ns);
}

/* The CPU on which a node's thread runs that `waker` has woken, once there is time for it. */
static uint32_t cpu_of_thread(uint32_t node, uint32_t waker)
{
	struct bench *b = bench_new();
	uint32_t cpu;

	wake(b, node, waker);
	record_on(b, 0, MS + 2 * NEEDS_NS);
	assert_int_equal(b->told.calls, 1);
	assert_int_equal(b->told.token, node);
	cpu = b->told.cpu;
	bench_end(b);
	return cpu;
}

static void a_thread_runs_on_a_cpu_of_its_node(void **unused)
{
	(void)unused;
	assert_int_equal(cpu_of_thread(1, 0), 2);
}

static void the_cpu_that_woke_it_is_asked_first(void **unused)
{
	(void)unused;
	assert_int_equal(cpu_of_thread(1, 4), 4);
}

/* CPUs of node 1 have all the time; those of node 0 have none, and at last it takes its turn. */
static void a_thread_waits_for_its_own_nodes_cpus(void **unused)
{
	struct bench *b = bench_new();
	uint64_t at = MS;

	(void)unused;
	wake(b, 0, 1);
	for (; at < 6 * MS; at += NEEDS_NS / 2) {
		record_on(b, 0, at);
		record_on(b, 1, at);
		assert_int_equal(b->told.calls, 0);
	}
	record_on(b, 0, 7 * MS);
	assert_int_equal(b->told.calls, 1);
	assert_true(b->told.cpu < 2);
	bench_end(b);
}

static void a_node_without_cpus_has_its_thread_run_anywhere(void **unused)
{
	(void)unused;
	assert_int_equal(cpu_of_thread(2, 3), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_runs_on_a_cpu_of_its_node),
		cmocka_unit_test(the_cpu_that_woke_it_is_asked_first),
		cmocka_unit_test(a_thread_waits_for_its_own_nodes_cpus),
		cmocka_unit_test(a_node_without_cpus_has_its_thread_run_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
