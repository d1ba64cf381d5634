/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damaged, cut and hostile files are refused with the number of the block. */
#include "trace_sample.h"

#include <fcntl.h>

#include "trace/format.h"

enum { BLOCKS_MAX = 16 };

/* A whole file in memory, and where its blocks begin. */
struct image {
	struct bytes file;
	size_t blocks[BLOCKS_MAX + 1]; /* the one behind the last is the footer's */
	uint32_t count;
};

static struct syt_block_header block_header(const struct image *image, uint32_t block)
{
	struct syt_block_header header;
	memcpy(&header, image->file.data + image->blocks[block], sizeof(header));
	return header;
}

static struct image image_create(int level)
{
	struct sample s;
	struct image image = { .count = 0 };
	sample_create(&s);
	sample_write(&s, path_in_directory("image.syt"), level, SAMPLE_RECORDS_MAX);
	sample_destroy(&s);
	image.file = file_read(path_in_directory("image.syt"));
	size_t at = sizeof(struct syt_file_header);
	while (at < image.file.size - sizeof(struct syt_footer)) {
		assert_true(image.count < BLOCKS_MAX);
		image.blocks[image.count] = at;
		struct syt_block_header header = block_header(&image, image.count++);
		at += sizeof(header) + syt_padded(header.stored_bytes);
	}
	image.blocks[image.count] = at;
	return image;
}

/* Number of the block that the byte at `offset` belongs to; 0: the file's header. */
static uint32_t block_of(const struct image *image, size_t offset)
{
	uint32_t number = 0;
	while (number < image->count && image->blocks[number] <= offset)
		number++;
	return number;
}

/* A path to the first `size` bytes of the image: a file, or a pipe that is full of them. */
static const char *serve(const struct image *image, size_t size, bool mapped, int *pipe_end)
{
	static char path[32];
	int ends[2];
	*pipe_end = -1;
	if (mapped) {
		file_write(path_in_directory("damaged.syt"), image->file.data, size);
		return path_in_directory("damaged.syt");
	}
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], image->file.data, size), size);
	close(ends[1]);
	*pipe_end = ends[0];
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	return path;
}

/* Reads it to its end; messages name it T.syt. */
static int read_image(const struct image *image, size_t size, bool mapped, struct reading *reading,
		      struct error *err)
{
	int pipe_end;
	const char *path = serve(image, size, mapped, &pipe_end);
	int result = reading_of(path, reading, err);
	if (result != 0) {
		char behind[ERROR_MESSAGE_MAX];
		assert_int_equal(strncmp(err->message, path, strlen(path)), 0);
		snprintf(behind, sizeof(behind), "%s", err->message + strlen(path));
		snprintf(err->message, sizeof(err->message), "T.syt%.1000s", behind);
	}
	if (pipe_end >= 0)
		close(pipe_end);
	return result;
}

static void assert_names_block(const struct error *err, uint32_t number)
{
	char expected[32];
	assert_int_equal(err->kind, ERROR_INPUT);
	snprintf(expected, sizeof(expected), number ? "T.syt: block %u: " : "T.syt: ", number);
	if (strncmp(err->message, expected, strlen(expected)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", err->message, expected);
}

static void check_every_byte(int level, bool mapped)
{
	static const unsigned char changes[] = { 0x01, 0x80, 0xff };
	struct image image = image_create(level);
	struct reading reading;
	struct error err;
	assert_int_equal(read_image(&image, image.file.size, mapped, &reading, &err), 0);
	assert_true(reading.complete);
	for (size_t i = 0; i < image.file.size; i++) {
		for (size_t c = 0; c < sizeof(changes); c++) {
			image.file.data[i] ^= changes[c];
			int result = read_image(&image, image.file.size, mapped, &reading, &err);
			image.file.data[i] ^= changes[c];
			assert_int_equal(result, -1);
			assert_names_block(&err, block_of(&image, i));
		}
	}
	free(image.file.data);
}

static void test_every_changed_byte_is_found(void **state)
{
	(void)state;
	check_every_byte(0, true);
	check_every_byte(0, false);
	check_every_byte(3, true);
}

static bool is_block_start(const struct image *image, size_t offset)
{
	for (uint32_t i = 0; i <= image->count; i++)
		if (image->blocks[i] == offset)
			return true;
	return false;
}

static uint64_t records_before(const struct image *image, size_t offset)
{
	uint64_t records = 0;
	for (uint32_t i = 0; i < image->count && image->blocks[i] < offset; i++) {
		struct syt_block_header header = block_header(image, i);
		records += header.type == SYT_RECORDS ? header.count : 0;
	}
	return records;
}

/* Only a cut between blocks leaves a readable trace, and not behind the trailer. */
static void check_cut(const struct image *image, size_t size, bool mapped)
{
	struct reading reading;
	struct error err;
	int result = read_image(image, size, mapped, &reading, &err);
	if (is_block_start(image, size) && size != image->blocks[image->count]) {
		assert_int_equal(result, 0);
		assert_false(reading.complete);
		assert_int_equal(reading.records, records_before(image, size));
		return;
	}
	assert_int_equal(result, -1);
	assert_names_block(&err, size ? block_of(image, size - 1) : 0);
}

static void test_every_length(void **state)
{
	(void)state;
	struct image image = image_create(0);
	for (size_t size = 0; size < image.file.size; size++) {
		check_cut(&image, size, true);
		check_cut(&image, size, false);
	}
	free(image.file.data);
}

static void test_messages(void **state)
{
	(void)state;
	struct image image = image_create(0);
	struct reading reading;
	struct error err;
	read_image(&image, image.blocks[1] + 70, true, &reading, &err);
	assert_string_equal(err.message, "T.syt: block 2: cut short");
	read_image(&image, image.blocks[1] + 7, true, &reading, &err);
	assert_string_equal(err.message, "T.syt: block 2: cut short in its header");
	read_image(&image, 20, true, &reading, &err);
	assert_string_equal(err.message, "T.syt: cut short in its header");
	image.file.data[image.blocks[2] + 64] ^= 1;
	read_image(&image, image.file.size, true, &reading, &err);
	assert_string_equal(err.message, "T.syt: block 3: damaged: its checksum differs");
	image.file.data[1] ^= 1;
	read_image(&image, image.file.size, true, &reading, &err);
	assert_string_equal(err.message, "T.syt: not a .syt trace");
	assert_null(syt_open("/nonexistent.syt", &err));
	assert_string_equal(err.message,
			    "/nonexistent.syt: cannot open: No such file or directory");
	assert_null(syt_open("/", &err));
	assert_string_equal(err.message, "/: cannot read: Is a directory");
	free(image.file.data);
}

static void reseal(struct image *image, uint32_t block)
{
	struct syt_block_header header = block_header(image, block);
	unsigned char *at = image->file.data + image->blocks[block];
	header.checksum = syt_block_checksum(&header, at + sizeof(header));
	memcpy(at, &header, sizeof(header));
}

/* A file whose checksums are right and whose contents are not. */
static const struct {
	uint32_t block;
	size_t offset; /* in the block */
	unsigned char value;
	const char *message;
} forgeries[] = {
	/* block header: type, codec, reserved, number, count, first_record */
	{ 1, 4, 9, "T.syt: block 2: of a kind that this version does not know" },
	{ 1, 5, 7, "T.syt: block 2: compressed in a way that this version does not know" },
	{ 1, 6, 1, "T.syt: block 2: needs a newer version" },
	{ 1, 8, 5, "T.syt: block 2: out of place: blocks are missing or repeated" },
	{ 1, 12, 3, "T.syt: block 2: has an impossible number of records" },
	{ 1, 32, 3, "T.syt: block 2: out of place: it does not follow the block before it" },
	/* the first record: operation, task, origin, id; an extension's owner's flags; time */
	{ 1, 64 + 4, 250,
	  "T.syt: block 2: record 1: an operation that this version does not know" },
	{ 1, 64 + 8, 2, "T.syt: block 2: record 1: a task that is not defined" },
	{ 1, 64 + 12, 3, "T.syt: block 2: record 1: an origin that is not defined" },
	{ 1, 64 + 16, 5, "T.syt: block 2: record 1: an id beyond the largest of its space" },
	{ 1, 64 + 5, RECORD_EXTENDED, "T.syt: block 2: record 2: its extension is missing" },
	{ 1, 64 + 7 * 32 + 5, 0, "T.syt: block 2: record 9: extension without an owner" },
	{ 1, 64 + 1, 1, "T.syt: block 2: record 2: its time is before the record before it" },
	/* definitions: the first entry's tag and length; count */
	{ 0, 64, 99, "T.syt: block 1: definition of an unknown kind" },
	{ 0, 64 + 2, 0xff, "T.syt: block 1: a meta entry is cut short" },
	{ 0, 12, 1, "T.syt: block 1: bytes left over behind the last definition" },
	/* trailer: records */
	{ 4, 64, 99, "T.syt: block 5: its totals are not those of the trace" },
};

static void test_time_beyond_the_clock(void **state)
{
	(void)state;
	struct image image = image_create(0);
	struct reading reading;
	struct error err;
	memset(image.file.data + image.blocks[1] + offsetof(struct syt_block_header, base_ns), 0xff,
	       sizeof(uint64_t));
	reseal(&image, 1);
	assert_int_equal(read_image(&image, image.file.size, true, &reading, &err), -1);
	assert_string_equal(err.message,
			    "T.syt: block 2: has a time beyond the range of the clock");
	free(image.file.data);
}

static void test_bytes_behind_the_end(void **state)
{
	(void)state;
	struct image image = image_create(0);
	struct reading reading;
	struct error err;
	image.file.data = realloc(image.file.data, image.file.size + 1);
	image.file.data[image.file.size] = 0;
	for (int mapped = 0; mapped < 2; mapped++) {
		assert_int_equal(read_image(&image, image.file.size + 1, mapped, &reading, &err),
				 -1);
		assert_string_equal(err.message,
				    "T.syt: block 5: more bytes follow the end of the trace");
	}
	free(image.file.data);
}

static void test_forged_contents_are_refused(void **state)
{
	(void)state;
	struct image image = image_create(0);
	assert_int_equal(image.count, 5);
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		struct reading reading;
		struct error err;
		unsigned char *at =
			image.file.data + image.blocks[forgeries[i].block] + forgeries[i].offset;
		unsigned char before = *at;
		*at = forgeries[i].value;
		reseal(&image, forgeries[i].block);
		assert_int_equal(read_image(&image, image.file.size, true, &reading, &err), -1);
		assert_string_equal(err.message, forgeries[i].message);
		*at = before;
		reseal(&image, forgeries[i].block);
	}
	free(image.file.data);
}

/* Any payload under a right checksum is read or refused; sanitizers watch how. */
static void check_resealed(int level)
{
	struct image image = image_create(level);
	for (uint32_t block = 0; block < image.count; block++) {
		struct syt_block_header header = block_header(&image, block);
		for (size_t i = 0; i < sizeof(header) + header.stored_bytes; i++) {
			unsigned char *at = image.file.data + image.blocks[block] + i;
			unsigned char before = *at;
			bool resizes = i >= offsetof(struct syt_block_header, stored_bytes) &&
				       i < offsetof(struct syt_block_header, base_ns);
			for (unsigned v = 1; !resizes && v < 256; v = 3 * v + 1) {
				struct reading reading;
				struct error err;
				*at = (unsigned char)(before ^ v);
				reseal(&image, block);
				if (read_image(&image, image.file.size, true, &reading, &err) != 0)
					assert_string_not_equal(err.message, "");
			}
			*at = before;
			reseal(&image, block);
		}
	}
	free(image.file.data);
}

static void test_any_contents_are_safe(void **state)
{
	(void)state;
	check_resealed(0);
	check_resealed(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_changed_byte_is_found),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_time_beyond_the_clock),
		cmocka_unit_test(test_bytes_behind_the_end),
		cmocka_unit_test(test_forged_contents_are_refused),
		cmocka_unit_test(test_any_contents_are_safe),
	};
	return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
