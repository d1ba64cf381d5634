/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is written to a .syt file is what is read from it, however it is cut and compressed. */
#include "trace_sample.h"

#include <fcntl.h>

#include "trace/format.h"

static void assert_same_record(const struct record *read, uint64_t base_ns,
			       const struct record *written, uint64_t time_ns)
{
	struct record expected = *written;
	assert_true(base_ns + read->time == time_ns);
	expected.time = read->time;
	assert_memory_equal(read, &expected, sizeof(expected));
}

static void assert_same_definitions(const struct definitions *a, const struct definitions *b)
{
	assert_true(definitions_hash(a) == definitions_hash(b));
	assert_int_equal(a->cache_count, b->cache_count);
	assert_memory_equal(a->id_max, b->id_max, sizeof(a->id_max));
	assert_string_equal(a->caches[0].name, b->caches[0].name);
	assert_string_equal(definitions_meta(a, "source"), definitions_meta(b, "source"));
}

static void assert_same_trace(struct trace_cursor *cursor, const struct sample *s)
{
	struct batch batch;
	struct error err;
	uint32_t seen = 0;
	int result;
	while ((result = cursor->ops->next(cursor, &batch, &err)) == 1) {
		assert_int_equal(batch.first_record, seen);
		assert_true(batch.count > 0 && seen + batch.count <= s->count);
		assert_true(((uintptr_t)batch.records & 7) == 0);
		for (uint32_t i = 0; i < batch.count; i++, seen++)
			assert_same_record(&batch.records[i], batch.base_ns, &s->records[seen],
					   s->times_ns[seen]);
	}
	assert_int_equal(result, 0);
	assert_int_equal(seen, s->count);
	assert_same_definitions(cursor->definitions, s->definitions);
}

static void test_everything_comes_back(void **state)
{
	(void)state;
	struct sample s;
	struct error err = { 0 };
	sample_create(&s);
	for (int level = 0; level <= 3; level += 3) {
		const char *path = path_in_directory("all.syt");
		sample_write(&s, path, level, SAMPLE_RECORDS_MAX);
		struct trace_cursor *cursor = syt_open(path, &err);
		assert_non_null(cursor);
		assert_same_trace(cursor, &s);
		assert_true(syt_is_complete(cursor));
		assert_true(cursor->ops->progress(cursor) == 1.0);
		cursor->ops->close(cursor);
	}
	sample_destroy(&s);
}

static void test_pipe_reads_the_same(void **state)
{
	(void)state;
	struct sample s;
	struct reading whole;
	struct error err;
	int ends[2];
	char path[32];
	sample_create(&s);
	sample_write(&s, path_in_directory("pipe.syt"), 0, SAMPLE_RECORDS_MAX);
	struct bytes file = file_read(path_in_directory("pipe.syt"));
	assert_int_equal(reading_of(path_in_directory("pipe.syt"), &whole, &err), 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], file.data, file.size), file.size);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	/* Recognising it must not take anything from it. */
	assert_true(syt_recognise(path));
	assert_true(syt_recognise(path));
	struct trace_cursor *cursor = syt_open(path, &err);
	assert_non_null(cursor);
	assert_true(cursor->ops->progress(cursor) == -1);
	assert_same_trace(cursor, &s);
	assert_true(cursor->ops->hash(cursor) == whole.hash);
	cursor->ops->close(cursor);
	close(ends[0]);
	free(file.data);
	sample_destroy(&s);
}

static void test_standard_input(void **state)
{
	(void)state;
	struct sample s;
	struct error err;
	sample_create(&s);
	sample_write(&s, path_in_directory("stdin.syt"), 0, SAMPLE_RECORDS_MAX);
	int saved = dup(STDIN_FILENO);
	int fd = open(path_in_directory("stdin.syt"), O_RDONLY);
	dup2(fd, STDIN_FILENO);
	assert_true(syt_recognise("-"));
	struct trace_cursor *cursor = syt_open("-", &err);
	assert_string_equal(cursor->name, "standard input");
	assert_same_trace(cursor, &s);
	cursor->ops->close(cursor);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fd);
	sample_destroy(&s);
}

static void test_recognises_only_its_own(void **state)
{
	(void)state;
	file_write(path_in_directory("text"), "# tracer: nop", 13);
	assert_false(syt_recognise(path_in_directory("text")));
	file_write(path_in_directory("short"), "\211SYT", 4);
	assert_false(syt_recognise(path_in_directory("short")));
	assert_false(syt_recognise("/nonexistent"));
	assert_false(syt_recognise("/"));
}

static uint64_t hash_of_sample(const struct sample *s)
{
	struct trace_hash *hash = trace_hash_create();
	for (uint32_t i = 0; i < s->count; i++) {
		struct record record = s->records[i];
		record.time = 0;
		struct batch one = { .records = &record, .count = 1, .base_ns = s->times_ns[i] };
		trace_hash_update(hash, &one);
	}
	uint64_t value = trace_hash_value(hash, s->definitions);
	trace_hash_destroy(hash);
	return value;
}

static void test_hash_does_not_depend_on_blocks(void **state)
{
	(void)state;
	struct sample s;
	struct reading reading;
	struct error err;
	sample_create(&s);
	uint64_t expected = hash_of_sample(&s);
	for (uint32_t step = 1; step <= 8; step++) {
		const char *path = path_in_directory("hash.syt");
		sample_write(&s, path, step % 2 ? 0 : 5, step);
		assert_int_equal(reading_of(path, &reading, &err), 0);
		assert_true(reading.hash == expected);
		/* Without its end, the hash is computed from the records read. */
		struct bytes file = file_read(path);
		size_t trailer = file.size - sizeof(struct syt_footer);
		memcpy(&trailer, file.data + trailer + SYT_MAGIC_BYTES, sizeof(uint64_t));
		file_write(path, file.data, trailer);
		assert_int_equal(reading_of(path, &reading, &err), 0);
		assert_false(reading.complete);
		assert_int_equal(reading.records, s.count);
		assert_true(reading.hash == expected);
		free(file.data);
	}
	s.records[3].address ^= 1;
	assert_true(hash_of_sample(&s) != expected);
	sample_destroy(&s);
}

/* Enough records for several blocks, so that pairs meet block ends. */
static void append_pairs(struct syt_writer *writer, const struct definitions *d, uint32_t pairs)
{
	struct error err;
	struct record records[3] = { { .operation = OP_MARK },
				     { .operation = OP_BRK, .flags = RECORD_EXTENDED },
				     { .operation = OP_EXTENSION } };
	for (uint32_t i = 0; i < pairs; i++) {
		struct batch batch = { .records = records, .count = 3, .base_ns = i };
		assert_int_equal(syt_writer_append(writer, d, &batch, &err), 0);
	}
}

static void test_extension_stays_with_its_record(void **state)
{
	(void)state;
	struct sample s;
	struct error err = { 0 };
	sample_create(&s);
	const char *path = path_in_directory("pairs.syt");
	struct syt_writer *writer = syt_writer_open(path, NULL, &err);
	append_pairs(writer, s.definitions, 10000);
	assert_int_equal(syt_writer_finish(writer, s.definitions, &err), 0);
	struct trace_cursor *cursor = syt_open(path, &err);
	struct batch batch;
	uint32_t batches = 0, records = 0;
	while (cursor->ops->next(cursor, &batch, &err) == 1) {
		assert_true(batch.records[0].operation != OP_EXTENSION);
		assert_false(batch.records[batch.count - 1].flags & RECORD_EXTENDED);
		records += batch.count;
		batches++;
	}
	assert_int_equal(records, 30000);
	assert_int_equal(batches, 4);
	cursor->ops->close(cursor);
	sample_destroy(&s);
}

/* A cache learns its name after its first use, and meta entries change. */
static void test_updates_are_carried(void **state)
{
	(void)state;
	struct sample s;
	struct error err = { 0 };
	sample_create(&s);
	const char *path = path_in_directory("updates.syt");
	struct syt_writer *writer = syt_writer_open(path, NULL, &err);
	assert_int_equal(sample_append(&s, writer, SAMPLE_RECORDS_MAX, &err), 0);
	struct cache_def named = s.definitions->caches[1];
	named.name = "names_cache";
	named.named = true;
	assert_int_equal(definition_update_cache(s.table, 1, &named, NULL), 0);
	assert_int_equal(definition_set_meta(s.table, "source", "changed", NULL), 0);
	definition_raise_id_max(s.table, SPACE_PAGE, 12);
	assert_int_equal(syt_writer_finish(writer, s.definitions, &err), 0);
	struct trace_cursor *cursor = syt_open(path, &err);
	assert_same_trace(cursor, &s);
	assert_string_equal(cursor->definitions->caches[1].name, "names_cache");
	assert_true(cursor->ops->hash(cursor) == hash_of_sample(&s));
	cursor->ops->close(cursor);
	sample_destroy(&s);
}

/* More definitions than one block holds. */
static void test_many_definitions(void **state)
{
	(void)state;
	struct sample s;
	struct error err = { 0 };
	sample_create(&s);
	char name[4001];
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (uint32_t i = 0; i < 300; i++) {
		name[i] = 'y';
		struct task_def task = { .tid = i, .comm = name };
		definition_add_task(s.table, &task, NULL);
		definition_add_cache(s.table, &(struct cache_def){ .name = name }, NULL);
	}
	sample_write(&s, path_in_directory("many.syt"), 0, SAMPLE_RECORDS_MAX);
	struct trace_cursor *cursor = syt_open(path_in_directory("many.syt"), &err);
	assert_same_trace(cursor, &s);
	cursor->ops->close(cursor);
	sample_destroy(&s);
}

static void test_empty_trace(void **state)
{
	(void)state;
	struct error err = { 0 };
	struct reading reading;
	struct definition_table *t = definition_table_create();
	struct syt_writer *writer = syt_writer_open(path_in_directory("empty.syt"), NULL, &err);
	assert_int_equal(syt_writer_finish(writer, definition_table_view(t), &err), 0);
	assert_int_equal(reading_of(path_in_directory("empty.syt"), &reading, &err), 0);
	assert_int_equal(reading.records, 0);
	assert_true(reading.complete);
	definition_table_destroy(t);
}

static uint64_t trailer_offset(const struct bytes *file)
{
	struct syt_footer footer;
	memcpy(&footer, file->data + file->size - sizeof(footer), sizeof(footer));
	return footer.trailer_offset;
}

static void test_index_points_at_blocks(void **state)
{
	(void)state;
	struct sample s;
	struct syt_block_header header;
	struct syt_trailer trailer;
	sample_create(&s);
	sample_write(&s, path_in_directory("index.syt"), 0, SAMPLE_RECORDS_MAX);
	struct bytes file = file_read(path_in_directory("index.syt"));
	const unsigned char *at = file.data + trailer_offset(&file);
	memcpy(&header, at, sizeof(header));
	memcpy(&trailer, at + sizeof(header), sizeof(trailer));
	assert_int_equal(header.type, SYT_TRAILER);
	assert_int_equal(trailer.records, s.count);
	assert_true(trailer.last_ns == s.times_ns[s.count - 1]);
	/* The sample's times need three blocks. */
	assert_int_equal(header.count, 3);
	for (uint32_t i = 0; i < header.count; i++) {
		struct syt_index_entry entry;
		struct syt_block_header block;
		memcpy(&entry, at + sizeof(header) + sizeof(trailer) + i * sizeof(entry),
		       sizeof(entry));
		memcpy(&block, file.data + entry.offset, sizeof(block));
		assert_int_equal(block.magic, SYT_BLOCK_MAGIC);
		assert_int_equal(block.type, SYT_RECORDS);
		assert_true(block.first_record == entry.first_record);
		assert_true(block.base_ns == entry.base_ns);
	}
	free(file.data);
	sample_destroy(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_comes_back),
		cmocka_unit_test(test_pipe_reads_the_same),
		cmocka_unit_test(test_standard_input),
		cmocka_unit_test(test_recognises_only_its_own),
		cmocka_unit_test(test_hash_does_not_depend_on_blocks),
		cmocka_unit_test(test_extension_stays_with_its_record),
		cmocka_unit_test(test_updates_are_carried),
		cmocka_unit_test(test_many_definitions),
		cmocka_unit_test(test_empty_trace),
		cmocka_unit_test(test_index_points_at_blocks),
	};
	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
