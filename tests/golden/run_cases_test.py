# SPDX-License-Identifier: GPL-3.0-or-later
"""Every case of run/: the summary that it prints and the bytes of its result file.

Each build checks itself against the same golden files, so no build needs another one to show that
gcc, clang, optimised and sanitised builds give identical results. run_update.py writes golden files
anew.
"""

import pathlib
import tempfile
import unittest

from run_fixture import CASES, case_names, run_case, sha256


class RunCases(unittest.TestCase):
    maxDiff = None

    def test_cases(self):
        self.assertGreaterEqual(len(case_names()), 5)
        for name in case_names():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                result = pathlib.Path(folder) / "result.h5"
                printed = run_case(name, result)
                self.assertEqual(printed.decode(), (CASES / f"{name}.txt").read_text())
                self.assertEqual(sha256(result), (CASES / f"{name}.sha256").read_text().strip())


if __name__ == "__main__":
    unittest.main()
