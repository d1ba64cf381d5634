/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A perturbed trace: the same records, each task's in its order, allocations before their frees. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked_for_changes_nothing),
		cmocka_unit_test(late_processes_keep_what_binds_them),
		cmocka_unit_test(neighbours_change_places),
		cmocka_unit_test(the_seed_decides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
