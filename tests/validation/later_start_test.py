# SPDX-License-Identifier: GPL-3.0-or-later
"""A replay may begin at any mark: all that was allocated before it is found when it is freed.

Each bundled recording is replayed from its middle state on; both layers are simulated. What was
alive then, kmallocs of whole pages among it, is given back where the recording frees it, and every
address and list after it is the recorded one.
"""

import os
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SLABYARD", str(SOURCE / "build" / "slabyard"))
SAMPLES = SOURCE / "workloads" / "samples"
STACK = "zone,drain,isolate,rotate,bulk,lru,pcp_busy,rcu,cache_op,free_size,reclaim,reap"
STARTS = {"kmix-slub": 6, "kmix-slab": 6, "kmix-slob": 6, "pages-slub": 6, "user-sh-slub": 3}


class LaterStart(unittest.TestCase):
    def replay(self, name, mark):
        folder = SAMPLES / name
        command = [
            PROGRAM, "run", "--trace", folder / "trace.txt.zst", "--level", "slab",
            "--start", folder / f"mmstate-{mark}.txt.zst", "--expect", folder,
            "--assist", STACK, "--set", f"slab.policy={name.split('-')[-1]}", "--progress", "off",
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def test_from_the_middle(self):
        for name, mark in STARTS.items():
            with self.subTest(name):
                printed = self.replay(name, mark)
                self.assertNotIn("frees of what this run never allocated", printed)
                matched, compared = re.search(r"placements +(\d+) of (\d+)", printed).groups()
                self.assertEqual(matched, compared)
                equal, lists = re.search(r"(\d+) of (\d+) lists equal", printed).groups()
                self.assertEqual(equal, lists)
                self.assertGreater(int(lists), 0)


if __name__ == "__main__":
    unittest.main()
