/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Closed timing against its definition, on random traces: a record begins once its thread has ended
 * the one before and thought as long as it did in the recording, and once the latest record before
 * it on the same id has ended. Each thread has a CPU of its own, so nothing else makes it wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "core/operation.h"
#include "slab/slab.h"
#include "slabyard.h"
#include "trace/syt.h"

enum { THREADS = 7, IDS = 50, SEEDS = 12, SHORT = 2000, LONGER_THAN_WINDOW = 150000 };

/* A slab policy that notes when each operation begins, and takes one cleared page for each byte. */
static struct work *work;
static uint64_t *begun_ns;
static uint32_t *number_of_call, calls;

static void *timed_create(const struct page_source *pages, const void *params,
			  const struct services *services, struct error *err)
{
	const struct policy_info *null = policy_find(&slab_policies, "null");
	work = services->work;
	return slab_policy_of(null)->create(pages, params, services, err);
}

/* The request's task tells nothing of the record: its origin is the record's number here. */
static void note(const struct request *request)
{
	number_of_call[calls++] = request->origin - 1;
	begun_ns[request->origin - 1] = request->time_ns;
	work_count_n(work, WORK_zero_page, request->bytes);
}

static object_t timed_kmalloc(void *state, const struct request *request, uint32_t bytes)
{
	(void)state;
	(void)bytes;
	note(request);
	return 4096;
}

static void timed_kfree(void *state, const struct request *request, object_t object)
{
	(void)state;
	assert_int_equal(object, 4096);
	note(request);
}

static struct slab_policy timed_policy;

static int add_policy(void **state)
{
	(void)state;
	struct error err = { 0 };
	timed_policy = *slab_policy_of(policy_find(&slab_policies, "null"));
	timed_policy.info.name = "timed";
	timed_policy.create = timed_create;
	timed_policy.kmalloc = timed_kmalloc;
	timed_policy.kfree = timed_kfree;
	return policy_add(&slab_policies, &timed_policy.info, &err);
}

static void pick_records(struct rng *rng, struct record *records, uint32_t count)
{
	bool live[IDS + 1] = { false };
	uint32_t time = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = 1 + (uint32_t)rng_below(rng, IDS);
		uint32_t thread = (uint32_t)rng_below(rng, THREADS);
		time += (uint32_t)rng_below(rng, 20);
		records[i] = (struct record){
			.time = time,
			.operation = live[id] ? OP_KFREE : OP_KMALLOC,
			.cpu_detail = (uint16_t)thread,
			.task = thread,
			.origin = 1 + i,
			.id = id,
			.size = (uint32_t)rng_below(rng, rng_below(rng, 20) ? 50 : 3000),
		};
		live[id] = !live[id];
	}
}

/* When each record begins, by the definition: one pass, as all that it waits for is before it. */
static void expect_times(const struct record *records, uint32_t count, uint64_t *expected_ns)
{
	uint64_t ended[THREADS] = { 0 }, recorded[THREADS] = { 0 }, id_ended[IDS + 1] = { 0 };
	bool seen[THREADS] = { false };
	for (uint32_t i = 0; i < count; i++) {
		const struct record *r = &records[i];
		uint64_t begin = r->time;
		if (seen[r->task])
			begin = ended[r->task] + (r->time - recorded[r->task]);
		if (begin < id_ended[r->id])
			begin = id_ended[r->id];
		expected_ns[i] = begin;
		ended[r->task] = id_ended[r->id] = begin + r->size;
		recorded[r->task] = r->time;
		seen[r->task] = true;
	}
}

static void write_trace(const char *path, const struct record *records, uint32_t count)
{
	struct error err = { 0 };
	struct definition_table *table = definition_table_create();
	for (uint32_t i = 0; i < THREADS; i++)
		definition_add_task(table, &(struct task_def){ .tid = 100 + i }, NULL);
	for (uint32_t i = 0; i < count; i++)
		definition_add_origin(table, &(struct origin_def){ .cache = CACHE_NONE }, NULL);
	definition_raise_id_max(table, SPACE_OBJECT, IDS);
	const struct syt_writer_options options = { 0 };
	const struct batch batch = { .records = records, .count = count };
	struct syt_writer *writer = syt_writer_open(path, &options, &err);
	if (!writer || syt_writer_append(writer, definition_table_view(table), &batch, &err) != 0 ||
	    syt_writer_finish(writer, definition_table_view(table), &err) != 0)
		fail_msg("%s", err.message);
	definition_table_destroy(table);
}

static struct slabyard_summary *replay(const struct record *records, uint32_t count)
{
	static const char *const settings[] = { "machine.cpus=7", "machine.memory=16MiB",
						"slab.policy=timed", "page.policy=null",
						"cost.constant.zero_page_ns=1" };
	char path[] = "/tmp/slabyard-closed-XXXXXX";
	struct error err = { 0 };
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	write_trace(path, records, count);
	struct config *config = config_create(slabyard_config_schema(), &err);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (config_set(config, settings[i], &err) != 0)
			fail_msg("%s", err.message);
	struct slabyard_run run = { .trace = path, .timing = SLABYARD_TIMING_CLOSED };
	calls = 0;
	struct slabyard_summary *summary = slabyard_run(config, &run, &err);
	if (!summary)
		fail_msg("%s", err.message);
	config_destroy(config);
	unlink(path);
	return summary;
}

static struct record *make(uint64_t seed, uint32_t count)
{
	struct rng *rng = rng_create(seed, "test.closed");
	struct record *records = calloc(count, sizeof(*records));
	begun_ns = calloc(count, sizeof(*begun_ns));
	number_of_call = calloc(count, sizeof(*number_of_call));
	pick_records(rng, records, count);
	rng_destroy(rng);
	return records;
}

static void discard(struct record *records)
{
	free(records);
	free(begun_ns);
	free(number_of_call);
}

static void begins_as_defined(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct record *records = make(seed, SHORT);
		uint64_t *expected_ns = calloc(SHORT, sizeof(*expected_ns));
		struct slabyard_summary *summary = replay(records, SHORT);
		expect_times(records, SHORT, expected_ns);
		assert_int_equal(calls, SHORT);
		assert_memory_equal(begun_ns, expected_ns, SHORT * sizeof(*expected_ns));
		assert_int_equal(summary->stalls, 0);
		slabyard_summary_free(summary);
		free(expected_ns);
		discard(records);
	}
}

/* Look-ahead is bounded: times may be later than defined, the order that must be kept is kept. */
static void keeps_order_beyond_the_window(void **state)
{
	(void)state;
	struct record *records = make(SEEDS + 1, LONGER_THAN_WINDOW);
	uint64_t *expected_ns = calloc(LONGER_THAN_WINDOW, sizeof(*expected_ns));
	struct slabyard_summary *summary = replay(records, LONGER_THAN_WINDOW);
	expect_times(records, LONGER_THAN_WINDOW, expected_ns);
	assert_int_equal(calls, LONGER_THAN_WINDOW);
	uint64_t ended[THREADS] = { 0 }, id_ended[IDS + 1] = { 0 };
	for (uint32_t i = 0; i < LONGER_THAN_WINDOW; i++) {
		const struct record *r = &records[i];
		assert_true(begun_ns[i] >= ended[r->task] && begun_ns[i] >= id_ended[r->id]);
		assert_true(begun_ns[i] >= expected_ns[i]);
		ended[r->task] = id_ended[r->id] = begun_ns[i] + r->size;
	}
	for (uint32_t i = 1; i < calls; i++)
		assert_true(begun_ns[number_of_call[i]] >= begun_ns[number_of_call[i - 1]]);
	slabyard_summary_free(summary);
	free(expected_ns);
	discard(records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_as_defined),
		cmocka_unit_test(keeps_order_beyond_the_window),
	};
	return cmocka_run_group_tests(tests, add_policy, NULL);
}
