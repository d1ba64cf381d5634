# SPDX-License-Identifier: GPL-3.0-or-later
"""The /proc files of a replay are, byte for byte, the ones that the recorded kernel printed.

Pages behind slabs come from the simulated page allocator. At most it is taken from the trace when
caches were made and destroyed, which no stock tracepoint tells.
"""

import pathlib
import tempfile
import unittest

from run_fixture import SAMPLES, slabyard

# All facts but where objects and their pages were put.
STACK = "zone,drain,isolate,rotate,bulk,lru,pcp_busy,rcu,cache_op,free_size,reclaim,reap"

# Recording, level, assists, marks at which /proc was recorded, and the files compared.
PAGES = ("buddyinfo", "pagetypeinfo")
REPLAYS = (
    ("user-sh-slub", "slab", "none", (3, 5), (*PAGES, "slabinfo")),
    ("kmix-slub", "slab", "cache_op", (6, 12), (*PAGES, "slabinfo")),
    ("kmix-slab", "slab", "cache_op", (6, 12), (*PAGES, "slabinfo")),
    ("kmix-slob", "slab", STACK, (6, 12), PAGES),
    ("pages-slub", "page", "none", (6, 11), PAGES),
    ("pages-slub", "slab", "none", (6, 11), (*PAGES, "slabinfo")),
)


class Proc(unittest.TestCase):
    maxDiff = None

    def compare(self, recording, level, assists, marks, names, folder):
        sample = SAMPLES / recording
        trace, start = sample / "trace.txt.zst", sample / "mmstate-0.txt.zst"
        command = ["run", "--trace", trace, "--start", start, "--proc", folder]
        policy = recording.split("-")[-1]
        slabyard(*command, "--level", level, "--assist", assists, f"--set=slab.policy={policy}")
        for mark in marks:
            for name in names:
                simulated = (folder / f"{name}-{mark}.txt").read_text()
                # The recorder put an empty line behind each file.
                recorded = (sample / f"{name}-{mark}.txt").read_text().removesuffix("\n\n") + "\n"
                self.assertEqual(simulated, recorded, f"{name} at mark {mark}")

    def test_replays(self):
        for recording, level, *rest in REPLAYS:
            with self.subTest(f"{recording} {level}"), tempfile.TemporaryDirectory() as folder:
                self.compare(recording, level, *rest, pathlib.Path(folder))


    def test_slob_has_no_slabinfo(self):
        with tempfile.TemporaryDirectory() as folder:
            trace = SAMPLES / "kmix-slob" / "trace.txt.zst"
            slabyard("run", "--trace", trace, "--proc", folder, "--set=slab.policy=slob")
            names = {path.name for path in pathlib.Path(folder).iterdir()}
            self.assertIn("buddyinfo", names)
            self.assertNotIn("slabinfo", names)


if __name__ == "__main__":
    unittest.main()
