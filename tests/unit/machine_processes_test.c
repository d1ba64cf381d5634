/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes of hand-written traces: their lives, what they touch, what a fork shares, who is
 * killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "slabyard.h"

enum { KIB = 1024, MIB = 1024 * KIB, PAGE = 4096 };

static struct slabyard_summary *replay(const char *text, const char *const *settings)
{
	char path[] = "/tmp/machine_processes_XXXXXX";
	const int fd = mkstemp(path);
	struct error err = { 0 };
	struct config *config = config_create(slabyard_config_schema(), &err);
	const struct slabyard_run run = { .trace = path };

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	for (size_t i = 0; settings && settings[i]; i++)
		if (config_set(config, settings[i], &err) != 0)
			fail_msg("%s", err.message);
	struct slabyard_summary *summary = slabyard_run(config, &run, &err);

	if (!summary)
		fail_msg("%s", err.message);
	assert_string_equal(summary->level, "libc");
	config_destroy(config);
	unlink(path);
	return summary;
}

static const char *const touch_nothing[] = { "process.touch=none", NULL };
static const char *const touch_recorded[] = { "process.touch=recorded", NULL };

/* The heap's first pages: of the thread's cache, of the first block, of the top. */
static void blocks_fault_as_they_are_touched(void **state)
{
	static const char text[] = "a-1 1.000: process_start: brk0=0x555555559000\n"
				   "a-1 1.001: malloc: ptr=0x5555555592a0 bytes_req=100000\n"
				   "a-1 1.002: page_write: addr=0x55555555b000\n"
				   "a-1 1.003: page_write: addr=0x55555555b000 len=8192\n"
				   "a-1 1.004: page_write: addr=0x700000000000\n";
	struct slabyard_summary *s = replay(text, NULL);

	(void)state;
	assert_int_equal(s->matched, 1);
	assert_int_equal(s->processes.rss_bytes, 4 * PAGE);
	assert_int_equal(s->processes.minor_faults, 4);
	assert_int_equal(s->processes.touches_outside, 1);
	slabyard_summary_free(s);
	s = replay(text, touch_nothing);
	assert_int_equal(s->processes.rss_bytes, 2 * PAGE);
	slabyard_summary_free(s);
	s = replay(text, (const char *const[]){ "process.touch=all", NULL });
	assert_int_equal(s->processes.rss_bytes, 25 * PAGE);
	assert_int_equal(s->processes.live_bytes, 100000);
	slabyard_summary_free(s);
}

/* Two processes have heaps of their own, at the same addresses. */
static void processes_do_not_meet(void **state)
{
	static const char text[] = "a-1 1.000: process_start: brk0=0x555555559000\n"
				   "b-2 1.001: process_start: brk0=0x555555559000\n"
				   "a-1 1.002: malloc: ptr=0x5555555592a0 bytes_req=100\n"
				   "b-2 1.003: malloc: ptr=0x5555555592a0 bytes_req=300\n"
				   "a-1 1.004: free: ptr=0x5555555592a0\n"
				   "b-2 1.005: malloc: ptr=0x5555555593e0 bytes_req=100\n"
				   "a-1 1.006: malloc: ptr=0x5555555592a0 bytes_req=100\n";
	struct slabyard_summary *s = replay(text, NULL);

	(void)state;
	assert_int_equal(s->compared, 4);
	assert_int_equal(s->matched, 4);
	assert_int_equal(s->processes.count, 2);
	slabyard_summary_free(s);
}

/* The child frees and allocates what its parent had, by the parent's addresses, for itself alone.
 */
static void a_child_has_its_parents_blocks(void **state)
{
	static const char text[] = "a-1 1.000: process_start: brk0=0x555555559000\n"
				   "a-1 1.001: malloc: ptr=0x5555555592a0 bytes_req=100\n"
				   "a-1 1.002: malloc: ptr=0x555555559310 bytes_req=100\n"
				   "a-1 1.003: fork: child_pid=2\n"
				   "a-2 1.004: free: ptr=0x5555555592a0\n"
				   "a-2 1.005: malloc: ptr=0x5555555592a0 bytes_req=100\n"
				   "a-1 1.006: malloc: ptr=0x555555559380 bytes_req=100\n"
				   "a-2 1.007: malloc: ptr=0x555555559380 bytes_req=100\n"
				   "a-2 1.008: free: ptr=0x555555559310\n"
				   "a-2 1.009: free: ptr=0x555555559310\n"
				   "a-1 1.010: free: ptr=0x555555559310\n";
	struct slabyard_summary *s = replay(text, touch_nothing);

	(void)state;
	assert_int_equal(s->compared, 5);
	assert_int_equal(s->matched, 5);
	assert_int_equal(s->processes.count, 2);
	assert_int_equal(s->unknown_frees, 1);
	assert_int_equal(s->processes.live_bytes, 200 + 200);
	slabyard_summary_free(s);
}

static void the_dead_give_all_back(void **state)
{
	static const char text[] = "a-1 1.000: process_start: brk0=0x555555559000\n"
				   "a-1 1.001: malloc: ptr=0x7ffff7d00010 bytes_req=1000000\n"
				   "a-1 1.002: exit:\n"
				   "b-2 1.003: malloc: ptr=0x7ffff7d00010 bytes_req=1000000\n"
				   "b-2 1.004: exec:\n";
	struct slabyard_summary *s = replay(text, NULL);

	(void)state;
	assert_int_equal(s->processes.count, 2);
	assert_int_equal(s->processes.rss_bytes, 0);
	assert_int_equal(s->processes.live_bytes, 0);
	assert_true(s->processes.rss_bytes_max >= 2 * 1000000);
	slabyard_summary_free(s);
}

/* A thread that sched_process_fork tells of is none but its process. */
static void a_thread_is_no_child(void **state)
{
	static const char text[] = "a-1 (1) 1.000: process_start: brk0=0x555555559000\n"
				   "a-1 (1) 1.001: malloc: ptr=0x5555555592a0 bytes_req=100\n"
				   "a-1 (1) 1.002: sched_process_fork: child_pid=2\n"
				   "a-2 (1) 1.003: free: ptr=0x5555555592a0\n";
	struct slabyard_summary *s = replay(text, NULL);

	(void)state;
	assert_int_equal(s->unknown_frees, 0);
	assert_int_equal(s->processes.live_bytes, 0);
	slabyard_summary_free(s);
}

/* Who touches more than there is is killed; the other's memory is not touched, and it goes on. */
static void memory_runs_short_for_real(void **state)
{
	static const char *const small[] = { "machine.memory=64MiB", "machine.cpus=1", NULL };
	static const char text[] = "a-1 1.000: malloc: ptr=0x7ffff7000010 bytes_req=10000000\n"
				   "b-2 1.001: malloc: ptr=0x7ffff3000010 bytes_req=25000000\n"
				   "b-2 1.002: malloc: ptr=0x7ffff1000010 bytes_req=60000000\n"
				   "b-2 1.003: malloc: ptr=0x7ffff0000010 bytes_req=1000\n"
				   "a-1 1.004: malloc: ptr=0x7ffff6000010 bytes_req=10000000\n";
	struct slabyard_summary *s = replay(text, small);

	(void)state;
	assert_int_equal(s->processes.killed, 1);
	assert_int_equal(s->horizon_record, 3);
	assert_true(s->processes.rss_bytes >= 20000000 && s->processes.rss_bytes < 21 * MIB);
	slabyard_summary_free(s);
}

/* The program's own mappings and breaks; the allocator is told of neither. */
static void system_calls_of_the_program(void **state)
{
	static const char text[] = "a-1 1.000: process_start: brk0=0x555555559000\n"
				   "a-1 1.001: mmap: addr=0x7ffff7000000 len=16384\n"
				   "a-1 1.002: page_write: addr=0x7ffff7000000 len=16384\n"
				   "a-1 1.003: madvise: addr=0x7ffff7000000 len=8192 advice=4\n"
				   "a-1 1.004: munmap: addr=0x7ffff7000000 len=4096\n"
				   "a-1 1.005: malloc: ptr=0x5555555592a0 bytes_req=100\n"
				   "a-1 1.006: brk: addr=0x55555557a000\n"
				   "a-1 1.007: brk: addr=0x55555557c000 detail=1\n"
				   "a-1 1.008: page_write: addr=0x55555557b000\n";
	struct slabyard_summary *s = replay(text, touch_recorded);

	(void)state;
	assert_int_equal(s->matched, 1);
	assert_int_equal(s->processes.breaks_matched, 1);
	assert_int_equal(s->processes.rss_bytes, (2 + 1 + 1) * PAGE);
	assert_int_equal(s->processes.total_vm_bytes, 3 * PAGE + 33 * PAGE + 2 * PAGE);
	slabyard_summary_free(s);
}

static void an_impossible_heap_is_refused(void **state)
{
	static const char text[] = "a-1 1.000: malloc: ptr=0x10 bytes_req=1\n"
				   "a-1 1.001: process_start: brk0=0xffff800000000000\n";
	char path[] = "/tmp/machine_processes_XXXXXX";
	const int fd = mkstemp(path);
	struct error err = { 0 };
	struct config *config = config_create(slabyard_config_schema(), &err);
	const struct slabyard_run run = { .trace = path };

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	assert_null(slabyard_run(config, &run, &err));
	assert_non_null(strstr(err.message, "record 2: no heap can begin at 0xffff800000000000"));
	config_destroy(config);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_fault_as_they_are_touched),
		cmocka_unit_test(processes_do_not_meet),
		cmocka_unit_test(a_child_has_its_parents_blocks),
		cmocka_unit_test(the_dead_give_all_back),
		cmocka_unit_test(a_thread_is_no_child),
		cmocka_unit_test(memory_runs_short_for_real),
		cmocka_unit_test(system_calls_of_the_program),
		cmocka_unit_test(an_impossible_heap_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
