/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manifests written out. */
#include "sweep/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

static void write_strings(struct json *j, const char *key, const char *const *strings, size_t count)
{
	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < count; i++) {
		json_next(j);
		json_string(j, strings[i]);
	}
	json_close(j, ']');
}

static void write_hash(struct json *j, const char *key, uint64_t hash)
{
	char text[17];
	snprintf(text, sizeof(text), "%016" PRIx64, hash);
	json_member(j, key, text);
}

static void write_traces(struct json *j, const struct manifest *m)
{
	json_key(j, "traces");
	json_open(j, '[');
	for (size_t i = 0; i < m->trace_count; i++) {
		json_next(j);
		json_open(j, '{');
		json_member(j, "name", m->traces[i].name);
		json_member(j, "file", m->traces[i].file);
		write_hash(j, "hash", m->traces[i].hash);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void write_parameters(struct json *j, const struct manifest *m)
{
	json_key(j, "parameters");
	json_open(j, '{');
	for (size_t i = 0; i < m->parameter_count; i++)
		json_member(j, m->parameters[i].path, m->parameters[i].type);
	json_close(j, '}');
}

static void write_head(struct json *j, const struct manifest *m)
{
	json_open(j, '{');
	json_member(j, "sweep", m->name);
	json_member(j, "version", m->version);
	json_u64_member(j, "runs", m->run_count);
	write_parameters(j, m);
	json_key(j, "baseline");
	json_open(j, '{');
	for (size_t i = 0; i < m->baseline_count; i++)
		json_member(j, m->baseline[i].path, m->baseline[i].value);
	json_close(j, '}');
	write_strings(j, "report", m->report, m->report_count);
	write_strings(j, "plugins", m->plugins, m->plugin_count);
	write_traces(j, m);
	json_close(j, '}');
}

static void write_run(struct json *j, const struct manifest *m, size_t index)
{
	const struct manifest_run *run = &m->runs[index];
	json_open(j, '{');
	json_u64_member(j, "run", index);
	json_member(j, "hash", run->hash);
	json_member(j, "trace", m->traces[run->trace].name);
	write_hash(j, "trace_hash", m->traces[run->trace].hash);
	json_u64_member(j, "trace_index", run->trace);
	json_member(j, "config", run->config);
	json_u64_member(j, "seed", run->seed);
	json_raw_member(j, "random", run->random ? "true" : "false");
	json_raw_member(j, "perturbed", run->perturbed ? "true" : "false");
	json_key(j, "values");
	json_open(j, '{');
	for (size_t i = 0; i < m->parameter_count; i++)
		json_member(j, m->parameters[i].path, run->values[i]);
	json_close(j, '}');
	write_strings(j, "options", run->options, run->option_count);
	json_close(j, '}');
}

char *manifest_text(const struct manifest *m, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);
	if (!out)
		return NULL;
	struct json head = { .out = out, .one_line = true };
	write_head(&head, m);
	fputc('\n', out);
	for (size_t i = 0; i < m->run_count; i++) {
		struct json line = { .out = out, .one_line = true };
		write_run(&line, m, i);
		fputc('\n', out);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

void manifest_destroy(struct manifest *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->run_count; i++) {
		free((void *)m->runs[i].values);
		free((void *)m->runs[i].options);
	}
	free((void *)m->plugins);
	free((void *)m->report);
	free(m->traces);
	free(m->parameters);
	free(m->baseline);
	free(m->runs);
	text_pool_free(&m->text);
	free(m);
}

char *manifest_run_label(const struct manifest *m, const struct manifest_run *run, char *buffer,
			 size_t size)
{
	size_t used = (size_t)snprintf(buffer, size, "%s", m->traces[run->trace].name);
	for (size_t i = 0; i < m->parameter_count && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, " %s=%s",
					 m->parameters[i].path, run->values[i]);
	if (run->seed && used < size)
		used += (size_t)snprintf(buffer + used, size - used, " seed=%" PRIu64, run->seed);
	if (run->perturbed && used < size)
		snprintf(buffer + used, size - used, " perturbed");
	return buffer;
}
