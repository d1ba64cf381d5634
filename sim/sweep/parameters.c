/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/parameters.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/shipped.h"
#include "base/suggest.h"
#include "machine/start_spec.h"
#include "slabyard.h"

#define RUN_PREFIX "run."

static const struct config_section run_sections[] = {
	{ "run", "how traces are replayed", slabyard_run_options, sizeof(struct slabyard_run),
	  NULL },
	{ 0 },
};

static const struct config_schema run_schema = { run_sections };

static bool is_config_file(const char *path)
{
	return strcmp(path, "config") == 0;
}

static bool is_run_option(const char *path)
{
	return option_find(slabyard_run_options, path);
}

static struct config *create_run(const struct experiment *e, struct error *err)
{
	struct config *run = config_create(&run_schema, err);
	if (run && config_read_tree(run, e->file, e->run, err) != 0) {
		config_destroy(run);
		return NULL;
	}
	return run;
}

int parameters_create(struct parameters *p, const struct experiment *e, struct error *err)
{
	*p = (struct parameters){ .machine = config_create(slabyard_config_schema(), err) };
	if (p->machine && config_read_tree(p->machine, e->file, e->configuration, err) == 0)
		p->run = create_run(e, err);
	if (p->run)
		return 0;
	parameters_destroy(p);
	return -1;
}

void parameters_destroy(struct parameters *p)
{
	config_destroy(p->machine);
	config_destroy(p->run);
	*p = (struct parameters){ 0 };
}

const char *parameters_path(const char *path)
{
	size_t length = strlen(RUN_PREFIX);
	return strncmp(path, RUN_PREFIX, length) == 0 ? path + length : path;
}

static int refuse_word(const char *word, struct error *err)
{
	struct suggestion near = { .word = word };
	const struct option_spec *option = slabyard_run_options;
	for (; option->name; option++)
		suggest_consider(&near, option->name);
	suggest_consider(&near, "config");
	if (near.best)
		return error_set(err, ERROR_INPUT, "unknown setting \"%s\" (did you mean %s?)",
				 word, near.best);
	return error_set(err, ERROR_INPUT,
			 "unknown setting \"%s\": write a path as slab.policy, or an option of "
			 "slabyard run",
			 word);
}

int parameters_find(const struct parameters *p, const char *path, struct error *err)
{
	char value[4096];
	if (is_config_file(path) || is_run_option(path))
		return 0;
	if (!strchr(path, '.'))
		return refuse_word(path, err);
	return config_value(p->machine, path, value, sizeof(value), err);
}

/* A file beside the experiment, or one that is shipped. */
static int read_config_file(struct parameters *p, const struct experiment *e, const char *name,
			    struct error *err)
{
	static const char *const kinds[] = { "policies", "machines", "costs" };
	char path[4096], shipped[4096];
	path_beside(e->file, name, path, sizeof(path));
	if (strchr(name, '/') || access(path, R_OK) == 0)
		return config_read_file(p->machine, path, err);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (shipped_config(kinds[i], name, shipped, sizeof(shipped)))
			return config_read_file(p->machine, shipped, err);
	return config_read_file(p->machine, path, err);
}

int parameters_assign(struct parameters *p, const struct experiment *e,
		      const struct setting *setting, struct error *err)
{
	char from[4096], path[256];
	if (is_config_file(setting->path))
		return read_config_file(p, e, setting->value, err);
	snprintf(from, sizeof(from), "%s:%lu", e->file, setting->node->value_line);
	if (!is_run_option(setting->path))
		return config_assign(p->machine, setting->path, setting->value, from, err);
	snprintf(path, sizeof(path), RUN_PREFIX "%s", setting->path);
	return config_assign(p->run, path, setting->value, from, err);
}

int parameters_assign_all(struct parameters *p, const struct experiment *e,
			  const struct settings *settings, bool files, struct error *err)
{
	for (size_t i = 0; i < settings->count; i++)
		if (is_config_file(settings->items[i].path) == files &&
		    parameters_assign(p, e, &settings->items[i], err) != 0)
			return -1;
	return 0;
}

int parameters_value(const struct parameters *p, const char *path, char *buffer, size_t size,
		     struct error *err)
{
	char run_path[256];
	snprintf(run_path, sizeof(run_path), RUN_PREFIX "%s", path);
	if (is_run_option(path))
		return config_value(p->run, run_path, buffer, size, err);
	if (!is_config_file(path))
		return config_value(p->machine, path, buffer, size, err);
	snprintf(buffer, size, "none");
	return 0;
}

const struct option_spec *parameters_option(const struct parameters *p, const char *path)
{
	const struct option_spec *option = option_find(slabyard_run_options, path);
	return option ? option : config_option(p->machine, path);
}

static bool draws(const struct policy_info *info, const void *params)
{
	return info->capabilities & POLICY_USES_RNG && (!info->draws || info->draws(params));
}

bool parameters_use_rng(const struct parameters *p)
{
	char start[START_PATH_MAX];
	struct error err;
	if (config_value(p->run, RUN_PREFIX "start", start, sizeof(start), &err) == 0 &&
	    start_spec_draws(start))
		return true;
	const struct config_section *section = slabyard_config_schema()->sections;
	for (; section->name; section++) {
		const void *params;
		if (!section->kind)
			continue;
		const struct policy_info *info = config_policy(p->machine, section->name, &params);
		if (draws(info, params))
			return true;
	}
	return false;
}
