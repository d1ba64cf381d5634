/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events of allocating processes on their way out: they get their ids, what they refer to is
 * defined, their times never go back, and they gather in batches.
 */
#ifndef SLABYARD_IMPORT_RECORDS_OUT_H
#define SLABYARD_IMPORT_RECORDS_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/cursor.h"
#include "core/definitions.h"
#include "import/event.h"
#include "import/import.h"

struct records_out;

/*
 * Counts in *report what was not taken as it stood; `name` and report live at least as long. With
 * `hashed` there will be a trace hash.
 */
struct records_out *records_out_create(const char *name, struct import_report *report, bool hashed,
				       struct error *err);
void records_out_destroy(struct records_out *out);

const struct definitions *records_out_definitions(const struct records_out *out);
int records_out_set_meta(struct records_out *out, const char *key, const char *value,
			 struct error *err);

/* The task of a thread, defined when it is first asked for. */
int records_out_task(struct records_out *out, uint32_t tid, uint32_t tgid, const char *comm,
		     uint32_t *task, struct error *err);
/* The origin of calls with that alignment in bytes. */
int records_out_alignment(struct records_out *out, uint64_t bytes, uint32_t *origin,
			  struct error *err);

/* The origin of kmallocs with these flags, 6.1's, that were rounded up to so many bytes. */
int records_out_object(struct records_out *out, uint32_t gfp, uint32_t bytes_alloc,
		       uint32_t *origin, struct error *err);

/*
 * Takes the event, with time_ns, record.task, record.origin and process as they are to be; it is
 * changed. A free of null is left out; an event that comes twice or out of nothing is treated and
 * counted.
 */
int records_out_put(struct records_out *out, struct import_event *event, struct error *err);

/* An event of that heap block will be put soon: memory may be fetched. */
void records_out_expect(const struct records_out *out, uint32_t process, uint64_t address);

/* Whether a heap block of that process lives there. */
bool records_out_knows(const struct records_out *out, uint32_t process, uint64_t address);

/* False: the batch is to be handed out before the next event is put. */
bool records_out_has_room(const struct records_out *out);

/* What has gathered, which may be nothing. Valid until the next put. */
int records_out_take(struct records_out *out, struct batch *batch, struct error *err);

/* Records put so far, with extensions and those made up. */
uint64_t records_out_count(const struct records_out *out);
/* Of all that was taken; where records go to a writer, that one has it. */
uint64_t records_out_hash(const struct records_out *out);
uint64_t records_out_live(const struct records_out *out);

#endif
