/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hash of each run: over all that its result depends on. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/paths.h"
#include "machine/start_spec.h"
#include "slabyard.h"
#include "sweep/content_hash.h"
#include "sweep/plan.h"

struct known_file {
	const char *path;
	uint64_t hash;
};

struct finishing {
	struct manifest *m;
	struct known_file *files; /* contents are hashed once, however many runs name them */
	size_t file_count, file_capacity;
	uint64_t plugins;
	struct error *err;
};

static int no_memory(struct finishing *f)
{
	return error_set(f->err, ERROR_RUN, "out of memory for the manifest");
}

static int hash_of_file(struct finishing *f, const char *path, uint64_t *value)
{
	for (size_t i = 0; i < f->file_count; i++) {
		if (strcmp(f->files[i].path, path) == 0) {
			*value = f->files[i].hash;
			return 0;
		}
	}
	struct known_file *grown =
		grow_array(f->files, f->file_count, &f->file_capacity, sizeof(*grown));
	struct content_hash *hash = content_hash_create();
	if (grown)
		f->files = grown;
	int status = grown && hash ? content_hash_file(hash, path, f->err) : no_memory(f);
	if (status == 0) {
		*value = content_hash_value(hash);
		grown[f->file_count++] = (struct known_file){ path, *value };
	}
	content_hash_destroy(hash);
	return status;
}

/* A file counts by its content and its last name, which stands in the result. */
static int add_option(struct finishing *f, struct content_hash *hash, const char *text)
{
	char name[64];
	uint64_t content;
	const char *value = strchr(text, '=') + 1;
	snprintf(name, sizeof(name), "%.*s", (int)(value - 1 - text), text);
	content_hash_text(hash, name);
	size_t length;
	const char *in = option_find(slabyard_run_options, name)->type == OPTION_FILE
				 ? start_spec_file(value, &length)
				 : NULL;
	if (!in) {
		content_hash_text(hash, value);
		return 0;
	}
	const char *file = text_pool_add_part(&f->m->text, in, length);
	if (!file)
		return no_memory(f);
	if (hash_of_file(f, file, &content) != 0)
		return -1;
	content_hash_text(hash, path_base(file));
	content_hash_number(hash, (uint64_t)(in - value));
	content_hash_number(hash, content);
	if (in[length])
		content_hash_text(hash, in + length);
	return 0;
}

static int hash_run(struct finishing *f, struct manifest_run *run)
{
	struct content_hash *hash = content_hash_create();
	int status = hash ? 0 : no_memory(f);
	if (status == 0) {
		content_hash_text(hash, f->m->version);
		content_hash_text(hash, run->config);
		content_hash_number(hash, f->m->traces[run->trace].hash);
		content_hash_number(hash, run->seed);
		content_hash_number(hash, f->plugins);
	}
	for (size_t i = 0; i < run->option_count && status == 0; i++)
		status = add_option(f, hash, run->options[i]);
	if (status == 0) {
		run->hash = text_pool_format(&f->m->text, "%016" PRIx64, content_hash_value(hash));
		status = run->hash ? 0 : no_memory(f);
	}
	content_hash_destroy(hash);
	return status;
}

static int hash_plugins(struct finishing *f)
{
	struct content_hash *hash = content_hash_create();
	int status = hash ? 0 : no_memory(f);
	for (size_t i = 0; i < f->m->plugin_count && status == 0; i++)
		status = content_hash_file(hash, f->m->plugins[i], f->err);
	if (status == 0)
		f->plugins = content_hash_value(hash);
	content_hash_destroy(hash);
	return status;
}

struct hash_order {
	const char *hash;
	size_t run;
};

static int compare_order(const void *a, const void *b)
{
	const struct hash_order *x = a, *y = b;
	int order = strcmp(x->hash, y->hash);
	return order ? order : x->run < y->run ? -1 : x->run > y->run;
}

/* Of runs that are the same only the first stays: their results would be one file. */
static int drop_same(struct finishing *f, size_t *dropped)
{
	struct manifest *m = f->m;
	struct hash_order *order = calloc(m->run_count + 1, sizeof(*order));
	if (!order)
		return no_memory(f);
	for (size_t i = 0; i < m->run_count; i++)
		order[i] = (struct hash_order){ m->runs[i].hash, i };
	qsort(order, m->run_count, sizeof(*order), compare_order);
	for (size_t i = 1; i < m->run_count; i++)
		if (strcmp(order[i].hash, order[i - 1].hash) == 0)
			m->runs[order[i].run].hash = NULL;
	free(order);
	size_t kept = 0;
	for (size_t i = 0; i < m->run_count; i++) {
		if (m->runs[i].hash) {
			m->runs[kept++] = m->runs[i];
			continue;
		}
		free((void *)m->runs[i].values);
		free((void *)m->runs[i].options);
	}
	*dropped = m->run_count - kept;
	m->run_count = kept;
	return 0;
}

int plan_finish(struct plan *plan, const char *folder, struct error *err)
{
	struct finishing f = { .m = plan->manifest, .err = err };
	int status = plan_read_traces(plan, folder, err);
	if (status == 0)
		status = hash_plugins(&f);
	for (size_t i = 0; i < f.m->run_count && status == 0; i++)
		status = hash_run(&f, &f.m->runs[i]);
	if (status == 0)
		status = drop_same(&f, &plan->same);
	free(f.files);
	return status;
}
