# SPDX-License-Identifier: GPL-3.0-or-later
"""Every shipped configuration is good, fits the schema, and can be replayed on."""

import pathlib
import re
import subprocess
import tempfile
import unittest

from run_fixture import SOURCE, slabyard

CONFIGS = sorted(
    path for path in (SOURCE / "configs").glob("*/*.yaml") if path.parent.name != "experiments"
)
VALIDATE = SOURCE / "tests" / "unit" / "validate_yaml.py"
SKIPPED = 77

TRACE = """\
prog-1 [000] 1.000000001: kmalloc: ptr=0xffff888001000000 bytes_req=24 bytes_alloc=32
prog-1 [000] 1.000000002: kfree: ptr=0xffff888001000000
"""


def resolved(*arguments):
    return slabyard("config", *arguments, "--resolved").stdout.decode()


def values(text):
    """What --resolved printed, without where it came from."""
    return re.sub(r" +# .*", "", text)


class Configs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_each_is_good_and_all_of_it_is_read(self):
        self.assertGreater(len(CONFIGS), 8)
        for config in CONFIGS:
            self.assertEqual(slabyard("config", "-c", config, "--check").stdout, b"", config)

    def test_resolved_gives_the_same_configuration(self):
        again = self.folder / "again.yaml"
        for config in CONFIGS:
            text = resolved("-c", config, "--set", "sample.keep=77")
            again.write_text(text)
            self.assertEqual(values(resolved("-c", again)), values(text))
            self.assertIn("keep: 77", text)

    def test_resolved_says_where_values_came_from(self):
        config = SOURCE / "configs" / "machines" / "lab-256mib.yaml"
        text = resolved("-c", config, "--set", "machine.cpus=3")
        base = config.parent / "pc-256mib.yaml"
        self.assertRegex(text, rf"memory: 256MiB +# {re.escape(str(base))}:\d+\n")
        self.assertRegex(text, rf"pageblock_order: 10 +# {re.escape(str(config))}:\d+\n")
        self.assertRegex(text, r"cpus: 3 +# --set\n")
        self.assertRegex(text, r"policy: slub +# default\n")

    def validate(self, *files):
        schema = self.folder / "schema.json"
        schema.write_bytes(slabyard("config", "--schema").stdout)
        done = subprocess.run(
            ["/usr/bin/python3", VALIDATE, schema, *files], stderr=subprocess.PIPE, check=False
        )
        if done.returncode == SKIPPED:
            self.skipTest(done.stderr.decode())
        return done.returncode, done.stderr.decode()

    def test_schema_takes_what_is_shipped(self):
        whole = self.folder / "whole.yaml"
        whole.write_text(resolved())
        self.assertEqual(self.validate(whole, *CONFIGS), (0, ""))

    def test_schema_refuses_what_is_refused(self):
        bad = self.folder / "bad.yaml"
        for text in ("machine: {cpus: 0}", "slab: {policy: slubb}", "page: {buddy: {x: 1}}"):
            bad.write_text(text)
            self.assertEqual(self.validate(bad)[0], 1, text)
            slabyard("config", "-c", bad, "--check", expect=2)

    def test_each_is_replayed_on(self):
        trace = self.folder / "trace.txt"
        trace.write_text(TRACE)
        for config in CONFIGS:
            printed = slabyard("run", "-c", config, "--trace", trace).stdout.decode()
            self.assertRegex(printed, r"records +2 \(2 carried out\)", config)


if __name__ == "__main__":
    unittest.main()
