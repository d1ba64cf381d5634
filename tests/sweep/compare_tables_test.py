# SPDX-License-Identifier: GPL-3.0-or-later
"""How figures grow, what is on the front, what is compared when nobody says what."""

import math
import resource
import sys
import unittest

from compare_fixture import SLOB, SLUB, Comparisons, rows
from sweep_fixture import SOURCE, slabyard

try:
    import h5py
    import numpy
    from scipy import stats
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


class Tables(Comparisons):
    def test_zero_has_no_logarithm(self):
        figures = {(policy, trace, 0): {"load": trace + 1, "slab_bytes_held": trace * 7,
                                        "slabs": trace + 1}
                   for trace in range(4) for policy in (SLUB, SLOB)}
        command = ("compare", *self.results(figures), "--scaling", "load", "--report",
                   "slab_bytes_held,slabs")
        table = rows(slabyard(*command, "--format", "csv").stdout)
        self.assertEqual([(row["zeros"], row["exponent"] is None) for row in table],
                         [(1, True), (1, True), (0, False), (0, False)])
        self.assertIn("0 and have no logarithm", slabyard(*command).stdout.decode())
        self.assertNotIn("logarithm;", slabyard(*command[:-1], "slabs").stdout.decode())

    def test_the_front_comes_first(self):
        values = {0: (9, 1), 1: (8, 8), 2: (5, 5), 3: (7, 7), 4: (1, 9)}
        figures = {(policy, 1, 0): {"slab_bytes_held": 10, "cost_ns": 10} for policy in (SLUB,)}
        paths = self.results(figures)
        for keep, (x, y) in values.items():
            paths.append(self.folder / f"keep-{keep}.h5")
            slabyard("run", "--trace", self.folder / "short.txt", "-c", "pc-256mib", "--set",
                     f"sample.keep={keep + 2}", "-o", paths[-1])
            with h5py.File(paths[-1], "r+") as file:
                file["provenance"].attrs["trace_hash"] = numpy.uint64(1)
                file["provenance"].attrs["horizon_record"] = numpy.uint64(
                    5 if keep == 3 else 2**64 - 1)
                file["summary"].attrs["slab_bytes_held"] = numpy.float64(x)
                file["summary"].attrs["cost_ns"] = numpy.float64(y)
        command = ("compare", *paths, "--pareto", "--report", "slab_bytes_held,cost_ns")
        table = rows(slabyard(*command, "--format", "csv").stdout)
        self.assertEqual([(row["slab_bytes_held"], row["on_front"]) for row in table],
                         [(1, 1), (5, 1), (9, 1), (7, 0), (8, 0), (10, 0)])
        self.assertEqual([row["past_horizon"] for row in table], [0, 0, 0, 1, 0, 0])
        self.assertIn("1 of 1", slabyard(*command).stdout.decode())

    def test_figures_that_are_0_everywhere_are_not_usual(self):
        figures = {(policy, 1, 0): {"slab_bytes_held": 0, "cost_ns": 5} for policy in (SLUB, SLOB)}
        named = {row["figure"] for row in self.compare(figures)}
        self.assertIn("cost_ns", named)
        self.assertNotIn("slab_bytes_held", named)
        (row,) = self.compare(figures, "--report", "slab_bytes_held")
        self.assertEqual(row["verdict"], "the same")

    def test_growth_with_another_figure(self):
        x, y = numpy.array([1, 2, 5, 9, 20.0]), numpy.array([3, 11, 60, 300, 1100.0])
        figures = {
            (policy, trace, 0): {"load": x[trace], "slab_bytes_held": factor * y[trace]}
            for trace in range(5) for policy, factor in ((SLUB, 1), (SLOB, 7))
        }
        table = rows(slabyard("compare", *self.results(figures), "--scaling", "load", "--report",
                              "slab_bytes_held", "--format", "csv").stdout)
        fit = stats.linregress(numpy.log(x), numpy.log(y))
        reach = stats.t.ppf(0.975, 3) * fit.stderr
        for row, factor in zip(table, (1, 7), strict=True):
            self.assertEqual((row["with"], row["points"]), ("load", 5))
            self.close(row["exponent"], fit.slope)
            self.close(row["factor"], factor * math.exp(fit.intercept))
            self.close(row["r_squared"], fit.rvalue**2)
            self.close(row["low"], fit.slope - reach)
            self.close(row["high"], fit.slope + reach)

    def test_growth_with_a_setting(self):
        (self.folder / "grow.yaml").write_text(
            f"extends: [{SOURCE}/configs/machines/pc-256mib.yaml]\ntraces: [kmix, pages-slub]\n"
            "sweep: {matrix: {slab.policy: [slub, slob], "
            "machine.memory: [64MiB, 128MiB, 256MiB]}}\n"
            "report: [unusable_free_index_order9]\n"
        )
        out = self.folder / "grow"
        slabyard("sweep", self.folder / "grow.yaml", "-o", out)
        slabyard("merge", out)
        table = rows(slabyard("compare", out, "--scaling", "machine.memory", "--by-trace",
                              "--format", "csv").stdout)
        with h5py.File(out / "merged.h5") as merged:
            runs = merged["/runs"][:]
        self.assertEqual(len(table), 4)
        for row in table:
            policy = row["setting"].removeprefix("slab.policy=").encode()
            mine = runs[(runs["slab.policy"] == policy)
                        & (runs["trace"] == row["recording"].encode())]
            fit = stats.linregress(numpy.log(mine["machine.memory"].astype(float)),
                                   numpy.log(mine["unusable_free_index_order9"]))
            self.close(row["exponent"], fit.slope)
            self.close(row["r_squared"], fit.rvalue**2)
        together = rows(slabyard("compare", out, "--scaling", "machine.memory", "--format",
                                 "csv").stdout)
        for row in together:
            own = [r["exponent"] for r in table if r["setting"] == row["setting"]]
            self.assertEqual((row["recordings"], row["points"], row["low"]), (2, 6, None))
            self.close(row["exponent"], numpy.mean(own))

    def test_pareto_front(self):
        points = {(SLUB, 0): (3, 9), (SLOB, 0): (5, 2), (SLUB, 1): (4, 4), (SLOB, 1): (4, 5)}
        figures = {(p, t, 0): {"slab_bytes_held": x, "cost_ns": y}
                   for (p, t), (x, y) in points.items()}
        paths = self.results(figures)
        arguments = ("--pareto", "--report", "slab_bytes_held,cost_ns", "--format", "csv")
        table = rows(slabyard("compare", *paths, *arguments, "--by-trace").stdout)
        self.assertEqual([row["on_front"] for row in table], [1, 1, 1, 0])
        table = rows(slabyard("compare", *paths, *arguments).stdout)
        self.assertEqual([row["on_front"] for row in table], [1, 1])
        self.close(table[0]["slab_bytes_held"], math.sqrt(12))
        table = rows(slabyard("compare", *paths, "--pareto", "--report",
                              "slab_bytes_held,cost_ns:higher", "--format", "csv").stdout)
        self.assertEqual([row["on_front"] for row in table], [1, 0])

    def test_many_results_take_no_longer_each(self):
        """A thousand: each one's parameters against each other's would be minutes of CPU time."""
        paths = [self.folder / f"{policy}.h5" for policy in (SLUB, SLOB)] * 500
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        (row,) = rows(slabyard("compare", *paths, "--baseline", "slab.policy=slub", "--report",
                               "slab_bytes_held", "--format", "csv").stdout)
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        self.assertEqual((row["seeds"], row["setting"]), (500, "slab.policy=slob"))
        self.assertLess(used, 60)


if __name__ == "__main__":
    unittest.main()
