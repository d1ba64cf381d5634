/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/recording.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ptrmap.h"
#include "core/operation.h"
#include "import/records_out.h"

struct stream {
	struct stream *next;
	struct recording *recording;
	struct import_report report;
	struct records_out *out;   /* NULL: ended */
	struct syt_writer *writer; /* likewise */
	char *path, *executable, *malloc_owner;
	struct recorded_file facts;
	bool kept;
	uint32_t last_tid, last_task;
	bool has_last;
};

struct recording {
	char *path;
	struct syt_writer_options options;
	struct stream *first, *last;
	struct ptrmap *programs; /* by pid: how many streams it had before the latest */
};

static int no_memory(const struct recording *r, struct error *err)
{
	return error_set(err, ERROR_RUN, "%s: out of memory", r->path);
}

/* Told before the program is run rather than after. */
static int check_folder(const char *path, struct error *err)
{
	char *copy = strdup(path);
	const int result = copy ? access(dirname(copy), W_OK | X_OK) : 0;

	free(copy);
	return result ? error_errno(err, path, "cannot write") : 0;
}

struct recording *recording_create(const char *path, const struct syt_writer_options *options,
				   struct error *err)
{
	struct recording *r = calloc(1, sizeof(*r));

	if (!r || !(r->path = strdup(path))) {
		free(r);
		error_set(err, ERROR_RUN, "%s: out of memory", path);
		return NULL;
	}
	r->options = *options;
	r->programs = ptrmap_create(err);
	if (r->programs && check_folder(path, err) == 0)
		return r;
	recording_destroy(r);
	return NULL;
}

static void stream_free(struct stream *s)
{
	if (s->writer)
		syt_writer_abandon(s->writer);
	records_out_destroy(s->out);
	free(s->path);
	free(s->executable);
	free(s->malloc_owner);
	free(s);
}

void recording_destroy(struct recording *r)
{
	while (r && r->first) {
		struct stream *s = r->first;

		r->first = s->next;
		stream_free(s);
	}
	if (!r)
		return;
	ptrmap_destroy(r->programs);
	free(r->path);
	free(r);
}

static char *choose_path(const struct recording *r, pid_t pid, uint32_t before)
{
	const char *ending = strrchr(r->path, '.');
	char *path = NULL;
	int made;

	if (!r->first)
		return strdup(r->path);
	if (!ending || strchr(ending, '/'))
		ending = r->path + strlen(r->path);
	const int stem = (int)(ending - r->path);

	made = before ? asprintf(&path, "%.*s.%d.%u%s", stem, r->path, (int)pid, before + 1, ending)
		      : asprintf(&path, "%.*s.%d%s", stem, r->path, (int)pid, ending);
	return made < 0 ? NULL : path;
}

/* Which policy's addresses these are: glibc's, or those of nobody that is simulated. */
static const char *libc_name(const struct recorded_process *p)
{
	const char *slash = strrchr(p->malloc_owner, '/');

	if (!*p->malloc_owner || p->malloc_unwatched)
		return "ptmalloc";
	return slash ? slash + 1 : p->malloc_owner;
}

static int set_meta(struct stream *s, const struct recorded_process *p, struct error *err)
{
	const bool is_glibc = !*p->malloc_owner || p->malloc_unwatched;
	char cpus[16];

	snprintf(cpus, sizeof(cpus), "%u", p->cpus);
	const struct {
		const char *key, *value;
	} facts[] = {
		{ "source", "slabyard record" },
		{ "level", "libc" },
		{ "libc", libc_name(p) },
		{ "chunk_flags", is_glibc ? "1" : "0" },
		{ "exe", p->executable },
		{ "glibc_version", p->libc_version },
		{ "cpus", cpus },
		{ "GLIBC_TUNABLES", p->tunables },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (*facts[i].value &&
		    records_out_set_meta(s->out, facts[i].key, facts[i].value, err))
			return -1;
	return 0;
}

static int write_out(struct stream *s, struct error *err)
{
	struct batch batch;

	do {
		if (records_out_take(s->out, &batch, err) ||
		    syt_writer_append(s->writer, records_out_definitions(s->out), &batch, err))
			return -1;
	} while (!records_out_has_room(s->out));
	return 0;
}

static int put(struct stream *s, struct import_event *e, struct error *err)
{
	if (records_out_put(s->out, e, err))
		return -1;
	return records_out_has_room(s->out) ? 0 : write_out(s, err);
}

static int flush(void *stream, struct error *err)
{
	struct stream *s = stream;

	if (write_out(s, err))
		return -1;
	return syt_writer_flush(s->writer, records_out_definitions(s->out), err);
}

/* Of a record of the ancestor's trace, what it was before it got there. */
static int inherit_record(struct stream *s, const struct recorded_process *p,
			  const struct definitions *d, const struct record *r,
			  const struct record *extension, uint64_t time_ns, struct error *err)
{
	const struct stream *ancestor = p->ancestor;
	const struct task_def *task = &d->tasks[r->task];
	const uint32_t pid = (uint32_t)p->pid, align = d->origins[r->origin].align;
	/* Its other children are themselves: what is said of them is that they end. */
	const uint32_t tgid = task->tgid == (uint32_t)ancestor->facts.pid ? pid : task->tgid;
	struct import_event e = {
		.record = *r, .time_ns = time_ns, .process = 1, .origin_given = true
	};

	if (extension)
		e.extension = *extension;
	e.record.flags &= (uint8_t)~RECORD_IDENTITY;
	e.record.id = 0;
	if (records_out_task(s->out, task->tid == p->ancestor_tid ? pid : task->tid, tgid,
			     task->comm, &e.record.task, err) ||
	    (align && records_out_alignment(s->out, align, &e.record.origin, err)))
		return -1;
	return put(s, &e, err);
}

static int inherit_batch(struct stream *s, const struct recorded_process *p,
			 const struct definitions *d, const struct batch *batch, struct error *err)
{
	for (uint32_t i = 0; i < batch->count && batch->first_record + i < p->inherited; i++) {
		const struct record *r = &batch->records[i];
		const bool extended = r->flags & RECORD_EXTENDED;

		if (inherit_record(s, p, d, r, extended ? r + 1 : NULL, batch->base_ns + r->time,
				   err))
			return -1;
		i += extended;
	}
	return 0;
}

/* From here on it is the child: of several threads one goes on. */
static int put_fork(struct stream *s, const struct recorded_process *p, uint64_t time_ns,
		    struct error *err)
{
	const uint32_t pid = (uint32_t)p->pid;
	struct import_event e = { .record = { .operation = OP_FORK, .size = pid },
				  .time_ns = time_ns,
				  .process = 1,
				  .origin_given = true };

	if (records_out_task(s->out, pid, pid, p->comm, &e.record.task, err))
		return -1;
	return put(s, &e, err);
}

/*
 * A forked process begins with its parent's memory: what had happened to it until then comes first
 * in the child's trace, so that it can be replayed on its own.
 */
static int inherit(struct stream *s, const struct recorded_process *p, struct error *err)
{
	struct stream *ancestor = p->ancestor;
	struct batch batch = { 0 };
	int more = 1;

	if (ancestor->writer && flush(ancestor, err))
		return -1;
	const char *path = ancestor->writer ? syt_writer_file(ancestor->writer) : ancestor->path;
	struct trace_cursor *trace = path ? syt_open(path, err) : NULL;

	if (!trace)
		return path ? -1
			    : error_set(err, ERROR_INPUT,
					"%s: is no regular file, and processes that were forked "
					"have to read it again",
					ancestor->path);
	while (more == 1 && batch.first_record + batch.count < p->inherited) {
		more = trace->ops->next(trace, &batch, err);
		if (more == 1 && inherit_batch(s, p, trace->definitions, &batch, err))
			more = -1;
	}
	trace->ops->close(trace);
	s->facts.inherited = records_out_count(s->out);
	return more < 0 ? -1 : put_fork(s, p, batch.base_ns, err);
}

static int note_origin(struct stream *s, const struct recorded_process *p, struct error *err)
{
	char pid[16], inherited[24];

	if (!p->parent)
		return 0;
	snprintf(pid, sizeof(pid), "%d", (int)p->parent);
	snprintf(inherited, sizeof(inherited), "%llu", (unsigned long long)s->facts.inherited);
	return records_out_set_meta(s->out, "forked_from", pid, err) ||
			       records_out_set_meta(s->out, "inherited_records", inherited, err)
		       ? -1
		       : 0;
}

static int open_stream(struct stream *s, const struct recorded_process *p, struct error *err)
{
	const struct recording *r = s->recording;
	uint32_t *before = ptrmap_at(r->programs, (uint64_t)p->pid, err);

	if (!before)
		return -1;
	*before = *before == PTRMAP_NONE ? 0 : *before + 1;
	s->path = choose_path(r, p->pid, *before);
	s->executable = strdup(p->executable);
	s->malloc_owner = strdup(p->malloc_owner);
	if (!s->path || !s->executable || !s->malloc_owner)
		return no_memory(r, err);
	s->report.effect_rule = "none";
	s->out = records_out_create(s->path, &s->report, false, err);
	if (!s->out || set_meta(s, p, err))
		return -1;
	s->writer = syt_writer_open(s->path, &r->options, err);
	if (!s->writer || (p->ancestor && inherit(s, p, err)))
		return -1;
	return note_origin(s, p, err);
}

static void *begin(void *context, const struct recorded_process *p, struct error *err)
{
	struct recording *r = context;
	struct stream *s = calloc(1, sizeof(*s));

	if (!s) {
		no_memory(r, err);
		return NULL;
	}
	s->recording = r;
	s->facts = (struct recorded_file){ .pid = p->pid,
					   .parent = p->parent,
					   .malloc_unwatched = p->malloc_unwatched };
	if (open_stream(s, p, err)) {
		stream_free(s);
		return NULL;
	}
	if (r->last)
		r->last->next = s;
	else
		r->first = s;
	r->last = s;
	return s;
}

static int find_task(struct stream *s, const struct recorded_event *event, uint32_t *task,
		     struct error *err)
{
	if (!s->has_last || s->last_tid != event->tid) {
		if (records_out_task(s->out, event->tid, event->pid, event->comm, &s->last_task,
				     err))
			return -1;
		s->last_tid = event->tid;
		s->has_last = true;
	}
	*task = s->last_task;
	return 0;
}

static int take_event(void *stream, const struct recorded_event *event, struct error *err)
{
	struct stream *s = stream;
	struct import_event e;

	e.record = event->record;
	if (event->record.flags & RECORD_EXTENDED)
		e.extension = event->extension;
	e.time_ns = event->time_ns;
	e.line = 0;
	e.raw_origin = e.allocation = 0;
	e.process = 1;
	e.id_given = false;
	e.origin_given = true;
	if (find_task(s, event, &e.record.task, err) ||
	    (event->alignment &&
	     records_out_alignment(s->out, event->alignment, &e.record.origin, err)))
		return -1;
	return put(s, &e, err);
}

static void expect(const void *stream, uint64_t address)
{
	records_out_expect(((const struct stream *)stream)->out, 1, address);
}

static uint64_t position(const void *stream)
{
	return records_out_count(((const struct stream *)stream)->out);
}

static int end(void *stream, enum recorded_end how, bool keep, struct error *err)
{
	struct stream *s = stream;
	struct syt_writer *writer = s->writer;
	struct stat info;
	int result = 0;

	if (keep)
		result = write_out(s, err);
	s->writer = NULL;
	if (!keep || result != 0)
		syt_writer_abandon(writer);
	else
		result = syt_writer_finish(writer, records_out_definitions(s->out), err);
	s->facts.how = how;
	s->facts.records = records_out_count(s->out);
	s->kept = keep && result == 0;
	if (s->kept && stat(s->path, &info) == 0)
		s->facts.bytes = (uint64_t)info.st_size;
	records_out_destroy(s->out);
	s->out = NULL;
	return result;
}

struct record_sink recording_sink(struct recording *r)
{
	return (struct record_sink){ .begin = begin,
				     .event = take_event,
				     .expect = expect,
				     .position = position,
				     .flush = flush,
				     .end = end,
				     .context = r };
}

size_t recording_file_count(const struct recording *r)
{
	size_t count = 0;

	for (const struct stream *s = r->first; s; s = s->next)
		count += s->kept;
	return count;
}

struct recorded_file recording_file(const struct recording *r, size_t index)
{
	const struct stream *s = r->first;

	while (s && (!s->kept || index-- > 0))
		s = s->next;
	struct recorded_file file = s->facts;

	file.path = s->path;
	file.executable = s->executable;
	file.malloc_owner = s->malloc_owner;
	return file;
}
