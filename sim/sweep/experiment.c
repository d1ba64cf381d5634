/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/paths.h"
#include "base/suggest.h"
#include "slabyard.h"

enum { REPEAT_MAX = 1000000 };

int experiment_refuse_key(const struct experiment *e, const struct yaml_node *node,
			  const char *path, const char *what, struct error *err)
{
	return error_at(err, e->file, node->key_line, node->key_column, path, "%s", what);
}

int experiment_refuse_value(const struct experiment *e, const struct yaml_node *node,
			    const char *path, const char *what, struct error *err)
{
	return error_at(err, e->file, node->value_line, node->value_column, path, "%s", what);
}

int experiment_no_memory(const struct experiment *e, struct error *err)
{
	return error_set(err, ERROR_RUN, "%s: out of memory", e->file);
}

static int refuse_kind(const struct experiment *e, const struct yaml_node *node, const char *path,
		       const char *wanted, struct error *err)
{
	return error_at(err, e->file, node->value_line, node->value_column, path,
			"expected %s, found %s", wanted, yaml_kind_name(node->kind));
}

static int check_list(const struct experiment *e, const struct yaml_node *node, const char *path,
		      enum yaml_kind of, const char *wanted, struct error *err)
{
	if (node->kind != YAML_LIST)
		return refuse_kind(e, node, path, wanted, err);
	for (const struct yaml_node *item = node->first; item; item = item->next)
		if (item->kind != of)
			return refuse_kind(e, item, path,
					   of == YAML_SCALAR ? "a name" : "a mapping", err);
	return 0;
}

static int read_matrix(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	return experiment_read_matrix(e, node, &e->sweep, err);
}

/* One mapping, or a list of them: each is walked on its own. */
static int read_zip(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	if (node->kind != YAML_LIST)
		return experiment_read_zip(e, node, &e->sweep, err);
	for (const struct yaml_node *item = node->first; item; item = item->next)
		if (experiment_read_zip(e, item, &e->sweep, err) != 0)
			return -1;
	return 0;
}

static int read_include(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	if (check_list(e, node, "sweep.include", YAML_MAPPING, "a list of mappings", err) != 0)
		return -1;
	for (const struct yaml_node *item = node->first; item; item = item->next) {
		struct axes *grown = grow_array(e->includes, e->include_count, &e->include_capacity,
						sizeof(*grown));
		if (!grown)
			return experiment_no_memory(e, err);
		e->includes = grown;
		struct axes *axes = &grown[e->include_count++];
		*axes = (struct axes){ 0 };
		if (experiment_read_matrix(e, item, axes, err) != 0)
			return -1;
	}
	return 0;
}

static int read_exclude(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	if (check_list(e, node, "sweep.exclude", YAML_MAPPING, "a list of mappings", err) != 0)
		return -1;
	for (const struct yaml_node *item = node->first; item; item = item->next) {
		struct settings *grown = grow_array(e->excludes, e->exclude_count,
						    &e->exclude_capacity, sizeof(*grown));
		if (!grown)
			return experiment_no_memory(e, err);
		e->excludes = grown;
		struct settings *settings = &grown[e->exclude_count++];
		*settings = (struct settings){ 0 };
		if (experiment_read_settings(e, item, settings, err) != 0)
			return -1;
	}
	return 0;
}

/* A key and who reads what stands behind it. */
struct key {
	const char *name;
	int (*read)(struct experiment *e, const struct yaml_node *node, struct error *err);
};

static const struct key *key_named(const struct key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

static int refuse_name(const struct experiment *e, const struct yaml_node *node, const char *path,
		       const struct suggestion *near, struct error *err)
{
	if (near->best)
		return error_at(err, e->file, node->key_line, node->key_column, path,
				"unknown key \"%s\" (did you mean %s?)", node->key, near->best);
	return error_at(err, e->file, node->key_line, node->key_column, path, "unknown key \"%s\"",
			node->key);
}

static int check_once(const struct experiment *e, const struct yaml_node *mapping,
		      const struct yaml_node *node, struct error *err)
{
	const struct yaml_node *first = yaml_child(mapping, node->key);
	if (first == node)
		return 0;
	return error_at(err, e->file, node->key_line, node->key_column, node->key,
			"duplicate key, first at line %lu", first->key_line);
}

static int read_sweep(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	static const struct key keys[] = { { "matrix", read_matrix },
					   { "zip", read_zip },
					   { "include", read_include },
					   { "exclude", read_exclude },
					   { 0 } };
	if (node->kind != YAML_MAPPING)
		return refuse_kind(e, node, "sweep", "a mapping", err);
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		struct suggestion near = { .word = child->key };
		const struct key *key = key_named(keys, child->key);
		for (size_t i = 0; keys[i].name; i++)
			suggest_consider(&near, keys[i].name);
		if (!key && !near.best)
			return error_at(err, e->file, child->key_line, child->key_column, "sweep",
					"unknown key \"%s\" (settings stand in sweep.matrix, zip, "
					"include and exclude)",
					child->key);
		if (!key)
			return refuse_name(e, child, "sweep", &near, err);
		if (check_once(e, node, child, err) != 0 || key->read(e, child, err) != 0)
			return -1;
	}
	return 0;
}

static int read_name(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	if (node->kind != YAML_SCALAR || !*node->text || strchr(node->text, '/'))
		return experiment_refuse_value(e, node, "name", "expected a name without slashes",
					       err);
	e->name = node->text;
	return 0;
}

static int read_repeat(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	const struct option_spec spec = {
		.name = "repeat", .type = OPTION_UINT, .min = 1, .max = REPEAT_MAX
	};
	struct error what = { 0 };
	if (node->kind != YAML_SCALAR)
		return refuse_kind(e, node, "repeat", "a whole number", err);
	if (option_parse(&spec, node->text, &e->repeat, &what) != 0)
		return experiment_refuse_value(e, node, "repeat", what.message, err);
	return 0;
}

static int read_baseline(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	if (node->kind != YAML_MAPPING)
		return refuse_kind(e, node, "baseline", "a mapping", err);
	return experiment_read_settings(e, node, &e->baseline, err);
}

/* A figure's name, or {NAME: higher} for one of which more is better. */
static bool is_report_item(const struct yaml_node *item)
{
	if (item->kind == YAML_SCALAR)
		return true;
	const struct yaml_node *only = item->kind == YAML_MAPPING ? item->first : NULL;
	return only && !only->next && only->kind == YAML_SCALAR &&
	       (strcmp(only->text, "higher") == 0 || strcmp(only->text, "lower") == 0);
}

static int read_report(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	e->report = node;
	if (node->kind != YAML_LIST)
		return refuse_kind(e, node, "report", "a list of names", err);
	for (const struct yaml_node *item = node->first; item; item = item->next)
		if (!is_report_item(item))
			return experiment_refuse_value(e, item, "report",
						       "expected a figure's name or {NAME: higher}",
						       err);
	return 0;
}

static const struct key own_keys[] = {
	{ "name", read_name },
	{ "traces", experiment_read_traces },
	{ "sweep", read_sweep },
	{ "repeat", read_repeat },
	{ "perturb", experiment_read_perturb },
	{ "report", read_report },
	{ "baseline", read_baseline },
	{ 0 },
};

static bool is_section(const char *name)
{
	const struct config_section *section = slabyard_config_schema()->sections;
	for (; section->name; section++)
		if (strcmp(section->name, name) == 0)
			return true;
	return strcmp(name, "extends") == 0;
}

static int refuse_top(const struct experiment *e, const struct yaml_node *node, struct error *err)
{
	struct suggestion near = { .word = node->key };
	const struct config_section *section = slabyard_config_schema()->sections;
	for (; section->name; section++)
		suggest_consider(&near, section->name);
	for (const struct key *key = own_keys; key->name; key++)
		suggest_consider(&near, key->name);
	suggest_consider(&near, "extends");
	suggest_consider(&near, "run");
	return refuse_name(e, node, NULL, &near, err);
}

static void append(struct yaml_node *mapping, struct yaml_node *node)
{
	struct yaml_node **slot = &mapping->first;
	while (*slot)
		slot = &(*slot)->next;
	*slot = node;
	node->next = NULL;
}

static struct yaml_node *empty_mapping(void)
{
	struct yaml_node *node = calloc(1, sizeof(*node));
	if (node)
		node->kind = YAML_MAPPING;
	return node;
}

/* Takes the file's keys apart by whose they are. */
static int sort_keys(struct experiment *e, struct yaml_node *root, struct error *err)
{
	e->own = empty_mapping();
	e->configuration = empty_mapping();
	e->run = empty_mapping();
	if (!e->own || !e->configuration || !e->run)
		return experiment_no_memory(e, err);
	for (struct yaml_node *node; (node = root->first);) {
		bool own = key_named(own_keys, node->key), run = strcmp(node->key, "run") == 0;
		if (!own && !run && !is_section(node->key))
			return refuse_top(e, node, err);
		root->first = node->next;
		append(own ? e->own : run ? e->run : e->configuration, node);
	}
	return 0;
}

static int read_root(struct experiment *e, struct yaml_node *root, struct error *err)
{
	if (!root || root->kind != YAML_MAPPING)
		return error_set(err, ERROR_INPUT, "%s: an experiment is a mapping with traces",
				 e->file);
	if (sort_keys(e, root, err) != 0)
		return -1;
	for (const struct yaml_node *node = e->own->first; node; node = node->next)
		if (check_once(e, e->own, node, err) != 0 ||
		    key_named(own_keys, node->key)->read(e, node, err) != 0)
			return -1;
	if (!e->trace_count)
		return error_set(err, ERROR_INPUT, "%s: has no traces", e->file);
	return 0;
}

/* "dir/slab-variants.yaml" is slab-variants. */
static const char *name_of_file(struct experiment *e)
{
	const char *base = path_base(e->file);
	return text_pool_add_part(&e->text, base, strcspn(base, "."));
}

struct experiment *experiment_read(const char *file, struct error *err)
{
	struct experiment *e = calloc(1, sizeof(*e));
	struct yaml_node *root = NULL;
	if (!e) {
		error_set(err, ERROR_RUN, "%s: out of memory", file);
		return NULL;
	}
	e->repeat = 1;
	e->file = text_pool_add(&e->text, file);
	int status = e->file ? config_file_tree(file, &root, err) : experiment_no_memory(e, err);
	if (status == 0) {
		e->name = name_of_file(e);
		status = read_root(e, root, err);
	}
	yaml_tree_free(root);
	if (status == 0)
		return e;
	experiment_destroy(e);
	return NULL;
}

void experiment_destroy(struct experiment *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->trace_count; i++)
		settings_free(&e->traces[i].settings);
	for (size_t i = 0; i < e->include_count; i++)
		axes_free(&e->includes[i]);
	for (size_t i = 0; i < e->exclude_count; i++)
		settings_free(&e->excludes[i]);
	axes_free(&e->sweep);
	settings_free(&e->baseline);
	yaml_tree_free(e->own);
	yaml_tree_free(e->configuration);
	yaml_tree_free(e->run);
	text_pool_free(&e->text);
	free(e->traces);
	free(e->includes);
	free(e->excludes);
	free(e);
}
