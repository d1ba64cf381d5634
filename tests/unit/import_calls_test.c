/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tools print of a program's calls: each format by its own lines, and what is done about them.
 */
#include "../import_support.h"

#include "call_samples.h"

static void expect_operation(const struct imported *in, size_t i, enum operation operation,
			     uint64_t address, uint64_t bytes)
{
	assert_true(i < in->count);
	assert_int_equal(in->records[i].operation, operation);
	assert_int_equal(in->records[i].address, address);
	assert_int_equal(in->records[i].size, bytes);
}

static void import_sample(const char *text, const char *format, struct imported *in)
{
	support_import_text(text, in);
	assert_string_equal(in->cursor->format, format);
	assert_non_null(in->report.cannot_tell);
	assert_non_null(in->report.assumed);
	assert_string_equal(definitions_meta(in->cursor->definitions, "source"), format);
	assert_string_equal(definitions_meta(in->cursor->definitions, "assumed"),
			    in->report.assumed);
}

static void mtrace_lines(void **state)
{
	struct imported in;

	(void)state;
	import_sample(sample_mtrace, "mtrace", &in);
	assert_int_equal(in.report.events, 5);
	expect_operation(&in, 0, OP_MALLOC, 0x55d0, 16);
	expect_operation(&in, 1, OP_REALLOC, 0x66d0, 5000);
	assert_int_equal(in.records[1].id, in.records[0].id);
	assert_int_equal(in.records[2].operation, OP_EXTENSION);
	assert_int_equal(in.records[2].address, 0x55d0);
	/* A failed one leaves the block as it is. */
	assert_int_equal(in.records[3].operation, OP_REALLOC);
	assert_true(in.records[3].flags & RECORD_FAILED);
	expect_operation(&in, 5, OP_FREE, 0x66d0, 5000);
	assert_true(in.records[6].flags & RECORD_FAILED);
	support_close(&in);
}

static void ltrace_lines(void **state)
{
	struct imported in;

	(void)state;
	import_sample(sample_ltrace, "ltrace", &in);
	/* It begins where a heap's first block lies: the program is seen from its start. */
	expect_operation(&in, 0, OP_PROCESS_START, 0x55af913e1000, 0);
	expect_operation(&in, 1, OP_CALLOC, 0x55af913e12a0, 272);
	expect_operation(&in, 2, OP_MALLOC, 0x7f5a0c000b70, 16);
	assert_int_equal(in.cursor->definitions->tasks[in.records[2].task].tid, 102);
	/* The call that another thread's line broke in two stands where it ends. */
	expect_operation(&in, 3, OP_MALLOC, 0x7f5a14000b70, 53);
	/* A free stands where it begins. */
	expect_operation(&in, 4, OP_FREE, 0x7f5a0c000b70, 16);
	expect_operation(&in, 5, OP_MALLOC, 0x7f5a0c000b70, 10);
	/* The malloc inside a realloc is part of it. */
	expect_operation(&in, 6, OP_MALLOC, 0x55af913e1400, 100);
	assert_int_equal(in.report.nested_calls, 1);
	assert_int_equal(in.report.hidden_blocks, 1);
	assert_int_equal(in.report.hidden_found, 1);
	assert_int_equal(in.records[7].operation, OP_MEMALIGN);
	assert_int_equal(support_origin(&in, 7)->align, 4096);
	assert_int_equal(in.records[8].operation, OP_FREE);
	assert_int_equal(in.records[8].id, in.records[7].id);
	expect_operation(&in, 9, OP_MEMALIGN, 0x55af913e2000, 200);
	assert_int_equal(in.records[10].operation, OP_MALLOPT);
	assert_int_equal((int64_t)in.records[10].address, -1);
	assert_int_equal(in.records[11].operation, OP_THREAD_EXIT);
	assert_int_equal(in.records[12].operation, OP_EXIT);
	assert_int_equal(in.report.lost_returns, 1);
	assert_int_equal(in.report.unknown_events, 1);
	assert_string_equal(in.report.unknown_top[0].name, "strlen");
	assert_int_equal(in.times_ns[1], 0);
	assert_int_equal(in.times_ns[2], 1500000);
	support_close(&in);
}

/* One call as the program's and as the library's: whichever line of it ltrace misses. */
static void ltrace_calls_told_twice(void **state)
{
	static const char *const parts[] = {
		"7 malloc(24, 0x1, 0x2, 0 <unfinished ...>\n",
		"7 malloc@libc.so.6(24, 0x1, 0x2, 0) = 0x5000\n",
		"7 <... malloc resumed> ) = 0x5000\n",
	};
	enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

	(void)state;
	for (unsigned missed = 0; missed <= PARTS; missed++) {
		struct imported in;
		char text[512] = "";

		for (unsigned i = 0; i < PARTS; i++)
			strcat(text, i == missed ? "" : parts[i]);
		strcat(text, "7 malloc@libc.so.6(48, 0x1, 0x2, 0) = 0x6000\n"
			     "7 realloc(0x6000, 64 <unfinished ...>\n"
			     "7 realloc@libc.so.6(0x6000, 64, 0x2, 0 <unfinished ...>\n"
			     "7 malloc@libc.so.6(64, 0x1, 0x2, 0) = 0x7000\n"
			     "7 <... realloc resumed> ) = 0x7000\n"
			     "7 <... realloc resumed> ) = 0x7000\n");
		import_sample(text, "ltrace", &in);
		assert_int_equal(in.count, 4); /* a realloc has an extension */
		expect_operation(&in, 0, OP_MALLOC, 0x5000, 24);
		expect_operation(&in, 1, OP_MALLOC, 0x6000, 48);
		expect_operation(&in, 2, OP_REALLOC, 0x7000, 64);
		support_close(&in);
	}
}

static void strace_lines(void **state)
{
	const struct record *r;
	struct imported in;

	(void)state;
	import_sample(sample_strace, "strace", &in);
	expect_operation(&in, 0, OP_PROCESS_START, 0x55ce2658d000, 0);
	expect_operation(&in, 1, OP_MMAP, 0x7f1e4a5c4000, 2);
	assert_int_equal(in.records[2].origin, 3);
	assert_int_equal(in.records[2].task, 0x22);
	r = &in.records[3];
	assert_int_equal(r->operation, OP_MMAP);
	assert_true(r->flags & RECORD_FAILED);
	expect_operation(&in, 5, OP_BRK, 0x55ce265ae000, 0);
	assert_int_equal(record_detail(&in.records[5]), 1);
	expect_operation(&in, 6, OP_MPROTECT, 0x7f1e44021000, 1);
	assert_int_equal(record_detail(&in.records[6]), 3);
	expect_operation(&in, 7, OP_MADVISE, 0x7f1e4a5c4000, 1);
	assert_int_equal(in.records[8].origin, 4);
	expect_operation(&in, 9, OP_MREMAP, 0x7f1e4b000000, 4);
	assert_int_equal(in.records[10].address, 0x7f1e4a5c4000);
	expect_operation(&in, 11, OP_MUNMAP, 0x7f1e4b000000, 4);
	/* Another program: its break is its own. */
	expect_operation(&in, 12, OP_PROCESS_START, 0x564000000000, 0);
	r = &in.records[12];
	assert_int_equal(in.cursor->definitions->tasks[r->task].tgid, 202);
	assert_int_equal(in.records[13].operation, OP_EXIT);
	assert_int_equal(in.times_ns[1], 302000);
	support_close(&in);
}

static void heaptrack_lines(void **state)
{
	struct imported in;

	(void)state;
	import_sample(sample_heaptrack_raw, "heaptrack-raw", &in);
	assert_int_equal(in.report.events, 3);
	expect_operation(&in, 0, OP_MALLOC, 0x558428d50530, 0x11c00);
	expect_operation(&in, 1, OP_MALLOC, 0x7fb400000b70, 16);
	expect_operation(&in, 2, OP_FREE, 0x558428d50530, 0x11c00);
	assert_int_equal(in.times_ns[2] - in.times_ns[1], 20000000);
	support_close(&in);
	import_sample(sample_heaptrack, "heaptrack", &in);
	assert_int_equal(in.report.events, 5);
	assert_int_equal(in.report.hidden_blocks, 3);
	assert_int_equal(in.records[1].size, 0x35);
	/* Of two alike the latest goes first. */
	assert_int_equal(in.records[3].operation, OP_FREE);
	assert_int_equal(in.records[3].id, in.records[2].id);
	assert_int_equal(in.records[4].id, in.records[1].id);
	assert_true(in.records[0].address >= HEAP_PLACE_UNKNOWN);
	support_close(&in);
}

static void valgrind_lines(void **state)
{
	struct imported in;

	(void)state;
	import_sample(sample_valgrind, "valgrind-malloc", &in);
	expect_operation(&in, 0, OP_CALLOC, 0x5246040, 272);
	expect_operation(&in, 1, OP_MALLOC, 0x5246190, 40);
	expect_operation(&in, 2, OP_MALLOC, 0x5246280, 10);
	expect_operation(&in, 3, OP_REALLOC, 0x5246300, 100);
	/* realloc(p, 0) frees, whatever stands on the line between. */
	expect_operation(&in, 5, OP_FREE, 0x5246300, 100);
	expect_operation(&in, 6, OP_MEMALIGN, 0x5309000, 10000);
	assert_int_equal(support_origin(&in, 6)->align, 4096);
	expect_operation(&in, 7, OP_MEMALIGN, 0x530A000, 128);
	assert_int_equal(support_origin(&in, 7)->align, 64);
	/* A call that complained has its result two lines later. */
	assert_int_equal(in.records[8].operation, OP_MALLOC);
	assert_true(in.records[8].flags & RECORD_FAILED);
	expect_operation(&in, 10, OP_FREE, 0x5246190, 40);
	assert_int_equal(in.report.null_frees, 1);
	assert_int_equal(in.report.unparsed, 1);
	support_close(&in);
}

static void lackey_lines(void **state)
{
	struct imported in;

	(void)state;
	import_sample(sample_lackey, "lackey", &in);
	assert_int_equal(in.count, 5);
	expect_operation(&in, 0, OP_PAGE_READ, 0x401a000, 1);
	expect_operation(&in, 1, OP_PAGE_WRITE, 0x1fff000000, 1);
	expect_operation(&in, 2, OP_PAGE_READ, 0x1fff000000, 1);
	/* An access may lie on two pages. */
	expect_operation(&in, 3, OP_PAGE_WRITE, 0x4033000, 1);
	expect_operation(&in, 4, OP_PAGE_WRITE, 0x4034000, 1);
	support_close(&in);
}

static void lttng_lines(void **state)
{
	const struct task_def *task;
	struct imported in;

	(void)state;
	import_sample(sample_lttng, "lttng-ust-libc", &in);
	expect_operation(&in, 0, OP_CALLOC, 0x557098C9D540, 100);
	task = &in.cursor->definitions->tasks[in.records[0].task];
	assert_int_equal(task->tgid, 28314);
	assert_int_equal(task->tid, 28315);
	assert_string_equal(task->comm, "work");
	expect_operation(&in, 1, OP_REALLOC, 0x557098C9D970, 5000);
	expect_operation(&in, 3, OP_MEMALIGN, 0x557098C9F000, 10000);
	expect_operation(&in, 4, OP_FREE, 0x557098C9F000, 10000);
	assert_int_equal(record_cpu(&in.records[4]), 1);
	/* It is past midnight. */
	assert_int_equal(in.times_ns[4] - in.times_ns[3], 2000);
	assert_int_equal(in.report.unknown_events, 1);
	support_close(&in);
}

static void bpftrace_lines(void **state)
{
	struct imported in;

	(void)state;
	import_sample(sample_bpftrace_libc, "bpftrace-libc", &in);
	expect_operation(&in, 0, OP_PROCESS_START, 0x555e7c815000, 0);
	expect_operation(&in, 1, OP_MALLOC, 0x555e7c8152a0, 1382);
	expect_operation(&in, 2, OP_MEMALIGN, 0x555e7c815880, 547);
	expect_operation(&in, 3, OP_CALLOC, 0x555e7c815af0, 4268);
	expect_operation(&in, 4, OP_REALLOC, 0x555e7c816000, 99);
	expect_operation(&in, 6, OP_FREE, 0x555e7c815880, 547);
	assert_int_equal(in.report.lost_events, 7);
	support_close(&in);
	import_sample(sample_bpftrace_kmalloc, "bpftrace-kmalloc", &in);
	expect_operation(&in, 0, OP_KMALLOC, 0xffff888102afe680, 24);
	assert_int_equal(support_origin(&in, 0)->bytes_alloc, 32);
	assert_int_equal(support_origin(&in, 0)->gfp, 0x400dc0);
	assert_int_equal(record_cpu(&in.records[0]), 1);
	expect_operation(&in, 1, OP_KFREE, 0xffff888102afe680, 24);
	assert_string_equal(definitions_meta(in.cursor->definitions, "level"), "slab");
	support_close(&in);
}

static void expect_damage(const char *text, const char *what)
{
	char path[64];
	struct error err = { 0 };
	struct batch batch;
	int more;

	support_write(text, strlen(text), path);
	struct trace_cursor *cursor = import_open(path, NULL, NULL, &err);

	unlink(path);
	if (!cursor)
		fail_msg("%s", err.message);
	while ((more = cursor->ops->next(cursor, &batch, &err)) == 1)
		;
	assert_int_equal(more, -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.message + strlen(path), what);
	cursor->ops->close(cursor);
}

static void damage_is_told_with_its_line(void **state)
{
	(void)state;
	expect_damage("= Start\n+ 0x10 0x10\n+ 0x20\n- 0x10\n",
		      ": line 3: does not end with an address and a size");
	expect_damage("= Start\n@ ./a:[0x1] < 0x10\n+ 0x20 0x10\n- 0x20\n",
		      ": line 3: is half a realloc");
	expect_damage("1 a->malloc(1) = 0x10\n1 a->malloc(x) = 0x20\n1 a->free(0x10) = <void>\n",
		      ": line 2: has arguments that are no numbers");
	expect_damage("brk(NULL) = 0x1000\nmunmap(0x1000) = 0\nbrk(NULL) = 0x1000\n",
		      ": line 2: has other arguments than its call");
	expect_damage("v 10400 3\nx 1 a\n+ 10 1\n- 10\n", ": line 3: is no allocation");
	expect_damage("v 10400 3\nx 1 a\nq\n- 10\n", ": line 3: is no line of heaptrack");
	expect_damage("v 10400 3\na 10 1\n+ 0\n- 0\n- 0\nI 1 1\n",
		      ": line 5: frees what was not allocated");
	expect_damage("--1-- malloc(1) = 0x10\n--1-- malloc(2) = x\n--1-- free(0x10)\n",
		      ": line 2: does not end with an address");
	expect_damage("I  0401ab70,3\nI  0401ab70\nI  0401ab70,3\n",
		      ": line 2: is no access to memory");
	expect_damage("[1.5] (+0) h lttng_ust_libc:malloc: { size = 1 }\n"
		      "[1.5] (+0) h lttng_ust_libc:malloc: { size = 1, ptr = 0x10 }\n",
		      ": line 1: lacks a field of its event");
	expect_damage("1 1 malloc 16 0x10\n1 1 malloc 16\n1 1 free 0x10\n",
		      ": line 2: has other numbers than its call");
}

/* Who ends a tool in the middle of a line loses that line only. */
static void a_last_line_may_be_cut(void **state)
{
	struct imported in;

	(void)state;
	support_import_text("= Start\n+ 0x10 0x10\n+ 0x20", &in);
	assert_int_equal(in.report.events, 1);
	assert_int_equal(in.report.unparsed, 1);
	support_close(&in);
}

/* What is compared with addresses of glibc must have begun with the program. */
static void a_later_start_is_none(void **state)
{
	struct imported in;

	(void)state;
	support_import_text("1 a->malloc(1) = 0x55af913e12c0\n", &in);
	assert_int_equal(in.records[0].operation, OP_MALLOC);
	support_close(&in);
	support_import_text("1 a->malloc(1) = 0x7faf913e12a0\n", &in);
	assert_int_equal(in.records[0].operation, OP_MALLOC);
	support_close(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mtrace_lines),
		cmocka_unit_test(ltrace_lines),
		cmocka_unit_test(ltrace_calls_told_twice),
		cmocka_unit_test(strace_lines),
		cmocka_unit_test(heaptrack_lines),
		cmocka_unit_test(valgrind_lines),
		cmocka_unit_test(lackey_lines),
		cmocka_unit_test(lttng_lines),
		cmocka_unit_test(bpftrace_lines),
		cmocka_unit_test(damage_is_told_with_its_line),
		cmocka_unit_test(a_last_line_may_be_cut),
		cmocka_unit_test(a_later_start_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
