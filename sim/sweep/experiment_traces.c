/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The entries of `traces`: names of bundled recordings, files, folders, patterns, mappings. */
#include <glob.h>
#include <string.h>

#include "base/grow.h"
#include "base/paths.h"
#include "machine/trace_files.h"
#include "sweep/experiment.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 256 };

/* An entry as it is read: what it names, and what else stands in its mapping. */
struct entry {
	const struct yaml_node *trace, *name, *node;
};

static int refuse_same_name(const struct experiment *e, const struct entry *entry, const char *name,
			    struct error *err)
{
	return error_at(err, e->file, entry->node->value_line, entry->node->value_column, "traces",
			"a second trace called %s: tell them apart with {trace: %s, name: ...}",
			name, entry->trace->text);
}

/* `called`: what it is called without a name of its own, NULL: as its file. */
static int add_file(struct experiment *e, const struct entry *entry, const char *file,
		    const char *called, struct error *err)
{
	char name[NAME_BYTES];
	if (!called)
		called = trace_file_name(file, name, sizeof(name));
	struct experiment_trace *grown =
		grow_array(e->traces, e->trace_count, &e->trace_capacity, sizeof(*grown));
	if (!grown)
		return experiment_no_memory(e, err);
	e->traces = grown;
	struct experiment_trace *trace = &grown[e->trace_count];
	*trace = (struct experiment_trace){ .file = text_pool_add(&e->text, file),
					    .line = entry->trace->value_line };
	trace->name = entry->name ? entry->name->text : text_pool_add(&e->text, called);
	if (!trace->file || !trace->name)
		return experiment_no_memory(e, err);
	for (size_t i = 0; i < e->trace_count; i++)
		if (strcmp(grown[i].name, trace->name) == 0)
			return refuse_same_name(e, entry, trace->name, err);
	e->trace_count++;
	return 0;
}

static int refuse_pattern(const struct experiment *e, const struct entry *entry, const char *what,
			  struct error *err)
{
	return error_at(err, e->file, entry->trace->value_line, entry->trace->value_column,
			"traces", "%s: %s", entry->trace->text, what);
}

static int add_matches(struct experiment *e, const struct entry *entry, const char *pattern,
		       struct error *err)
{
	glob_t found = { 0 };
	int status = 0;
	if (glob(pattern, 0, NULL, &found) != 0)
		status = refuse_pattern(e, entry, "no file matches", err);
	else if (entry->name && found.gl_pathc > 1)
		status = refuse_pattern(e, entry, "several files match, and have one name", err);
	for (size_t i = 0; i < found.gl_pathc && status == 0; i++)
		status = add_file(e, entry, found.gl_pathv[i], NULL, err);
	globfree(&found);
	return status;
}

static int add_named(struct experiment *e, const struct entry *entry, struct error *err)
{
	struct error what = { 0 };
	char path[PATH_BYTES], file[PATH_BYTES];
	const char *name = entry->trace->text;
	path_beside(e->file, name, path, sizeof(path));
	if (strpbrk(name, "*?["))
		return add_matches(e, entry, path, err);
	enum trace_file found = trace_file_find(name, path, file, sizeof(file));
	if (found != TRACE_FILE_NONE)
		return add_file(e, entry, file, found == TRACE_FILE_BUNDLED ? name : NULL, err);
	trace_file_refuse(name, &what);
	return experiment_refuse_value(e, entry->trace, "traces", what.message, err);
}

static int read_entry(struct experiment *e, const struct yaml_node *node, struct error *err)
{
	struct entry entry = { .trace = node, .node = node };
	if (node->kind == YAML_MAPPING) {
		entry.trace = yaml_child(node, "trace");
		entry.name = yaml_child(node, "name");
	}
	if (!entry.trace)
		return experiment_refuse_value(e, node, "traces", "an entry needs a key trace",
					       err);
	if (entry.trace->kind != YAML_SCALAR || !*entry.trace->text)
		return experiment_refuse_value(e, entry.trace, "traces",
					       "expected a name, a file or a pattern", err);
	if (entry.name && (entry.name->kind != YAML_SCALAR || !*entry.name->text))
		return experiment_refuse_value(e, entry.name, "traces", "expected a name", err);
	size_t first = e->trace_count;
	if (add_named(e, &entry, err) != 0)
		return -1;
	for (size_t i = first; i < e->trace_count && node->kind == YAML_MAPPING; i++)
		if (experiment_read_trace_settings(e, node, &e->traces[i].settings, err) != 0)
			return -1;
	return 0;
}

int experiment_read_traces(struct experiment *e, const struct yaml_node *list, struct error *err)
{
	if (list->kind == YAML_SCALAR)
		return read_entry(e, list, err);
	if (list->kind != YAML_LIST)
		return experiment_refuse_value(e, list, "traces",
					       "expected a list of names, files and patterns", err);
	for (const struct yaml_node *node = list->first; node; node = node->next)
		if (read_entry(e, node, err) != 0)
			return -1;
	return 0;
}
