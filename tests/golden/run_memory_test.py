# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose memory is out: a run ends with one message and exit code 1, wherever it was."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from run_fixture import BUILD, PROGRAM, SAMPLES

PRELOADED = BUILD / "tests" / "golden" / "failing_malloc.so"

# A run, what it is known to need deep inside the machine, where no error is passed on, and how many
# allocations there are between two tries: 1 where that is wanted once only.
RUNS = {
    SAMPLES / "heap" / "heap-realtime.syt": ({"page tables"}, 10),
    SAMPLES / "malloc" / "as-1.trc.zst": ({"page tables"}, 7),
    SAMPLES / "pages-slub" / "trace.txt.zst": ({"bulk frees"}, 1),
}


def run(trace, **environment):
    return subprocess.run(
        [PROGRAM, "run", "--trace", trace],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "LD_PRELOAD": str(PRELOADED), **environment},
        check=False,
    )


def count_allocations(trace):
    with tempfile.TemporaryDirectory() as folder:
        said = pathlib.Path(folder) / "count"
        assert run(trace, FAILING_MALLOC_COUNT=str(said)).returncode == 0
        return int(said.read_text())


@unittest.skipIf(os.environ.get("SLABYARD_SANITIZE") == "ON", "a sanitizer has its own malloc")
class Memory(unittest.TestCase):
    def wanted(self, trace, allowed):
        """What there was no memory for when only the first `allowed` allocations succeed."""
        done = run(trace, FAILING_MALLOC_AFTER=str(allowed))
        said = done.stderr.decode()
        self.assertEqual(done.returncode, 1, f"{trace.name}: {allowed} allocations: {said}")
        self.assertRegex(said, r"^slabyard: .*memory.*\n$", f"{allowed} allocations")
        return said.rpartition("no memory for ")[2].rstrip()

    def test_no_memory(self):
        """While all is made ready in large steps, then in small; printing can do without."""
        for trace, (deep, step) in RUNS.items():
            with self.subTest(trace.name):
                count = count_allocations(trace)
                last = count - 4
                tries = [*range(count // 2, last - 100, step), *range(last - 100, last, 2)]
                wanted = {self.wanted(trace, allowed) for allowed in tries}
                self.assertLessEqual(deep, wanted)


if __name__ == "__main__":
    unittest.main()
