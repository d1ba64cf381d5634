# SPDX-License-Identifier: GPL-3.0-or-later
"""Results whose figures are made up, and what slabyard compare prints of them."""

import csv
import io
import math
import pathlib
import shutil
import sys
import tempfile
import unittest

from sweep_fixture import short_trace, slabyard

try:
    import h5py
    import numpy
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

SLUB, SLOB = "slub", "slob"


COUNTS = ("recordings", "lower", "higher", "seeds", "random", "past_horizon",
          "baseline_past_horizon", "relative", "perturbed", "perturbed_kept", "points", "zeros",
          "on_front")
TEXTS = ("figure", "better", "setting", "baseline", "recording", "left_out", "interval_method",
         "verdict", "with")


def rows(printed):
    """Of --format csv, numbers as such."""
    table = list(csv.DictReader(io.StringIO(printed.decode())))
    for row in table:
        for key, value in row.items():
            if key in COUNTS:
                row[key] = int(value)
            elif key not in TEXTS:
                row[key] = float(value) if value else None
    return table


class Comparisons(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="slabyard-compare-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        (cls.folder / "short.txt").write_text(short_trace(20))
        for policy in (SLUB, SLOB):
            slabyard("run", "--trace", cls.folder / "short.txt", "-c", "pc-256mib", "--set",
                     f"slab.policy={policy}", "-o", cls.folder / f"{policy}.h5")

    def results(self, figures, perturbed=()):
        """Results of made-up figures: {(policy, trace, seed): {figure: value}}."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        paths = []
        for (policy, trace, seed), values in figures.items():
            paths.append(folder / f"{policy}-{trace}-{seed}.h5")
            shutil.copy(self.folder / f"{policy}.h5", paths[-1])
            with h5py.File(paths[-1], "r+") as file:
                file["provenance"].attrs["trace_hash"] = numpy.uint64(trace)
                file["provenance"].attrs["seed"] = numpy.uint64(seed)
                if (policy, trace, seed) in perturbed:
                    file["provenance"].attrs["perturb"] = "swap=0.01"
                for name, value in values.items():
                    file["summary"].attrs[name] = numpy.float64(value)
        return paths

    def compare(self, figures, *arguments):
        paths = self.results(figures)
        return rows(
            slabyard("compare", *paths, "--baseline", "slab.policy=slub", "--format", "csv",
                     *arguments).stdout
        )

    @staticmethod
    def held(values):
        """Deterministic results on as many traces as there are values of each."""
        return {
            (policy, trace, 0): {"slab_bytes_held": value}
            for policy, all_values in zip((SLUB, SLOB), values)
            for trace, value in enumerate(all_values)
        }

    def one(self, values, *arguments):
        (row,) = self.compare(self.held(values), "--report", "slab_bytes_held", *arguments)
        self.assertEqual(row["setting"], "slab.policy=slob")
        self.assertEqual(row["baseline"], "slab.policy=slub")
        return row

    def close(self, mine, theirs):
        self.assertTrue(math.isclose(mine, theirs, rel_tol=1e-6, abs_tol=1e-9), (mine, theirs))

    def seeded(self, samples):
        """{trace: (baseline's seeds, the other's)}"""
        return {
            (policy, trace, seed): {"slab_bytes_held": value, "slabs": value * value}
            for trace, pair in samples.items()
            for policy, values in zip((SLUB, SLOB), pair)
            for seed, value in enumerate(values)
        }
