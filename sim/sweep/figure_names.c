/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/figure_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "base/temporary.h"
#include "base/text_pool.h"
#include "core/operation.h"
#include "results/run_table.h"
#include "slabyard.h"
#include "sweep/comparison_figures.h"

enum { FOLDER_BYTES = 4000, PATH_BYTES = 4096, NAMES_MAX = 4096 };

struct figure_names {
	struct text_pool text;
	const char *names[NAMES_MAX];
	size_t count;
};

static const char trace[] = "prog-1 [000] 1.000000001: malloc: ptr=0x555555559010 bytes_req=24\n";
static const char operation[] = "malloc_"; /* what begins the figures of the operation in it */

static int write_trace(const char *path, struct error *err)
{
	FILE *out = fopen(path, "w");
	if (!out)
		return error_errno(err, path, "cannot write");
	int written = fputs(trace, out);
	if (fclose(out) != 0 || written < 0)
		return error_errno(err, path, "cannot write");
	return 0;
}

static int carry_out(const char *folder, const char *result, struct error *err)
{
	char path[PATH_BYTES];
	snprintf(path, sizeof(path), "%s/trace.txt", folder);
	const struct slabyard_run run = { .trace = path,
					  .output = result,
					  .level = SLABYARD_LEVEL_LIBC };
	struct config *config = config_create(slabyard_config_schema(), err);
	struct slabyard_summary *summary = NULL;
	if (config && write_trace(path, err) == 0)
		summary = slabyard_run(config, &run, err);
	unlink(path);
	config_destroy(config);
	slabyard_summary_free(summary);
	return summary ? 0 : -1;
}

static void add(struct figure_names *names, const char *name)
{
	if (name && names->count < NAMES_MAX)
		names->names[names->count++] = name;
}

static void take_column(struct figure_names *names, const char *column)
{
	size_t length = sizeof(operation) - 1;
	add(names, text_pool_add(&names->text, column));
	if (strncmp(column, operation, length) != 0)
		return;
	for (int i = 0; i < OPERATION_COUNT; i++)
		add(names, text_pool_format(&names->text, "%s_%s", operation_table[i].name,
					    column + length));
}

static int take_figures(struct figure_names *names, const char *result, struct error *err)
{
	struct run_table *table = run_table_create(NULL, 0);
	if (!table)
		return error_set(err, ERROR_RUN, "out of memory for the names of figures");
	int status = run_table_add(table, result, NULL, err);
	for (size_t i = 0; i < run_table_columns(table) && status == 0; i++)
		if (!run_table_is_text(table, i))
			take_column(names, run_table_name(table, i));
	run_table_destroy(table);
	return status;
}

static int learn(struct figure_names *names, struct error *err)
{
	char folder[FOLDER_BYTES], result[PATH_BYTES];
	if (temporary_folder(folder, sizeof(folder), err) != 0)
		return -1;
	snprintf(result, sizeof(result), "%s/run.h5", folder);
	int status = carry_out(folder, result, err);
	if (status == 0)
		status = take_figures(names, result, err);
	unlink(result);
	rmdir(folder);
	return status;
}

struct figure_names *figure_names_create(struct error *err)
{
	struct figure_names *names = calloc(1, sizeof(*names));
	if (!names)
		error_set(err, ERROR_RUN, "out of memory for the names of figures");
	else if (learn(names, err) == 0)
		return names;
	figure_names_destroy(names);
	return NULL;
}

void figure_names_destroy(struct figure_names *names)
{
	if (!names)
		return;
	text_pool_free(&names->text);
	free(names);
}

bool figure_names_has(const struct figure_names *names, const char *asked, const char **near)
{
	struct suggestion nearest = { .word = asked };
	*near = NULL;
	if (strstr(asked, "lock"))
		return true;
	for (size_t i = 0; i < names->count; i++) {
		if (comparison_name_has(names->names[i], asked))
			return true;
		suggest_consider(&nearest, names->names[i]);
	}
	*near = nearest.best;
	return false;
}
