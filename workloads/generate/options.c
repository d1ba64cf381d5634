/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "generate/generate.h"

static const char *const mixes[] = { "kmalloc", "cache", "runs", "pages", NULL };

#define FIELD(name) #name, offsetof(struct generate_params, name)

const struct option_spec generate_options[] = {
	{ FIELD(mix), OPTION_CHOICE, "kmalloc", 0, 0, "", "which operations", mixes },
	{ FIELD(records), OPTION_UINT, "1000000", 1, 1e15, "", "length of the trace", NULL },
	{ FIELD(seed), OPTION_UINT, "1", 0, 0, "", "of everything random", NULL },
	{ FIELD(live), OPTION_UINT, "10000", 1, 1e9, "", "allocations alive at once, at most",
	  NULL },
	{ FIELD(size_max), OPTION_SIZE, "4KiB", 1, 1 << 22, "bytes", "largest object", NULL },
	{ FIELD(order_max), OPTION_UINT, "0", 0, 10, "", "largest page block", NULL },
	{ FIELD(run_length), OPTION_UINT, "1000", 1, 1e9, "records",
	  "operations of one kind in a row, mix runs", NULL },
	{ FIELD(cpus), OPTION_UINT, "1", 1, 4096, "", "CPUs that the records are spread over",
	  NULL },
	{ FIELD(gap_ns), OPTION_DURATION, "1us", 0, 1e6, "", "time from record to record", NULL },
	OPTION_END,
};
