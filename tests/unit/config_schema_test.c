/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON Schema, as a validator that is not ours sees it, draws the line where we draw it. */
#include <sys/wait.h>

#include "config_example.h"

enum { SKIPPED = 77 };

static int validate(const char *file)
{
	char command[512];
	snprintf(command, sizeof(command),
		 "/usr/bin/python3 '%s/tests/unit/validate_yaml.py' schema.json %s",
		 SLABYARD_SOURCE_DIR, file);
	int status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int write_schema(void **state)
{
	if (enter_folder(state))
		return -1;
	FILE *out = fopen("schema.json", "w");
	if (!out)
		return -1;
	config_print_schema(&example_schema, out);
	return fclose(out);
}

struct sample {
	const char *text;
	int status;
};

static const struct sample samples[] = {
	{ "{}", 0 },
	{ "extends: a.yaml", 0 },
	{ "extends: [a.yaml, b.yaml]", 0 },
	{ "machine: {memory: 1.5GiB, cpus: 64, poll: 20 us, bias: -5, share: 0.25, thp: off, "
	  "timing: closed, price: 0.125, label: \"\"}",
	  0 },
	{ "machine: {memory: 1048576}", 0 },
	{ "slab: {policy: slub, slub: {min_partial: 7, merge: true}}", 0 },
	{ "slab: {policy: null}", 0 },
	{ "slab: {policy: \"null\", \"null\": {}}", 0 },
	{ "extends: {a: b}", 1 },
	{ "machin: {}", 1 },
	{ "machine: {memroy: 1GiB}", 1 },
	{ "machine: {memory: 256M}", 1 },
	{ "machine: {memory: 512}", 1 },
	{ "machine: {cpus: 0}", 1 },
	{ "machine: {cpus: 65}", 1 },
	{ "machine: {cpus: [1]}", 1 },
	{ "machine: {limit: unset}", 0 },
	{ "machine: {limit: 9}", 0 },
	{ "machine: {limit: 10}", 1 },
	{ "machine: {limit: none}", 1 },
	{ "machine: {bias: unset}", 1 },
	{ "machine: {poll: 100}", 1 },
	{ "machine: {share: 1.5}", 1 },
	{ "machine: {price: -1}", 1 },
	{ "machine: {price: 4}", 0 },
	{ "machine: {price: 5}", 1 },
	{ "machine: {thp: 5}", 1 },
	{ "machine: {timing: close}", 1 },
	{ "machine:", 1 },
	{ "slab: slub", 1 },
	{ "slab: {policy: slob}", 1 },
	{ "slab: {slub: {min_partail: 1}}", 1 },
	{ "slab: {\"null\": {size: 1}}", 1 },
};

/* What the schema lets pass and what it refuses is what the reader does. */
static void schema_and_reader_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct config *config = example_create();
		struct error err = { 0 };
		write_text("a.yaml", "");
		write_text("b.yaml", "");
		write_text("sample.yaml", samples[i].text);
		int refused = config_read_file(config, "sample.yaml", &err) ? 1 : 0;
		if (refused != samples[i].status)
			fail_msg("reader: %s: %s", samples[i].text, err.message);
		if (validate("sample.yaml") != samples[i].status)
			fail_msg("schema: %s", samples[i].text);
		config_destroy(config);
	}
}

static void schema_takes_what_resolved_prints(void **state)
{
	(void)state;
	struct config *config = example_create();
	struct error err = { 0 };
	assert_int_equal(config_set(config, "slab.slub.merge=off", &err), 0);
	assert_int_equal(config_set(config, "slab.policy=null", &err), 0);
	assert_int_equal(config_set(config, "machine.label=1e3", &err), 0);
	FILE *out = fopen("resolved.yaml", "w");
	config_print_resolved(config, out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(validate("resolved.yaml"), 0);
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema_and_reader_agree),
		cmocka_unit_test(schema_takes_what_resolved_prints),
	};
	if (write_schema(NULL))
		return 1;
	int status = validate("");
	if (status == SKIPPED)
		fprintf(stderr, "skipped: python3-jsonschema or python3-yaml is not installed\n");
	else
		status = status ? status : cmocka_run_group_tests(tests, NULL, NULL);
	return leave_folder(NULL) ? 1 : status;
}
