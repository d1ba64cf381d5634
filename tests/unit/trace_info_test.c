/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What info says of a trace, against a trace made to be counted by hand. */
#include "trace_sample.h"

#include "trace/trace_info.h"

static void create_countable(struct sample *s)
{
	*s = (struct sample){ 0 };
	sample_define(s);
	definition_raise_id_max(s->table, SPACE_PAGE, 1);
	definition_raise_id_max(s->table, SPACE_MAP, 1);
	/* Two objects of filp (192 bytes held), the first freed, its id used again. */
	for (unsigned i = 0; i < 3; i++) {
		struct record *r = sample_add(s, 10 * (i + 1), OP_KMEM_CACHE_ALLOC);
		r->origin = 1;
		r->id = i == 1 ? 2 : 1;
		r->size = 184;
		if (i == 1) {
			r = sample_add(s, 25, OP_KMEM_CACHE_FREE);
			r->id = 1;
			r->task = 1;
		}
	}
	/* Freed, but allocated before the trace began. */
	sample_add(s, 40, OP_KFREE)->flags = RECORD_IDENTITY;
	/* An order-2 block because of slab; freed twice as pages of a batch are. */
	struct record *r = sample_add(s, 50, OP_MM_PAGE_ALLOC);
	r->id = 1;
	r->size = 2;
	r->flags = RECORD_EFFECT;
	r = sample_add(s, 51, OP_MM_PAGE_FREE);
	r->id = 1;
	r->flags = RECORD_NESTED;
	sample_add(s, 52, OP_MM_PAGE_FREE_BATCHED)->id = 1;
	sample_add(s, 53, OP_MM_PAGE_ALLOC)->flags = RECORD_FAILED;
	/* realloc grows what malloc gave; a mapping of 3 pages. */
	r = sample_add(s, 60, OP_MALLOC);
	r->id = 4;
	r->size = 100;
	r->cpu_detail = 9;
	r = sample_add(s, 61, OP_REALLOC);
	r->id = 4;
	r->size = 1000;
	r->flags = RECORD_EXTENDED;
	sample_add(s, 61, OP_EXTENSION);
	r = sample_add(s, 62, OP_MMAP);
	r->id = 1;
	r->size = 3;
}

static void scan_countable(struct trace_info *info, struct trace_cursor **cursor)
{
	struct sample s;
	struct error err = { 0 };
	create_countable(&s);
	sample_write(&s, path_in_directory("info.syt"), 0, SAMPLE_RECORDS_MAX);
	sample_destroy(&s);
	*cursor = syt_open(path_in_directory("info.syt"), &err);
	assert_non_null(*cursor);
	assert_int_equal(trace_info_scan(info, *cursor, &err), 0);
}

static void test_counts(void **state)
{
	(void)state;
	struct trace_info info;
	struct trace_cursor *cursor;
	scan_countable(&info, &cursor);
	assert_int_equal(info.records, 12);
	assert_int_equal(info.first_ns, 10);
	assert_int_equal(info.last_ns, 62);
	assert_int_equal(info.cpus, 2);
	assert_true(info.complete);
	assert_true(info.hash == cursor->ops->hash(cursor));
	assert_int_equal(info.operations[OP_KMEM_CACHE_ALLOC], 3);
	assert_int_equal(info.operations[OP_EXTENSION], 0);
	assert_int_equal(info.tasks[0].records, 11);
	assert_int_equal(info.tasks[1].records, 1);
	assert_int_equal(info.caches[0].allocated, 3);
	assert_int_equal(info.caches[0].live, 2);
	assert_int_equal(info.caches[0].live_max, 2);
	assert_int_equal(info.caches[1].allocated, 0);
	trace_info_free(&info);
	cursor->ops->close(cursor);
}

static void assert_space(const struct trace_info_space *s, const struct trace_info_space *expected)
{
	assert_int_equal(s->allocated, expected->allocated);
	assert_int_equal(s->freed, expected->freed);
	assert_int_equal(s->failed, expected->failed);
	assert_int_equal(s->effects, expected->effects);
	assert_int_equal(s->older, expected->older);
	assert_int_equal(s->live, expected->live);
	assert_int_equal(s->live_max, expected->live_max);
	assert_int_equal(s->requested_bytes, expected->requested_bytes);
	assert_int_equal(s->requested_bytes_max, expected->requested_bytes_max);
	assert_int_equal(s->held_bytes, expected->held_bytes);
	assert_int_equal(s->held_bytes_max, expected->held_bytes_max);
}

static void test_spaces(void **state)
{
	(void)state;
	struct trace_info info;
	struct trace_cursor *cursor;
	scan_countable(&info, &cursor);
	static const struct trace_info_space objects = { .allocated = 3,
							 .freed = 2,
							 .older = 1,
							 .live = 2,
							 .live_max = 2,
							 .requested_bytes = 368,
							 .requested_bytes_max = 368,
							 .held_bytes = 384,
							 .held_bytes_max = 384 };
	static const struct trace_info_space pages = { .allocated = 1,
						       .freed = 1,
						       .failed = 1,
						       .effects = 1,
						       .live_max = 1,
						       .requested_bytes_max = 16384,
						       .held_bytes_max = 16384 };
	static const struct trace_info_space heap = { .allocated = 1,
						      .live = 1,
						      .live_max = 1,
						      .requested_bytes = 1000,
						      .requested_bytes_max = 1000,
						      .held_bytes = 1000,
						      .held_bytes_max = 1000 };
	static const struct trace_info_space mappings = { .allocated = 1,
							  .live = 1,
							  .live_max = 1,
							  .requested_bytes = 12288,
							  .requested_bytes_max = 12288,
							  .held_bytes = 12288,
							  .held_bytes_max = 12288 };
	assert_space(&info.spaces[SPACE_OBJECT], &objects);
	assert_space(&info.spaces[SPACE_PAGE], &pages);
	assert_space(&info.spaces[SPACE_HEAP], &heap);
	assert_space(&info.spaces[SPACE_MAP], &mappings);
	trace_info_free(&info);
	cursor->ops->close(cursor);
}

static void test_printed(void **state)
{
	(void)state;
	struct trace_info info;
	struct trace_cursor *cursor;
	char *text;
	size_t size;
	scan_countable(&info, &cursor);
	FILE *out = open_memstream(&text, &size);
	trace_info_print(out, &info, cursor);
	fclose(out);
	static const char *const lines[] = {
		"records    12\n",
		"span       0.000000052 s, from 0.000000010 s\n",
		"caches     2, 1 with all parameters known\n",
		"source     hand-made\n",
		"kmem_cache_alloc                                  3   25.00%\n",
		"objects               3          0        0            2          1          2"
		"          2       368 B       384 B\n",
		"a (b)-c [1]                   7          7             11\n",
		"filp                                        184      192              3          "
		"2\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strstr(text, lines[i]))
			fail_msg("no line\n%s\nin\n%s", lines[i], text);
	free(text);
	trace_info_free(&info);
	cursor->ops->close(cursor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_spaces),
		cmocka_unit_test(test_printed),
	};
	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
