/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What configurations mean: defaults, files, extends, --set, and what is written back. */
#include <sys/stat.h>

#include "config_example.h"

static void read_file(struct config *config, const char *path)
{
	struct error err = { 0 };
	if (config_read_file(config, path, &err))
		fail_msg("%s", err.message);
}

static void set(struct config *config, const char *assignment)
{
	struct error err = { 0 };
	if (config_set(config, assignment, &err))
		fail_msg("%s", err.message);
}

static char *resolved(const struct config *config)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	config_print_resolved(config, out);
	fclose(out);
	return text;
}

static void defaults_come_from_the_tables(void **state)
{
	(void)state;
	struct config *config = example_create();
	const struct machine_params *machine = config_params(config, "machine");
	const void *params;
	assert_int_equal(machine->memory, 256 << 20);
	assert_int_equal(machine->poll_ns, 100000000);
	assert_int_equal(machine->price_ps, 1500);
	assert_true(machine->thp);
	assert_string_equal(machine->label, "");
	assert_ptr_equal(config_policy(config, "slab", &params), &slub_info);
	assert_int_equal(((const struct slub_params *)params)->min_partial, 5);
	config_destroy(config);
}

static void file_sets_values_of_every_type(void **state)
{
	(void)state;
	write_text("all.yaml", "# every type\n"
			       "machine:\n"
			       "  memory: 1.5 GiB\n"
			       "  cpus: 0x10\n"
			       "  poll: 20us\n"
			       "  bias: -5\n"
			       "  share: 0.25\n"
			       "  thp: off\n"
			       "  timing: closed\n"
			       "  price: 2.125\n"
			       "  label: \"a: \\\"b\\\" # c\"\n"
			       "slab: {policy: null, slub: {min_partial: 7}}\n");
	struct config *config = example_create();
	read_file(config, "all.yaml");
	const struct machine_params *machine = config_params(config, "machine");
	assert_int_equal(machine->memory, 1536ull << 20);
	assert_int_equal(machine->cpus, 16);
	assert_int_equal(machine->poll_ns, 20000);
	assert_int_equal(machine->bias, -5);
	assert_true(machine->share >= 0.25 && machine->share <= 0.25);
	assert_false(machine->thp);
	assert_int_equal(machine->timing, 1);
	assert_int_equal(machine->price_ps, 2125);
	assert_string_equal(machine->label, "a: \"b\" # c");
	assert_ptr_equal(config_policy(config, "slab", NULL), &null_info);
	config_destroy(config);
}

/* Later bases win over earlier ones, the file over its bases, --set over all. */
static void later_values_win(void **state)
{
	(void)state;
	assert_int_equal(mkdir("machines", 0700), 0);
	write_text("machines/root.yaml", "machine: {cpus: 2, memory: 1GiB, bias: 1}\n");
	write_text("machines/a.yaml", "extends: root.yaml\nmachine: {cpus: 3, bias: 2}\n");
	write_text("machines/b.yaml", "extends: [root.yaml]\nmachine: {memory: 2GiB}\n");
	write_text("top.yaml", "machine: {bias: 3}\n"
			       "extends:\n- machines/a.yaml\n- machines/b.yaml\n");
	struct config *config = example_create();
	read_file(config, "top.yaml");
	const struct machine_params *machine = config_params(config, "machine");
	assert_int_equal(machine->cpus, 2);
	assert_int_equal(machine->memory, 2ull << 30);
	assert_int_equal(machine->bias, 3);
	set(config, "machine.bias=4");
	assert_int_equal(machine->bias, 4);
	config_destroy(config);
}

static void empty_files_change_nothing(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",     "# only a comment\n", "---\n",
		"{}\n", "machine: {}\n",      "%YAML 1.1\n---\nmachine: {}\n"
	};
	struct config *untouched = example_create();
	char *expected = config_text(untouched);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct config *config = example_create();
		write_text("empty.yaml", texts[i]);
		read_file(config, "empty.yaml");
		char *text = config_text(config);
		assert_string_equal(text, expected);
		free(text);
		config_destroy(config);
	}
	free(expected);
	config_destroy(untouched);
}

static void resolved_says_where_values_came_from(void **state)
{
	(void)state;
	write_text("base.yaml", "machine:\n  cpus: 2\n");
	write_text("some.yaml", "extends: base.yaml\nslab:\n  slub: {merge: false}\n");
	struct config *config = example_create();
	read_file(config, "some.yaml");
	set(config, "slab.policy=null");
	set(config, "machine.label=yes");
	char *text = resolved(config);
	assert_string_equal(text, "machine:\n"
				  "  memory: 256MiB                        # default\n"
				  "  cpus: 2                               # base.yaml:2\n"
				  "  poll: 100ms                           # default\n"
				  "  bias: 0                               # default\n"
				  "  limit: unset                          # default\n"
				  "  share: 0.5                            # default\n"
				  "  thp: true                             # default\n"
				  "  timing: recorded                      # default\n"
				  "  price: 1.5                            # default\n"
				  "  label: \"yes\"                          # --set\n"
				  "slab:\n"
				  "  policy: \"null\"                        # --set\n"
				  "  slub: # not read: not the policy\n"
				  "    merge: false                        # some.yaml:3\n");
	free(text);
	config_destroy(config);
}

static void assert_survives(const char *assignment)
{
	struct config *config = example_create(), *again = example_create();
	set(config, assignment);
	char *text = resolved(config), *before = config_text(config);
	write_text("resolved.yaml", text);
	read_file(again, "resolved.yaml");
	char *after = config_text(again);
	assert_string_equal(after, before);
	free(text);
	free(before);
	free(after);
	config_destroy(config);
	config_destroy(again);
}

static void resolved_gives_the_same_configuration(void **state)
{
	(void)state;
	static const char *const assignments[] = {
		"machine.label=",         "machine.label= a ",      "machine.label=null",
		"machine.label=#x",       "machine.label=\"q\\\"",  "machine.label=1e3",
		"machine.label=*a",       "machine.label=-",        "machine.label=a: b",
		"machine.label=\xc3\xa4", "machine.memory=1048577", "machine.share=0.1",
		"machine.share=1e-300",   "machine.bias=-1000",     "machine.poll=1500us",
		"machine.price=0.001",    "slab.policy=null",       "slab.slub.merge=off",
		"machine.timing=closed",
	};
	for (size_t i = 0; i < sizeof(assignments) / sizeof(assignments[0]); i++)
		assert_survives(assignments[i]);
}

struct visited {
	size_t values, unused;
};

static void count_visit(void *context, const char *path, const char *value, const char *from,
			bool used)
{
	struct visited *visited = context;
	visited->values++;
	visited->unused += !used;
	if (used)
		return;
	assert_string_equal(path, "slab.slub.merge");
	assert_string_equal(value, "false");
	assert_string_equal(from, "--set");
}

static void visit_tells_what_is_not_read(void **state)
{
	(void)state;
	struct config *config = example_create();
	struct visited visited = { 0 };
	config_visit(config, count_visit, &visited);
	assert_int_equal(visited.values, 10 + 3);
	assert_int_equal(visited.unused, 0);
	set(config, "slab.policy=null");
	set(config, "slab.slub.merge=off");
	visited = (struct visited){ 0 };
	config_visit(config, count_visit, &visited);
	assert_int_equal(visited.values, 10 + 2);
	assert_int_equal(visited.unused, 1);
	config_destroy(config);
}

static void text_is_path_and_value(void **state)
{
	(void)state;
	struct config *config = example_create();
	set(config, "machine.memory=1GiB");
	char *text = config_text(config);
	assert_non_null(strstr(text, "machine.memory: 1GiB\n"));
	assert_non_null(strstr(text, "slab.policy: slub\nslab.slub.min_partial: 5\n"));
	free(text);
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_come_from_the_tables),
		cmocka_unit_test(file_sets_values_of_every_type),
		cmocka_unit_test(later_values_win),
		cmocka_unit_test(empty_files_change_nothing),
		cmocka_unit_test(resolved_says_where_values_came_from),
		cmocka_unit_test(resolved_gives_the_same_configuration),
		cmocka_unit_test(visit_tells_what_is_not_read),
		cmocka_unit_test(text_is_path_and_value),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
