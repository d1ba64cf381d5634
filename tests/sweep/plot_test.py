# SPDX-License-Identifier: GPL-3.0-or-later
"""slabyard plot on results, folders and merged files; the examples that read them without it."""

import csv
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from sweep_fixture import PROGRAM, SOURCE, slabyard

PYTHON = "/usr/bin/python3"
try:
    import h5py
    import matplotlib  # noqa: F401
    import numpy
    import pandas  # noqa: F401
    import xarray
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

EXPERIMENT = """\
extends: [{source}/configs/machines/pc-256mib.yaml]
traces: [kmix, pages-slub, user-sh]
sweep: {{matrix: {{slab.policy: [slub, slob], machine.memory: [64MiB, 128MiB]}}}}
baseline: {{slab.policy: slub}}
report: [slab_bytes_held, cost_ns]
"""


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Sweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="slabyard-plot-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        (cls.folder / "plots.yaml").write_text(EXPERIMENT.format(source=SOURCE))
        cls.sweep = cls.folder / "sweep"
        slabyard("sweep", cls.folder / "plots.yaml", "-o", cls.sweep)
        slabyard("merge", cls.sweep)
        cls.merged = cls.sweep / "merged.h5"
        cls.result = next(cls.sweep.glob("runs/*.h5"))


class Plot(Sweep):
    def out(self):
        return pathlib.Path(tempfile.mkdtemp(dir=self.folder))

    def plot(self, *arguments, **options):
        return slabyard("plot", *arguments, **options)

    def test_all_that_a_result_has(self):
        out = self.out() / "new"
        printed = self.plot(self.result, "-o", out).stdout.decode()
        names = set(printed.split(": ")[1].split(" (")[0].split(", "))
        self.assertTrue({"free-blocks", "order-map", "physical-map", "latency"} <= names, printed)
        self.assertFalse({"heap-map", "comparison", "normalised"} & names, printed)
        self.assertEqual({path.name for path in out.iterdir()},
                         {f"{name}{ending}" for name in names
                          for ending in (".pdf", ".png", ".csv")})
        for name in names:
            self.assertGreater(len(table(out / f"{name}.csv")), 1, name)
            pdf = (out / f"{name}.pdf").read_bytes()
            self.assertIn(b"/FontFile2", pdf)
            self.assertNotIn(b"/Type3", pdf)
            width = float(re.search(rb"/MediaBox \[ 0 0 ([0-9.]+)", pdf)[1])
            self.assertAlmostEqual(width, 3.33 * 72, places=1)

    def test_folder_and_merged_file_give_the_same(self):
        out = self.out()
        where = ("--where", "trace=kmix", "--where", "machine.memory=64MiB")
        for name, source in (("folder", self.sweep), ("merged", self.merged)):
            self.plot("order-map", source, *where, "-o", out / f"{name}.csv")
            self.plot("normalised", source, "-o", out / f"{name}.pdf")
        self.assertEqual((out / "folder.csv").read_bytes(), (out / "merged.csv").read_bytes())
        self.assertEqual((out / "folder.pdf").read_bytes(), (out / "merged.pdf").read_bytes())
        self.assertEqual({row["run"] for row in table(out / "merged.csv")},
                         {"policy=slub", "policy=slob"})

    def test_normalised_bars_are_what_compare_says(self):
        out = self.out()
        self.plot("normalised", self.sweep, "-o", out / "n.csv")
        rows = [row for row in table(out / "n.csv") if row["recording"] == "geometric mean"]
        compared = json.loads(slabyard("compare", self.sweep, "--format", "json").stdout)
        self.assertEqual(len(rows), 4)
        for row, other in zip(rows, compared, strict=True):
            self.assertEqual((row["figure"], row["setting"]), (other["figure"], other["setting"]))
            self.assertAlmostEqual(float(row["normalised"]), 1 + other["change"])
            self.assertAlmostEqual(float(row["low"]), 1 + other["low"])

    def test_bars_are_not_cut(self):
        """SLOB costs several times as much on one recording alone, where there is no interval."""
        sys.path.insert(0, str(SOURCE / "analysis"))
        import drawing
        from figures import normalised

        rows = [{"setting": "a", "recording": trace, "change": change, "low": None, "high": high}
                for trace, change, high in (("x", 4.0, None), ("", 4.0, None), ("y", -0.5, 0.1))]
        figure, axes = drawing.pyplot.subplots()
        normalised.limit(axes, rows)
        self.assertGreaterEqual(axes.get_ylim()[1], 5)
        normalised.limit(axes, rows[2:])
        self.assertGreaterEqual(axes.get_ylim()[1], 1)
        drawing.pyplot.close(figure)

    def test_power_laws_go_through_their_points(self):
        out = self.out()
        self.plot("scaling", self.merged, "--with", "machine.memory", "--report", "cost_ns", "-o",
                  out / "s.csv")
        rows = table(out / "s.csv")
        fits = [row for row in rows if row["exponent"]]
        self.assertEqual(len(fits), 6)
        for fit in fits:
            of = fit["setting"], fit["recording"]
            (x0, y0), (x1, y1) = [(float(row["x"]), float(row["y"])) for row in rows
                                  if row["x"] and (row["setting"], row["recording"]) == of]
            self.assertAlmostEqual(float(fit["exponent"]), math.log(y1 / y0) / math.log(x1 / x0))

    def test_front(self):
        out = self.out()
        self.plot("pareto", self.sweep, "--report", "cost_ns,slab_bytes_held", "-o", out)
        rows = table(out / "pareto.csv")
        self.assertEqual(len(rows), 4)
        values = [(float(row["cost_ns"]), float(row["slab_bytes_held"])) for row in rows]
        for row, (x, y) in zip(rows, values):
            beaten = any(a <= x and b <= y and (a, b) != (x, y) for a, b in values)
            self.assertEqual(row["on_front"], str(int(not beaten)))

    def test_what_is_refused(self):
        out = self.out()
        for message, *arguments in (
            ("12 runs are too many for one figure", "latency", self.sweep, "-o", out),
            ("no such setting, there are trace, slab.policy", "latency", self.sweep,
             "--where", "a=b"),
            ("name two figures", "pareto", self.sweep),
            ("as --with machine.memory", "scaling", self.sweep),
            ("heap-map: these results have nothing for it", "heap-map", self.result),
            ("no sweep's folder", "latency", out),
            ("no one zone Foo, there are", "physical-map", self.result, "--zone", "Foo"),
            ("no such file", "latency", out / "none.h5"),
        ):
            done = self.plot(*arguments, expect=2)
            self.assertIn(message, done.stderr.decode())
        self.assertIn("no such figure",
                      self.plot("lattency", self.result, expect=2).stderr.decode())
        self.assertIn("did you mean '--where'", self.plot("--were", "a", expect=2).stderr.decode())
        for name, *arguments in (("normalised",), ("pareto", "--report", "cost_ns,slabs"),
                                 ("scaling", "--with", "machine.memory")):
            done = self.plot(name, self.sweep, *arguments, "--where", "trace=kmix", "-o", out,
                             expect=2)
            self.assertIn(f"{name}: compares all runs, and --where", done.stderr.decode())
        self.assertEqual(list(out.iterdir()), [])

    def test_one_zone_of_the_map(self):
        """Of pieces of a megabyte or so those of the first 16 MiB."""
        out = self.out()
        self.plot("physical-map", self.result, "--zone", "DMA", "-o", out / "dma.csv")
        self.plot("physical-map", self.result, "-o", out / "all.csv")
        low = [row for row in table(out / "all.csv") if float(row["first_pfn"]) < 4096]
        self.assertEqual(table(out / "dma.csv"), low)
        self.assertGreater(len(low), 0)

    def test_what_cannot_be_written(self):
        """One message, and neither a part of a figure nor the loss of what stood there."""
        out = self.out()
        (out / "latency.csv").write_text("earlier\n")
        (out / "taken").write_text("a file\n")
        too_large = ["/bin/sh", "-c", 'trap "" XFSZ; ulimit -f 1; exec "$0" "$@"', PROGRAM, "plot"]
        for where in (out, out / "taken/latency.pdf", out / "none/latency.pdf"):
            done = subprocess.run([*too_large, "latency", self.result, "-o", where], text=True,
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, r"^slabyard plot: .*latency\.pdf: cannot write: .+\n$")
        self.assertEqual({path.name for path in out.iterdir()}, {"latency.csv", "taken"})
        self.assertEqual((out / "latency.csv").read_text(), "earlier\n")

    def test_comparisons_are_not_of_chosen_runs(self):
        out = self.out()
        done = self.plot(self.sweep, "--where", "trace=kmix", "--where", "machine.memory=64MiB",
                         "-o", out)
        self.assertIn("not drawn: normalised: compares all runs", done.stdout.decode())
        self.assertFalse(list(out.glob("normalised.*")))
        self.assertTrue(list(out.glob("free-blocks.*")))

    def test_help_has_every_figure(self):
        printed = slabyard("plot", "--help").stdout.decode()
        listed = subprocess.run([PYTHON, "-B", SOURCE / "analysis/plot.py", "--help"], text=True,
                                capture_output=True, check=True).stdout
        names = re.findall(r"^  ([a-z-]+)  +", listed.split("figures:\n")[1], re.MULTILINE)
        self.assertGreater(len(names), 10)
        for name in names:
            self.assertIn(f"\n  {name} ", printed)

    def test_where_matplotlib_is_missing(self):
        lacking = self.out()
        (lacking / "matplotlib.py").write_text("raise ImportError('No module named matplotlib')\n")
        done = subprocess.run([PROGRAM, "plot", self.result, "-o", lacking], text=True,
                              capture_output=True, env={**os.environ, "PYTHONPATH": str(lacking)},
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "slabyard plot: No module named matplotlib; on Debian: "
                                      "apt-get install python3-h5py python3-matplotlib\n")


class Examples(Sweep):
    """Short, and they say what is so."""

    def example(self, name, path):
        script = SOURCE / "analysis/examples" / name
        lines = [line for line in script.read_text().splitlines() if line and line[0] != "#"]
        self.assertLess(len(lines), 15, name)
        return subprocess.run([PYTHON, "-B", script, path], text=True, capture_output=True,
                              check=True).stdout

    def test_h5py(self):
        with h5py.File(self.result) as run:
            held = int(run["/timeseries/fragmentation/held_bytes"][:].max())
        self.assertIn(f": {held} bytes held at ", self.example("read_h5py.py", self.result))

    def test_pandas(self):
        printed = self.example("read_pandas.py", self.merged)
        with h5py.File(self.merged) as merged:
            runs = merged["/runs"][:]
        mine = runs[(runs["trace"] == b"kmix") & (runs["slab.policy"] == b"slob")]
        self.assertIn(f"{mine['slab_bytes_held'].mean():.1f}", printed)

    def test_pandas_takes_no_single_run(self):
        script = SOURCE / "analysis/examples/read_pandas.py"
        done = subprocess.run([PYTHON, "-B", script, self.result], text=True, capture_output=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn("slabyard merge", done.stderr)

    def test_xarray(self):
        printed = self.example("read_xarray.py", self.result)
        pages = xarray.open_dataset(self.result, group="/timeseries/buddy", engine="h5netcdf")
        orders = 2 ** numpy.arange(pages.free_blocks.shape[2])
        least = int((pages.free_blocks.values.sum(axis=3) * orders).sum(axis=2)[:, 1].min())
        self.assertIn(f"{pages.zone.values[1]}: ", printed)
        self.assertIn(f"{least} at the least", printed)


if __name__ == "__main__":
    unittest.main()
