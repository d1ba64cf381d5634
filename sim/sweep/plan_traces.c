/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The traces of a plan: each is read once, text is imported once for all runs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/trace_copy.h"
#include "machine/trace_input.h"
#include "slabyard.h"
#include "sweep/content_hash.h"
#include "sweep/plan.h"

enum { PATH_BYTES = 4096 };

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "out of memory for the traces");
}

static int read_through(struct trace_cursor *trace, struct error *err)
{
	struct batch batch = { 0 };
	int more;
	do
		more = trace->ops->next(trace, &batch, err);
	while (more == 1);
	return more;
}

/* Reads a native trace to its end, so that damage is found now and not by every run. */
static int hash_native(const char *file, uint64_t *hash, struct error *err)
{
	struct trace_cursor *trace = syt_open(file, err);
	if (!trace)
		return -1;
	int status = read_through(trace, err);
	if (status == 0)
		*hash = trace->ops->hash(trace);
	trace->ops->close(trace);
	return status;
}

/* A name that changes with anything that the import depends on; NULL with *err. */
static const char *imported_name(struct manifest *m, const struct manifest_trace *trace,
				 const struct plan_source *source, struct error *err)
{
	struct content_hash *hash = content_hash_create();
	const char *name = NULL;
	if (!hash) {
		no_memory(err);
		return NULL;
	}
	content_hash_text(hash, slabyard_version());
	content_hash_text(hash, source->format);
	content_hash_text(hash, source->level);
	if (content_hash_file(hash, trace->file, err) == 0) {
		name = text_pool_format(&m->text, "traces/%016" PRIx64 ".syt",
					content_hash_value(hash));
		if (!name)
			no_memory(err);
	}
	content_hash_destroy(hash);
	return name;
}

static enum slabyard_level level_named(const char *name)
{
	struct slabyard_run run = { 0 };
	option_parse(option_find(slabyard_run_options, "level"), name, &run, NULL);
	return run.level;
}

static int import(const struct manifest_trace *trace, const struct plan_source *source,
		  const char *output, uint64_t *hash, struct error *err)
{
	const struct syt_writer_options options = { 0 };
	struct import_report report = { 0 };
	const char *format = strcmp(source->format, "auto") == 0 ? NULL : source->format;
	struct trace_cursor *cursor =
		trace_input_open(trace->file, format, level_named(source->level), &report, err);
	if (!cursor)
		return -1;
	int status = trace_copy(cursor, &report, output, &options, err);
	if (status == 0)
		*hash = cursor->ops->hash(cursor);
	cursor->ops->close(cursor);
	return status;
}

static int read_text(struct manifest *m, struct manifest_trace *trace,
		     const struct plan_source *source, const char *folder, struct error *err)
{
	char path[PATH_BYTES];
	const char *name = imported_name(m, trace, source, err);
	if (!name)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	int status = access(path, R_OK) == 0 ? hash_native(path, &trace->hash, err)
					     : import(trace, source, path, &trace->hash, err);
	trace->file = name;
	return status;
}

static int read_native(struct manifest *m, struct manifest_trace *trace, struct error *err)
{
	char *path = realpath(trace->file, NULL);
	const char *kept = path ? text_pool_add(&m->text, path) : NULL;
	free(path);
	if (!kept)
		return error_errno(err, trace->file, "cannot read");
	trace->file = kept;
	return hash_native(kept, &trace->hash, err);
}

/* Whose trace it is that cannot be read. */
static int refuse(const struct plan_source *source, const struct manifest_trace *trace,
		  struct error *err)
{
	struct error what = *err;
	return error_set(err, what.kind, "%.256s: trace %.128s: %.600s", source->where, trace->name,
			 what.message);
}

int plan_read_traces(struct plan *plan, const char *folder, struct error *err)
{
	struct manifest *m = plan->manifest;
	for (size_t i = 0; i < m->trace_count; i++) {
		struct manifest_trace *trace = &m->traces[i];
		int status = syt_recognise(trace->file)
				     ? read_native(m, trace, err)
				     : read_text(m, trace, &plan->sources[i], folder, err);
		if (status != 0)
			return refuse(&plan->sources[i], trace, err);
	}
	return 0;
}
