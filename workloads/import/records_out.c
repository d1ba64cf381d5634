/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/records_out.h"

#include <stdlib.h>

#include "base/ptrmap.h"
#include "core/trace_hash.h"
#include "import/identity.h"

enum {
	BATCH_EVENTS = 4096,
	/* An event goes out with at most one made up before it, and an extension. */
	BATCH_RECORDS = 3 * BATCH_EVENTS,
	ALIGNMENT_BITS = 32,
};

struct records_out {
	const char *name;
	struct import_report *report;
	struct definition_table *table;
	struct identity *identity;
	struct trace_hash *hash;
	struct ptrmap *tasks;                /* by tid and tgid */
	struct ptrmap *objects;              /* origins by flags and size */
	uint32_t alignments[ALIGNMENT_BITS]; /* by power of two: an origin; 0: none yet */

	uint64_t latest_ns, base_ns;
	uint64_t records_before;  /* the batch */
	uint64_t events;          /* put, for messages */
	struct import_event held; /* too late for the batch's base: begins the next one */
	bool has_held, is_taken;
	uint32_t count;
	struct record records[BATCH_RECORDS];
	uint64_t lines[BATCH_RECORDS];
};

struct records_out *records_out_create(const char *name, struct import_report *report, bool hashed,
				       struct error *err)
{
	struct records_out *o = calloc(1, sizeof(*o));

	if (!o) {
		error_set(err, ERROR_RUN, "%s: out of memory", name);
		return NULL;
	}
	o->name = name;
	o->report = report;
	o->table = definition_table_create();
	if (hashed)
		o->hash = trace_hash_create();
	if (!o->table || (hashed && !o->hash))
		error_set(err, ERROR_RUN, "%s: out of memory", name);
	else if ((o->tasks = ptrmap_create(err)) != NULL &&
		 (o->objects = ptrmap_create(err)) != NULL &&
		 (o->identity = identity_create(o->table, report, err)) != NULL)
		return o;
	records_out_destroy(o);
	return NULL;
}

void records_out_destroy(struct records_out *o)
{
	if (!o)
		return;
	identity_destroy(o->identity);
	ptrmap_destroy(o->tasks);
	ptrmap_destroy(o->objects);
	trace_hash_destroy(o->hash);
	if (o->table)
		definition_table_destroy(o->table);
	free(o);
}

const struct definitions *records_out_definitions(const struct records_out *o)
{
	return definition_table_view(o->table);
}

int records_out_set_meta(struct records_out *o, const char *key, const char *value,
			 struct error *err)
{
	return definition_set_meta(o->table, key, value, err);
}

int records_out_task(struct records_out *o, uint32_t tid, uint32_t tgid, const char *comm,
		     uint32_t *task, struct error *err)
{
	const uint64_t key = (uint64_t)tgid << 32 | tid;
	const struct task_def d = { .tid = tid, .tgid = tgid, .comm = comm };

	*task = ptrmap_get(o->tasks, key);
	if (*task != PTRMAP_NONE)
		return 0;
	*task = definition_add_task(o->table, &d, err);
	return *task == UINT32_MAX ? -1 : ptrmap_put(o->tasks, key, *task, err);
}

/* memalign(3) itself makes a power of two of it. */
static unsigned alignment_bits(struct records_out *o, uint64_t bytes)
{
	unsigned bits = 0;

	while (bits < ALIGNMENT_BITS - 1 && UINT64_C(1) << bits < bytes)
		bits++;
	o->report->clipped_sizes += UINT64_C(1) << bits < bytes;
	return bits;
}

int records_out_alignment(struct records_out *o, uint64_t bytes, uint32_t *origin,
			  struct error *err)
{
	const unsigned bits = alignment_bits(o, bytes);
	const struct origin_def d = {
		.call_site = "", .cache = CACHE_NONE, .node = -1, .align = UINT32_C(1) << bits
	};

	if (!o->alignments[bits])
		o->alignments[bits] = definition_add_origin(o->table, &d, err);
	*origin = o->alignments[bits];
	return *origin == UINT32_MAX ? -1 : 0;
}

int records_out_object(struct records_out *o, uint32_t gfp, uint32_t bytes_alloc, uint32_t *origin,
		       struct error *err)
{
	uint32_t *known = ptrmap_at(o->objects, (uint64_t)gfp << 32 | bytes_alloc, err);
	const struct origin_def d = { .call_site = "",
				      .cache = CACHE_NONE,
				      .gfp = gfp,
				      .bytes_alloc = bytes_alloc,
				      .node = -1 };

	if (!known)
		return -1;
	if (*known == PTRMAP_NONE)
		*known = definition_add_origin(o->table, &d, err);
	*origin = *known;
	return *origin == UINT32_MAX ? -1 : 0;
}

static void put_record(struct records_out *o, const struct import_event *e, const struct record *r)
{
	o->records[o->count] = *r;
	o->records[o->count].time = (uint32_t)(o->latest_ns - o->base_ns);
	o->lines[o->count++] = e->line;
}

static void put_event(struct records_out *o, const struct import_event *e)
{
	put_record(o, e, &e->record);
	if (e->record.flags & RECORD_EXTENDED)
		put_record(o, e, &e->extension);
}

static int resolve(struct records_out *o, struct import_event *e, struct error *err)
{
	struct import_event before;
	const int events = identity_resolve(o->identity, e, &before, err);

	if (events < 0)
		return -1;
	if (events == 2)
		put_event(o, &before);
	if (events > 0)
		put_event(o, e);
	o->report->events += events > 0;
	return 0;
}

int records_out_put(struct records_out *o, struct import_event *e, struct error *err)
{
	if (o->is_taken) {
		o->records_before += o->count;
		o->count = 0;
		o->is_taken = false;
	}
	if (e->time_ns < o->latest_ns) {
		o->report->out_of_order++;
		e->time_ns = o->latest_ns;
	}
	if (o->count == 0)
		o->base_ns = e->time_ns;
	if (e->time_ns - o->base_ns > UINT32_MAX) {
		o->held = *e;
		o->has_held = true;
		return 0;
	}
	o->latest_ns = e->time_ns;
	return resolve(o, e, err);
}

void records_out_expect(const struct records_out *o, uint32_t process, uint64_t address)
{
	identity_expect(o->identity, process, address);
}

bool records_out_knows(const struct records_out *o, uint32_t process, uint64_t address)
{
	return identity_knows(o->identity, process, address);
}

bool records_out_has_room(const struct records_out *o)
{
	return !o->has_held && (o->is_taken || o->count <= BATCH_RECORDS - 4);
}

int records_out_take(struct records_out *o, struct batch *batch, struct error *err)
{
	if (o->is_taken) {
		o->records_before += o->count;
		o->count = 0;
	}
	o->is_taken = true;
	if (o->count == 0 && o->has_held) {
		o->has_held = false;
		o->base_ns = o->latest_ns = o->held.time_ns;
		if (resolve(o, &o->held, err))
			return -1;
	}
	*batch = (struct batch){ .records = o->records,
				 .count = o->count,
				 .base_ns = o->base_ns,
				 .first_record = o->records_before,
				 .lines = o->lines };
	if (o->hash)
		trace_hash_update(o->hash, batch);
	return 0;
}

uint64_t records_out_count(const struct records_out *o)
{
	return o->records_before + o->count;
}

uint64_t records_out_hash(const struct records_out *o)
{
	return trace_hash_value(o->hash, records_out_definitions(o));
}

uint64_t records_out_live(const struct records_out *o)
{
	return identity_live(o->identity);
}
