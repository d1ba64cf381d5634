/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where what is compared comes from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/grow.h"
#include "results/result_file.h"
#include "sweep/comparison.h"
#include "sweep/folder.h"
#include "sweep/result_parameters.h"

enum { PATH_BYTES = 4096 };

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "out of memory for the comparison");
}

static int add_run(struct comparison_input *in, const struct compared_run *run, struct error *err)
{
	struct compared_run *grown =
		grow_array(in->runs, in->run_count, &in->run_capacity, sizeof(*grown));
	if (!grown)
		return no_memory(err);
	in->runs = grown;
	grown[in->run_count++] = *run;
	return 0;
}

static int name_parameters(struct comparison_input *in, struct error *err)
{
	const struct manifest *m = in->manifest;
	in->parameters = calloc(m->parameter_count + 1, sizeof(*in->parameters));
	if (!in->parameters)
		return no_memory(err);
	for (size_t i = 0; i < m->parameter_count; i++)
		in->parameters[in->parameter_count++] = m->parameters[i].path;
	return 0;
}

static struct compared_run run_of(const struct manifest *m, size_t number, size_t row)
{
	const struct manifest_run *run = &m->runs[number];
	return (struct compared_run){ .trace = m->traces[run->trace].name,
				      .values = run->values,
				      .seed = run->seed,
				      .random = run->random,
				      .perturbed = run->perturbed,
				      .row = row };
}

static int refuse_damaged(const struct comparison_input *in, const struct folder *folder,
			  size_t number, struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "%.256s/runs/%s.h5: is damaged: slabyard sweep %.256s runs it again",
			 folder->name, in->manifest->runs[number].hash, folder->name);
}

static int load_done(struct comparison_input *in, const struct folder *folder,
		     const enum run_state *states, struct error *err)
{
	char path[FOLDER_FILE_BYTES];
	for (size_t i = 0; i < in->manifest->run_count; i++) {
		if (states[i] == RUN_DAMAGED)
			return refuse_damaged(in, folder, i, err);
		if (states[i] != RUN_DONE)
			continue;
		struct compared_run run = run_of(in->manifest, i, run_table_rows(in->table));
		folder_file(folder, "runs", in->manifest->runs[i].hash, "h5", path, sizeof(path));
		if (run_table_add(in->table, path, NULL, err) != 0 || add_run(in, &run, err) != 0)
			return -1;
	}
	return in->run_count ? 0
			     : error_set(err, ERROR_INPUT, "%.512s: no run is done", folder->name);
}

static int load_folder(struct comparison_input *in, const char *path, struct error *err)
{
	struct folder folder;
	if (folder_open(&folder, path, err) != 0)
		return -1;
	in->manifest = folder_read_manifest(&folder, err);
	enum run_state *states = in->manifest ? folder_states(&folder, in->manifest, err) : NULL;
	int status =
		states && name_parameters(in, err) == 0 ? load_done(in, &folder, states, err) : -1;
	free(states);
	return status;
}

/* The lines of /sweep/manifest. */
static struct manifest *read_manifest(const char *path, struct error *err)
{
	struct manifest *m = NULL;
	char *text = NULL, **lines;
	size_t size, count;
	struct result_file *file = result_file_open_merged(path, err);
	if (!file)
		return NULL;
	if (result_texts_read(file, "/sweep/manifest", &lines, &count, err) == 0) {
		FILE *out = open_memstream(&text, &size);
		for (size_t i = 0; out && i < count; i++)
			fprintf(out, "%s\n", lines[i]);
		if (out && fclose(out) == 0)
			m = manifest_parse(path, text, size, err);
		else
			no_memory(err);
		result_texts_free(lines, count);
	}
	free(text);
	result_file_close(file);
	return m;
}

static int load_merged(struct comparison_input *in, const char *path, struct error *err)
{
	in->manifest = read_manifest(path, err);
	if (!in->manifest || name_parameters(in, err) != 0 ||
	    run_table_add_merged(in->table, path, err) != 0)
		return -1;
	size_t column = run_table_find(in->table, "run");
	for (size_t row = 0; row < run_table_rows(in->table); row++) {
		double number = column < run_table_columns(in->table)
					? run_table_number(in->table, row, column)
					: -1;
		if (!(number >= 0 && number < (double)in->manifest->run_count))
			return error_set(err, ERROR_INPUT,
					 "%.512s: /runs and /sweep/manifest do not agree", path);
		struct compared_run run = run_of(in->manifest, (size_t)number, row);
		if (add_run(in, &run, err) != 0)
			return -1;
	}
	return 0;
}

/* Single results. */
struct results {
	struct result_parameters given;
	const struct result_parameter **varying; /* by the input's parameter; NULL: a run option */
	bool all_perturbed;                      /* there is nothing they were perturbed from */
};

/* What a run is given besides its configuration, as far as the result's figures tell. */
static const char *const run_options[] = { "level", "timing", "start" };

enum { RUN_OPTIONS = sizeof(run_options) / sizeof(run_options[0]) };

static const char *option_of(const struct run_table *table, size_t row, const char *option)
{
	size_t column = run_table_find(table, option);
	return column < run_table_columns(table) ? run_table_text(table, row, column) : "";
}

static bool option_varies(const struct run_table *table, const char *option)
{
	for (size_t i = 1; i < run_table_rows(table); i++)
		if (strcmp(option_of(table, i, option), option_of(table, 0, option)) != 0)
			return true;
	return false;
}

static int add_parameter(struct comparison_input *in, const char *path, struct error *err)
{
	const char **grown = reallocarray(in->parameters, in->parameter_count + 1, sizeof(*grown));
	if (!grown)
		return no_memory(err);
	in->parameters = grown;
	grown[in->parameter_count] = text_pool_add(&in->text, path);
	return grown[in->parameter_count++] ? 0 : no_memory(err);
}

/* Whatever the results were given that is not the same in all of them. */
static int find_parameters(struct comparison_input *in, struct results *r, struct error *err)
{
	r->varying = calloc(r->given.count + RUN_OPTIONS + 1, sizeof(*r->varying));
	if (!r->varying)
		return no_memory(err);
	for (size_t i = 0; i < r->given.count; i++) {
		const struct result_parameter *parameter = &r->given.items[i];
		if (!result_parameters_varies(&r->given, parameter))
			continue;
		r->varying[in->parameter_count] = parameter;
		if (add_parameter(in, parameter->path, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < RUN_OPTIONS; i++)
		if (option_varies(in->table, run_options[i]) &&
		    add_parameter(in, run_options[i], err) != 0)
			return -1;
	return 0;
}

static bool is_perturbed(const struct run_table *table, size_t row)
{
	const char *how = option_of(table, row, "perturb");
	return *how && strcmp(how, "none") != 0;
}

/* Results of one trace have its hash in common. */
static int add_result(struct comparison_input *in, const struct results *r, size_t row,
		      struct error *err)
{
	const struct run_table *table = in->table;
	const char **values = calloc(in->parameter_count + 1, sizeof(*values));
	struct compared_run run = { .values = values, .row = row };
	if (!values)
		return no_memory(err);
	bool kept = true;
	for (size_t i = 0; i < in->parameter_count; i++) {
		values[i] = text_pool_add(
			&in->text, r->varying[i] ? result_parameters_value(r->varying[i], row)
						 : option_of(table, row, in->parameters[i]));
		kept = kept && values[i];
	}
	size_t seed = run_table_find(table, "seed");
	if (seed < run_table_columns(table))
		run.seed = (uint64_t)run_table_number(table, row, seed);
	run.perturbed = !r->all_perturbed && is_perturbed(table, row);
	run.trace = option_of(table, row, "trace_hash");
	if (add_run(in, &run, err) != 0) {
		free(values);
		return -1;
	}
	return kept ? 0 : no_memory(err);
}

static int load_results(struct comparison_input *in, const char *const *paths, size_t count,
			struct error *err)
{
	struct results r = { .all_perturbed = true };
	int status = result_parameters_create(&r.given, count, err);
	for (size_t i = 0; i < count && status == 0; i++) {
		status = run_table_add(in->table, paths[i], NULL, err);
		if (status == 0)
			status = result_parameters_read(&r.given, paths[i], err);
	}
	if (status == 0)
		status = find_parameters(in, &r, err);
	for (size_t i = 0; i < run_table_rows(in->table); i++)
		r.all_perturbed = r.all_perturbed && is_perturbed(in->table, i);
	for (size_t i = 0; i < count && status == 0; i++)
		status = add_result(in, &r, i, err);
	result_parameters_free(&r.given);
	free(r.varying);
	return status;
}

static bool is_result(const char *path)
{
	struct result_file *file = result_file_open(path, NULL);
	result_file_close(file);
	return file;
}

int comparison_load(struct comparison_input *in, const char *const *paths, size_t count,
		    struct error *err)
{
	struct stat st;
	*in = (struct comparison_input){ .table = run_table_create(NULL, 0) };
	if (!in->table)
		return no_memory(err);
	int status;
	if (count == 1 && stat(paths[0], &st) == 0 && S_ISDIR(st.st_mode))
		status = load_folder(in, paths[0], err);
	else if (count == 1 && is_result(paths[0]))
		status = error_set(err, ERROR_INPUT,
				   "%.512s: is one result: give the others that it is compared "
				   "with",
				   paths[0]);
	else if (count == 1)
		status = load_merged(in, paths[0], err);
	else
		status = load_results(in, paths, count, err);
	if (status != 0)
		comparison_unload(in);
	return status;
}

void comparison_unload(struct comparison_input *in)
{
	for (size_t i = 0; i < in->run_count && !in->manifest; i++)
		free((void *)(uintptr_t)in->runs[i].values);
	free(in->runs);
	free(in->parameters);
	run_table_destroy(in->table);
	manifest_destroy(in->manifest);
	text_pool_free(&in->text);
	*in = (struct comparison_input){ 0 };
}
