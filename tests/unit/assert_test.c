/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the simulator says of itself before it aborts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/operation.h"

enum { MESSAGE_MAX = 16384, RECORDS = 100 };

static struct record records[RECORDS];

static void make_records(void)
{
	for (uint32_t i = 0; i < RECORDS; i++)
		records[i] = (struct record){ .time = i * 10,
					      .operation = OP_KMALLOC,
					      .cpu_detail = 3,
					      .task = 1,
					      .origin = 2,
					      .id = i,
					      .size = 64,
					      .address = 0xffff888000000000 };
}

static void fail_with(struct sim_position *position)
{
	sim_position = position;
	signal(SIGABRT, SIG_DFL);
	SIM_ASSERT(1 + 1 == 3);
}

/* What a failing SIM_ASSERT at `position` writes to standard error. */
static void capture(struct sim_position *position, char *message)
{
	int ends[2], status;
	size_t used = 0;
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		fail_with(position);
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], message + used, MESSAGE_MAX - 1 - used)) > 0)
		used += (size_t)got;
	message[used] = '\0';
	close(ends[0]);
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static unsigned count_lines(const char *message)
{
	unsigned lines = 0;

	for (; *message; message++)
		lines += *message == '\n';
	return lines;
}

static void holds_silently(void **state)
{
	(void)state;
	SIM_ASSERT(1 + 1 == 2);
}

static void names_condition_and_place(void **state)
{
	char message[MESSAGE_MAX];

	(void)state;
	capture(NULL, message);
	assert_non_null(strstr(message, "1 + 1 == 3 does not hold ("));
	assert_non_null(strstr(message, "assert_test.c:"));
	assert_int_equal(count_lines(message), 1);
}

static void tells_the_last_32_operations(void **state)
{
	char message[MESSAGE_MAX];
	struct sim_position position = {
		.batch = records, .current = &records[50], .base_ns = 1000, .first_record = 7000
	};

	(void)state;
	capture(&position, message);
	assert_non_null(strstr(message, "at event 7051, simulated time 1500 ns"));
	assert_int_equal(count_lines(message), 2 + SIM_HISTORY);
	assert_null(strstr(message, "\n  7019: "));
	assert_non_null(strstr(message, "\n  7020: 1190 ns cpu 3 kmalloc task 1 origin 2 id 19 "
					"size 64 address 0xffff888000000000 flags 0x0\n"));
	assert_non_null(strstr(message, "\n  7051: 1500 ns cpu 3 kmalloc"));
}

static void history_reaches_back_over_batches(void **state)
{
	char message[MESSAGE_MAX];
	struct sim_position position = { .batch = records,
					 .current = &records[5],
					 .base_ns = 1000 };

	(void)state;
	sim_position_leave_batch(&position);
	assert_int_equal(position.first_record, 5);
	assert_int_equal(position.tail_count, 5);
	position.batch = position.current = &records[40];
	position.base_ns = 2000;
	position.current = &records[50];
	sim_position_leave_batch(&position);
	assert_int_equal(position.first_record, 15);
	assert_int_equal(position.tail_count, 15);
	position.batch = &records[90];
	position.current = &records[92];
	position.base_ns = 3000;
	capture(&position, message);
	assert_int_equal(count_lines(message), 2 + 18);
	assert_non_null(strstr(message, "\n  1: 1000 ns"));
	assert_non_null(strstr(message, "\n  5: 1040 ns"));
	assert_non_null(strstr(message, "\n  6: 2400 ns"));
	assert_non_null(strstr(message, "\n  16: 3900 ns"));
	assert_non_null(strstr(message, "\n  18: 3920 ns"));
}

static void a_long_batch_fills_the_tail(void **state)
{
	struct sim_position position = { .batch = records, .current = &records[3] };

	(void)state;
	sim_position_leave_batch(&position);
	position.batch = records;
	position.current = &records[RECORDS];
	sim_position_leave_batch(&position);
	assert_int_equal(position.tail_count, SIM_HISTORY);
	assert_int_equal(position.tail[0].id, RECORDS - SIM_HISTORY);
	assert_int_equal(position.tail[SIM_HISTORY - 1].id, RECORDS - 1);
	/* A short one pushes out the oldest. */
	position.batch = records;
	position.current = &records[2];
	sim_position_leave_batch(&position);
	assert_int_equal(position.tail[0].id, RECORDS - SIM_HISTORY + 2);
	assert_int_equal(position.tail[SIM_HISTORY - 1].id, 1);
	assert_int_equal(position.first_record, 3 + RECORDS + 2);
}

static void unknown_operations_are_printed_too(void **state)
{
	char message[MESSAGE_MAX];
	struct record bad = { .operation = 255 };
	struct sim_position position = { .batch = &bad, .current = &bad };

	(void)state;
	capture(&position, message);
	assert_non_null(strstr(message, "\n  1: 0 ns cpu 0 unknown task 0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_silently),
		cmocka_unit_test(names_condition_and_place),
		cmocka_unit_test(tells_the_last_32_operations),
		cmocka_unit_test(history_reaches_back_over_batches),
		cmocka_unit_test(a_long_batch_fills_the_tail),
		cmocka_unit_test(unknown_operations_are_printed_too),
	};

	make_records();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
