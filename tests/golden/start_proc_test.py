# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that begin from /proc files: what the files tell is what the run begins with, to the block.

The files are a recorded kernel's, read here once more by a reader of its own, and those that
`slabyard run --proc` itself writes.
"""

import json
import pathlib
import re
import shutil
import tempfile
import unittest

import h5py

from run_fixture import SAMPLES, SOURCE, slabyard

TYPES = ("Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate")
STATES = (("pages-slub", 0), ("pages-slub", 6), ("kmix-slub", 12), ("user-sh-slub", 3))


def read_pagetypeinfo(path):
    """{zone: {type: free blocks by order}} and {zone: pageblocks by type}."""
    free, blocks = {}, {}
    for line in path.read_text().splitlines():
        match = re.match(r"Node +(\d+), zone +(\w+), type +(\w+) +(.*)", line)
        if match:
            free.setdefault(match[2], {})[match[3]] = [int(n) for n in match[4].split()]
            continue
        match = re.match(r"Node (\d+), zone +(\w+) +([\d ]+)$", line)
        if match:
            blocks[match[2]] = dict(zip(TYPES, map(int, match[3].split())))
    return free, blocks


class StartProc(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.result = self.folder / "result.h5"

    def begin(self, start, trace, *arguments):
        slabyard("run", "--trace", trace, "--level", "page", "--start", start, "-o", self.result,
                 *arguments)
        return json.loads(slabyard("frag", "--json", "--at", "start", self.result).stdout)

    def assert_as_told(self, told, pagetypeinfo):
        free, pageblocks = read_pagetypeinfo(pagetypeinfo)
        names = [zone["zone"].split()[-1] for zone in told["zones"]]
        self.assertEqual(names, list(free))
        for name, zone in zip(names, told["zones"]):
            for order in zone["orders"]:
                self.assertEqual({kind: blocks for kind, blocks in order["free_blocks"].items()
                                  if kind in free[name]},
                                 {kind: numbers[order["order"]]
                                  for kind, numbers in free[name].items()})
        with h5py.File(self.result) as run:
            first = run["/timeseries/fragmentation/pageblocks"][0]
        for name, row in zip(names, first):
            self.assertEqual({kind: int(n) for kind, n in zip(TYPES, row)
                              if kind in pageblocks[name]}, pageblocks[name])

    def test_recorded_files(self):
        for name, number in STATES:
            with self.subTest(name=name, number=number):
                sample = SAMPLES / name
                told = self.begin(f"proc:{sample},{number}", sample / "trace.txt.zst",
                                  "--seed", number)
                self.assert_as_told(told, sample / f"pagetypeinfo-{number}.txt")
                with h5py.File(self.result) as run:
                    self.assertEqual(run["provenance"].attrs["start"], f"proc:{name},{number}")

    def test_files_that_a_run_wrote(self):
        """--proc and --start proc: fit together; names without a number are read too."""
        sample, proc = SAMPLES / "pages-slub", self.folder / "proc"
        trace = self.folder / "trace.txt"
        trace.write_text("p-1 [000] 1.000000001: mm_page_alloc: pfn=0x5000 order=0 migratetype=0 "
                         "gfp_flags=GFP_KERNEL\n")
        slabyard("run", "--trace", sample / "trace.txt.zst", "--level", "page", "--start",
                 sample / "mmstate-0.txt.zst", "--proc", proc)
        told = self.begin(f"proc:{proc}/", trace)
        self.assert_as_told(told, proc / "pagetypeinfo")

    def test_memory_on_both_sides_of_the_devices(self):
        """A PC of 4 GiB has addresses up to 5 GiB, and its own files are no contradiction."""
        pc = SOURCE / "configs" / "machines" / "pc-4gib.yaml"
        trace = self.folder / "trace.txt"
        trace.write_text("p-1 [000] 1.000000001: mm_page_alloc: pfn=0x5000 order=0 migratetype=0 "
                         "gfp_flags=GFP_KERNEL\n")
        proc, again = self.folder / "proc", self.folder / "again"
        slabyard("run", "--trace", trace, "-c", pc, "--proc", proc)
        zones = re.findall(r"spanned +\d+|present +\d+", (proc / "zoneinfo").read_text())
        for start in (f"proc:{proc}", f"aged:proc:{proc}"):
            with self.subTest(start=start):
                said = slabyard("run", "--trace", trace, "-c", pc, "--start", start, "--proc",
                                again, "-o", self.result).stdout.decode()
                self.assertIn("4.00 GiB, 2 CPUs", said)
        self.assertEqual(re.findall(r"spanned +\d+|present +\d+",
                                    (again / "zoneinfo").read_text()), zones)
        said = slabyard("run", "--trace", trace, "-c", pc, "--set", "machine.memory=5GiB",
                        "--start", f"proc:{proc}", expect=2).stderr.decode()
        self.assertIn("machine.memory: is 5368709120 bytes, but the start state", said)
        self.assertIn("has 4294967296", said)

    def test_frees_of_what_was_alive_before(self):
        """Recorded frames mean nothing: one in use stands in, until none of the order is left."""
        sample = SAMPLES / "pages-slub"
        files = self.folder / "files"
        files.mkdir()
        for name in ("buddyinfo", "pagetypeinfo", "zoneinfo"):
            shutil.copy(sample / f"{name}-6.txt", files / name)
        frees = 40000
        trace = self.folder / "trace.txt"
        trace.write_text("".join(f"p-1 [000] 1.{n:09}: mm_page_free: pfn={7 * n:#x} order=0\n"
                                 for n in range(1, frees + 1)))
        told = self.begin(f"proc:{files}", trace)
        before = {zone["zone"]: zone for zone in told["zones"]}
        after = json.loads(slabyard("frag", "--json", self.result).stdout)
        with h5py.File(self.result) as run:
            unknown = int(run["summary"].attrs["unknown_frees"])
        freed = sum(zone["free_pages"] + zone["pcp_pages"] - before[zone["zone"]]["free_pages"] -
                    before[zone["zone"]]["pcp_pages"] for zone in after["zones"])
        self.assertEqual(freed, frees - unknown)
        in_use = sum(zone["managed_pages"] - zone["free_pages"] - zone["pcp_pages"]
                     for zone in told["zones"])
        self.assertEqual(freed, min(frees, in_use))

    def test_messages(self):
        trace = self.folder / "trace.txt"
        trace.write_text("p-1 [000] 1.000000001: mm_page_free: pfn=0x5000 order=0\n")
        for start, message in (
            (f"proc:{self.folder}", "zoneinfo: cannot open: No such file or directory"),
            (f"proc:{SAMPLES}/pages-slub,5", "zoneinfo-5.txt: cannot open"),
            (f"proc:{SAMPLES}/pages-slub,6", "has no MARK 6, which --start begins after"),
        ):
            said = slabyard("run", "--trace", trace, "--start", start, expect=2).stderr.decode()
            self.assertIn(message, said)


if __name__ == "__main__":
    unittest.main()
