# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the golden files of run/ anew from what the program does now.

    /usr/bin/python3 tests/golden/run_update.py [CASE...]     (runs build/slabyard)

Golden files, hashes above all, may only change with a commit that says why the simulation or its
result file changed. A hash that changed by itself is a bug: look for it, do not update.
"""

import pathlib
import sys
import tempfile

from run_fixture import CASES, case_names, run_case, sha256


def update(name):
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder) / "result.h5"
        (CASES / f"{name}.txt").write_bytes(run_case(name, result))
        (CASES / f"{name}.sha256").write_text(sha256(result) + "\n")
    print(f"{name}: written")


if __name__ == "__main__":
    for case in sys.argv[1:] or case_names():
        update(case)
