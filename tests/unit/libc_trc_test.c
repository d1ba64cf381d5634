/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The binary recordings of malloc: what each of their records becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/operation.h"
#include "import/import.h"
#include "import/trc.h"

enum { RECORDS_MAX = 64, HEADER_WORDS = 512 };

static const uint64_t brk0 = 0x1000000, heap_end = 0x1021000;

struct recording {
	struct trc_record records[RECORDS_MAX];
	size_t count;
};

static void add(struct recording *r, enum trc_operation operation, uint64_t in, uint64_t out,
		uint64_t size, uint64_t bits)
{
	r->records[r->count++] = (struct trc_record){
		.in = in,
		.out = out,
		.what = size | (uint64_t)operation << 40 | bits << 44,
	};
}

static struct trace_cursor *open_recording(const struct recording *r, uint64_t told,
					   struct import_report *report, struct error *err)
{
	char path[] = "/tmp/slabyard-trc-XXXXXX";
	uint64_t header[HEADER_WORDS] = { 0, told, brk0, 0, 0, 0, 0, 4242, 1 };
	const int fd = mkstemp(path);

	memcpy(header, "MTRACE01", 8);
	strcpy((char *)&header[9], "/usr/bin/program");
	assert_true(fd >= 0);
	assert_int_equal(write(fd, header, sizeof(header)), sizeof(header));
	assert_int_equal(write(fd, r->records, r->count * sizeof(r->records[0])),
			 r->count * sizeof(r->records[0]));
	close(fd);
	struct trace_cursor *cursor = import_open(path, NULL, report, err);

	unlink(path);
	return cursor;
}

/* All records of a recording that is read in one batch. */
static uint32_t read_all(const struct recording *r, struct record *to, struct import_report *report)
{
	struct error err = { 0 };
	struct batch batch;
	struct trace_cursor *cursor = open_recording(r, r->count, report, &err);

	if (!cursor || cursor->ops->next(cursor, &batch, &err) != 1)
		fail_msg("%s", err.message);
	memcpy(to, batch.records, batch.count * sizeof(*to));
	const uint32_t count = batch.count;

	assert_string_equal(cursor->format, "trc");
	assert_int_equal(cursor->ops->next(cursor, &batch, &err), 0);
	cursor->ops->close(cursor);
	return count;
}

static void calls_become_records(void **state)
{
	struct recording r = { 0 };
	struct record out[RECORDS_MAX];
	struct import_report report;

	(void)state;
	add(&r, TRC_MALLOC, 0, 0x10002a0, 100, 1);
	add(&r, TRC_BRK, brk0, heap_end, 0, 0);
	add(&r, TRC_MEMALIGN, 64, 0x1000340, 50, 1);
	add(&r, TRC_REALLOC, 0x10002a0, 0x1000400, 200, 1);
	add(&r, TRC_FREE, 0x1000340, 0, 0, 1);
	add(&r, TRC_MALLOPT, (uint64_t)-1, 0, 0xffffffff, 0);
	assert_int_equal(read_all(&r, out, &report), 8);
	assert_int_equal(out[0].operation, OP_PROCESS_START);
	assert_int_equal(out[0].address, brk0);
	assert_int_equal(out[1].operation, OP_MALLOC);
	assert_int_equal(out[1].size, 100);
	assert_int_equal(out[1].address, 0x10002a0);
	assert_int_equal(record_detail(&out[1]), 1);
	assert_int_equal(out[2].operation, OP_BRK);
	assert_int_equal(out[2].address, heap_end);
	assert_int_equal(out[3].operation, OP_MEMALIGN);
	assert_int_equal(out[4].operation, OP_REALLOC);
	assert_int_equal(out[4].id, out[1].id);
	assert_int_equal(out[5].operation, OP_EXTENSION);
	assert_int_equal(out[5].address, 0x10002a0);
	assert_int_equal(out[6].operation, OP_FREE);
	assert_int_equal(out[6].id, out[3].id);
	assert_int_equal(out[6].size, 50);
	assert_int_equal(out[7].operation, OP_MALLOPT);
	assert_int_equal((int)out[7].size, -1);
	assert_int_equal((int64_t)out[7].address, -1);
	assert_int_equal(report.live_at_end, 1);
}

static void realloc_to_and_from_nothing(void **state)
{
	struct recording r = { 0 };
	struct record out[RECORDS_MAX];

	(void)state;
	add(&r, TRC_REALLOC, 0, 0x10002a0, 100, 1);
	add(&r, TRC_BRK, brk0, heap_end, 0, 0);
	add(&r, TRC_REALLOC, 0x10002a0, 0, 1 << 30, 0);
	add(&r, TRC_REALLOC, 0x10002a0, 0, 0, 0);
	assert_int_equal(read_all(&r, out, NULL), 6);
	assert_int_equal(out[1].operation, OP_MALLOC);
	assert_int_equal(out[3].operation, OP_REALLOC);
	assert_true(out[3].flags & RECORD_FAILED);
	assert_int_equal(out[3].id, out[1].id);
	assert_int_equal(out[5].operation, OP_FREE);
	assert_int_equal(out[5].id, out[1].id);
}

static void large_sizes_stand_in_the_extension(void **state)
{
	const uint64_t size = UINT64_C(5) << 32 | 7;
	struct recording r = { 0 };
	struct record out[RECORDS_MAX];

	(void)state;
	add(&r, TRC_MALLOC, 0, 0x7f0000000010, size, 2);
	assert_int_equal(read_all(&r, out, NULL), 3);
	assert_int_equal(out[1].size, UINT32_MAX);
	assert_int_equal(out[2].size, 5);
	assert_int_equal(out[2].id, 7);
}

/* The main arena can only be outside the heap when a brk failed. */
static void failed_breaks_are_inferred(void **state)
{
	struct recording r = { 0 };
	struct record out[RECORDS_MAX];

	(void)state;
	add(&r, TRC_MALLOC, 0, 0x10002a0, 100, 1);
	add(&r, TRC_BRK, brk0, heap_end, 0, 0);
	add(&r, TRC_MALLOC, 0, 0x7f0000000010, 1 << 20, 2);
	add(&r, TRC_MALLOC, 0, 0x7f0000100b70, 100, 5);
	add(&r, TRC_MALLOC, 0, 0x7f0000200010, 100, 1);
	add(&r, TRC_MALLOC, 0, 0x7f0000200090, 100, 1);
	assert_int_equal(read_all(&r, out, NULL), 8);
	assert_int_equal(out[5].operation, OP_BRK);
	assert_true(out[5].flags & RECORD_FAILED);
	assert_int_equal(out[5].address, heap_end);
	assert_int_equal(out[6].address, 0x7f0000200010);
	assert_int_equal(out[7].operation, OP_MALLOC);
}

static void damage_is_told(void **state)
{
	struct recording r = { 0 };
	struct batch batch;
	struct error err = { 0 };

	(void)state;
	add(&r, TRC_MALLOC, 0, 0x10002a0, 100, 1);
	struct trace_cursor *cursor = open_recording(&r, 2, NULL, &err);

	assert_non_null(cursor);
	assert_int_equal(cursor->ops->next(cursor, &batch, &err), -1);
	assert_non_null(strstr(err.message, "record 2: is missing: the header tells of 2"));
	cursor->ops->close(cursor);
}

/* A recorder that was killed could not write how many records there are. */
static void a_killed_recorder_leaves_a_trace(void **state)
{
	struct recording r = { 0 };
	struct batch batch;
	struct error err = { 0 };

	(void)state;
	add(&r, TRC_MALLOC, 0, 0x10002a0, 100, 1);
	struct trace_cursor *cursor = open_recording(&r, 0, NULL, &err);

	assert_non_null(cursor);
	assert_int_equal(cursor->ops->next(cursor, &batch, &err), 1);
	assert_int_equal(batch.count, 2);
	assert_int_equal(cursor->ops->next(cursor, &batch, &err), 0);
	cursor->ops->close(cursor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_become_records),
		cmocka_unit_test(realloc_to_and_from_nothing),
		cmocka_unit_test(large_sizes_stand_in_the_extension),
		cmocka_unit_test(failed_breaks_are_inferred),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(a_killed_recorder_leaves_a_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
