/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests of the importer: a text or a file, imported whole, with its records at hand. */
#ifndef SLABYARD_TESTS_IMPORT_SUPPORT_H
#define SLABYARD_TESTS_IMPORT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/operation.h"
#include "import/import.h"

struct imported {
	struct trace_cursor *cursor;
	struct import_report report;
	struct record *records;
	uint64_t *times_ns;
	uint64_t *lines;
	size_t count;
	size_t of_operation[OPERATION_COUNT];
	size_t effects_of[OPERATION_COUNT]; /* records with RECORD_EFFECT */
	size_t with_flag[8];                /* by bit number */
	uint64_t hash;
};

/* Puts text into a new file, whose name goes to path. */
static inline void support_write(const char *text, size_t length, char path[64])
{
	strcpy(path, "/tmp/slabyard_import_XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), (ssize_t)length);
	close(fd);
}

static inline void support_keep(struct imported *in, const struct batch *batch)
{
	size_t count = in->count + batch->count;
	in->records = realloc(in->records, count * sizeof(*in->records));
	in->times_ns = realloc(in->times_ns, count * sizeof(*in->times_ns));
	in->lines = realloc(in->lines, count * sizeof(*in->lines));
	assert_true(in->records && in->times_ns && in->lines);
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct record *r = &batch->records[i];
		in->records[in->count] = *r;
		in->times_ns[in->count] = batch->base_ns + r->time;
		in->lines[in->count++] = batch->lines[i];
		in->of_operation[r->operation]++;
		in->effects_of[r->operation] += (r->flags & RECORD_EFFECT) != 0;
		for (unsigned bit = 0; bit < 8; bit++)
			in->with_flag[bit] += r->flags >> bit & 1u;
	}
}

static inline unsigned support_space(const struct record *r)
{
	if (r->operation != OP_ALLOC_BEGIN)
		return operation_table[r->operation].space;
	return record_detail(r) == BEGINS_PAGE ? SPACE_PAGE : SPACE_OBJECT;
}

/* What every cursor promises, checked on every trace that a test reads. */
static inline void support_check(const struct imported *in)
{
	const struct definitions *d = in->cursor->definitions;
	for (size_t i = 0; i < in->count; i++) {
		const struct record *r = &in->records[i];
		assert_true(i == 0 || in->times_ns[i] >= in->times_ns[i - 1]);
		if (r->operation == OP_EXTENSION)
			continue;
		assert_true(r->task < d->task_count);
		assert_true(r->origin < d->origin_count);
		assert_true(r->id <= d->id_max[support_space(r)]);
		assert_true(!(r->flags & RECORD_IDENTITY) || r->id == 0);
	}
}

static inline void support_import(const char *path, const struct import_options *options,
				  struct imported *in)
{
	struct error err = { 0 };
	struct batch batch;
	int more;
	memset(in, 0, sizeof(*in));
	in->cursor = import_open(path, options, &in->report, &err);
	if (!in->cursor)
		fail_msg("%s", err.message);
	while ((more = in->cursor->ops->next(in->cursor, &batch, &err)) == 1)
		support_keep(in, &batch);
	if (more < 0)
		fail_msg("%s", err.message);
	in->hash = in->cursor->ops->hash(in->cursor);
	support_check(in);
}

static inline void support_import_text(const char *text, struct imported *in)
{
	char path[64];
	support_write(text, strlen(text), path);
	support_import(path, NULL, in);
	unlink(path);
}

static inline void support_close(struct imported *in)
{
	in->cursor->ops->close(in->cursor);
	free(in->records);
	free(in->times_ns);
	free(in->lines);
}

static inline const struct origin_def *support_origin(const struct imported *in, size_t record)
{
	return &in->cursor->definitions->origins[in->records[record].origin];
}

static inline const struct cache_def *support_cache(const struct imported *in, size_t record)
{
	uint32_t cache = support_origin(in, record)->cache.v;
	assert_true(cache < in->cursor->definitions->cache_count);
	return &in->cursor->definitions->caches[cache];
}

#endif
