/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generated traces keep the rules of ids and times, and repeat exactly. */
#include "trace_sample.h"

#include "generate/generate.h"

static struct generate_params params_of(int mix, uint64_t records)
{
	struct generate_params params = { 0 };
	option_defaults(generate_options, &params);
	params.mix = mix;
	params.records = records;
	params.live = 1000;
	params.order_max = 3;
	params.cpus = 4;
	params.run_length = 300;
	return params;
}

/* Follows a trace and fails on a time that goes back or an id used against the rules. */
struct model {
	struct record alive[SPACE_COUNT][4096]; /* by id; operation 0: not alive */
	uint64_t alive_count, alive_max, records, last_ns;
};

static void model_record(struct model *m, const struct record *r, uint64_t time_ns)
{
	const struct operation_info *info = &operation_table[r->operation];
	assert_true(time_ns >= m->last_ns);
	assert_true(r->id < 4096);
	m->last_ns = time_ns;
	m->records++;
	struct record *owner = &m->alive[info->space][r->id];
	if (info->ids == ID_ALLOC) {
		assert_int_equal(owner->operation, 0);
		*owner = *r;
		m->alive_count++;
	} else if (info->ids == ID_FREE) {
		assert_int_not_equal(owner->operation, 0);
		assert_int_equal(owner->size, r->size);
		owner->operation = 0;
		m->alive_count--;
	}
	m->alive_max = m->alive_count > m->alive_max ? m->alive_count : m->alive_max;
}

static uint64_t model_run(struct model *m, struct trace_cursor *cursor)
{
	struct batch batch;
	struct error err;
	int result;
	memset(m, 0, sizeof(*m));
	while ((result = cursor->ops->next(cursor, &batch, &err)) == 1) {
		assert_true(batch.first_record == m->records);
		for (uint32_t i = 0; i < batch.count; i++) {
			const struct record *r = &batch.records[i];
			assert_true(r->task < cursor->definitions->task_count);
			assert_true(r->origin < cursor->definitions->origin_count);
			model_record(m, r, batch.base_ns + r->time);
		}
	}
	assert_int_equal(result, 0);
	return cursor->ops->hash(cursor);
}

static struct model model;

static void test_mixes(void **state)
{
	(void)state;
	for (int mix = GENERATE_KMALLOC; mix <= GENERATE_PAGES; mix++) {
		struct generate_params params = params_of(mix, 20000);
		uint64_t hashes[3];
		for (unsigned i = 0; i < 3; i++) {
			params.seed = i == 2 ? 2 : 1;
			struct trace_cursor *cursor = generate_open(&params, NULL);
			hashes[i] = model_run(&model, cursor);
			cursor->ops->close(cursor);
			assert_int_equal(model.records, 20000);
			assert_in_range(model.alive_max, mix == GENERATE_RUNS ? 300 : 501, 1000);
		}
		assert_true(hashes[0] == hashes[1]);
		assert_true(hashes[0] != hashes[2]);
	}
}

static void test_runs_are_runs(void **state)
{
	(void)state;
	struct generate_params params = params_of(GENERATE_RUNS, 6000);
	params.cpus = 1;
	struct trace_cursor *cursor = generate_open(&params, NULL);
	struct batch batch;
	uint32_t changes = 0, last = OP_KMALLOC;
	while (cursor->ops->next(cursor, &batch, NULL) == 1) {
		for (uint32_t i = 0; i < batch.count; i++) {
			changes += batch.records[i].operation != last;
			last = batch.records[i].operation;
		}
	}
	assert_int_equal(changes, 6000 / 300 - 1);
	cursor->ops->close(cursor);
}

/* Golden: another compiler or machine must give the same trace. */
static void test_same_everywhere(void **state)
{
	(void)state;
	static const uint64_t hashes[] = { 0xb269ed4e473775b9, 0x943e744a53cb3c5e,
					   0xafe0157eac23b926, 0x26403d8c394cb70e };
	for (int mix = GENERATE_KMALLOC; mix <= GENERATE_PAGES; mix++) {
		struct generate_params params = params_of(mix, 10000);
		struct trace_cursor *cursor = generate_open(&params, NULL);
		uint64_t hash = model_run(&model, cursor);
		if (hash != hashes[mix])
			fail_msg("mix %d: 0x%016llx", mix, (unsigned long long)hash);
		cursor->ops->close(cursor);
	}
}

static struct trace_cursor *open_path(void *context, struct error *err)
{
	return syt_open(context, err);
}

static void write_cursor(const char *path, struct trace_cursor *cursor)
{
	struct syt_writer *writer = syt_writer_open(path, NULL, NULL);
	struct batch batch;
	while (cursor->ops->next(cursor, &batch, NULL) == 1)
		assert_int_equal(syt_writer_append(writer, cursor->definitions, &batch, NULL), 0);
	assert_int_equal(syt_writer_finish(writer, cursor->definitions, NULL), 0);
}

static void test_repeats(void **state)
{
	(void)state;
	struct generate_params params = params_of(GENERATE_CACHE, 12345);
	char path[128];
	snprintf(path, sizeof(path), "%s", path_in_directory("once.syt"));
	struct trace_cursor *cursor = generate_open(&params, NULL);
	write_cursor(path, cursor);
	cursor->ops->close(cursor);

	struct trace_source source = { open_path, path };
	cursor = syt_open(path, NULL);
	model_run(&model, cursor);
	cursor->ops->close(cursor);
	uint64_t left = model.alive_count, duration = model.last_ns;
	assert_true(left > 0);

	cursor = generate_repeat(&source, 3, NULL);
	uint64_t hash = model_run(&model, cursor);
	assert_int_equal(model.records, 3 * (12345 + left));
	assert_int_equal(model.alive_count, 0);
	assert_true(model.last_ns >= 3 * duration);
	assert_true(cursor->ops->progress(cursor) == 1.0);
	cursor->ops->close(cursor);

	/* A repeated trace is one that can be written and read. */
	struct reading reading;
	struct error err;
	cursor = generate_repeat(&source, 3, NULL);
	write_cursor(path_in_directory("thrice.syt"), cursor);
	cursor->ops->close(cursor);
	assert_int_equal(reading_of(path_in_directory("thrice.syt"), &reading, &err), 0);
	assert_true(reading.hash == hash);
}

static void test_repeat_of_nothing(void **state)
{
	(void)state;
	struct error err = { 0 };
	char path[] = "/nonexistent.syt";
	struct trace_source source = { open_path, path };
	assert_null(generate_repeat(&source, 3, &err));
	assert_string_equal(err.message,
			    "/nonexistent.syt: cannot open: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mixes),
		cmocka_unit_test(test_runs_are_runs),
		cmocka_unit_test(test_same_everywhere),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_repeat_of_nothing),
	};
	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
