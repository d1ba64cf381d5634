/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/merge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "results/hdf5_copy.h"
#include "results/run_table_file.h"

struct merge {
	struct hdf5_file *file;
	struct run_table *table;
	const char *const *groups;
};

static void merge_free(struct merge *m)
{
	run_table_destroy(m->table);
	free(m);
}

struct merge *merge_open(const char *output, const struct result_column *columns,
			 size_t column_count, const char *const *groups, struct error *err)
{
	struct merge *m = calloc(1, sizeof(*m));
	if (m)
		m->table = run_table_create(columns, column_count);
	if (!m || !m->table) {
		free(m);
		error_set(err, ERROR_RUN, "%s: out of memory", output);
		return NULL;
	}
	m->groups = groups;
	m->file = hdf5_open(output, NULL, err);
	if (!m->file) {
		merge_free(m);
		return NULL;
	}
	m->file->format = "slabyard sweep";
	return m;
}

void merge_abandon(struct merge *m)
{
	hdf5_abandon(m->file);
	merge_free(m);
}

static int copy_groups(struct merge *m, hid_t result, hid_t run, struct error *err)
{
	for (size_t i = 0; m->groups[i]; i++)
		if (H5Lexists(result, m->groups[i], H5P_DEFAULT) > 0 &&
		    hdf5_copy_group(result, run, m->groups[i]) != 0)
			return hdf5_failed(m->file, m->groups[i], err);
	return 0;
}

/* /run/NUMBER: a group, or a link that shows the whole result. */
static int place_run(struct merge *m, hid_t result, const struct merge_run *run, struct error *err)
{
	char path[64];
	const char *name;
	snprintf(path, sizeof(path), "/run/%" PRIu64, run->number);
	if (!run->link) {
		hid_t group = hdf5_group(m->file, path, err);
		int status = group < 0 ? -1 : copy_groups(m, result, group, err);
		H5Gclose(group);
		return status;
	}
	hid_t parent = hdf5_parent(m->file, path, &name, err);
	if (parent < 0)
		return -1;
	int status = 0;
	if (H5Lcreate_external(run->link, "/", parent, name, H5P_DEFAULT, H5P_DEFAULT) < 0)
		status = hdf5_failed(m->file, path, err);
	H5Gclose(parent);
	return status;
}

int merge_add(struct merge *m, const struct merge_run *run, struct error *err)
{
	hid_t result = run_table_open_result(run->file, err);
	if (result < 0)
		return -1;
	int status = run_table_add_open(m->table, result, run->values, err);
	if (status == 0)
		status = place_run(m, result, run, err);
	H5Fclose(result);
	return status;
}

int merge_attribute_text(struct merge *m, const char *object, const char *name, const char *value,
			 struct error *err)
{
	return hdf5_keep_attribute(m->file, object, name, RESULT_TEXT, value, err);
}

int merge_text(struct merge *m, const char *path, const char *const *lines, size_t count,
	       struct error *err)
{
	return hdf5_text(m->file, path, lines, count, err);
}

struct result_table *merge_table(struct merge *m, const char *path,
				 const struct result_column *columns, size_t column_count,
				 struct error *err)
{
	return hdf5_table(m->file, path, columns, column_count, err);
}

int merge_table_append(struct result_table *table, const void *const *values, struct error *err)
{
	return hdf5_table_append(table, values, err);
}

int merge_finish(struct merge *m, struct error *err)
{
	int status = run_table_write(m->table, m->file, "/runs", err);
	if (status == 0)
		status = hdf5_finish(m->file, err);
	else
		hdf5_abandon(m->file);
	merge_free(m);
	return status;
}
