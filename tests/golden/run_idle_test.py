# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines on which next to nothing happens: neither idle time nor memory makes work of its own.

Compaction and reclaim are counted as work when they do something. A poll of kswapd, of kcompactd or
of a sampler that walked over memory would show here: the larger machine has 4,096 times the frames,
and ten hours are 72,000 of kcompactd's looks at them.
"""

import pathlib
import resource
import tempfile
import unittest

import h5py

from run_fixture import slabyard

PAIRS, SECONDS = 1000, 36  # ten hours
CPU_SECONDS_MAX = 10  # 0.1 are usual, a second under sanitizers
SMALL, LARGE = "256MiB", "1TiB"


def trace_lines():
    for i in range(PAIRS):
        at = 1 + i * SECONDS
        yield (f"prog-1 [000] {at}.000000000: mm_page_alloc: pfn=0x{0x2000 + i:x} order={i % 10} "
               "migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP\n")
        yield (f"prog-1 [000] {at + SECONDS // 2}.000000000: mm_page_free: pfn=0x{0x2000 + i:x} "
               f"order={i % 10}\n")


class Idle(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="slabyard-idle-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.trace = self.folder / "trace.txt"
        self.trace.write_text("".join(trace_lines()))

    def run_on(self, memory):
        """Work counted, and CPU seconds that it took."""
        result = self.folder / f"{memory}.h5"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        slabyard("run", "--trace", self.trace, "--format", "text", "--level", "page", "--set",
                 f"machine.memory={memory}", "-o", result, "--progress", "off")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        with h5py.File(result) as run:
            work = {row["work"].decode(): int(row["count"]) for row in run["/summary/work"][:]}
            self.assertEqual(run["/summary"].attrs["executed"], 2 * PAIRS)
            self.assertEqual(run["/summary"].attrs["alloc_fails"], 0)
        return work, seconds

    def test_work_is_of_what_happens(self):
        small, small_seconds = self.run_on(SMALL)
        large, large_seconds = self.run_on(LARGE)
        print(f"{small_seconds:.2f} s of CPU on {SMALL}, {large_seconds:.2f} s on {LARGE}")
        for name in ("scan_page", "compact_page", "reclaim_page", "reclaim_pass"):
            self.assertEqual((small[name], large[name]), (0, 0), name)
        for name in ("pcp_hit", "context_switch"):  # kcompactd looks about in both
            self.assertGreater(large[name], 0, name)
            self.assertEqual(small[name], large[name], name)
        self.assertLess(large_seconds, CPU_SECONDS_MAX)


if __name__ == "__main__":
    unittest.main()
