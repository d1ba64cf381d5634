# SPDX-License-Identifier: GPL-3.0-or-later
"""The template of each kind, loaded as a plugin, is listed, configured and run."""

import pathlib
import tempfile
import unittest

from run_fixture import BUILD, SAMPLES, TEMPLATE_POLICIES, slabyard

TRACE = SAMPLES / "kmix-slub" / "trace.txt.zst"
# Kinds that a kernel's trace has no use for.
TRACES = dict.fromkeys(("libc", "trim"), SAMPLES / "malloc" / "as-1.trc.zst")


class Plugins(unittest.TestCase):
    def test_run(self):
        for kind, policy in TEMPLATE_POLICIES.items():
            plugin = BUILD / "plugins" / f"{kind}_template.so"
            with self.subTest(kind), tempfile.TemporaryDirectory() as folder:
                result = pathlib.Path(folder) / "result.h5"
                listed = slabyard("--plugin", plugin, "list", kind).stdout.decode()
                self.assertRegex(listed, rf"(?m)^ *{policy}\b")
                choice = f"{kind}.policy={policy}"
                trace = TRACES.get(kind, TRACE)
                slabyard("--plugin", plugin, "run", "--trace", trace, "--set", choice, "-o", result)
                self.assertTrue(result.is_file())

    def test_unknown_without_plugin(self):
        done = slabyard("run", "--trace", TRACE, "--set", "page.policy=template", expect=2)
        self.assertIn(b"template", done.stderr)

    def test_no_plugin(self):
        done = slabyard("--plugin", "/dev/null", "run", expect=2)
        self.assertRegex(done.stderr.decode(), r"^slabyard: --plugin: /dev/null: .*\n$")


if __name__ == "__main__":
    unittest.main()
