/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many results as one file: a table /runs with a row a run, where everything that is one value in a
 * result is a column, and below /run/NUMBER what else the results hold, copied or linked.
 */
#ifndef SLABYARD_RESULTS_MERGE_H
#define SLABYARD_RESULTS_MERGE_H

#include "results/run_table.h"

struct merge_run {
	uint64_t number;
	const char *file;              /* the result */
	const char *link;              /* the same, from the merged file's folder; NULL: copy */
	const union run_value *values; /* of the merge's own columns */
};

struct merge;

/*
 * Opens output under a temporary name. `columns` are the merge's own, that stand before those found
 * in the results; they must outlive the merge. `groups` ends with NULL: what of a result is copied
 * ("timeseries"); a link shows all of it.
 */
struct merge *merge_open(const char *output, const struct result_column *columns,
			 size_t column_count, const char *const *groups, struct error *err);
int merge_add(struct merge *merge, const struct merge_run *run, struct error *err);
/* As result_sink has them, for what else is to stand in the file. */
int merge_attribute_text(struct merge *merge, const char *object, const char *name,
			 const char *value, struct error *err);
int merge_text(struct merge *merge, const char *path, const char *const *lines, size_t count,
	       struct error *err);
struct result_table *merge_table(struct merge *merge, const char *path,
				 const struct result_column *columns, size_t column_count,
				 struct error *err);
int merge_table_append(struct result_table *table, const void *const *values, struct error *err);
/* Writes /runs and renames. The merge is gone afterwards, whatever is returned. */
int merge_finish(struct merge *merge, struct error *err);
void merge_abandon(struct merge *merge);

#endif
