/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "machine/start_spec.h"
#include "slabyard.h"
#include "sweep/content_hash.h"
#include "sweep/figure_names.h"
#include "sweep/parameters.h"
#include "sweep/points.h"
#include "sweep/run_files.h"

enum { VALUE_BYTES = 4096, WHAT_BYTES = 512, HASH_BYTES = 17 };

/* What is being planned; the manifest and the rest of the plan grow by it. */
struct planning {
	struct plan *plan;
	struct manifest *m;
	const struct experiment *e;
	struct points points;
	struct error *err;
};

static int no_memory(const struct planning *p)
{
	return experiment_no_memory(p->e, p->err);
}

static const char *keep(const struct planning *p, const char *text)
{
	const char *kept = text_pool_add(&p->m->text, text);
	if (!kept)
		no_memory(p);
	return kept;
}

static int name_parameters(struct planning *p)
{
	struct parameters parameters;
	if (parameters_create(&parameters, p->e, p->err) != 0)
		return -1;
	p->m->parameters = calloc(p->points.path_count + 1, sizeof(*p->m->parameters));
	bool whole = p->m->parameters;
	for (size_t i = 0; i < p->points.path_count && whole; i++) {
		const struct option_spec *option =
			parameters_option(&parameters, p->points.paths[i]);
		struct manifest_parameter *parameter = &p->m->parameters[p->m->parameter_count++];
		parameter->path = text_pool_add(&p->m->text, p->points.paths[i]);
		parameter->type = option ? option_type_name(option->type) : "text";
		whole = parameter->path;
	}
	parameters_destroy(&parameters);
	return whole ? 0 : no_memory(p);
}

/* Settings that select runs: each must be of what differs between them, else it selects nothing. */
static int check_selection(const struct planning *p, const struct settings *settings)
{
	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *setting = &settings->items[i];
		bool found = strcmp(setting->path, "trace") == 0;
		for (size_t k = 0; k < p->points.path_count && !found; k++)
			found = strcmp(p->points.paths[k], setting->path) == 0;
		if (!found)
			return experiment_refuse_key(p->e, setting->key, setting->path,
						     "is not swept over", p->err);
		bool known = strcmp(setting->path, "trace") != 0;
		for (size_t k = 0; k < p->e->trace_count && !known; k++)
			known = strcmp(p->e->traces[k].name, setting->value) == 0;
		if (!known)
			return experiment_refuse_value(p->e, setting->node, setting->path,
						       "no trace of that name", p->err);
	}
	return 0;
}

static int take_baseline(struct planning *p)
{
	const struct settings *baseline = &p->e->baseline;
	p->m->baseline = calloc(baseline->count + 1, sizeof(*p->m->baseline));
	if (!p->m->baseline)
		return no_memory(p);
	for (size_t i = 0; i < baseline->count; i++) {
		struct manifest_setting *setting = &p->m->baseline[p->m->baseline_count++];
		setting->path = keep(p, baseline->items[i].path);
		setting->value = keep(p, baseline->items[i].value);
		if (!setting->path || !setting->value)
			return -1;
	}
	return 0;
}

/* Now and not when all runs are done: a name that no result will have. */
static int check_report(struct planning *p)
{
	const struct yaml_node *item = p->e->report ? p->e->report->first : NULL;
	struct figure_names *names = item ? figure_names_create(p->err) : NULL;
	int status = item && !names ? -1 : 0;
	for (; item && status == 0; item = item->next) {
		const char *near, *name = item->first ? item->first->key : item->text;
		char what[WHAT_BYTES];
		if (figure_names_has(names, name, &near))
			continue;
		snprintf(what, sizeof(what), "%.128s: results have no figure of that name%s%s%s",
			 name, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
		status = experiment_refuse_value(p->e, item, "report", what, p->err);
	}
	figure_names_destroy(names);
	return status;
}

static int take_report(struct planning *p)
{
	size_t count = 0;
	const struct yaml_node *item = p->e->report ? p->e->report->first : NULL;
	for (const struct yaml_node *at = item; at; at = at->next)
		count++;
	const char **report = calloc(count + 1, sizeof(*report));
	p->m->report = report;
	if (!report)
		return no_memory(p);
	for (; item; item = item->next) {
		const struct yaml_node *only = item->first;
		const char *name =
			only ? text_pool_format(&p->m->text, "%s:%s", only->key, only->text)
			     : keep(p, item->text);
		report[p->m->report_count++] = name;
		if (!name)
			return no_memory(p);
	}
	return 0;
}

static int take_plugins(struct planning *p, const char *const *plugins, size_t count)
{
	const char **kept = calloc(count + 1, sizeof(*kept));
	p->m->plugins = kept;
	if (!kept)
		return no_memory(p);
	for (size_t i = 0; i < count; i++) {
		char *path = realpath(plugins[i], NULL);
		kept[i] = keep(p, path ? path : plugins[i]);
		free(path);
		if (!kept[i])
			return -1;
		p->m->plugin_count++;
	}
	return 0;
}

/* The manifest's trace for that trace read that way; -1 when memory is out. */
static int64_t find_source(struct planning *p, size_t trace, const char *format, const char *level)
{
	struct plan *plan = p->plan;
	for (size_t i = 0; i < plan->source_count; i++)
		if (plan->sources[i].trace == trace &&
		    strcmp(plan->sources[i].format, format) == 0 &&
		    strcmp(plan->sources[i].level, level) == 0)
			return (int64_t)i;
	struct plan_source *sources = grow_array(plan->sources, plan->source_count,
						 &plan->source_capacity, sizeof(*sources));
	struct manifest_trace *traces =
		reallocarray(p->m->traces, plan->source_count + 1, sizeof(*traces));
	if (sources)
		plan->sources = sources;
	if (traces)
		p->m->traces = traces;
	if (!sources || !traces)
		return no_memory(p);
	char where[4096 + 32];
	snprintf(where, sizeof(where), "%s:%lu", p->e->file, p->e->traces[trace].line);
	sources[plan->source_count] =
		(struct plan_source){ trace, keep(p, format), keep(p, level), keep(p, where) };
	traces[plan->source_count] =
		(struct manifest_trace){ .name = keep(p, p->e->traces[trace].name),
					 .file = keep(p, p->e->traces[trace].file) };
	p->m->trace_count = ++plan->source_count;
	return (int64_t)plan->source_count - 1;
}

static const char *hash_of_text(struct planning *p, const char *text)
{
	struct content_hash *hash = content_hash_create();
	if (!hash) {
		no_memory(p);
		return NULL;
	}
	content_hash_text(hash, text);
	const char *hex = text_pool_format(&p->m->text, "%016" PRIx64, content_hash_value(hash));
	content_hash_destroy(hash);
	return hex;
}

static char *resolved_yaml(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	config_print_resolved(config, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* The hash of the configuration, which is kept when it is the first of it; NULL with *err. */
static const char *keep_config(struct planning *p, const struct config *config)
{
	struct plan *plan = p->plan;
	char *text = config_text(config);
	const char *hash = text ? hash_of_text(p, text) : NULL;
	free(text);
	if (!hash) {
		no_memory(p);
		return NULL;
	}
	for (size_t i = 0; i < plan->config_count; i++)
		if (strcmp(plan->configs[i].hash, hash) == 0)
			return plan->configs[i].hash;
	struct plan_config *grown = grow_array(plan->configs, plan->config_count,
					       &plan->config_capacity, sizeof(*grown));
	char *yaml = resolved_yaml(config);
	if (grown)
		plan->configs = grown;
	if (!grown || !yaml) {
		free(yaml);
		no_memory(p);
		return NULL;
	}
	grown[plan->config_count++] = (struct plan_config){ hash, yaml };
	return hash;
}

static int take_values(struct planning *p, const struct parameters *parameters,
		       const struct settings *point, struct manifest_run *run)
{
	char value[VALUE_BYTES];
	const char **values = calloc(p->m->parameter_count + 1, sizeof(*values));
	run->values = values;
	if (!values)
		return no_memory(p);
	for (size_t i = 0; i < p->m->parameter_count; i++) {
		const char *path = p->m->parameters[i].path;
		const struct setting *setting = settings_find(point, path);
		if (!setting &&
		    parameters_value(parameters, path, value, sizeof(value), p->err) != 0)
			return -1;
		values[i] = keep(p, setting ? setting->value : value);
		if (!values[i])
			return -1;
	}
	return 0;
}

/* Run options that are not at their default, but for the seed. */
static int take_options(struct planning *p, const struct parameters *parameters, size_t trace,
			struct manifest_run *run)
{
	char value[VALUE_BYTES];
	size_t known = 0;
	while (slabyard_run_options[known].name)
		known++;
	const char **options = calloc(known + 1, sizeof(*options));
	run->options = options;
	if (!options)
		return no_memory(p);
	for (const struct option_spec *o = slabyard_run_options; o->name; o++) {
		if (parameters_value(parameters, o->name, value, sizeof(value), p->err) != 0)
			return -1;
		if (strcmp(value, o->default_text) == 0 || strcmp(o->name, "seed") == 0)
			continue;
		if (o->type == OPTION_FILE && run_file_find(p->e, &p->e->traces[trace], o->name,
							    value, sizeof(value), p->err) != 0)
			return -1;
		options[run->option_count] = text_pool_format(&p->m->text, "%s=%s", o->name, value);
		if (!options[run->option_count++])
			return no_memory(p);
	}
	return 0;
}

/* Whether all of the settings hold for a run with these values. */
static bool is_selected(const struct planning *p, const struct settings *settings,
			const char *trace, const char *const *values)
{
	for (size_t i = 0; i < settings->count; i++) {
		const char *path = settings->items[i].path, *value = trace;
		for (size_t k = 0; k < p->m->parameter_count; k++)
			if (strcmp(p->m->parameters[k].path, path) == 0)
				value = values[k];
		if (strcmp(value, settings->items[i].value) != 0)
			return false;
	}
	return true;
}

static bool is_excluded(const struct planning *p, const char *trace, const char *const *values)
{
	for (size_t i = 0; i < p->e->exclude_count; i++)
		if (is_selected(p, &p->e->excludes[i], trace, values))
			return true;
	return false;
}

static int fill_run(struct planning *p, const struct parameters *parameters, size_t trace,
		    struct manifest_run *run)
{
	char format[64], level[64], seed[64];
	if (parameters_value(parameters, "format", format, sizeof(format), p->err) != 0 ||
	    parameters_value(parameters, "level", level, sizeof(level), p->err) != 0 ||
	    parameters_value(parameters, "seed", seed, sizeof(seed), p->err) != 0)
		return -1;
	int64_t source = find_source(p, trace, format, level);
	run->config = keep_config(p, parameters->machine);
	if (source < 0 || !run->config)
		return -1;
	run->trace = (uint32_t)source;
	run->seed = strtoull(seed, NULL, 10);
	return take_options(p, parameters, trace, run);
}

static void free_run(struct manifest_run *run)
{
	free((void *)run->values);
	free((void *)run->options);
}

/* Another seed of the run before it, which it shares nothing with that is freed. */
static int repeat_run(struct planning *p, const struct manifest_run *run, uint64_t seed)
{
	struct manifest *m = p->m;
	struct manifest_run *grown =
		grow_array(m->runs, m->run_count, &p->plan->run_capacity, sizeof(*grown));
	if (!grown)
		return no_memory(p);
	m->runs = grown;
	struct manifest_run *copy = &grown[m->run_count];
	*copy = *run;
	copy->seed = seed;
	copy->values = calloc(m->parameter_count + 1, sizeof(*copy->values));
	copy->options = calloc(run->option_count + 1, sizeof(*copy->options));
	m->run_count++;
	if (!copy->values || !copy->options)
		return no_memory(p);
	memcpy((void *)copy->values, run->values, m->parameter_count * sizeof(*copy->values));
	memcpy((void *)copy->options, run->options, run->option_count * sizeof(*copy->options));
	return 0;
}

/* A start that is laid out anew ("census:STATE"), and what is perturbed, are drawn. */
static bool options_draw(const struct manifest_run *run)
{
	for (size_t i = 0; i < run->option_count; i++) {
		const char *option = run->options[i];
		const char *value = strchr(option, '=') + 1;
		size_t length;
		if (strncmp(option, "perturb=", strlen("perturb=")) == 0)
			return true;
		if (strncmp(option, "start=", strlen("start=")) == 0 &&
		    start_spec_file(value, &length) != value)
			return true;
	}
	return false;
}

/* In place of how the run is perturbed already, or as one option more, for which there is room. */
static int take_perturbation(struct planning *p, struct manifest_run *run)
{
	static const char name[] = "perturb=";
	const char **options = (const char **)(uintptr_t)run->options;
	size_t at = 0;
	while (at < run->option_count && strncmp(options[at], name, sizeof(name) - 1) != 0)
		at++;
	options[at] = text_pool_format(&p->m->text, "%s%s", name, p->e->perturb);
	run->option_count += at == run->option_count;
	run->perturbed = true;
	return options[at] ? 0 : no_memory(p);
}

static int add_perturbed(struct planning *p, struct manifest_run *run)
{
	if (take_perturbation(p, run) != 0)
		return -1;
	for (uint64_t i = 1; i <= p->e->perturb_runs; i++)
		if (repeat_run(p, run, run->seed + i) != 0)
			return -1;
	return 0;
}

/* A run for each seed that makes a difference. */
static int add_seeds(struct planning *p, const struct parameters *parameters, size_t trace,
		     struct manifest_run *run)
{
	if (fill_run(p, parameters, trace, run) != 0)
		return -1;
	bool random = parameters_use_rng(parameters) || options_draw(run);
	run->random = random;
	p->plan->seedless += !random && p->e->repeat > 1;
	for (uint64_t i = 0; i < (random ? p->e->repeat : 1); i++)
		if (repeat_run(p, run, run->seed + i) != 0)
			return -1;
	return p->e->perturb ? add_perturbed(p, run) : 0;
}

static int add_runs(struct planning *p, const struct parameters *parameters, size_t trace,
		    const struct settings *point)
{
	struct manifest_run run = { 0 };
	int status = take_values(p, parameters, point, &run);
	if (status == 0 && is_excluded(p, p->e->traces[trace].name, run.values))
		p->plan->excluded++;
	else if (status == 0)
		status = add_seeds(p, parameters, trace, &run);
	free_run(&run);
	return status;
}

/* The settings of one combination on one trace, in the order that experiment.h says. */
static int assign(const struct planning *p, struct parameters *parameters, size_t trace,
		  const struct settings *point)
{
	const struct settings *own = &p->e->traces[trace].settings;
	struct error what = { 0 };
	for (int files = 1; files >= 0; files--)
		if (parameters_assign_all(parameters, p->e, own, files, &what) != 0 ||
		    parameters_assign_all(parameters, p->e, point, files, &what) != 0)
			return error_set(p->err, what.kind, "%s: %.900s", p->e->file, what.message);
	return 0;
}

static int add_point(struct planning *p, size_t trace, const struct settings *point)
{
	struct parameters parameters;
	if (parameters_create(&parameters, p->e, p->err) != 0)
		return -1;
	int status = assign(p, &parameters, trace, point);
	if (status == 0)
		status = add_runs(p, &parameters, trace, point);
	parameters_destroy(&parameters);
	return status;
}

static int add_points(struct planning *p)
{
	for (size_t trace = 0; trace < p->e->trace_count; trace++)
		for (size_t i = 0; i < p->points.count; i++)
			if (add_point(p, trace, &p->points.items[i]) != 0)
				return -1;
	if (!p->m->run_count)
		return error_set(p->err, ERROR_INPUT, "%s: sweep.exclude leaves no run",
				 p->e->file);
	return 0;
}

static int plan_all(struct planning *p, const char *const *plugins, size_t plugin_count)
{
	p->m->name = keep(p, p->e->name);
	p->m->version = keep(p, slabyard_version());
	if (!p->m->name || !p->m->version)
		return -1;
	if (take_plugins(p, plugins, plugin_count) != 0 || name_parameters(p) != 0 ||
	    check_selection(p, &p->e->baseline) != 0 || take_baseline(p) != 0 ||
	    check_report(p) != 0 || take_report(p) != 0)
		return -1;
	for (size_t i = 0; i < p->e->exclude_count; i++)
		if (check_selection(p, &p->e->excludes[i]) != 0)
			return -1;
	return add_points(p);
}

int plan_create(struct plan *plan, const struct experiment *e, const char *const *plugins,
		size_t plugin_count, struct error *err)
{
	*plan = (struct plan){ .manifest = calloc(1, sizeof(*plan->manifest)) };
	struct planning p = { .plan = plan, .m = plan->manifest, .e = e, .err = err };
	if (!p.m)
		return experiment_no_memory(e, err);
	int status = points_expand(&p.points, e, err);
	if (status == 0)
		status = plan_all(&p, plugins, plugin_count);
	points_free(&p.points);
	if (status != 0)
		plan_free(plan);
	return status;
}

void plan_free(struct plan *plan)
{
	manifest_destroy(plan->manifest);
	for (size_t i = 0; i < plan->config_count; i++)
		free(plan->configs[i].yaml);
	free(plan->configs);
	free(plan->sources);
	*plan = (struct plan){ 0 };
}
