/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything in a result that is one value: a flat list of named figures. */
#ifndef SLABYARD_RESULTS_FIGURES_H
#define SLABYARD_RESULTS_FIGURES_H

#include <hdf5.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/text_pool.h"
#include "results/read_value.h"
#include "results/sink.h"

struct figure {
	const char *name;      /* in the list's pool */
	enum result_type type; /* RESULT_U64, RESULT_I64, RESULT_F64 or RESULT_TEXT */
	union {
		uint64_t u64;
		int64_t i64;
		double f64;
		const char *text; /* in the list's pool */
	};
};

struct figures {
	struct figure *items;
	size_t count, capacity;
	struct text_pool text;
	bool lost; /* memory was spent: some are missing */
};

/*
 * Adds those of an open result: attributes of /summary and /provenance under their names, rows of
 * /summary/operations as OPERATION_count, OPERATION_latency_ns_p99 and so on, of /summary/work as
 * work_COUNTER, of /summary/locks as lock_LOCK_wait_ns and so on. Picoseconds become nanoseconds;
 * the largest unsigned number stands for "none" and becomes NaN.
 */
void figures_read(struct figures *figures, hid_t file);
/* One under its name as it is. */
void figures_add(struct figures *figures, const char *name, const struct read_value *value);
void figures_clear(struct figures *figures);

#endif
