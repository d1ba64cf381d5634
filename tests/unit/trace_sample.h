/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small trace that uses every part of the format, and files in a directory of the test's own. */
#ifndef SLABYARD_TESTS_UNIT_TRACE_SAMPLE_H
#define SLABYARD_TESTS_UNIT_TRACE_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/operation.h"
#include "core/trace_hash.h"
#include "trace/syt.h"

enum { SAMPLE_RECORDS_MAX = 64 };

struct sample {
	struct definition_table *table;
	const struct definitions *definitions;
	struct record records[SAMPLE_RECORDS_MAX];
	uint64_t times_ns[SAMPLE_RECORDS_MAX]; /* absolute */
	uint32_t count;
};

static inline void sample_define(struct sample *s)
{
	struct definition_table *t = s->table = definition_table_create();
	s->definitions = definition_table_view(t);
	definition_add_task(t, &(struct task_def){ .tid = 7, .tgid = 7, .comm = "a (b)-c [1]" },
			    NULL);
	definition_add_task(t, &(struct task_def){ .tid = UINT32_MAX, .comm = "" }, NULL);
	definition_add_cache(t,
			     &(struct cache_def){ .name = "filp",
						  .object_size = 184,
						  .size = 192,
						  .align = 64,
						  .flags = CACHE_HWCACHE_ALIGN | CACHE_ACCOUNT,
						  .useroffset = 3,
						  .constructor = true,
						  .complete = true,
						  .named = true },
			     NULL);
	definition_add_cache(t, &(struct cache_def){ .name = "getname+0x24:4096:4096" }, NULL);
	definition_add_origin(t,
			      &(struct origin_def){ .call_site = "alloc_empty_file+0x3c",
						    .cache = { 0 },
						    .gfp = 0xdc0,
						    .bytes_alloc = 192,
						    .align = 8,
						    .node = 1,
						    .order = 3,
						    .migratetype = 2,
						    .accounted = true },
			      NULL);
	definition_add_origin(
		t, &(struct origin_def){ .call_site = "", .cache = CACHE_NONE, .own = true }, NULL);
	definition_add_site(t,
			    &(struct site_def){ .call_site = "alloc_empty_file+0x3c",
						.cache = { 1 },
						.allocations = UINT64_C(1) << 40 },
			    NULL);
	definition_set_meta(t, "source", "hand-made", NULL);
	definition_raise_id_max(t, SPACE_OBJECT, 4);
	definition_raise_id_max(t, SPACE_HEAP, 9);
}

static inline struct record *sample_add(struct sample *s, uint64_t time_ns, enum operation op)
{
	assert_true(s->count < SAMPLE_RECORDS_MAX);
	s->times_ns[s->count] = time_ns;
	struct record *r = &s->records[s->count++];
	*r = (struct record){ .operation = (uint8_t)op };
	return r;
}

/* Every flag, an extension, and steps of time that need blocks of their own. */
static inline void sample_create(struct sample *s)
{
	*s = (struct sample){ 0 };
	sample_define(s);
	for (unsigned bit = 0; bit < 8; bit++) {
		if (1u << bit == RECORD_EXTENDED)
			continue;
		struct record *r = sample_add(s, 1000 + bit, OP_KMALLOC);
		r->flags = (uint8_t)(1u << bit);
		r->cpu_detail = (uint16_t)(0xf000u | bit);
		r->task = bit & 1;
		r->origin = bit % 3;
		r->id = bit % 5;
		r->size = 1u << (4 * bit);
		r->address = UINT64_MAX - bit;
	}
	struct record *r = sample_add(s, 5000, OP_REALLOC);
	r->flags = RECORD_EXTENDED;
	r->id = 9;
	r = sample_add(s, 5000, OP_EXTENSION);
	*r = (struct record){ .task = 77, .origin = 88, .id = 99, .address = 0x1234 };
	sample_add(s, UINT64_C(5000) + UINT32_MAX, OP_MARK)->size = 1;
	sample_add(s, UINT64_C(5001) + UINT32_MAX, OP_MARK)->size = 2;
	sample_add(s, UINT64_C(1) << 62, OP_MARK)->size = 3;
}

static inline void sample_destroy(struct sample *s)
{
	definition_table_destroy(s->table);
}

/* Hands the records to the writer in batches of at most `step`, extensions with their owner. */
static inline int sample_append(const struct sample *s, struct syt_writer *writer, uint32_t step,
				struct error *err)
{
	for (uint32_t i = 0; i < s->count;) {
		struct record records[SAMPLE_RECORDS_MAX];
		uint32_t n = 0;
		while (i + n < s->count && s->times_ns[i + n] - s->times_ns[i] <= UINT32_MAX &&
		       (n < step || s->records[i + n].operation == OP_EXTENSION)) {
			records[n] = s->records[i + n];
			records[n].time = (uint32_t)(s->times_ns[i + n] - s->times_ns[i]);
			n++;
		}
		struct batch batch = { .records = records, .count = n, .base_ns = s->times_ns[i] };
		if (syt_writer_append(writer, s->definitions, &batch, err) != 0)
			return -1;
		i += n;
	}
	return 0;
}

static inline void sample_write(const struct sample *s, const char *path, int level, uint32_t step)
{
	struct error err = { 0 };
	struct syt_writer_options options = { .compression_level = level };
	struct syt_writer *writer = syt_writer_open(path, &options, &err);
	assert_non_null(writer);
	assert_int_equal(sample_append(s, writer, step, &err), 0);
	assert_int_equal(syt_writer_finish(writer, s->definitions, &err), 0);
}

static char sample_directory[] = "/tmp/slabyard-trace-XXXXXX";

static inline int directory_make(void **state)
{
	(void)state;
	return mkdtemp(sample_directory) ? 0 : -1;
}

static inline int directory_remove(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof(command), "rm -r %s", sample_directory);
	return system(command);
}

/* A path in the test's directory; valid until the call after the next. */
static inline const char *path_in_directory(const char *name)
{
	static char paths[2][128];
	static unsigned turn;
	char *path = paths[turn++ % 2];
	snprintf(path, sizeof(paths[0]), "%s/%s", sample_directory, name);
	return path;
}

struct bytes {
	unsigned char *data;
	size_t size;
};

static inline struct bytes file_read(const char *path)
{
	struct stat st;
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	struct bytes b = { malloc((size_t)st.st_size), (size_t)st.st_size };
	assert_int_equal(fread(b.data, 1, b.size, file), b.size);
	fclose(file);
	return b;
}

static inline void file_write(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* Reads a trace to its end: 0 with what it held, -1 with *err. */
struct reading {
	uint64_t records, hash;
	uint32_t batches;
	bool complete;
};

static inline int reading_of(const char *path, struct reading *reading, struct error *err)
{
	*reading = (struct reading){ 0 };
	*err = (struct error){ 0 };
	struct trace_cursor *cursor = syt_open(path, err);
	if (!cursor)
		return -1;
	struct batch batch;
	int result;
	while ((result = cursor->ops->next(cursor, &batch, err)) == 1) {
		reading->records += batch.count;
		reading->batches++;
	}
	if (result == 0) {
		reading->hash = cursor->ops->hash(cursor);
		reading->complete = syt_is_complete(cursor);
	}
	cursor->ops->close(cursor);
	return result;
}

#endif
