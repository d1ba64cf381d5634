# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run at libc level writes hangs together: series, heap map, trims, files of --proc."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

from run_fixture import SAMPLES, SOURCE, slabyard

MALLOC = SAMPLES / "malloc"
SAMPLED = ("--sample-every", "200")


class Run:
    """One run and its open result."""

    def __init__(self, test, trace, *options):
        self.folder = pathlib.Path(test.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "result.h5"
        slabyard("run", "--trace", trace, "-o", self.path, "--proc", self.folder / "proc",
                 *SAMPLED, *options)
        self.file = test.enterContext(h5py.File(self.path))
        self.summary = self.file["summary"].attrs
        self.process = self.file["timeseries/process"]
        self.libc = self.file["timeseries/libc"]

    def text(self, name):
        return next((self.folder / "proc").glob(f"{name}-*")).read_text()


def fields(text):
    return dict(line.split(":\t") for line in text.splitlines())


class Libc(unittest.TestCase):
    def test_figures_of_mallinfo(self):
        run = Run(self, MALLOC / "as-1.trc.zst")
        libc = {name: run.libc[name][:]
                for name in ("arena", "uordblks", "fordblks", "keepcost", "top")}
        self.assertGreater(len(libc["arena"]), 10)
        np.testing.assert_array_equal(libc["arena"], libc["uordblks"] + libc["fordblks"])
        np.testing.assert_array_equal(libc["keepcost"], libc["top"])
        lists = [name for name in run.libc["bin"].asstr()]
        in_bins = np.array([not name.startswith("tcache") for name in lists])
        free = run.libc["bin_bytes"][:][:, 0, in_bins].sum(axis=1)
        np.testing.assert_array_equal(free + libc["top"][:, 0], libc["fordblks"][:, 0])
        self.assertGreater(run.libc["bin_bytes"][:][:, 0, ~in_bins].max(), 0)

    def test_arenas_of_threads(self):
        run = Run(self, MALLOC / "zstd-mt.trc.zst")
        labels = list(run.libc["heap"].asstr())
        self.assertGreater(len(labels), 1)
        self.assertRegex(labels[1], r"^\d+ arena 1$")
        self.assertGreater(run.libc["hblkhd"][:].max(), 0)

    def test_process(self):
        run = Run(self, MALLOC / "tarzstd.trc.zst")
        for series, attribute in (("vm_rss_bytes", "rss_bytes"), ("vm_hwm_bytes", "rss_bytes_max"),
                                  ("vm_size_bytes", "total_vm_bytes"), ("live_bytes",) * 2,
                                  ("minor_faults",) * 2, ("system_calls",) * 2):
            self.assertEqual(run.process[series][-1].sum(), run.summary[attribute], series)
        row = run.file["summary/processes"][0]
        self.assertEqual(row["rss_bytes_max"], run.summary["rss_bytes_max"])
        self.assertGreater(row["live_bytes_max"], row["live_bytes"])
        status = fields(run.text("status"))
        self.assertEqual(int(status["VmRSS"].split()[0]) * 1024, run.summary["rss_bytes"])
        self.assertEqual(status["Name"], row["comm"].decode())
        total = f"<system type=\"current\" size=\"{run.libc['arena'][-1].sum()}\"/>"
        self.assertIn(total, run.text("malloc_info"))
        self.assertIn(f"system bytes     = {run.libc['arena'][-1].sum():10}",
                      run.text("malloc_stats"))

    def test_heap_map(self):
        run = Run(self, MALLOC / "as-1.trc.zst")
        rows = run.file["snapshots/heap"][:]
        rows = rows[rows["snapshot"] == rows["snapshot"].max()]
        kinds = list(run.file["snapshots/heap_kinds"].asstr())
        bytes_of = {kind: int(rows["bytes"][rows["kind"] == i].sum())
                    for i, kind in enumerate(kinds)}
        last = {name: int(run.libc[name][-1].sum()) for name in ("fordblks", "fsmblks", "hblkhd")}
        self.assertEqual(bytes_of["free"] + bytes_of["top"], last["fordblks"] - last["fsmblks"])
        self.assertEqual(bytes_of["mapped"], last["hblkhd"])
        self.assertLessEqual(int(rows["bytes"][rows["touched"] == 1].sum()),
                             run.summary["rss_bytes"])
        self.assertTrue((np.diff(rows["address"].astype(np.int64)) > 0).all())

    def test_trim_policies(self):
        never = Run(self, MALLOC / "as-1.trc.zst", "--set", "trim.policy=never")
        kept = never.file["events/trim"]["action"]
        self.assertGreater(len(kept), 0)
        self.assertEqual(set(kept), {b"keep"})
        self.assertEqual(never.summary["trims"], 0)
        periodic = Run(self, MALLOC / "as-1.trc.zst", "--set", "trim.policy=periodic",
                       "--set", "trim.periodic.every=1ms")
        rows = periodic.file["events/trim"][:]
        asked = periodic.file["summary/processes"]["asked"]
        self.assertEqual(len(rows), (asked - 1).sum())  # the first is for its timer alone
        rows = rows[rows["moment"] == b"timer"]
        simulated_ms = int(periodic.summary["simulated_ns"]) // 1000000
        self.assertEqual(len(rows), simulated_ms)
        self.assertEqual({(row["moment"], row["action"]) for row in rows}, {(b"timer", b"all")})
        self.assertEqual(rows["released_bytes"].sum(), periodic.summary["trim_released_bytes"])
        self.assertGreater(periodic.summary["trim_released_bytes"], 0)
        self.assertLess(periodic.summary["rss_bytes"], never.summary["rss_bytes"])

    def test_touch(self):
        faults = {}
        for touch in ("none", "header", "all"):
            run = Run(self, MALLOC / "xz.trc.zst", "--set", f"process.touch={touch}")
            faults[touch] = int(run.summary["minor_faults"])
        self.assertLessEqual(faults["none"], faults["header"])
        self.assertLess(faults["header"], faults["all"])

    def test_figures(self):
        run = Run(self, MALLOC / "as-1.trc.zst")
        for figure in ("heap-map", "rss-live", "physical-map"):
            drawn = run.folder / f"{figure}.png"
            subprocess.run([sys.executable, SOURCE / "analysis" / "plot.py", figure, run.path,
                            "-o", drawn], check=True)
            self.assertTrue(drawn.is_file())


if __name__ == "__main__":
    unittest.main()
