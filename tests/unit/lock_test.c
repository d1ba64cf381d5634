/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lock resource against queueing theory, driven directly: open systems with unlimited waiters
 * (M/D/1, M/M/1: Pollaczek and Khinchine) and a closed one with as many waiters as CPUs (machine
 * repairman). Seeds are fixed, so each figure is the same on every run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "core/event.h"
#include "core/lock.h"

enum { HOLD_MEAN_PS = 1000000, TOLERANCE_PERCENT = 2 };

/* The busier, the longer a run must be for its mean to settle. */
static const double utilisation[] = { 0.3, 0.5, 0.7, 0.9 };
static const uint64_t requests[] = { 6000000, 6000000, 8000000, 24000000 };

struct open_system {
	bool exponential_hold;
	double utilisation;
	uint64_t requests;
	unsigned long seed;
};

static uint64_t draw_ps(gsl_rng *rng, double mean_ps)
{
	return (uint64_t)(gsl_ran_exponential(rng, mean_ps) + 0.5);
}

static void check_near(double measured, double formula, const char *what)
{
	double error_percent = 100 * (measured - formula) / formula;

	printf("%s: measured %.6g, formula %.6g, off by %+.2f%%\n", what, measured, formula,
	       error_percent);
	assert_true(error_percent < TOLERANCE_PERCENT && error_percent > -TOLERANCE_PERCENT);
}

static struct lock_stats run_open(const struct open_system *system)
{
	struct lock_table *table = lock_table_create(1, NULL);
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double gap_mean_ps = HOLD_MEAN_PS / system->utilisation;
	uint64_t now_ps = 0;

	assert_non_null(table);
	gsl_rng_set(rng, system->seed);
	lock_id lock = lock_add(table, "open");
	for (uint64_t i = 0; i < system->requests; i++) {
		uint64_t hold_ps = HOLD_MEAN_PS;
		now_ps += draw_ps(rng, gap_mean_ps);
		if (system->exponential_hold)
			hold_ps = draw_ps(rng, HOLD_MEAN_PS);
		uint64_t wait_ps = lock_enter(table, lock, 0, now_ps);
		lock_leave(table, lock, now_ps + wait_ps + hold_ps);
	}
	struct lock_stats stats = lock_stats(table, lock);
	stats.name = NULL;
	lock_table_destroy(table);
	gsl_rng_free(rng);
	return stats;
}

static void check_open(const struct open_system *system)
{
	struct lock_stats stats = run_open(system);
	double u = system->utilisation;
	double wait_ps = (double)stats.wait_ps / (double)stats.acquisitions;
	double formula_ps = HOLD_MEAN_PS * u / (1 - u) / (system->exponential_hold ? 1 : 2);
	char what[64];

	snprintf(what, sizeof(what), "%s utilisation %.1f mean wait",
		 system->exponential_hold ? "M/M/1" : "M/D/1", u);
	check_near(wait_ps, formula_ps, what);
	/* Arrivals see time averages: the share that waits is the share of time held. */
	snprintf(what, sizeof(what), "%s utilisation %.1f share that waits",
		 system->exponential_hold ? "M/M/1" : "M/D/1", u);
	check_near((double)stats.contended / (double)stats.acquisitions, u, what);
	assert_int_equal(stats.acquisitions, system->requests);
}

static void fixed_holds_wait_as_md1(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		check_open(&(struct open_system){ false, utilisation[i], requests[i], 11 + i });
	}
}

static void exponential_holds_wait_as_mm1(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		check_open(&(struct open_system){ true, utilisation[i], requests[i], 21 + i });
	}
}

/* The exact figures of N machines and one repairman, all times exponential. */
struct repairman {
	double utilisation;
	double wait_ps; /* mean over all requests, service not counted */
};

static struct repairman repairman_exact(unsigned cpus, double think_ps, double hold_ps)
{
	double weight = 1, sum = 0, queued = 0, idle = 0;

	for (unsigned n = 0; n <= cpus; n++) {
		sum += weight;
		if (n == 0)
			idle = weight;
		else
			queued += weight * (n - 1);
		weight *= (cpus - n) * hold_ps / think_ps;
	}
	double utilisation = 1 - idle / sum;
	/* Little's law: mean queue = throughput * mean wait. */
	double wait_ps = queued / sum / (utilisation / hold_ps);
	return (struct repairman){ utilisation, wait_ps };
}

struct closed_run {
	struct lock_stats stats;
	uint64_t end_ps;
};

/* Each CPU thinks, asks for the lock, holds it, and thinks again; the heap keeps arrivals in order.
 */
static struct closed_run run_closed(unsigned cpus, double think_ps, uint64_t requests)
{
	struct lock_table *table = lock_table_create(1, NULL);
	struct event_heap *heap = event_heap_create(NULL);
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct closed_run run = { 0 };

	gsl_rng_set(rng, 31 + cpus);
	lock_id lock = lock_add(table, "closed");
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		struct event arrival = { .time_ns = draw_ps(rng, think_ps), .payload = cpu };
		assert_int_equal(event_heap_push(heap, arrival, NULL), 0);
	}
	for (uint64_t i = 0; i < requests; i++) {
		struct event arrival = event_heap_pop(heap);
		uint64_t now_ps = arrival.time_ns; /* the heap does not mind the unit */
		uint64_t wait_ps = lock_enter(table, lock, arrival.payload, now_ps);
		run.end_ps = now_ps + wait_ps + draw_ps(rng, HOLD_MEAN_PS);
		lock_leave(table, lock, run.end_ps);
		arrival.time_ns = run.end_ps + draw_ps(rng, think_ps);
		assert_int_equal(event_heap_push(heap, arrival, NULL), 0);
	}
	run.stats = lock_stats(table, lock);
	run.stats.name = NULL;
	lock_table_destroy(table);
	event_heap_destroy(heap);
	gsl_rng_free(rng);
	return run;
}

static void as_many_waiters_as_cpus_is_the_repairman(void **state)
{
	static const unsigned cpu_counts[] = { 2, 4, 16 };
	static const double think_ps[] = { 1e6, 4e6, 20e6 };
	char what[64];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned j = 0; j < 3; j++) {
			unsigned cpus = cpu_counts[i];
			struct repairman exact = repairman_exact(cpus, think_ps[j], HOLD_MEAN_PS);
			struct closed_run run = run_closed(cpus, think_ps[j], 2000000);
			double held = (double)run.stats.hold_ps / (double)run.end_ps;
			double wait_ps = (double)run.stats.wait_ps / (double)run.stats.acquisitions;
			snprintf(what, sizeof(what), "%u CPUs, think %.0f holds, utilisation", cpus,
				 think_ps[j] / HOLD_MEAN_PS);
			check_near(held, exact.utilisation, what);
			snprintf(what, sizeof(what), "%u CPUs, think %.0f holds, mean wait", cpus,
				 think_ps[j] / HOLD_MEAN_PS);
			check_near(wait_ps, exact.wait_ps, what);
			assert_true(run.stats.queue_max <= cpus - 1);
		}
	}
	/* With next to no think time everybody but the holder waits at some moment. */
	assert_int_equal(run_closed(16, 1e5, 100000).stats.queue_max, 15);
}

static void a_short_queue_by_hand(void **state)
{
	struct lock_table *table = lock_table_create(1, NULL);
	lock_id lock = lock_add(table, "zone->lock DMA32");

	(void)state;
	assert_int_equal(lock_enter(table, lock, 0, 100), 0);
	lock_leave(table, lock, 150);
	assert_int_equal(lock_enter(table, lock, 1, 110), 40); /* granted at 150 */
	lock_leave(table, lock, 170);
	assert_int_equal(lock_enter(table, lock, 2, 120), 50); /* granted at 170 */
	lock_leave(table, lock, 175);
	assert_int_equal(lock_enter(table, lock, 3, 150), 25); /* CPU 1 holds, CPU 2 waits */
	lock_leave(table, lock, 180);
	assert_int_equal(lock_enter(table, lock, 0, 180), 0); /* just let go */
	lock_leave(table, lock, 190);

	struct lock_stats stats = lock_stats(table, lock);
	assert_string_equal(stats.name, "zone->lock DMA32");
	assert_int_equal(stats.acquisitions, 5);
	assert_int_equal(stats.contended, 3);
	assert_int_equal(stats.wait_ps, 115);
	assert_int_equal(stats.hold_ps, 90);
	assert_int_equal(stats.queue_max, 2);
	assert_int_equal(lock_count(table), 1);
	lock_table_destroy(table);
}

static void locks_do_not_know_each_other(void **state)
{
	struct lock_table *table = lock_table_create(1, NULL);
	lock_id a = lock_add(table, "a"), b = lock_add(table, "b");

	(void)state;
	lock_enter(table, a, 0, 0);
	assert_int_equal(lock_enter(table, b, 0, 10), 0);
	lock_leave(table, b, 20);
	lock_leave(table, a, 1000);
	assert_int_equal(lock_enter(table, b, 1, 30), 0);
	lock_leave(table, b, 40);
	assert_int_equal(lock_enter(table, a, 1, 40), 960);
	lock_leave(table, a, 1001);
	assert_int_equal(lock_stats(table, b).contended, 0);
	lock_table_destroy(table);
}

static void an_operation_waits_and_works_on_its_own_clock(void **state)
{
	struct lock_table *table = lock_table_create(1, NULL);
	lock_id lock = lock_add(table, "l");
	struct work work = { .cost_ps = 5000, .price_ps = { [WORK_zone_lock] = 20 } };
	struct op_clock clock = {
		.work = &work, .locks = table, .start_ps = 100, .work_at_start = 5000
	};

	(void)state;
	op_lock(&clock, lock);
	work_count(&work, WORK_zone_lock);
	op_unlock(&clock, lock);
	assert_int_equal(op_clock_now(&clock), 120);
	clock = (struct op_clock){ .work = &work,
				   .locks = table,
				   .start_ps = 105,
				   .work_at_start = work.cost_ps,
				   .cpu = 1 };
	op_lock(&clock, lock);
	assert_int_equal(clock.waited_ps, 15);
	work_count(&work, WORK_zone_lock);
	op_unlock(&clock, lock);
	assert_int_equal(op_clock_now(&clock), 140);
	clock.locks = NULL; /* one CPU: nothing to wait for, nothing counted */
	op_lock(&clock, lock);
	op_unlock(&clock, lock);
	assert_int_equal(lock_stats(table, lock).acquisitions, 2);
	lock_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_queue_by_hand),
		cmocka_unit_test(locks_do_not_know_each_other),
		cmocka_unit_test(an_operation_waits_and_works_on_its_own_clock),
		cmocka_unit_test(fixed_holds_wait_as_md1),
		cmocka_unit_test(exponential_holds_wait_as_mm1),
		cmocka_unit_test(as_many_waiters_as_cpus_is_the_repairman),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
