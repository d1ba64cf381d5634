# SPDX-License-Identifier: GPL-3.0-or-later
"""What `slabyard run` leaves behind: placements, and figures that can be trusted in the result."""

import pathlib
import subprocess
import tempfile
import unittest

import h5py
import numpy

from run_fixture import SAMPLES, slabyard

RECORDING = SAMPLES / "user-sh-slub"
ALLOCATIONS = ("kmalloc", "kmem_cache_alloc", "mm_page_alloc")
CUT = """\
prog-1 [000] 1.000000001: kmalloc: ptr=0x5000 bytes_req=24 bytes_alloc=32
prog-1 [000] 1.000000002: km"""


class Output(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_trace(self, *arguments):
        """Prints, lines of the placements, and the path of the result."""
        placements, result = self.folder / "placements", self.folder / "result.h5"
        done = slabyard("run", "--placements", placements, "-o", result, *arguments)
        lines = [line.split("\t") for line in placements.read_text().splitlines()]
        return done.stdout.decode(), lines, result

    def test_placements_on_a_fresh_machine(self):
        """Where the recorded direct map is not known, objects have the machine's own addresses."""
        trace = self.folder / "trace.txt"
        trace.write_text(CUT + "alloc: ptr=0x6000 bytes_req=5000 bytes_alloc=8192\n")
        printed, lines, _ = self.run_trace("--trace", trace)
        self.assertEqual([line[:3] for line in lines],
                         [["1", "kmalloc", "5000"], ["2", "kmalloc", "6000"]])
        for _, _, _, simulated in lines:
            self.assertGreaterEqual(int(simulated, 16), 0xFFFF888000000000)
        self.assertNotIn("placements", printed)

    def test_lines_that_are_no_event(self):
        """run tells of them as import does, with the number of the first."""
        trace = self.folder / "trace.txt"
        trace.write_text("# a comment\n\n" + CUT + "alloc: ptr=0x6000\n"
                         "what a console says meanwhile\n"
                         "prog-1 [4096] 1.000000003: kfree: ptr=0x5000\n")
        printed, _, _ = self.run_trace("--trace", trace)
        self.assertIn("left out       2 lines that are no event, the first is line 5\n", printed)
        imported = slabyard("import", trace, "-o", self.folder / "t.syt").stdout.decode()
        self.assertRegex(imported, r"no event, left out +2\n +the first is line +5\n")

    def test_cpus_that_the_machine_does_not_have(self):
        trace = self.folder / "trace.txt"
        trace.write_text(CUT + "alloc: ptr=0x6000 bytes_req=24 bytes_alloc=32\n"
                         "prog-1 [2] 1.000000003: kfree: ptr=0x5000\n"
                         "prog-1 [4095] 1.000000004: kfree: ptr=0x6000\n")
        printed, _, _ = self.run_trace("--trace", trace)
        self.assertRegex(printed, r"(?m)^folded +2 CPUs of the trace that the machine does not")
        printed, _, _ = self.run_trace("--trace", trace, "--set", "machine.cpus=4096")
        self.assertNotIn("folded", printed)

    def test_placements_after_a_recorded_state(self):
        printed, lines, _ = self.run_trace("--trace", RECORDING / "trace.txt.zst",
                                           "--start", RECORDING / "mmstate-0.txt.zst")
        self.assertTrue(lines)
        for _, operation, recorded, simulated in lines:
            self.assertIn(operation, ALLOCATIONS)
            self.assertEqual(recorded, simulated)
        self.assertIn(f"{len(lines)} of {len(lines)} matched", printed)

    def test_pages_older_than_the_start(self):
        """From a later mark too: high-order pages had before it are freed as what they are."""
        pages = SAMPLES / "pages-slub"
        printed, lines, _ = self.run_trace("--trace", pages / "trace.txt.zst", "--level", "page",
                                           "--start", pages / "mmstate-6.txt.zst",
                                           "--assist", "all")
        self.assertGreater(len(lines), 1000)
        self.assertIn(f"{len(lines)} of {len(lines)} matched", printed)
        self.assertNotIn("never allocated", printed)

    def test_the_end_stands_in_a_result_of_many_marks(self):
        trace = self.folder / "trace.txt"
        trace.write_text(
            "a-1 [000] 1.000000: mm_page_alloc: pfn=0x2000 order=0 migratetype=0 "
            "gfp_flags=GFP_KERNEL\n"
            + "".join(f"a-1 [000] 2.{i:06d}: mark: number={i}\n" for i in range(5000)))
        printed, _, result = self.run_trace("--trace", trace, "--set", "machine.memory=16MiB")
        with h5py.File(result) as run:
            marks = list(run["/snapshots/memory"]["mark"])
        self.assertEqual(marks, [-1, *range(4094), -2])
        self.assertRegex(printed, r"(?m)^marks .* 906 later ones left out")

    def assert_map_is_whole(self, runs, zone_starts):
        """One snapshot's runs: every frame once, and none that could be part of the one before."""
        self.assertEqual(runs["pfn"][0], 0)
        self.assertTrue((runs["pages"] > 0).all())
        self.assertTrue((runs["pfn"][1:] == runs["pfn"][:-1] + runs["pages"][:-1]).all())
        told = numpy.stack([runs[name] for name in ("kind", "order", "migratetype")])
        differs = (told[:, 1:] != told[:, :-1]).any(axis=0)
        self.assertTrue((differs | numpy.isin(runs["pfn"][1:], zone_starts)).all())

    def test_snapshots_agree_with_the_samples(self):
        for level in ("page", "slab"):
            _, _, result = self.run_trace("--trace", RECORDING / "trace.txt.zst", "--level", level,
                                          "--start", RECORDING / "mmstate-0.txt.zst")
            with h5py.File(result) as run:
                kinds = list(run["/snapshots/kinds"].asstr()[:])
                taken, runs = run["/snapshots/taken"][:], run["/snapshots/pfn"][:]
                buddy = {name: run["/timeseries/buddy/" + name][-1]
                         for name in ("free_blocks", "pcp_pages")}
                zone_starts = run["/snapshots/zones"]["start_pfn"]
                slabs = run["/timeseries/slab/bytes_held"][-1].sum() if level == "slab" else 0
            self.assertEqual(list(taken["mark"]), [-1, 1, 2, 3, 4, 5, -1])
            for number in taken["snapshot"]:
                self.assert_map_is_whole(runs[runs["snapshot"] == number], zone_starts)
            last = runs[runs["snapshot"] == taken["snapshot"][-1]]
            free = last[last["kind"] == kinds.index("free")]
            for order in range(11):
                for kind in range(3):
                    of = free[(free["order"] == order) & (free["migratetype"] == kind)]
                    blocks = buddy["free_blocks"].sum(axis=0)[order][kind]
                    self.assertEqual(of["pages"].sum(), blocks << numpy.uint64(order))
            pages = {kind: last[last["kind"] == kinds.index(kind)]["pages"].sum()
                     for kind in kinds}
            self.assertEqual(pages["per-cpu list"], buddy["pcp_pages"].sum())
            if level == "slab":
                self.assertEqual(pages["slab"] * 4096, slabs)
            for kind in ("reserved", "slab", "page table", "anonymous", "file", "other movable"):
                self.assertGreater(pages[kind], 0, kind)

    def test_null_results(self):
        """Where nothing is kept nothing is said to be written."""
        trace, result = self.folder / "trace.txt", self.folder / "result.h5"
        trace.write_text(CUT)
        done = slabyard("run", "--trace", trace, "--set", "results.policy=null", "-o", result)
        self.assertNotIn("written", done.stdout.decode())
        self.assertEqual([path.name for path in self.folder.iterdir()], ["trace.txt"])

    def test_start_states_name_tells_the_mark(self):
        state = SAMPLES / "kmix-slub" / "mmstate-0.txt.zst"
        text = subprocess.run(["zstd", "-dcq", state], stdout=subprocess.PIPE, check=True).stdout
        for name, skipped in (("mmstate-0", True), ("begin.txt", False)):
            start = self.folder / name
            start.write_bytes(text)
            done = slabyard("run", "--trace", SAMPLES / "kmix-slub" / "trace.txt.zst",
                            "--start", start)
            self.assertEqual("before the start state's mark" in done.stdout.decode(), skipped)

    def test_trace_that_is_cut(self):
        trace = self.folder / "trace.txt"
        trace.write_text(CUT)
        _, lines, _ = self.run_trace("--trace", trace)
        self.assertEqual(len(lines), 1)

    def assert_blocks_agree(self, fragmentation, blocks):
        """blocks: free ones by sample, zone and order."""
        orders = numpy.arange(blocks.shape[2])
        largest = numpy.where(blocks > 0, 1 << orders, 0).max(axis=2)
        huge = (blocks[:, :, 9:] << orders[:-9].astype(blocks.dtype)).sum(axis=2)
        self.assertTrue((fragmentation["largest_free_pages"][:] == largest).all())
        self.assertTrue((fragmentation["free_huge_blocks"][:] == huge).all())
        mixed = fragmentation["pageblocks_mixed"]
        self.assertEqual([d[0].name.rsplit("/", 1)[-1] for d in mixed.dims],
                         ["time", "zone", "migratetype"])

    def test_fragmentation(self):
        _, _, result = self.run_trace("--trace", RECORDING / "trace.txt.zst",
                                      "--sample-every", "4096")
        with h5py.File(result) as run:
            series = run["/timeseries/fragmentation"]
            requested, allocated, held = (series[name + "_bytes"][:].astype(int)
                                          for name in ("requested", "allocated", "held"))
            for index in ("unusable_free_index", "fragmentation_index"):
                self.assertEqual(series[index].attrs["scale_factor"], 0.001)
                self.assertEqual(series[index].attrs["units"], "1")
            self.assert_blocks_agree(series, run["/timeseries/buddy/free_blocks"][:].sum(axis=3))
        self.assertGreater(allocated.max(), 0)
        self.assertTrue((requested <= allocated).all())
        self.assertTrue((allocated <= held).all())


if __name__ == "__main__":
    unittest.main()
