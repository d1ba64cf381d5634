/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manifests read back. JSON is YAML, so a line is read as what it is a subset of. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/yaml_tree.h"
#include "sweep/manifest.h"

struct parsing {
	const char *file;
	unsigned long line;
	struct manifest *m;
	struct error *err;
};

static int bad(struct parsing *p, const char *what)
{
	return error_at(p->err, p->file, p->line, 0, NULL, "%s", what);
}

static int no_memory(struct parsing *p)
{
	return error_set(p->err, ERROR_RUN, "%s: out of memory", p->file);
}

/* The member of that name, of that kind; NULL after a complaint. */
static const struct yaml_node *member(struct parsing *p, const struct yaml_node *in,
				      const char *key, enum yaml_kind kind)
{
	const struct yaml_node *node = yaml_child(in, key);
	if (node && node->kind == kind)
		return node;
	error_at(p->err, p->file, p->line, 0, key, "is missing: no manifest of a sweep");
	return NULL;
}

static int take_text(struct parsing *p, const struct yaml_node *in, const char *key,
		     const char **text)
{
	const struct yaml_node *node = member(p, in, key, YAML_SCALAR);
	if (!node)
		return -1;
	*text = text_pool_add(&p->m->text, node->text);
	return *text ? 0 : no_memory(p);
}

static int take_number(struct parsing *p, const struct yaml_node *in, const char *key, int base,
		       uint64_t *number)
{
	const struct yaml_node *node = member(p, in, key, YAML_SCALAR);
	char *end;
	if (!node)
		return -1;
	*number = strtoull(node->text, &end, base);
	return *node->text && !*end ? 0 : bad(p, "a number is damaged");
}

static size_t count_children(const struct yaml_node *node)
{
	size_t count = 0;
	for (const struct yaml_node *child = node->first; child; child = child->next)
		count++;
	return count;
}

/* An array of `count` and one more, so that none is NULL. */
static void *new_array(struct parsing *p, size_t count, size_t size)
{
	void *array = calloc(count + 1, size);
	if (!array)
		no_memory(p);
	return array;
}

static int take_strings(struct parsing *p, const struct yaml_node *in, const char *key,
			const char *const **strings, size_t *count)
{
	const struct yaml_node *list = member(p, in, key, YAML_LIST);
	size_t i = 0;
	if (!list)
		return -1;
	const char **texts = new_array(p, count_children(list), sizeof(*texts));
	*strings = texts;
	if (!texts)
		return -1;
	for (const struct yaml_node *item = list->first; item; item = item->next) {
		texts[i] = text_pool_add(&p->m->text, item->text ? item->text : "");
		if (!texts[i++])
			return no_memory(p);
	}
	*count = i;
	return 0;
}

static int take_traces(struct parsing *p, const struct yaml_node *head)
{
	struct manifest *m = p->m;
	const struct yaml_node *list = member(p, head, "traces", YAML_LIST);
	if (!list)
		return -1;
	m->traces = new_array(p, count_children(list), sizeof(*m->traces));
	if (!m->traces)
		return -1;
	for (const struct yaml_node *item = list->first; item; item = item->next) {
		struct manifest_trace *trace = &m->traces[m->trace_count++];
		if (take_text(p, item, "name", &trace->name) != 0 ||
		    take_text(p, item, "file", &trace->file) != 0 ||
		    take_number(p, item, "hash", 16, &trace->hash) != 0)
			return -1;
	}
	return 0;
}

static int take_parameters(struct parsing *p, const struct yaml_node *head)
{
	struct manifest *m = p->m;
	const struct yaml_node *mapping = member(p, head, "parameters", YAML_MAPPING);
	if (!mapping)
		return -1;
	m->parameters = new_array(p, count_children(mapping), sizeof(*m->parameters));
	if (!m->parameters)
		return -1;
	for (const struct yaml_node *node = mapping->first; node; node = node->next) {
		struct manifest_parameter *parameter = &m->parameters[m->parameter_count++];
		parameter->path = text_pool_add(&m->text, node->key);
		if (!parameter->path)
			return no_memory(p);
		if (take_text(p, mapping, node->key, &parameter->type) != 0)
			return -1;
	}
	return 0;
}

static int take_baseline(struct parsing *p, const struct yaml_node *head)
{
	struct manifest *m = p->m;
	const struct yaml_node *mapping = member(p, head, "baseline", YAML_MAPPING);
	if (!mapping)
		return -1;
	m->baseline = new_array(p, count_children(mapping), sizeof(*m->baseline));
	if (!m->baseline)
		return -1;
	for (const struct yaml_node *node = mapping->first; node; node = node->next) {
		struct manifest_setting *setting = &m->baseline[m->baseline_count++];
		setting->path = text_pool_add(&m->text, node->key);
		if (!setting->path)
			return no_memory(p);
		if (take_text(p, mapping, node->key, &setting->value) != 0)
			return -1;
	}
	return 0;
}

static int take_head(struct parsing *p, const struct yaml_node *head)
{
	struct manifest *m = p->m;
	uint64_t runs;
	if (take_text(p, head, "sweep", &m->name) != 0 ||
	    take_text(p, head, "version", &m->version) != 0 ||
	    take_number(p, head, "runs", 10, &runs) != 0 || take_parameters(p, head) != 0 ||
	    take_baseline(p, head) != 0 || take_traces(p, head) != 0 ||
	    take_strings(p, head, "report", &m->report, &m->report_count) != 0 ||
	    take_strings(p, head, "plugins", &m->plugins, &m->plugin_count) != 0)
		return -1;
	m->runs = new_array(p, runs, sizeof(*m->runs));
	m->run_count = runs;
	return m->runs ? 0 : -1;
}

static int take_values(struct parsing *p, const struct yaml_node *line, struct manifest_run *run)
{
	const struct manifest *m = p->m;
	const struct yaml_node *mapping = member(p, line, "values", YAML_MAPPING);
	const char **values = new_array(p, m->parameter_count, sizeof(*values));
	run->values = values;
	if (!mapping || !values)
		return -1;
	for (size_t i = 0; i < m->parameter_count; i++)
		if (take_text(p, mapping, m->parameters[i].path, &values[i]) != 0)
			return -1;
	return 0;
}

static int take_flag(struct parsing *p, const struct yaml_node *in, const char *key, bool *flag)
{
	const struct yaml_node *node = member(p, in, key, YAML_SCALAR);
	if (!node)
		return -1;
	*flag = strcmp(node->text, "true") == 0;
	return 0;
}

static int take_run(struct parsing *p, const struct yaml_node *line, size_t index)
{
	struct manifest_run *run = &p->m->runs[index];
	uint64_t number, trace;
	if (take_number(p, line, "run", 10, &number) != 0 ||
	    take_flag(p, line, "random", &run->random) != 0 ||
	    take_flag(p, line, "perturbed", &run->perturbed) != 0 ||
	    take_text(p, line, "hash", &run->hash) != 0 ||
	    take_text(p, line, "config", &run->config) != 0 ||
	    take_number(p, line, "trace_index", 10, &trace) != 0 ||
	    take_number(p, line, "seed", 10, &run->seed) != 0 || take_values(p, line, run) != 0 ||
	    take_strings(p, line, "options", &run->options, &run->option_count) != 0)
		return -1;
	if (number != index || trace >= p->m->trace_count)
		return bad(p, "is not the line that belongs here");
	run->trace = (uint32_t)trace;
	return 0;
}

static int take_line(struct parsing *p, const char *text, size_t length)
{
	struct yaml_node *line;
	if (yaml_tree_read(p->file, text, length, &line, p->err) != 0)
		return -1;
	int status;
	if (!line || line->kind != YAML_MAPPING)
		status = bad(p, "no manifest of a sweep");
	else if (p->line == 1)
		status = take_head(p, line);
	else if (p->line - 2 < p->m->run_count)
		status = take_run(p, line, p->line - 2);
	else
		status = bad(p, "a line too many");
	yaml_tree_free(line);
	return status;
}

static int take_lines(struct parsing *p, const char *text, size_t length)
{
	const char *end = text + length;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		p->line++;
		if (!newline)
			return bad(p, "is cut short");
		if (take_line(p, text, (size_t)(newline - text)) != 0)
			return -1;
		text = newline + 1;
	}
	if (p->line == 0 || p->line - 1 != p->m->run_count)
		return bad(p, "runs are missing: is cut short");
	return 0;
}

struct manifest *manifest_parse(const char *file, const char *text, size_t length,
				struct error *err)
{
	struct parsing p = { .file = file, .m = calloc(1, sizeof(struct manifest)), .err = err };
	if (!p.m) {
		no_memory(&p);
		return NULL;
	}
	if (take_lines(&p, text, length) == 0)
		return p.m;
	manifest_destroy(p.m);
	return NULL;
}
