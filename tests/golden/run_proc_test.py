# SPDX-License-Identifier: GPL-3.0-or-later
"""The /proc files of a replay are, byte for byte, the ones that the recorded kernel printed.

Pages behind slabs come from the simulated page allocator. At most it is taken from the trace when
caches were made and destroyed, which no stock tracepoint tells.
"""

import collections
import pathlib
import re
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


# Recording, level, and two marks: what zoneinfo, vmstat and meminfo tell has changed alike between
# them.
COUNTS = (
    ("pages-slub", "slab", "none", 6, 11),
    ("kmix-slub", "slab", "cache_op", 6, 12),
    ("user-sh-slub", "slab", "none", 3, 5),
)

# What the machine has not: there, and 0. LRU lists and page cache, faults of programs whose own
# calls are not replayed, mapped and shared pages.
UNKNOWN = re.compile(
    r"nr_(zone_)?(in)?active_\w+|nr_(mapped|file_pages|shmem|anon_pages|page_table_pages|"
    r"kernel_stack|unevictable|zone_unevictable)|pg(fault|reuse|activate|deactivate)|"
    r"unevictable_pgs_culled|"
    r"drop_(pagecache|slab)|Cached|Active.*|Inactive.*|Unevictable|AnonPages|Mapped|Shmem|"
    r"KernelStack|PageTables|Committed_AS|VmallocUsed|Percpu|DirectMap\w+"
)
# CPUs tell the node of slab pages beyond a difference of 4, at either mark; a page was had, or
# freed, before the files were read (free memory is in KiB in meminfo).
SLACK = (
    (re.compile(r"nr_slab_\w+"), 8),
    (re.compile(r"S(lab|Reclaimable|Unreclaim)|KReclaimable"), 32),
    (re.compile(r"nr_dirty_\w+"), 2),
    (re.compile(r"(nr_)?free(_pages)?|count"), 12),
    (re.compile(r"MemFree|MemAvailable"), 96),
    (re.compile(r"pg(alloc|free)\w*"), 12),
)


def fields_of(path):
    """The numbers of a /proc file, by their names and which of that name they are."""
    fields, seen = {}, collections.Counter()
    for line in path.read_text().splitlines():
        found = re.match(r"\s*(?:pages )?([\w()]+)(?: \w+)*:?\s+(\d+)", line)
        if found and not line.startswith("Node"):
            name = found[1]
            fields[name, seen[name]] = int(found[2])
            seen[name] += 1
    return fields


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

    def compare_change(self, name, sample, folder, first, last):
        files = [[fields_of(where / f"{name}-{mark}.txt") for mark in (first, last)]
                 for where in (sample, folder)]
        (recorded, recorded_last), (simulated, simulated_last) = files
        self.assertEqual(list(recorded), list(simulated), name)
        for field in recorded:
            if UNKNOWN.fullmatch(field[0]):
                self.assertEqual(simulated_last[field], 0, field)
                continue
            slack = next((n for pattern, n in SLACK if pattern.fullmatch(field[0])), 0)
            self.assertAlmostEqual(simulated_last[field] - simulated[field],
                                   recorded_last[field] - recorded[field],
                                   msg=f"{name}: {field}", delta=slack)

    def test_counts(self):
        for recording, level, assists, first, last in COUNTS:
            with self.subTest(recording), tempfile.TemporaryDirectory() as folder:
                sample, folder = SAMPLES / recording, pathlib.Path(folder)
                slabyard("run", "--trace", sample / "trace.txt.zst", "--start",
                         sample / "mmstate-0.txt.zst", "--proc", folder, "--level", level,
                         "--assist", assists)
                for name in ("zoneinfo", "vmstat", "meminfo"):
                    self.compare_change(name, sample, folder, first, last)

    def test_slob_has_no_slabinfo(self):
        with tempfile.TemporaryDirectory() as folder:
            trace = SAMPLES / "kmix-slob" / "trace.txt.zst"
            slabyard("run", "--trace", trace, "--proc", folder, "--set=slab.policy=slob")
            names = {path.name for path in pathlib.Path(folder).iterdir()}
            self.assertIn("buddyinfo", names)
            self.assertNotIn("slabinfo", names)


if __name__ == "__main__":
    unittest.main()
