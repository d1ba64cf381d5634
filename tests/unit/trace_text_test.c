/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A dump read back is the same trace: every operation, every field, and real recordings. */
#include "trace_sample.h"

#include "base/rng.h"
#include "generate/generate.h"
#include "import/import.h"

static uint64_t hash_to_end(struct trace_cursor *cursor)
{
	struct batch batch;
	struct error err;
	int result;
	assert_non_null(cursor);
	while ((result = cursor->ops->next(cursor, &batch, &err)) == 1)
		;
	if (result != 0)
		fail_msg("%s", err.message);
	return cursor->ops->hash(cursor);
}

static uint64_t hash_of_syt(const char *path)
{
	struct trace_cursor *cursor = syt_open(path, NULL);
	uint64_t hash = hash_to_end(cursor);
	cursor->ops->close(cursor);
	return hash;
}

static uint64_t hash_of_text(const char *path)
{
	struct import_options options = { .format = NULL };
	struct error err = { 0 };
	struct trace_cursor *cursor = import_open(path, &options, NULL, &err);
	if (!cursor)
		fail_msg("%s", err.message);
	uint64_t hash = hash_to_end(cursor);
	cursor->ops->close(cursor);
	return hash;
}

static void dump_to(const char *path, const char *syt)
{
	struct error err;
	struct trace_cursor *cursor = syt_open(syt, &err);
	FILE *out = fopen(path, "w");
	assert_int_equal(trace_dump(cursor, out, &err), 0);
	fclose(out);
	cursor->ops->close(cursor);
}

static void assert_round_trip(const char *syt)
{
	char text[128];
	snprintf(text, sizeof(text), "%s", path_in_directory("dump.txt"));
	dump_to(text, syt);
	assert_true(hash_of_text(text) == hash_of_syt(syt));
}

static void write_cursor(const char *path, struct trace_cursor *cursor)
{
	struct syt_writer_options options = { .compression_level = 1 };
	struct syt_writer *writer = syt_writer_open(path, &options, NULL);
	struct batch batch;
	struct error err = { 0 };
	int result;
	while ((result = cursor->ops->next(cursor, &batch, &err)) == 1)
		assert_int_equal(syt_writer_append(writer, cursor->definitions, &batch, &err), 0);
	if (result != 0)
		fail_msg("%s", err.message);
	assert_int_equal(syt_writer_finish(writer, cursor->definitions, &err), 0);
}

/* Any operation with any values; its names and origins are the sample's. */
static void add_random(struct sample *s, struct rng *rng, unsigned op, uint64_t time_ns)
{
	struct record *r = sample_add(s, time_ns, (enum operation)op);
	r->flags = (uint8_t)(rng_u32(rng) &
			     (RECORD_IRQ | RECORD_EFFECT | RECORD_FAILED | RECORD_BULK |
			      RECORD_IDENTITY | RECORD_EXTENDED | RECORD_NESTED | RECORD_PART));
	r->cpu_detail = (uint16_t)rng_u32(rng);
	r->task = (uint32_t)rng_below(rng, s->definitions->task_count);
	r->origin = (uint32_t)rng_below(rng, s->definitions->origin_count);
	r->id = (uint32_t)rng_below(rng, 5);
	r->size = rng_u32(rng);
	r->address = (uint64_t)rng_u32(rng) << 32 | rng_u32(rng);
	if (!(r->flags & RECORD_EXTENDED))
		return;
	r = sample_add(s, time_ns, OP_EXTENSION);
	*r = (struct record){ .task = rng_u32(rng),
			      .origin = rng_u32(rng),
			      .id = rng_u32(rng),
			      .size = rng_u32(rng),
			      .address = rng_u32(rng) };
}

static void test_every_operation(void **state)
{
	(void)state;
	struct rng *rng = rng_create(1, "trace_text_test");
	for (unsigned op = 1; op < OPERATION_COUNT; op++) {
		struct sample s = { 0 };
		sample_define(&s);
		/* A second thread of the same name and number is another task. */
		definition_add_task(s.table, &s.definitions->tasks[0], NULL);
		for (unsigned space = 1; space < SPACE_COUNT; space++)
			definition_raise_id_max(s.table, space, 9);
		for (unsigned i = 0; i < 30; i++)
			add_random(&s, rng, op, 1000 * i);
		sample_write(&s, path_in_directory("any.syt"), 0, SAMPLE_RECORDS_MAX);
		char text[128], syt[128];
		snprintf(text, sizeof(text), "%s", path_in_directory("any.txt"));
		snprintf(syt, sizeof(syt), "%s", path_in_directory("any.syt"));
		dump_to(text, syt);
		if (hash_of_text(text) != hash_of_syt(syt))
			fail_msg("%s does not come back", operation_table[op].name);
		sample_destroy(&s);
	}
	rng_destroy(rng);
}

static void test_generated(void **state)
{
	(void)state;
	for (int mix = GENERATE_KMALLOC; mix <= GENERATE_PAGES; mix++) {
		struct generate_params params = { 0 };
		option_defaults(generate_options, &params);
		params.mix = mix;
		params.records = 20000;
		params.order_max = 10;
		params.cpus = 3;
		struct trace_cursor *cursor = generate_open(&params, NULL);
		char path[128];
		snprintf(path, sizeof(path), "%s", path_in_directory("generated.syt"));
		write_cursor(path, cursor);
		cursor->ops->close(cursor);
		assert_round_trip(path);
	}
}

/* Text, the .syt made of it, and that one's dump: one hash. */
static void test_recordings(void **state)
{
	(void)state;
	static const char *const names[] = { "kmix-slub", "pages-slub", "user-sh-slub" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char recording[512], path[128];
		struct import_options options = { .format = NULL };
		struct error err = { 0 };
		snprintf(recording, sizeof(recording), "%s/workloads/samples/%s/trace.txt.zst",
			 SLABYARD_SOURCE_DIR, names[i]);
		snprintf(path, sizeof(path), "%s", path_in_directory("recording.syt"));
		struct trace_cursor *cursor = import_open(recording, &options, NULL, &err);
		if (!cursor)
			fail_msg("%s", err.message);
		write_cursor(path, cursor);
		assert_true(cursor->ops->hash(cursor) == hash_of_syt(path));
		cursor->ops->close(cursor);
		assert_round_trip(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_operation),
		cmocka_unit_test(test_generated),
		cmocka_unit_test(test_recordings),
	};
	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
