/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tracing tools printed on real kernels, record by kind. The counts of the excerpts are those
 * of their lines by event name; the effects of the recordings were counted a second time without a
 * window, by a script that looks up every object address in the pages alive at that moment.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include "../import_support.h"

#include "import/lines.h"
#include "trace/syt.h"

#define EXCERPTS   SLABYARD_SOURCE_DIR "/tests/golden/import/"
#define RECORDINGS SLABYARD_SOURCE_DIR "/workloads/samples/"

struct operation_count {
	int operation;
	size_t count, effects;
};

struct golden {
	const char *path, *format, *rule;
	struct operation_count operations[32]; /* all there are; ends with a count of 0 */
	size_t nested, bulk, failed;
	uint64_t unknown_events, null_frees, unknown_frees, undecided;
	uint32_t tasks, caches;
};

static const struct golden excerpts[] = {
	{ .path = EXCERPTS "ftrace_trace_hashed.txt",
	  .format = "ftrace",
	  .rule = "hashed pointers",
	  .operations = { { OP_KMALLOC, 6, 0 },
			  { OP_KFREE, 1, 0 },
			  { OP_KMEM_CACHE_ALLOC, 12, 0 },
			  { OP_KMEM_CACHE_FREE, 32, 0 },
			  { OP_MM_PAGE_ALLOC, 9, 1 },
			  { OP_MM_PAGE_FREE, 50, 0 },
			  { OP_MM_PAGE_FREE_BATCHED, 48, 0 } },
	  .nested = 48,
	  .unknown_events = 44,
	  .null_frees = 6,
	  .unknown_frees = 79,
	  .undecided = 6,
	  .tasks = 1,
	  .caches = 9 },
	{ .path = EXCERPTS "ftrace_trace_pipe_unhashed.txt",
	  .format = "ftrace",
	  .rule = "none",
	  .operations = { { OP_KMALLOC, 6, 0 },
			  { OP_KFREE, 1, 0 },
			  { OP_KMEM_CACHE_ALLOC, 12, 0 },
			  { OP_KMEM_CACHE_FREE, 27, 0 },
			  { OP_MM_PAGE_ALLOC, 9, 0 },
			  { OP_MM_PAGE_FREE, 53, 0 },
			  { OP_MM_PAGE_FREE_BATCHED, 45, 0 } },
	  .nested = 45,
	  .unknown_events = 46,
	  .null_frees = 1,
	  .unknown_frees = 79,
	  .undecided = 7,
	  .tasks = 2,
	  .caches = 9 },
	{ .path = EXCERPTS "ftrace_vmalloc.txt",
	  .format = "ftrace",
	  .rule = "none",
	  .operations = { { OP_EXTENSION, 9, 0 },
			  { OP_VA_ALLOC, 9, 0 },
			  { OP_VA_LAZYFREE, 10, 0 } },
	  .unknown_frees = 1,
	  .tasks = 3 },
	/* with the TGID column */
	{ .path = EXCERPTS "ftrace_oom_task_filemap.txt",
	  .format = "ftrace",
	  .rule = "none",
	  .operations = { { OP_OOM_SCORE_ADJ, 1, 0 }, { OP_MARK_VICTIM, 1, 0 } },
	  .unknown_events = 42,
	  .tasks = 2 },
	{ .path = EXCERPTS "trace-cmd_report.txt",
	  .format = "trace-cmd",
	  .rule = "none",
	  .operations = { { OP_KMALLOC, 6, 0 },
			  { OP_KFREE, 1, 0 },
			  { OP_KMEM_CACHE_ALLOC, 12, 0 },
			  { OP_KMEM_CACHE_FREE, 27, 0 },
			  { OP_MM_PAGE_ALLOC, 9, 0 },
			  { OP_MM_PAGE_FREE, 53, 0 },
			  { OP_MM_PAGE_FREE_BATCHED, 46, 0 } },
	  .nested = 46,
	  .unknown_events = 44,
	  .null_frees = 1,
	  .unknown_frees = 79,
	  .undecided = 7,
	  .tasks = 1,
	  .caches = 9 },
	{ .path = EXCERPTS "perf_kmem_script.txt",
	  .format = "perf-script",
	  .rule = "none",
	  .operations = { { OP_KMALLOC, 8, 0 },
			  { OP_KFREE, 11, 0 },
			  { OP_KMEM_CACHE_ALLOC, 34, 0 },
			  { OP_KMEM_CACHE_FREE, 2, 0 } },
	  .null_frees = 5,
	  .unknown_frees = 3,
	  .tasks = 1,
	  .caches = 4 },
	{ .path = EXCERPTS "perf_script_kmem_all.txt",
	  .format = "perf-script",
	  .rule = "none",
	  .operations = { { OP_EXTENSION, 1, 0 },
			  { OP_KMALLOC, 8, 0 },
			  { OP_KFREE, 8, 0 },
			  { OP_KMEM_CACHE_ALLOC, 29, 0 },
			  { OP_KMEM_CACHE_FREE, 2, 0 },
			  { OP_MM_PAGE_ALLOC, 9, 0 },
			  { OP_MM_PAGE_FREE, 2, 0 },
			  { OP_VA_ALLOC, 1, 0 } },
	  .unknown_events = 1,
	  .null_frees = 3,
	  .unknown_frees = 2,
	  .undecided = 8,
	  .tasks = 1,
	  .caches = 4 },
	{ .path = EXCERPTS "perf_script_exceptions_page_fault_user.txt",
	  .format = "perf-script",
	  .rule = "none",
	  .operations = { { OP_PAGE_FAULT, 60, 0 } },
	  .tasks = 2 },
	{ .path = EXCERPTS "perf_script_page_faults_d.txt",
	  .format = "perf-script",
	  .rule = "none",
	  .operations = { { OP_PAGE_FAULT, 60, 0 } },
	  .tasks = 2 },
};

static const struct golden recordings[] = {
	{ .path = RECORDINGS "kmix-slub/trace.txt.zst",
	  .format = "ftrace",
	  .rule = "direct map",
	  .operations = { { OP_FORK, 1, 0 },
			  { OP_EXEC, 1, 0 },
			  { OP_EXIT, 1, 0 },
			  { OP_KMALLOC, 10534, 0 },
			  { OP_KFREE, 10519, 0 },
			  { OP_KMEM_CACHE_CREATE, 12, 0 },
			  { OP_KMEM_CACHE_DESTROY, 12, 0 },
			  { OP_KMEM_CACHE_SHRINK, 12, 0 },
			  { OP_KMEM_CACHE_ALLOC, 9376, 0 },
			  { OP_KMEM_CACHE_FREE, 9278, 0 },
			  { OP_MM_PAGE_ALLOC, 160, 119 },
			  { OP_MM_PAGE_FREE, 106, 65 },
			  { OP_MM_PAGE_FREE_BATCHED, 37, 0 },
			  { OP_MM_PAGE_ALLOC_ZONE_LOCKED, 128, 128 },
			  { OP_MM_PAGE_PCPU_DRAIN, 526, 526 },
			  { OP_PAGE_FAULT, 49, 0 },
			  { OP_MARK, 13, 0 },
			  { OP_RCU_BARRIER, 1, 0 } },
	  .nested = 37,
	  .bulk = 46,
	  .null_frees = 34,
	  .unknown_frees = 68,
	  .undecided = 13,
	  .tasks = 4,
	  .caches = 33 },
	{ .path = RECORDINGS "pages-slub/trace.txt.zst",
	  .format = "ftrace",
	  .rule = "direct map",
	  .operations = { { OP_FORK, 1, 0 },
			  { OP_EXEC, 1, 0 },
			  { OP_EXIT, 1, 0 },
			  { OP_KMALLOC, 112, 0 },
			  { OP_KFREE, 112, 0 },
			  { OP_KMEM_CACHE_ALLOC, 605, 0 },
			  { OP_KMEM_CACHE_FREE, 578, 0 },
			  { OP_MM_PAGE_ALLOC, 12115, 2 },
			  { OP_MM_PAGE_FREE, 12078, 0 },
			  { OP_MM_PAGE_FREE_BATCHED, 37, 0 },
			  { OP_MM_PAGE_ALLOC_ZONE_LOCKED, 7544, 7544 },
			  { OP_MM_PAGE_PCPU_DRAIN, 7284, 7284 },
			  { OP_MM_PAGE_ALLOC_EXTFRAG, 68, 68 },
			  { OP_PAGE_FAULT, 49, 0 },
			  { OP_MARK, 12, 0 } },
	  .nested = 37,
	  .bulk = 46,
	  .failed = 35,
	  .null_frees = 14,
	  .unknown_frees = 68,
	  .undecided = 270,
	  .tasks = 4,
	  .caches = 18 },
	{ .path = RECORDINGS "user-sh-slub/trace.txt.zst",
	  .format = "ftrace",
	  .rule = "direct map",
	  .operations = { { OP_EXTENSION, 109, 0 },
			  { OP_FORK, 279, 0 },
			  { OP_EXEC, 98, 0 },
			  { OP_EXIT, 279, 0 },
			  { OP_KMALLOC, 1150, 0 },
			  { OP_KFREE, 1144, 0 },
			  { OP_KMEM_CACHE_ALLOC, 64721, 0 },
			  { OP_KMEM_CACHE_FREE, 64119, 0 },
			  { OP_MM_PAGE_ALLOC, 14795, 264 },
			  { OP_MM_PAGE_FREE, 14618, 164 },
			  { OP_MM_PAGE_FREE_BATCHED, 12340, 0 },
			  { OP_MM_PAGE_ALLOC_ZONE_LOCKED, 2705, 2705 },
			  { OP_MM_PAGE_PCPU_DRAIN, 2543, 2543 },
			  { OP_PAGE_FAULT, 15795, 0 },
			  { OP_MARK, 6, 0 },
			  { OP_BULK_BEGIN, 109, 0 },
			  { OP_BULK_END, 109, 0 },
			  { OP_VA_ALLOC, 109, 0 },
			  { OP_VA_LAZYFREE, 107, 0 } },
	  .nested = 12340,
	  .bulk = 9360,
	  .null_frees = 384,
	  .unknown_frees = 95,
	  .undecided = 304,
	  .tasks = 284,
	  .caches = 20 },
};

static void check_operations(const struct golden *g, const struct imported *in)
{
	size_t expected[OPERATION_COUNT] = { 0 }, effects[OPERATION_COUNT] = { 0 };
	for (const struct operation_count *o = g->operations; o->count; o++) {
		expected[o->operation] = o->count;
		effects[o->operation] = o->effects;
	}
	for (int i = 0; i < OPERATION_COUNT; i++) {
		if (in->of_operation[i] != expected[i] || in->effects_of[i] != effects[i])
			fail_msg("%s: %zu %s, %zu of them effects; expected %zu and %zu", g->path,
				 in->of_operation[i], operation_table[i].name, in->effects_of[i],
				 expected[i], effects[i]);
	}
}

static void check_golden(const struct golden *g)
{
	struct imported in;
	support_import(g->path, NULL, &in);
	check_operations(g, &in);
	assert_string_equal(in.cursor->format, g->format);
	assert_string_equal(in.report.effect_rule, g->rule);
	assert_int_equal(in.with_flag[6], g->nested);
	assert_int_equal(in.with_flag[3], g->bulk);
	assert_int_equal(in.with_flag[2], g->failed);
	assert_int_equal(in.report.unknown_events, g->unknown_events);
	assert_int_equal(in.report.null_frees, g->null_frees);
	assert_int_equal(in.report.unknown_frees, g->unknown_frees);
	assert_int_equal(in.report.unparsed, 0);
	assert_int_equal(in.report.undecided, g->undecided);
	assert_int_equal(in.report.double_allocs, 0);
	assert_int_equal(in.report.out_of_order, 0);
	assert_int_equal(in.report.unknown_gfp, 0);
	assert_int_equal(in.cursor->definitions->task_count, g->tasks);
	assert_int_equal(in.cursor->definitions->cache_count, g->caches);
	support_close(&in);
}

static void excerpts_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(excerpts) / sizeof(excerpts[0]); i++)
		check_golden(&excerpts[i]);
}

static void recordings_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++)
		check_golden(&recordings[i]);
}

/* Writes the recording as a stock kernel had printed it. */
static void strip_to_stock(const char *path, FILE *out)
{
	struct error err = { 0 };
	struct lines *lines = lines_open(path, &err);
	char *line;
	size_t length;
	assert_non_null(lines);
	while (lines_next(lines, &line, &length, &err) == 1) {
		if (strstr(line, ": LAB ") || strstr(line, "_bulk"))
			continue;
		char *name = strstr(line, " kmem_cache_alloc: ") ? strstr(line, " name=") : NULL;
		if (name)
			*name = '\0';
		fprintf(out, "%s\n", line);
	}
	lines_close(lines);
}

/* What a stock 6.1 does not print costs names of caches, and no cause nor effect. */
static void stock_traces_tell_the_same_effects(void **state)
{
	char path[64];
	struct imported in;
	size_t named = 0;
	(void)state;
	support_write("", 0, path);
	FILE *out = fopen(path, "w");
	strip_to_stock(recordings[0].path, out);
	fclose(out);
	support_import(path, NULL, &in);
	unlink(path);
	assert_int_equal(in.effects_of[OP_MM_PAGE_ALLOC], 119);
	assert_int_equal(in.effects_of[OP_MM_PAGE_FREE], 65);
	assert_int_equal(in.report.cache_conflicts, 0);
	for (size_t i = 0; i < in.count; i++) {
		if (in.records[i].operation == OP_KMEM_CACHE_ALLOC)
			named += support_cache(&in, i)->named;
	}
	/* The rest is alive at the end, or was freed by calls that stock kernels do not trace. */
	assert_int_equal(in.of_operation[OP_KMEM_CACHE_ALLOC], 9344);
	assert_int_equal(named, 9274);
	support_close(&in);
}

static void dumps_import_as_what_was_dumped(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		struct imported in;
		struct error err = { 0 };
		char path[64];
		support_write("", 0, path);
		FILE *out = fopen(path, "w");
		struct trace_cursor *cursor = import_open(recordings[i].path, NULL, NULL, &err);
		assert_int_equal(trace_dump(cursor, out, &err), 0);
		fclose(out);
		uint64_t hash = cursor->ops->hash(cursor);
		cursor->ops->close(cursor);
		support_import(path, NULL, &in);
		unlink(path);
		assert_int_equal(in.hash, hash);
		assert_int_equal(in.report.unparsed, 0);
		support_close(&in);
	}
}

/* Peak memory in KiB of importing a recording `times` in a row. */
static long peak_kib(const char *path, unsigned times)
{
	char repeated[64];
	support_write("", 0, repeated);
	FILE *out = fopen(repeated, "w");
	for (unsigned i = 0; i < times; i++)
		strip_to_stock(path, out);
	fclose(out);
	pid_t child = fork();
	if (child == 0) {
		struct error err = { 0 };
		struct batch batch;
		struct trace_cursor *cursor = import_open(repeated, NULL, NULL, &err);
		while (cursor && cursor->ops->next(cursor, &batch, &err) == 1)
			;
		_exit(cursor == NULL);
	}
	struct rusage usage;
	int status;
	assert_int_equal(wait4(child, &status, 0, &usage), child);
	assert_int_equal(status, 0);
	unlink(repeated);
	return usage.ru_maxrss;
}

static void memory_does_not_grow_with_length(void **state)
{
	(void)state;
	long once = peak_kib(recordings[0].path, 4);
	long often = peak_kib(recordings[0].path, 24);
	print_message("peak memory: %ld KiB for 163 thousand lines, %ld KiB for 978 thousand\n",
		      once, often);
	assert_true(often < once + 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(excerpts_are_read),
		cmocka_unit_test(recordings_are_read),
		cmocka_unit_test(stock_traces_tell_the_same_effects),
		cmocka_unit_test(dumps_import_as_what_was_dumped),
		cmocka_unit_test(memory_does_not_grow_with_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
