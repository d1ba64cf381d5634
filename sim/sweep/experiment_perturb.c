/* SPDX-License-Identifier: GPL-3.0-or-later */
/* perturb: {start: 64, swap: 0.01, runs: 10}: what is perturbed (slabyard run --perturb), how
 * often. */
#include <string.h>

#include "base/suggest.h"
#include "machine/perturbation.h"
#include "sweep/experiment.h"

enum { RUNS_DEFAULT = 10, RUNS_MAX = 100000 };

static const struct option_spec runs_option = {
	.name = "runs", .type = OPTION_UINT, .min = 1, .max = RUNS_MAX
};

static int refuse_name(const struct experiment *e, const struct yaml_node *node, struct error *err)
{
	struct suggestion near = { .word = node->key };
	for (const struct option_spec *o = perturbation_options; o->name; o++)
		suggest_consider(&near, o->name);
	suggest_consider(&near, runs_option.name);
	if (near.best)
		return error_at(err, e->file, node->key_line, node->key_column, "perturb",
				"unknown key \"%s\" (did you mean %s?)", node->key, near.best);
	return error_at(err, e->file, node->key_line, node->key_column, "perturb",
			"unknown key \"%s\"", node->key);
}

static int check_value(const struct experiment *e, const struct yaml_node *node,
		       const struct option_spec *option, void *params, struct error *err)
{
	struct error what = { 0 };
	if (node->kind != YAML_SCALAR)
		return experiment_refuse_value(e, node, "perturb", "expected a value", err);
	if (option_parse(option, node->text, params, &what) != 0)
		return experiment_refuse_value(e, node, "perturb", what.message, err);
	return 0;
}

static int read_entry(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	struct perturbation tried;
	const struct option_spec *option = option_find(perturbation_options, node->key);
	if (strcmp(node->key, runs_option.name) == 0)
		return check_value(e, node, &runs_option, &e->perturb_runs, err);
	if (!option)
		return refuse_name(e, node, err);
	if (check_value(e, node, option, &tried, err) != 0)
		return -1;
	e->perturb = text_pool_format(&e->text, "%s%s%s=%s", e->perturb ? e->perturb : "",
				      e->perturb ? "," : "", node->key, node->text);
	return e->perturb ? 0 : experiment_no_memory(e, err);
}

int experiment_read_perturb(struct experiment *e, const struct yaml_node *mapping,
			    struct error *err)
{
	if (mapping->kind != YAML_MAPPING)
		return experiment_refuse_value(e, mapping, "perturb",
					       "expected a mapping as {start: 64, swap: 0.01}",
					       err);
	e->perturb_runs = RUNS_DEFAULT;
	for (const struct yaml_node *node = mapping->first; node; node = node->next)
		if (read_entry(e, node, err) != 0)
			return -1;
	if (e->perturb)
		return 0;
	return experiment_refuse_value(e, mapping, "perturb", "says nothing that is perturbed",
				       err);
}
