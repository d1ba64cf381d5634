# SPDX-License-Identifier: GPL-3.0-or-later
"""/timeseries/slab: what a cache holds beyond what was asked for, by cause.

The causes add up to bytes_held - bytes_requested exactly, for each cache at each sample: held is
counted as pages come and go, the causes are found by looking at all slabs.
"""

import pathlib
import shutil
import tempfile
import unittest

import h5py
import numpy

from run_fixture import SAMPLES, slabyard

CAUSES = ("rounding", "metadata", "tail", "cpu", "partial", "empty")
STATES = ("full", "partial", "cpu", "empty")
ALLOCATORS = ("slub", "slab", "slob")

# Three kmallocs of 100 bytes, one of 33; two objects of a cache of 100 bytes aligned to 64, of a
# cache that SLUB must keep the free pointer behind (RCU), one of each freed.
BY_HAND = """
t-1 [000] 1.0: kmem_cache_create: name=lines object_size=100 align=64 slab_flags=0x0
t-1 [000] 1.1: kmem_cache_create: name=rcu object_size=100 align=8 slab_flags=0x80000
t-1 [000] 2.0: kmalloc: ptr=0x1000 bytes_req=100 bytes_alloc=128 gfp_flags=GFP_KERNEL
t-1 [000] 2.1: kmalloc: ptr=0x1100 bytes_req=100 bytes_alloc=128 gfp_flags=GFP_KERNEL
t-1 [000] 2.2: kmalloc: ptr=0x1200 bytes_req=100 bytes_alloc=128 gfp_flags=GFP_KERNEL
t-1 [000] 2.3: kmalloc: ptr=0x1300 bytes_req=33 bytes_alloc=64 gfp_flags=GFP_KERNEL
t-1 [000] 3.0: kmem_cache_alloc: name=lines ptr=0x2000 bytes_req=100 bytes_alloc=128 \
gfp_flags=GFP_KERNEL
t-1 [000] 3.1: kmem_cache_alloc: name=lines ptr=0x2100 bytes_req=100 bytes_alloc=128 \
gfp_flags=GFP_KERNEL
t-1 [000] 3.2: kmem_cache_alloc: name=rcu ptr=0x3000 bytes_req=100 bytes_alloc=112 \
gfp_flags=GFP_KERNEL
t-1 [000] 3.3: kmem_cache_alloc: name=rcu ptr=0x3100 bytes_req=100 bytes_alloc=112 \
gfp_flags=GFP_KERNEL
t-1 [000] 4.0: kfree: ptr=0x1000
t-1 [000] 4.1: kmem_cache_free: name=lines ptr=0x2000
t-1 [000] 4.1001: kmem_cache_free: name=rcu ptr=0x3000
"""

# At the end, worked out by hand from the kernel's rules: asked for, and waste by cause.
EXPECTED = {
    "slub": {
        # a page of 32 and of 64 objects on the CPU
        "kmalloc-128": (200, {"rounding": 2 * 28, "cpu": 30 * 128}),
        "kmalloc-64": (33, {"rounding": 31, "cpu": 63 * 64}),
        "lines": (100, {"metadata": 28, "cpu": 31 * 128}),
        # 100 -> 104, and 8 for the pointer: 36 of 112 in a page, 64 left
        "rcu": (100, {"metadata": 12, "cpu": 35 * 112, "tail": 64}),
    },
    "slab": {
        # a refill takes 60 objects where a slab has 32: all of it is in the CPU's array
        "kmalloc-128": (200, {"rounding": 2 * 28}),
        "kmalloc-64": (33, {"rounding": 31}),
        "lines": (100, {"metadata": 28}),
        # RCU: indices must stand behind the objects: 39 of 104 + 1 in a page
        "rcu": (100, {"metadata": 4 + 39, "tail": 4096 - 39 * 105}),
    },
    "slob": {
        # 8 bytes before each, in units of two; 24 bytes behind what RCU frees
        "kmalloc": (200 + 33, {"rounding": 1, "metadata": 3 * 8}),
        "lines": (100, {}),
        "rcu": (100, {"metadata": 24}),
    },
}


def columns(path):
    """The columns by name as [sample, cache], and the caches' names."""
    with h5py.File(path) as run:
        group = run["/timeseries/slab"]
        wide = {name: group[name][:].astype(numpy.int64) for name in group
                if group[name].ndim == 2}
        return wide, list(group["cache"].asstr()[:])


def wrong_cells(path):
    """(sample, cache) where the causes or the states do not add up."""
    slab, _ = columns(path)
    wasted = sum(slab[f"waste_{cause}"] for cause in CAUSES)
    slabs = sum(slab[f"slabs_{state}"] for state in STATES)
    off = (wasted != slab["bytes_held"] - slab["bytes_requested"]) | (slabs != slab["slabs"])
    return [tuple(cell) for cell in numpy.argwhere(off)]


class Waste(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_trace(self, trace, allocator, *arguments):
        result = self.folder / f"{allocator}.h5"
        slabyard("run", "--trace", trace, f"--set=slab.policy={allocator}", "-o", result,
                 *arguments)
        return result

    def check_sums(self, result):
        slab, _ = columns(result)
        self.assertGreater(len(slab["slabs"]), 20)
        self.assertEqual(wrong_cells(result), [])
        for cause in CAUSES:
            self.assertGreaterEqual(slab[f"waste_{cause}"].min(), 0, cause)

    def test_causes_add_up_from_a_recorded_state(self):
        for allocator in ALLOCATORS:
            sample = SAMPLES / f"kmix-{allocator}"
            with self.subTest(allocator):
                self.check_sums(
                    self.run_trace(
                        sample / "trace.txt.zst", allocator, "--sample-every=1000", "--start",
                        sample / "mmstate-0.txt.zst", "--assist=rcu,cache_op,free_size,reap",
                    )
                )

    def test_causes_add_up_on_two_cpus_of_a_small_machine(self):
        trace = SAMPLES / "user-sh-slub" / "trace.txt.zst"
        for allocator in ALLOCATORS:
            with self.subTest(allocator):
                self.check_sums(
                    self.run_trace(
                        trace, allocator, "--sample-every=4000", "--set=machine.cpus=2",
                        "--set=machine.memory=16MiB",
                    )
                )

    def test_causes_add_up_on_two_nodes(self):
        """SLAB keeps objects of other nodes in arrays of their own."""
        trace = SAMPLES / "user-sh-slub" / "trace.txt.zst"
        for allocator in ALLOCATORS:
            with self.subTest(allocator):
                self.check_sums(
                    self.run_trace(
                        trace, allocator, "--sample-every=4000", "--set=machine.cpus=4",
                        "--set=machine.nodes=2", "--set=machine.memory=64MiB",
                    )
                )

    def test_objects_of_true_caches_count_with_their_own_size(self):
        """SLUB recorded the size of all that it had merged: more than some are."""
        sample = SAMPLES / "user-sh-slub"
        for allocator in ALLOCATORS:
            with self.subTest(allocator):
                self.check_sums(
                    self.run_trace(
                        sample / "trace.txt.zst", allocator, "--sample-every=4000",
                        "--start", f"census:{sample}/mmstate-0.txt.zst", "--caches",
                        SAMPLES / "linux-6.1.caches",
                    )
                )

    def test_means_are_over_simulated_time(self):
        trace = SAMPLES / "kmix-slub" / "trace.txt.zst"
        result = self.run_trace(trace, "slub", "--sample-every=500")
        slab, _ = columns(result)
        with h5py.File(result) as run:
            time = run["/timeseries/slab/time"][:].astype(numpy.int64)
            summary = dict(run["/summary"].attrs)
        spans = numpy.diff(time)
        for cause in CAUSES:
            values = slab[f"waste_{cause}"].sum(axis=1)
            mean = ((values[:-1] + values[1:]) * spans).sum() / spans.sum() / 2
            self.assertAlmostEqual(summary[f"slab_waste_{cause}_mean"], mean, 3, cause)

    def test_bytes_of_pages_need_no_samples(self):
        """Mean and peak are exact: as with a sample after each record, however seldom they are."""
        for folder, allocator, timing in (("kmix-slub", "slub", "recorded"),
                                          ("kmix-slab", "slab", "recorded"),
                                          ("kmix-slub", "slob", "recorded"),
                                          ("kmix-slub", "slub", "closed")):
            trace = SAMPLES / folder / "trace.txt.zst"
            figures = []
            for every in (1, 2048, 1000000):
                with h5py.File(self.run_trace(
                        trace, allocator, f"--sample-every={every}", f"--timing={timing}",
                        "--set=sample.keep=100000")) as run:
                    summary = run["/summary"].attrs
                    figures.append((summary["slab_bytes_mean"], summary["slab_bytes_max"]))
                    if every == 1:
                        time = run["/timeseries/slab/time"][:].astype(numpy.int64)
                        pages = run["/timeseries/slab/bytes_of_pages"][:].astype(numpy.int64)
            with self.subTest(folder, allocator=allocator, timing=timing):
                self.assertEqual(set(figures), {figures[0]})
                spans = numpy.diff(time)
                mean = (pages[:-1] * spans).sum() / spans.sum()
                self.assertAlmostEqual(figures[0][0] / mean, 1, 3)
                self.assertEqual(figures[0][1], pages.max())

    def test_means_of_few_samples_are_withheld(self):
        """All but those of pages, which need none; a trace too short for more has them."""
        trace = SAMPLES / "kmix-slub" / "trace.txt.zst"
        short = self.folder / "short.txt"
        short.write_text("".join(
            f"t-1 [000] {1 + i / 1e6}: kmalloc: ptr={0x100000 + i * 8:#x} bytes_req=8 "
            "bytes_alloc=8 gfp_flags=GFP_KERNEL\n" for i in range(100)))
        for path, every, withheld in ((trace, "4096", True), (trace, "500", False),
                                      (trace, None, True), (short, "16", False)):
            sampled = [f"--sample-every={every}"] if every else []
            with h5py.File(self.run_trace(path, "slub", *sampled)) as run:
                means = {name: value for name, value in run["/summary"].attrs.items()
                         if name.startswith("slab_") and name.endswith("_mean")}
            pages = means.pop("slab_bytes_mean")
            with self.subTest(path.name, every=every):
                self.assertGreater(pages, 0)
                self.assertEqual(len(means), 8)
                self.assertEqual([numpy.isnan(value) for value in means.values()],
                                 [withheld] * 8)

    def test_a_short_trace_is_sampled(self):
        with h5py.File(self.run_trace(SAMPLES / "kmix-slub" / "trace.txt.zst", "slub")) as run:
            records = run["/timeseries/buddy/record"][:]
        self.assertEqual(list(records[:-1]), list(range(0, int(records[-1]), 2048)))

    def test_samples_of_a_long_trace_are_wide_apart(self):
        trace = self.folder / "long.txt"
        line = "t-1 [000] {}: kmalloc: ptr={:#x} bytes_req=8 bytes_alloc=8 gfp_flags=GFP_KERNEL\n"
        trace.write_text("".join(line.format(1 + i / 1e6, 0x100000 + i * 8) for i in range(70000)))
        with h5py.File(self.run_trace(trace, "slub")) as run:
            self.assertEqual(list(run["/timeseries/buddy/record"][:]),
                             [*range(0, 70000, 4096), 70000])

    def large_trace(self, allocs, frees):
        """The slabs of the first objects are given back."""
        trace = self.folder / "large.txt"
        alloc = ("t-1 [000] {}: kmalloc: ptr={:#x} bytes_req=8192 bytes_alloc=8192 "
                 "gfp_flags=GFP_KERNEL\n")
        free = "t-1 [000] {}: kfree: ptr={:#x}\n"
        with open(trace, "w") as lines:
            for i in range(allocs):
                lines.write(alloc.format(1 + i / 1e6, 0x100000 + i * 8192))
            for i in range(frees):
                lines.write(free.format(1 + (allocs + i) / 1e6, 0x100000 + i * 8192))
        return trace

    def test_pages_are_counted_where_no_row_is_due(self):
        """The peak is at record 262144, between two rows of the default run."""
        trace = self.large_trace(262144, 70000)
        rows, peak = {}, {}
        for name, arguments in (("default", ()), ("asked for", ("--sample-every=65536",))):
            with h5py.File(self.run_trace(trace, "slub", *arguments)) as run:
                rows[name] = run["/timeseries/slab/bytes_of_pages"][:]
                peak[name] = run["/summary"].attrs["slab_bytes_max"]
        self.assertLess(rows["default"].max(), rows["asked for"].max())
        self.assertEqual(peak["default"], peak["asked for"])

    def test_many_slabs_are_looked_at_less_often(self):
        trace = self.large_trace(270000, 0)
        rows = {}
        for name, arguments in (("default", ()), ("asked for", ("--sample-every=65536",))):
            result = self.run_trace(trace, "slub", *arguments)
            self.assertEqual(wrong_cells(result), [])
            with h5py.File(result) as run:
                rows[name] = [list(run[f"/timeseries/{group}/record"][:])
                              for group in ("buddy", "slab")]
        self.assertEqual(rows["asked for"][0], rows["asked for"][1])
        buddy, slab = rows["default"]
        self.assertLess(len(slab), len(buddy))
        self.assertEqual((slab[0], slab[-1]), (buddy[0], buddy[-1]))

    def test_a_wrong_cell_is_found(self):
        trace = SAMPLES / "kmix-slub" / "trace.txt.zst"
        result = self.run_trace(trace, "slub", "--sample-every=1000")
        for column in (*(f"waste_{c}" for c in CAUSES), *(f"slabs_{s}" for s in STATES)):
            broken = self.folder / "broken.h5"
            shutil.copy(result, broken)
            with h5py.File(broken, "r+") as run:
                run["/timeseries/slab"][column][3, 2] += 1
            self.assertEqual(wrong_cells(broken), [(3, 2)], column)

    def test_each_cause_is_what_the_rules_say(self):
        trace = self.folder / "by_hand.txt"
        trace.write_text(BY_HAND.lstrip())
        for allocator, expected in EXPECTED.items():
            result = self.run_trace(trace, allocator)
            self.assertEqual(wrong_cells(result), [])
            slab, names = columns(result)
            for name, (requested, causes) in expected.items():
                with self.subTest(f"{allocator} {name}"):
                    last = {column: int(values[-1, names.index(name)])
                            for column, values in slab.items()}
                    self.assertEqual(last["bytes_requested"], requested)
                    for cause in ("rounding", "metadata", "tail"):
                        self.assertEqual(last[f"waste_{cause}"], causes.get(cause, 0), cause)
                    if "cpu" in causes:
                        self.assertEqual(last["waste_cpu"], causes["cpu"])


if __name__ == "__main__":
    unittest.main()
