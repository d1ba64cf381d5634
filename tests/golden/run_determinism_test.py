# SPDX-License-Identifier: GPL-3.0-or-later
"""However a trace reaches the simulator, its result file has the same bytes.

The text trace, the same through a pipe, and the .syt imported from it, stored and compressed, as a
file and through a pipe.
"""

import pathlib
import subprocess
import tempfile
import unittest

from run_fixture import SAMPLES, sha256, slabyard

RECORDING = SAMPLES / "kmix-slub"
TRACE = RECORDING / "trace.txt.zst"
START = RECORDING / "mmstate-0.txt.zst"


class Determinism(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def result(self, name, trace, *options, **streams):
        path = self.folder / f"{name}.h5"
        slabyard("run", "--trace", trace, "--start", START, "-o", path, *options, **streams)
        return sha256(path)

    def test_twice(self):
        self.assertEqual(self.result("first", TRACE), self.result("second", TRACE))

    def test_other_work_other_bytes(self):
        changed = self.result("changed", TRACE, "--set", "slab.slub.cpu_partial=false")
        self.assertNotEqual(self.result("default", TRACE), changed)

    def test_pipe(self):
        piped = self.result("pipe", "-", input=TRACE.read_bytes())
        self.assertEqual(piped, self.result("file", TRACE))

    def test_plain_text(self):
        plain = self.folder / "trace.txt"
        with open(plain, "wb") as stream:
            subprocess.run(["zstd", "-dcq", TRACE], stdout=stream, check=True)
        self.assertEqual(self.result("plain", plain), self.result("compressed", TRACE))

    def test_native(self):
        expected = self.result("text", TRACE)
        for name, options in (("stored", []), ("compressed", ["--compress"])):
            with self.subTest(name):
                native = self.folder / f"{name}.syt"
                slabyard("import", TRACE, "-o", native, *options)
                self.assertEqual(self.result(f"{name}-file", native), expected)
                piped = self.result(f"{name}-pipe", "-", input=native.read_bytes())
                self.assertEqual(piped, expected)
                with open(native, "rb") as stream:
                    self.assertEqual(self.result(f"{name}-stdin", "-", stdin=stream), expected)


if __name__ == "__main__":
    unittest.main()
