# SPDX-License-Identifier: GPL-3.0-or-later
"""The template of each kind, loaded as a plugin, is listed, configured and run."""

import pathlib
import tempfile
import unittest

from run_fixture import BUILD, SAMPLES, slabyard

TRACE = SAMPLES / "kmix-slub" / "trace.txt.zst"
PLUGINS = sorted((BUILD / "plugins").glob("*_template.so"))


class Plugins(unittest.TestCase):
    def test_all_are_here(self):
        kinds = [plugin.name.removesuffix("_template.so") for plugin in PLUGINS]
        self.assertLessEqual({"cost", "page"}, set(kinds))

    def test_run(self):
        for plugin in PLUGINS:
            kind = plugin.name.removesuffix("_template.so")
            with self.subTest(kind), tempfile.TemporaryDirectory() as folder:
                result = pathlib.Path(folder) / "result.h5"
                listed = slabyard("--plugin", plugin, "list", kind).stdout.decode()
                self.assertIn("template", listed)
                choice = f"{kind}.policy=template"
                slabyard("--plugin", plugin, "run", "--trace", TRACE, "--set", choice, "-o", result)
                self.assertIn("template", slabyard("info", result).stdout.decode())

    def test_unknown_without_plugin(self):
        done = slabyard("run", "--trace", TRACE, "--set", "page.policy=template", expect=2)
        self.assertIn(b"template", done.stderr)

    def test_no_plugin(self):
        done = slabyard("--plugin", "/dev/null", "list", expect=2)
        self.assertRegex(done.stderr.decode(), r"^slabyard: /dev/null: .*\n$")


if __name__ == "__main__":
    unittest.main()
