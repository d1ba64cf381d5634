/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damaged configurations are read or refused with one line; what is read survives a round trip. */
#include "base/rng.h"
#include "config_example.h"

enum { MUTANTS = 4000 };

static const char healthy[] = "# all that the reader knows\n"
			      "extends: [base.yaml, base.yaml]\n"
			      "machine:\n"
			      "  memory: 1.5 GiB\n"
			      "  cpus: 0x10\n"
			      "  poll: 20us\n"
			      "  bias: -5\n"
			      "  share: 0.25\n"
			      "  label: \"a: \\\"b\\\" # c\\u00e4\"\n"
			      "slab: {policy: 'null', slub: {min_partial: 7, merge: off}}\n";

/* Bytes that mean something to YAML, so that mutants are not all refused by the first rule. */
static const char bytes[] = ":,{}[]#&*!|>'\"%@`-? \n\t.\\0a\x7f\xc3\xff";

static size_t mutate(struct rng *rng, char *text, size_t length)
{
	for (uint64_t changes = 1 + rng_below(rng, 3); changes; changes--) {
		size_t at = (size_t)rng_below(rng, length);
		switch (rng_below(rng, 3)) {
		case 0:
			text[at] = bytes[rng_below(rng, sizeof(bytes))];
			break;
		case 1:
			memmove(text + at, text + at + 1, length - at - 1);
			length--;
			break;
		default:
			length = length - (size_t)rng_below(rng, 1 + length / 8);
		}
	}
	return length;
}

static void assert_one_line(const struct error *err)
{
	assert_true(err->message[0]);
	assert_null(strpbrk(err->message, "\n\r\t"));
	assert_int_equal(err->kind, ERROR_INPUT);
}

static void assert_round_trip(const struct config *config)
{
	struct config *again = example_create();
	struct error err = { 0 };
	FILE *out = fopen("resolved.yaml", "w");
	config_print_resolved(config, out);
	assert_int_equal(fclose(out), 0);
	if (config_read_file(again, "resolved.yaml", &err))
		fail_msg("%s", err.message);
	char *before = config_text(config), *after = config_text(again);
	assert_string_equal(after, before);
	free(before);
	free(after);
	config_destroy(again);
}

static void mutants_are_read_or_refused(void **state)
{
	(void)state;
	struct rng *rng = rng_create(1, "config.mutants");
	size_t accepted = 0;
	write_text("base.yaml", "machine: {thp: no}\n");
	for (int i = 0; i < MUTANTS; i++) {
		char text[sizeof(healthy)];
		struct error err = { 0 };
		struct config *config = example_create();
		memcpy(text, healthy, sizeof(healthy));
		write_bytes("mutant.yaml", text, mutate(rng, text, sizeof(healthy) - 1));
		if (config_read_file(config, "mutant.yaml", &err)) {
			assert_one_line(&err);
		} else {
			assert_round_trip(config);
			accepted++;
		}
		config_destroy(config);
	}
	rng_destroy(rng);
	assert_in_range(accepted, MUTANTS / 50, MUTANTS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(mutants_are_read_or_refused) };
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
