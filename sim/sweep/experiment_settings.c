/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings as they stand in a mapping: `slab: {policy: slub}` and `slab.policy: slub` alike. */
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "sweep/experiment.h"
#include "sweep/parameters.h"

struct reading {
	struct experiment *e;
	struct parameters parameters; /* to try each setting on */
	const char *const *words;     /* keys that are no settings, and the leaf's business */
	struct error *err;
};

/* Which runs are meant can also be said by their trace. */
static const char *const selecting[] = { "trace", NULL };
static const char *const naming[] = { "trace", "name", NULL };

void settings_free(struct settings *settings)
{
	free(settings->items);
	*settings = (struct settings){ 0 };
}

void axes_free(struct axes *axes)
{
	for (size_t i = 0; i < axes->count; i++) {
		for (size_t k = 0; k < axes->items[i].count; k++)
			settings_free(&axes->items[i].rows[k]);
		free(axes->items[i].rows);
	}
	free(axes->items);
	*axes = (struct axes){ 0 };
}

const struct setting *settings_find(const struct settings *settings, const char *path)
{
	for (size_t i = 0; i < settings->count; i++)
		if (strcmp(settings->items[i].path, path) == 0)
			return &settings->items[i];
	return NULL;
}

static int settings_add(struct reading *r, struct settings *settings, const struct setting *setting)
{
	struct setting *grown =
		grow_array(settings->items, settings->count, &settings->capacity, sizeof(*grown));
	if (!grown)
		return experiment_no_memory(r->e, r->err);
	settings->items = grown;
	grown[settings->count++] = *setting;
	return 0;
}

static struct axis *axis_add(struct reading *r, struct axes *axes)
{
	struct axis *grown = grow_array(axes->items, axes->count, &axes->capacity, sizeof(*grown));
	if (!grown) {
		experiment_no_memory(r->e, r->err);
		return NULL;
	}
	axes->items = grown;
	struct axis *axis = &grown[axes->count++];
	*axis = (struct axis){ 0 };
	return axis;
}

static struct settings *row_add(struct reading *r, struct axis *axis)
{
	struct settings *grown =
		grow_array(axis->rows, axis->count, &axis->capacity, sizeof(*grown));
	if (!grown) {
		experiment_no_memory(r->e, r->err);
		return NULL;
	}
	axis->rows = grown;
	struct settings *row = &grown[axis->count++];
	*row = (struct settings){ 0 };
	return row;
}

static bool is_word(const char *const *words, const char *path)
{
	for (; words && *words; words++)
		if (strcmp(path, *words) == 0)
			return true;
	return false;
}

/* The value as the configuration would write it, so that 65536KiB is 64MiB. */
static int make_setting(struct reading *r, const char *path, const struct yaml_node *key,
			const struct yaml_node *node, struct setting *setting)
{
	struct error what = { 0 };
	char value[4096];
	if (node->kind != YAML_SCALAR)
		return error_at(r->err, r->e->file, node->value_line, node->value_column, path,
				"expected a value, found %s", yaml_kind_name(node->kind));
	*setting = (struct setting){ path, node->text, key, node };
	if (is_word(r->words, path))
		return 0;
	if (parameters_assign(&r->parameters, r->e, setting, &what) != 0)
		return experiment_refuse_value(r->e, node, path, what.message, r->err);
	if (strcmp(path, "config") == 0)
		return 0;
	if (parameters_value(&r->parameters, path, value, sizeof(value), r->err) != 0)
		return -1;
	setting->value = text_pool_add(&r->e->text, value);
	return setting->value ? 0 : experiment_no_memory(r->e, r->err);
}

typedef int (*leaf_function)(struct reading *r, const char *path, const struct yaml_node *node,
			     void *context);

/* The one name of what the keys down to `node` say; NULL when memory is out. */
static const char *path_of(struct experiment *e, const char *above, const struct yaml_node *node)
{
	const char *path = *above ? text_pool_format(&e->text, "%s.%s", above, node->key)
				  : text_pool_add(&e->text, node->key);
	return path ? parameters_path(path) : NULL;
}

/* Calls leaf for all that is no mapping, once its path is known to be one. */
static int visit(struct reading *r, const char *above, const struct yaml_node *mapping,
		 leaf_function leaf, void *context)
{
	struct error what = { 0 };
	for (const struct yaml_node *node = mapping->first; node; node = node->next) {
		const char *path = path_of(r->e, above, node);
		if (!path)
			return experiment_no_memory(r->e, r->err);
		if (node->kind == YAML_MAPPING) {
			if (visit(r, path, node, leaf, context) != 0)
				return -1;
			continue;
		}
		if (!is_word(r->words, path) && parameters_find(&r->parameters, path, &what) != 0)
			return experiment_refuse_key(r->e, node, path, what.message, r->err);
		if (leaf(r, path, node, context) != 0)
			return -1;
	}
	return 0;
}

static int visit_mapping(struct experiment *e, const struct yaml_node *mapping,
			 const char *const *words, leaf_function leaf, void *context,
			 struct error *err)
{
	struct reading r = { .e = e, .words = words, .err = err };
	if (mapping->kind != YAML_MAPPING)
		return error_at(err, e->file, mapping->value_line, mapping->value_column,
				mapping->key, "expected a mapping, found %s",
				yaml_kind_name(mapping->kind));
	if (parameters_create(&r.parameters, e, err) != 0)
		return -1;
	int status = visit(&r, "", mapping, leaf, context);
	parameters_destroy(&r.parameters);
	return status;
}

static int refuse_second(struct reading *r, const char *path, const struct yaml_node *node)
{
	return experiment_refuse_key(r->e, node, path, "is set here twice", r->err);
}

static int add_setting(struct reading *r, const char *path, const struct yaml_node *node,
		       void *context)
{
	struct setting setting;
	if (settings_find(context, path))
		return refuse_second(r, path, node);
	if (make_setting(r, path, node, node, &setting) != 0)
		return -1;
	return settings_add(r, context, &setting);
}

int experiment_read_settings(struct experiment *e, const struct yaml_node *mapping,
			     struct settings *settings, struct error *err)
{
	return visit_mapping(e, mapping, selecting, add_setting, settings, err);
}

static int add_trace_setting(struct reading *r, const char *path, const struct yaml_node *node,
			     void *context)
{
	return is_word(naming, path) ? 0 : add_setting(r, path, node, context);
}

int experiment_read_trace_settings(struct experiment *e, const struct yaml_node *mapping,
				   struct settings *settings, struct error *err)
{
	return visit_mapping(e, mapping, naming, add_trace_setting, settings, err);
}

static bool axes_set(const struct axes *axes, const char *path)
{
	for (size_t i = 0; i < axes->count; i++)
		if (axes->items[i].count && settings_find(&axes->items[i].rows[0], path))
			return true;
	return false;
}

/* The first of the values behind a key: one value counts as a list of it. */
static const struct yaml_node *first_value(const struct yaml_node *node)
{
	return node->kind == YAML_LIST ? node->first : node;
}

static const struct yaml_node *next_value(const struct yaml_node *key,
					  const struct yaml_node *value)
{
	return key->kind == YAML_LIST ? value->next : NULL;
}

static int add_axis(struct reading *r, const char *path, const struct yaml_node *node,
		    void *context)
{
	struct axes *axes = context;
	struct setting setting;
	if (axes_set(axes, path))
		return refuse_second(r, path, node);
	if (!first_value(node))
		return experiment_refuse_value(r->e, node, path, "an empty list leaves no run",
					       r->err);
	struct axis *axis = axis_add(r, axes);
	for (const struct yaml_node *value = first_value(node); axis && value;
	     value = next_value(node, value)) {
		struct settings *row = row_add(r, axis);
		if (!row || make_setting(r, path, node, value, &setting) != 0 ||
		    settings_add(r, row, &setting) != 0)
			return -1;
	}
	return axis ? 0 : -1;
}

int experiment_read_matrix(struct experiment *e, const struct yaml_node *mapping, struct axes *axes,
			   struct error *err)
{
	return visit_mapping(e, mapping, NULL, add_axis, axes, err);
}

/* The zip's axis, and all axes before it. */
struct zip {
	struct axes *axes;
	size_t axis;
};

static size_t count_values(const struct yaml_node *node)
{
	size_t count = 0;
	for (const struct yaml_node *value = first_value(node); value;
	     value = next_value(node, value))
		count++;
	return count;
}

static int add_zipped(struct reading *r, const char *path, const struct yaml_node *node,
		      void *context)
{
	const struct zip *zip = context;
	struct axis *axis = &zip->axes->items[zip->axis];
	struct setting setting;
	bool first = axis->count == 0;
	size_t count = count_values(node), i = 0;
	if (axes_set(zip->axes, path))
		return refuse_second(r, path, node);
	if (!count || (!first && count != axis->count))
		return error_at(r->err, r->e->file, node->value_line, node->value_column, path,
				"has %zu values, the lists of a zip are of one length%s", count,
				count ? "" : " and not empty");
	for (const struct yaml_node *value = first_value(node); value;
	     value = next_value(node, value)) {
		struct settings *row = first ? row_add(r, axis) : &axis->rows[i++];
		if (!row || make_setting(r, path, node, value, &setting) != 0 ||
		    settings_add(r, row, &setting) != 0)
			return -1;
	}
	return 0;
}

int experiment_read_zip(struct experiment *e, const struct yaml_node *mapping, struct axes *axes,
			struct error *err)
{
	struct reading r = { .e = e, .err = err };
	struct zip zip = { axes, axes->count };
	if (!axis_add(&r, axes))
		return -1;
	if (visit_mapping(e, mapping, NULL, add_zipped, &zip, err) != 0)
		return -1;
	if (axes->items[zip.axis].count)
		return 0;
	return experiment_refuse_value(e, mapping, "sweep.zip", "has nothing in it", err);
}
