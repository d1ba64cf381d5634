/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every mistake in a configuration gets one message that says where and what, word for word. */
#include <sys/stat.h>

#include "config_example.h"

struct bad_file {
	const char *text, *message;
};

static const struct bad_file bad_files[] = {
	{ "machine:\n  memroy: 1GiB\n",
	  "bad.yaml:2:3: machine.memroy: unknown key \"memroy\" (did you mean memory?)" },
	{ "machine:\n  colour: red\n",
	  "bad.yaml:2:3: machine.colour: unknown key \"colour\", known: memory, cpus, poll, bias, "
	  "limit, share, thp, timing, price, label" },
	{ "machin: {cpus: 1}\n",
	  "bad.yaml:1:1: machin: unknown section \"machin\" (did you mean machine?)" },
	{ "libc: {policy: ptmalloc}\n",
	  "bad.yaml:1:1: libc: unknown section \"libc\", known: machine, slab" },
	{ "slab:\n  policy: slubb\n",
	  "bad.yaml:2:11: slab.policy: unknown policy \"slubb\" (did you mean slub?)" },
	{ "slab:\n  policy: jemalloc\n",
	  "bad.yaml:2:11: slab.policy: unknown policy \"jemalloc\", known: slub, null" },
	{ "slab:\n  slub:\n    min_partail: 4\n",
	  "bad.yaml:3:5: slab.slub.min_partail: unknown option \"min_partail\" "
	  "(did you mean min_partial?)" },
	{ "slab:\n  \"null\":\n    size: 4\n",
	  "bad.yaml:3:5: slab.null.size: unknown option \"size\", nothing can be set here" },
	{ "slab:\n  min_partial: 4\n",
	  "bad.yaml:2:3: slab.min_partial: unknown key \"min_partial\", known: policy, slub, "
	  "null" },
	{ "machine: {memory: {size: 1GiB}}\n",
	  "bad.yaml:1:19: machine.memory: expected a single value, found a mapping" },
	{ "machine: {memory: 1GiB, memory: 2GiB}\n",
	  "bad.yaml:1:25: machine.memory: duplicate key, first at line 1" },
	{ "machine: {cpus: 1}\nslab: {policy: slub}\nmachine: {memory: 1GiB}\n",
	  "bad.yaml:3:1: machine: duplicate key, first at line 1" },
	{ "slab: {policy: slub, policy: \"null\"}\n",
	  "bad.yaml:1:22: slab.policy: duplicate key, first at line 1" },
	{ "machine:\n  cpus: [1, 2]\n",
	  "bad.yaml:2:9: machine.cpus: expected a single value, found a list" },
	{ "machine: 5\n", "bad.yaml:1:10: machine: expected a mapping, found a value" },
	{ "slab: slub\n", "bad.yaml:1:7: slab: expected a mapping, found a value" },
	{ "slab: {slub: 5}\n", "bad.yaml:1:14: slab.slub: expected a mapping, found a value" },
	{ "machine:\nslab: {policy: slub}\n",
	  "bad.yaml:1:9: machine: expected a mapping, found nothing" },
	{ "machine:\n  cpus:\n",
	  "bad.yaml:2:8: machine.cpus: expected a single value, found nothing" },
	{ "machine: [cpus]\n", "bad.yaml:1:10: machine: expected a mapping, found a list" },
	{ "machine:\n  memory: 256M\n",
	  "bad.yaml:2:11: machine.memory: \"256M\": unknown unit M, write MiB (1048576 bytes)" },
	{ "machine:\n  memory: 4 GB\n",
	  "bad.yaml:2:11: machine.memory: \"4 GB\": unknown unit GB, write GiB (1073741824 "
	  "bytes)" },
	{ "machine:\n  memory: 512KiB\n",
	  "bad.yaml:2:11: machine.memory: must be between 1MiB and 1024TiB, is "
	  "512KiB" },
	{ "machine:\n  memory: much\n", "bad.yaml:2:11: machine.memory: \"much\" is not a number" },
	{ "machine:\n  cpus: 99\n", "bad.yaml:2:9: machine.cpus: must be between 1 and 64, is 99" },
	{ "machine:\n  cpus: -1\n",
	  "bad.yaml:2:9: machine.cpus: must be a whole number from 0, is \"-1\"" },
	{ "machine:\n  poll: 100\n",
	  "bad.yaml:2:9: machine.poll: \"100\" needs a unit: ns, us, ms or s" },
	{ "machine:\n  thp: maybe\n",
	  "bad.yaml:2:8: machine.thp: must be true or false, is \"maybe\"" },
	{ "machine:\n  timing: close\n",
	  "bad.yaml:2:11: machine.timing: must be one of recorded, closed, is \"close\" (did you "
	  "mean closed?)" },
	{ "machine:\n  cpus.x: 1\n",
	  "bad.yaml:2:3: machine: a key has no dot: nest the mappings instead" },
	{ "machine:\n  <<: {cpus: 1}\n",
	  "bad.yaml:2:3: machine: a key is made of letters, digits, _ and -" },
	{ "machine: {? [a] : 1}\n", "bad.yaml:1:13: machine: a key is a plain name" },
	{ "machine: {\"\": 1}\n", "bad.yaml:1:11: machine: a key has 1 to 64 characters" },
	{ "machine: &m {cpus: 1}\n", "bad.yaml:1:10: machine: anchors and tags are not supported" },
	{ "machine: {cpus: !!int 1}\n",
	  "bad.yaml:1:17: machine.cpus: anchors and tags are not supported" },
	{ "machine: *m\n", "bad.yaml:1:10: machine: aliases are not supported: use extends" },
	{ "machine: {label: \"a\\nb\"}\n",
	  "bad.yaml:1:18: machine.label: control character in the value" },
	{ "machine: {cpus: {a: {b: {c: {d: {e: {f: {g: 1}}}}}}}}\n",
	  "bad.yaml:1:42: machine.cpus.a.b.c.d.e.f: nested too deeply" },
	{ "- machine\n", "bad.yaml:1:1: a configuration is a mapping of sections" },
	{ "machine\n", "bad.yaml:1:1: a configuration is a mapping of sections" },
	{ "machine: {cpus: 1}\n---\nmachine: {cpus: 2}\n",
	  "bad.yaml:2:1: a second document: a file holds one" },
	{ "machine:\n\tcpus: 1\n", "bad.yaml:2:1: tab in the indentation: YAML takes spaces" },
	{ "machine: {cpus: 1\n",
	  "bad.yaml:2:1: did not find expected ',' or '}' while parsing a flow mapping" },
	{ "machine: \xff\n", "bad.yaml: byte 9: invalid leading UTF-8 octet" },
	{ "extends: missing.yaml\n",
	  "bad.yaml:1:10: extends: missing.yaml: No such file or directory" },
	{ "extends: [good.yaml, missing.yaml]\n",
	  "bad.yaml:1:22: extends: missing.yaml: No such file or directory" },
	{ "extends: {file: good.yaml}\n",
	  "bad.yaml:1:10: extends: expected a file's name or a list of them" },
	{ "extends: [[good.yaml]]\n", "bad.yaml:1:11: extends: a list holds plain values only" },
	{ "extends:\n", "bad.yaml:1:9: extends: expected a file's name or a list of them" },
	{ "extends: good.yaml\nextends: good.yaml\n",
	  "bad.yaml:2:1: extends: duplicate key, first at line 1" },
	{ "machine: {cpus: 1}\nextends: bad.yaml\n",
	  "bad.yaml:2:10: extends: bad.yaml: is being read already: files extend each other in a "
	  "circle" },
	{ "extends: circle.yaml\n",
	  "circle.yaml:1:10: extends: bad.yaml: is being read already: files extend each other in "
	  "a circle" },
	{ "extends: wrong.yaml\n", "wrong.yaml:2:9: machine.cpus: must be between 1 and 64, is 0" },
	{ "extends: .\n", "bad.yaml:1:10: extends: .: Is a directory" },
};

static void bad_files_are_refused(void **state)
{
	(void)state;
	write_text("good.yaml", "machine: {cpus: 2}\n");
	write_text("circle.yaml", "extends: bad.yaml\n");
	write_text("wrong.yaml", "machine:\n  cpus: 0\n");
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		struct config *config = example_create();
		struct error err = { 0 };
		write_text("bad.yaml", bad_files[i].text);
		assert_int_equal(config_read_file(config, "bad.yaml", &err), -1);
		assert_string_equal(err.message, bad_files[i].message);
		assert_int_equal(err.kind, ERROR_INPUT);
		config_destroy(config);
	}
}

static void assert_unreadable(const char *path, const char *message)
{
	struct config *config = example_create();
	struct error err = { 0 };
	assert_int_equal(config_read_file(config, path, &err), -1);
	assert_string_equal(err.message, message);
	assert_int_equal(err.kind, ERROR_INPUT);
	config_destroy(config);
}

static void unreadable_files_are_refused(void **state)
{
	(void)state;
	static char large[(1 << 20) + 1];
	memset(large, '#', sizeof(large));
	write_bytes("large.yaml", large, sizeof(large));
	assert_unreadable("large.yaml", "large.yaml: larger than 1 MiB, no configuration is");
	assert_unreadable("absent.yaml", "absent.yaml: No such file or directory");
	assert_unreadable("/", "/: Is a directory");
}

static const struct bad_file bad_assignments[] = {
	{ "machine.cpus", "--set machine.cpus: expected PATH=VALUE" },
	{ "=5", "--set =5: expected PATH=VALUE" },
	{ "", "--set : expected PATH=VALUE" },
	{ "machine=5", "--set machine=5: names a group of values, not one of them" },
	{ "slab.slub=5", "--set slab.slub=5: names a group of values, not one of them" },
	{ "machin.cpus=5",
	  "--set machin.cpus=5: unknown section \"machin\" (did you mean machine?)" },
	{ "machine.cpu=5", "--set machine.cpu=5: unknown key \"cpu\" (did you mean cpus?)" },
	{ "machine.=5",
	  "--set machine.=5: unknown key \"\", known: memory, cpus, poll, bias, limit, share, "
	  "thp, timing, price, label" },
	{ "slab.policy=slob", "--set slab.policy=slob: unknown policy \"slob\" (did you mean "
			      "slub?)" },
	{ "slab.slub.merg=on",
	  "--set slab.slub.merg=on: unknown option \"merg\" (did you mean merge?)" },
	{ "slab.slub.merge.x=on",
	  "--set slab.slub.merge.x=on: merge is a value, nothing stands below it" },
	{ "machine.cpus.x=1", "--set machine.cpus.x=1: cpus is a value, nothing stands below it" },
	{ "machine.cpus=", "--set machine.cpus=: must be a whole number from 0, is \"\"" },
	{ "machine.share=1.5", "--set machine.share=1.5: must be between 0 and 1, is 1.5" },
	{ "machine.share=nan", "--set machine.share=nan: must be a number, is \"nan\"" },
	{ "machine.bias=-1001",
	  "--set machine.bias=-1001: must be between -1000 and 1000, is -1001" },
	{ "machine.price=0.0001",
	  "--set machine.price=0.0001: \"0.0001\" is not a whole number of picoseconds" },
	{ "machine.label=a\nb", "--set ...: control character in the argument" },
};

static void bad_assignments_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_assignments) / sizeof(bad_assignments[0]); i++) {
		struct config *config = example_create();
		struct error err = { 0 };
		assert_int_equal(config_set(config, bad_assignments[i].text, &err), -1);
		assert_string_equal(err.message, bad_assignments[i].message);
		assert_int_equal(err.kind, ERROR_INPUT);
		config_destroy(config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(unreadable_files_are_refused),
		cmocka_unit_test(bad_assignments_are_refused),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
