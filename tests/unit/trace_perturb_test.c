/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A perturbed trace: the same records, each task's in its order, allocations before their frees. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../import_support.h"

#include "generate/perturb.h"

enum { TASKS_MAX = 4096, TIDS_MAX = 4096, IDS_MAX = 1 << 20 };

static struct trace_cursor *open_sample(const struct perturb_params *params)
{
	struct error err = { 0 };
	const struct import_options options = { 0 };
	struct trace_cursor *trace =
		import_open(SLABYARD_SOURCE_DIR "/workloads/samples/user-sh-slub/trace.txt.zst",
			    &options, NULL, &err);
	assert_non_null(trace);
	if (params)
		trace = perturb_open(trace, params, &err);
	assert_non_null(trace);
	return trace;
}

/* What must not depend on the order. */
struct sums {
	uint64_t count, moved;
	uint64_t lines_of_task[TASKS_MAX];
	bool forked[TIDS_MAX];
	uint32_t marks;
};

static void follow_ids(const struct record *r, const struct definitions *d, uint8_t *alive)
{
	const struct operation_info *info = &operation_table[r->operation];
	if (!r->id || info->space != SPACE_OBJECT)
		return;
	assert_true(r->id <= d->id_max[SPACE_OBJECT] && r->id < IDS_MAX);
	if (info->ids == ID_ALLOC)
		assert_int_equal(alive[r->id], 0);
	else
		assert_int_equal(alive[r->id], 1);
	alive[r->id] = info->ids == ID_ALLOC;
}

/*
 * A process' records come in the order of their lines, but for those swapped. What a thread of the
 * kernel does for one does not wait for what it does for another.
 */
static void follow_record(struct sums *s, const struct record *r, uint32_t tid, uint64_t line,
			  bool swaps)
{
	static uint64_t highest;
	assert_true(r->task < TASKS_MAX && tid < TIDS_MAX);
	if (r->operation == OP_FORK)
		s->forked[r->size] = true;
	if (!swaps && s->forked[tid])
		assert_true(line >= s->lines_of_task[r->task]);
	s->lines_of_task[r->task] = line;
	s->moved += line < highest;
	highest = line > highest || s->count == 0 ? line : highest;
	s->count++;
	if (r->operation == OP_MARK) {
		s->marks++;
		assert_true(line >= highest);
	}
}

static uint64_t hash_of(const struct record *r)
{
	return r->address * UINT64_C(0x9e3779b97f4a7c15) ^ ((uint64_t)r->operation << 32) ^ r->size;
}

static uint64_t follow(struct trace_cursor *trace, struct sums *s, bool swaps)
{
	struct batch batch;
	struct error err = { 0 };
	uint64_t last_ns = 0, sum = 0;
	uint8_t *alive = calloc(IDS_MAX, 1);
	while (trace->ops->next(trace, &batch, &err) == 1)
		for (uint32_t i = 0; i < batch.count; i++) {
			const struct record *r = &batch.records[i];
			if (r->operation == OP_EXTENSION)
				continue;
			assert_true(batch.base_ns + r->time >= last_ns);
			last_ns = batch.base_ns + r->time;
			follow_ids(r, trace->definitions, alive);
			follow_record(s, r, trace->definitions->tasks[r->task].tid, batch.lines[i],
				      swaps);
			sum += hash_of(r);
		}
	free(alive);
	trace->ops->close(trace);
	return sum;
}

static void nothing_asked_for_changes_nothing(void **state)
{
	const struct perturb_params params = { .seed = 1 };
	struct sums s = { 0 };
	(void)state;
	follow(open_sample(&params), &s, false);
	assert_int_equal(s.moved, 0);
}

static void late_processes_keep_what_binds_them(void **state)
{
	const struct perturb_params params = { .delay_ns = 5000000, .seed = 3 };
	struct sums plain = { 0 }, late = { 0 };
	(void)state;
	const uint64_t sum = follow(open_sample(NULL), &plain, false);
	assert_true(follow(open_sample(&params), &late, false) == sum);
	assert_int_equal(late.count, plain.count);
	assert_int_equal(late.marks, plain.marks);
	assert_true(late.moved > plain.count / 100);
}

static void neighbours_change_places(void **state)
{
	const struct perturb_params params = { .swap = 0.05, .seed = 3 };
	struct sums s = { 0 };
	(void)state;
	follow(open_sample(&params), &s, true);
	assert_in_range(s.moved, s.count / 100, s.count / 20);
}

static uint64_t order_of(uint64_t seed)
{
	const struct perturb_params params = { .delay_ns = 2000000, .swap = 0.01, .seed = seed };
	struct trace_cursor *trace = open_sample(&params);
	struct batch batch;
	struct error err = { 0 };
	uint64_t order = 0;
	while (trace->ops->next(trace, &batch, &err) == 1)
		for (uint32_t i = 0; i < batch.count; i++)
			order = order * 31 + batch.lines[i];
	trace->ops->close(trace);
	return order;
}

static void the_seed_decides(void **state)
{
	(void)state;
	const uint64_t first = order_of(1);
	assert_true(order_of(1) == first);
	assert_true(order_of(2) != first);
}

/* --- pace --- */

enum { RCU_FREES = 8, LINES_OF_MS = 2 };

/* What RCU's thread frees, from the first of these on, and what stands behind it. */
struct rcu_trace {
	unsigned freed;
	bool barrier;
};

/* Two records a millisecond, the frees at 20 ms. */
static void write_trace_with_rcu(FILE *out, struct rcu_trace made)
{
	static const char object[] = "call_site=%s+0x1 ptr=0xffff88800%07x";
	unsigned ns = 0, n = 0;
	for (; n < 40; n++, ns += 500000) {
		fprintf(out, "a-1 [000] 1.%09u: kmem_cache_alloc: ", ns);
		fprintf(out, object, "open", 0x100000 + n * 256);
		fputs(" bytes_req=256 bytes_alloc=256 gfp_flags=GFP_KERNEL name=filp\n", out);
	}
	for (unsigned i = 0; i < RCU_FREES; i++) {
		fprintf(out, "rcuc/0-9 [000] 1.%09u: kmem_cache_free: ", ns + i);
		fprintf(out, object, "rcu_core", 0x100000 + (made.freed + i) * 256);
		fputs(" name=filp\n", out);
	}
	if (made.barrier)
		fprintf(out, "a-1 [000] 1.%09u: rcu_barrier:\n", ns + RCU_FREES);
	for (; n < 100; n++, ns += 500000) {
		fprintf(out, "a-1 [000] 1.%09u: kmalloc: ", ns + 2 * RCU_FREES);
		fprintf(out, object, "work", 0x200000 + n * 256);
		fputs(" bytes_req=256 bytes_alloc=256 gfp_flags=GFP_KERNEL\n", out);
	}
}

static struct trace_cursor *open_trace_with_rcu(double pace, struct rcu_trace made)
{
	const struct perturb_params params = { .pace = pace };
	const struct import_options options = { 0 };
	char path[] = "/tmp/slabyard-pace-XXXXXX";
	struct error err = { 0 };
	const int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *out = fdopen(fd, "w");
	assert_non_null(out);
	write_trace_with_rcu(out, made);
	assert_int_equal(fclose(out), 0);
	struct trace_cursor *trace = import_open(path, &options, NULL, &err);
	assert_non_null(trace);
	unlink(path);
	trace = perturb_open(trace, &params, &err);
	assert_non_null(trace);
	return trace;
}

/* How many lines later than in the trace RCU's frees come, summed up. */
static long lines_later(double pace, struct rcu_trace made)
{
	struct trace_cursor *trace = open_trace_with_rcu(pace, made);
	uint8_t *alive = calloc(IDS_MAX, 1);
	struct error err = { 0 };
	struct batch batch;
	long later = 0, place = 1;
	uint64_t last_ns = 0;
	while (trace->ops->next(trace, &batch, &err) == 1)
		for (uint32_t i = 0; i < batch.count; i++, place++) {
			const struct record *r = &batch.records[i];
			assert_true(batch.base_ns + r->time >= last_ns);
			last_ns = batch.base_ns + r->time;
			follow_ids(r, trace->definitions, alive);
			if (r->operation == OP_KMEM_CACHE_FREE)
				later += place - (long)batch.lines[i];
		}
	assert_int_equal(err.kind, ERROR_NONE);
	trace->ops->close(trace);
	free(alive);
	return later;
}

/* They were waited for 8 to 12 ms, 10 on average. */
static void rcu_frees_at_the_runs_pace(void **state)
{
	const struct rcu_trace oldest = { 0 };
	const long lines = RCU_FREES * LINES_OF_MS * 10;
	(void)state;
	assert_int_equal(lines_later(1, oldest), 0);
	assert_in_range(-lines_later(2, oldest), lines / 2 - 2 * RCU_FREES, lines / 2 + RCU_FREES);
	assert_in_range(lines_later(0.5, oldest), lines - RCU_FREES, lines + 2 * RCU_FREES);
}

/* Those that came last: without what holds them they would go to where they did not exist. */
static void no_free_comes_before_its_allocation(void **state)
{
	const struct rcu_trace youngest = { .freed = 40 - RCU_FREES };
	(void)state;
	assert_in_range(-lines_later(100, youngest), 1, RCU_FREES * RCU_FREES);
}

static void no_free_passes_an_rcu_barrier(void **state)
{
	(void)state;
	assert_int_equal(lines_later(0.5, (struct rcu_trace){ .barrier = true }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked_for_changes_nothing),
		cmocka_unit_test(late_processes_keep_what_binds_them),
		cmocka_unit_test(neighbours_change_places),
		cmocka_unit_test(the_seed_decides),
		cmocka_unit_test(rcu_frees_at_the_runs_pace),
		cmocka_unit_test(no_free_comes_before_its_allocation),
		cmocka_unit_test(no_free_passes_an_rcu_barrier),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
