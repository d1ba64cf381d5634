/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Damaged output of tools that print calls: whatever a line holds, it is read, left out, or refused
 * with one line that says where, and what was handed out keeps every promise of a cursor.
 */
#include "../import_support.h"

#include "call_samples.h"
#include "text_mutation.h"

enum { ROUNDS = 300, TEXT_MAX = 1 << 14 };

static const struct {
	const char *format, *text;
} seeds[] = {
	{ "mtrace", sample_mtrace },
	{ "ltrace", sample_ltrace },
	{ "strace", sample_strace },
	{ "heaptrack-raw", sample_heaptrack_raw },
	{ "heaptrack", sample_heaptrack },
	{ "valgrind-malloc", sample_valgrind },
	{ "lackey", sample_lackey },
	{ "lttng-ust-libc", sample_lttng },
	{ "bpftrace-libc", sample_bpftrace_libc },
	{ "bpftrace-kmalloc", sample_bpftrace_kmalloc },
};

static const char alphabet[] = "\n\t =,|/()[]<>-+@!._x0123456789afMz\"\0\xff";
static const struct text_mutation mutation = {
	.alphabet = alphabet,
	.alphabet_length = sizeof(alphabet) - 1,
	.edits_max = 6,
	.span_max = 40,
	.text_max = TEXT_MAX,
};

/* Records that came out before the end, or before the damage. */
static size_t import_mutated(const char *format, const char *text, size_t length)
{
	const struct import_options options = { .format = format };
	struct imported in = { 0 };
	struct error err = { 0 };
	struct batch batch;
	char path[64];
	int more;

	support_write(text, length, path);
	in.cursor = import_open(path, &options, &in.report, &err);
	unlink(path);
	if (!in.cursor)
		return 0; /* the mutation made compressed data of it */
	while ((more = in.cursor->ops->next(in.cursor, &batch, &err)) == 1)
		support_keep(&in, &batch);
	assert_true(more == 0 || (err.kind == ERROR_INPUT && !strchr(err.message, '\n') &&
				  strstr(err.message, ": line ")));
	support_check(&in);
	const size_t count = in.count;

	support_close(&in);
	return count;
}

static void damaged_lines_are_read_or_refused(void **state)
{
	static char text[TEXT_MAX];
	struct rng *rng = rng_create(1, "import.calls");

	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		const size_t length = strlen(seeds[i].text);
		size_t records = 0;

		for (int round = 0; round < ROUNDS; round++) {
			memcpy(text, seeds[i].text, length);
			records += import_mutated(seeds[i].format, text,
						  text_mutate(&mutation, rng, text, length));
		}
		/* Most of what is not damaged still is read. */
		assert_true(records > ROUNDS / 4);
	}
	rng_destroy(rng);
}

/* Any beginning of an output is good, but for its last line. */
static void cut_output_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		for (size_t length = 1; length < strlen(seeds[i].text); length += 7)
			import_mutated(seeds[i].format, seeds[i].text, length);
}

/* Every format knows its own lines, and no other's. */
static void formats_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		struct imported in;

		support_import_text(seeds[i].text, &in);
		assert_string_equal(in.cursor->format, seeds[i].format);
		support_close(&in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_lines_are_read_or_refused),
		cmocka_unit_test(cut_output_is_read),
		cmocka_unit_test(formats_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
