/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A free whose page went past the per-cpu lists is known by the record itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/operation.h"
#include "import/import.h"

static const char text[] =
	"   prog-12 [000] .....  1.000001: mm_page_alloc: page=0x1 pfn=0x100 order=0 migratetype=0 "
	"gfp_flags=GFP_KERNEL\n"
	"   prog-12 [000] .....  1.000002: mm_page_alloc: page=0x1 pfn=0x101 order=0 migratetype=0 "
	"gfp_flags=GFP_KERNEL\n"
	"   prog-12 [000] ..s..  1.000003: mm_page_free: page=0x1 pfn=0x100 order=0\n"
	"   prog-12 [000] ..s..  1.000004: lab_trace: LAB pcp_free_trylock_failed pfn=256\n"
	"   prog-12 [000] .....  1.000005: mm_page_free: page=0x1 pfn=0x101 order=0\n";

static void only_the_free_before_it_was_busy(void **unused)
{
	char path[] = "/tmp/slabyard-busy-XXXXXX";
	struct import_options options = { .level = IMPORT_PAGE };
	struct error err = { 0 };
	struct trace_cursor *cursor;
	struct batch batch;
	unsigned frees = 0, busy = 0;
	int file = mkstemp(path);

	(void)unused;
	assert_true(file >= 0);
	assert_int_equal(write(file, text, sizeof(text) - 1), sizeof(text) - 1);
	close(file);
	cursor = import_open(path, &options, NULL, &err);
	if (!cursor)
		fail_msg("%s", err.message);
	while (cursor->ops->next(cursor, &batch, &err) > 0) {
		for (uint32_t i = 0; i < batch.count; i++) {
			const struct record *r = &batch.records[i];
			if (r->operation != OP_MM_PAGE_FREE)
				continue;
			frees++;
			busy += record_detail(r) == 1;
			assert_int_equal(record_detail(r) == 1, r->address == 0x100);
		}
	}
	assert_int_equal(frees, 2);
	assert_int_equal(busy, 1);
	cursor->ops->close(cursor);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_free_before_it_was_busy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
