# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparisons of results whose figures are known: what is computed, what is said, and what is not."""

import csv
import io
import json
import math
import pathlib
import shutil
import sys
import tempfile
import unittest

from sweep_fixture import SAMPLES, SOURCE, short_trace, slabyard

try:
    import h5py
    import numpy
    from scipy import stats
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

SLUB, SLOB = "slub", "slob"


def rows(printed):
    """Of --format csv, numbers as such."""
    table = list(csv.DictReader(io.StringIO(printed.decode())))
    for row in table:
        for key in ("baseline_value", "value", "change", "low", "high", "p", "p_holm", "effect"):
            row[key] = float(row[key]) if row[key] else None
        for key in ("recordings", "seeds", "random", "relative"):
            row[key] = int(row[key])
    return table


class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="slabyard-compare-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        (cls.folder / "short.txt").write_text(short_trace(20))
        for policy in (SLUB, SLOB):
            slabyard("run", "--trace", cls.folder / "short.txt", "-c", "pc-256mib", "--set",
                     f"slab.policy={policy}", "-o", cls.folder / f"{policy}.h5")

    def results(self, figures):
        """Results of made-up figures: {(policy, trace, seed): {figure: value}}."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        paths = []
        for (policy, trace, seed), values in figures.items():
            paths.append(folder / f"{policy}-{trace}-{seed}.h5")
            shutil.copy(self.folder / f"{policy}.h5", paths[-1])
            with h5py.File(paths[-1], "r+") as file:
                file["provenance"].attrs["trace_hash"] = numpy.uint64(trace)
                file["provenance"].attrs["seed"] = numpy.uint64(seed)
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

    def test_ratios_are_paired_by_recording(self):
        base, value = numpy.array([100, 2000, 30.0, 7]), numpy.array([80, 1500, 27.0, 6])
        row = self.one((base, value))
        logs = numpy.log(value / base)
        low, high = stats.t.interval(0.95, 3, logs.mean(), stats.sem(logs))
        self.assertEqual((row["recordings"], row["random"], row["relative"]), (4, 0, 1))
        self.close(row["baseline_value"], stats.gmean(base))
        self.close(row["value"], stats.gmean(value))
        self.close(row["change"], math.exp(logs.mean()) - 1)
        self.close(row["low"], math.exp(low) - 1)
        self.close(row["high"], math.exp(high) - 1)
        self.assertEqual(row["verdict"], "better")

    def test_deterministic_runs_get_no_p(self):
        row = self.one(([10, 20, 30, 40], [11, 23, 33, 45]))
        self.assertIsNone(row["p"])
        self.assertIsNone(row["effect"])
        self.assertEqual(row["verdict"], "worse")
        printed = slabyard(
            "compare", *self.results(self.held(([1, 2, 3], [2, 3, 4]))), "--baseline",
            "slab.policy=slub", "--report", "slab_bytes_held",
        ).stdout.decode()
        self.assertIn("These runs are deterministic", printed)
        self.assertNotIn("effect", printed)

    def test_no_interval_from_fewer_than_three_recordings(self):
        row = self.one(([10, 20], [9, 19]))
        self.assertEqual((row["low"], row["high"]), (None, None))
        self.assertEqual(row["verdict"], "better")
        self.assertEqual(self.one(([10, 20], [9, 21]))["verdict"], "no difference shown")
        self.assertIsNotNone(self.one(([10, 20, 30], [9, 19, 28]))["low"])

    def test_few_recordings_speak_for_themselves(self):
        for traces, said in ((1, "worse on this recording"), (2, "worse on both recordings")):
            printed = slabyard(
                "compare", *self.results(self.held(([10, 20][:traces], [12, 21][:traces]))),
                "--baseline", "slab.policy=slub", "--report", "slab_bytes_held",
            ).stdout.decode()
            self.assertIn(said, printed)
            self.assertIn("three are the fewest", printed)

    def test_nothing_is_shown_when_the_interval_says_so(self):
        self.assertEqual(self.one(([10, 20, 30], [5, 25, 29]))["verdict"], "no difference shown")
        self.assertEqual(self.one(([10, 20, 30], [10, 20, 30]))["verdict"], "the same")

    def test_differences_where_there_are_no_ratios(self):
        base, value = numpy.array([0, 5, 3.0]), numpy.array([4, 11, 6.0])
        row = self.one((base, value))
        low, high = stats.t.interval(0.95, 2, (value - base).mean(), stats.sem(value - base))
        self.assertEqual(row["relative"], 0)
        self.close(row["change"], (value - base).mean())
        self.close(row["low"], low)
        self.close(row["high"], high)

    def test_more_can_be_better(self):
        values = ([10, 20, 30], [12, 23, 35])
        self.assertEqual(self.one(values)["verdict"], "worse")
        figures = {key: {"free_pages": value["slab_bytes_held"]} for key, value in self.held(values).items()}
        (row,) = self.compare(figures, "--report", "free_pages")
        self.assertEqual((row["better"], row["verdict"]), ("higher", "better"))
        (row,) = self.compare(figures, "--report", "free_pages:lower")
        self.assertEqual((row["better"], row["verdict"]), ("lower", "worse"))

    def seeded(self, samples):
        """{trace: (baseline's seeds, the other's)}"""
        return {
            (policy, trace, seed): {"slab_bytes_held": value, "slabs": value * value}
            for trace, pair in samples.items()
            for policy, values in zip((SLUB, SLOB), pair)
            for seed, value in enumerate(values)
        }

    def test_seeds_of_one_recording_are_tested(self):
        a, b = numpy.array([10, 12, 11, 13, 12.5]), numpy.array([14, 15, 13.5, 16, 15])
        held, slabs = self.compare(self.seeded({1: (a, b)}), "--report", "slab_bytes_held,slabs")
        self.assertEqual((held["recordings"], held["seeds"], held["random"]), (1, 5, 1))
        theirs = stats.ttest_ind(b, a, equal_var=False)
        self.close(held["p"], theirs.pvalue)
        other = stats.ttest_ind(b**2, a**2, equal_var=False).pvalue
        holm = sorted([theirs.pvalue, other])
        self.close(min(held["p_holm"], slabs["p_holm"]), 2 * holm[0])
        self.close(held["change"], b.mean() / a.mean() - 1)
        pooled = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        correction = math.gamma(4) / math.gamma(3.5) / math.sqrt(4)
        self.close(held["effect"], (b.mean() - a.mean()) / pooled * correction)
        self.assertEqual(held["verdict"], "worse")

    def test_what_is_random_stands_for_its_recording_by_the_mean(self):
        random = numpy.random.default_rng(3)
        samples = {
            trace: (random.normal(100 * trace, 3, 6), random.normal(90 * trace, 3, 6))
            for trace in range(1, 5)
        }
        held, _ = self.compare(self.seeded(samples), "--report", "slab_bytes_held,slabs")
        logs = numpy.array([math.log(b.mean() / a.mean()) for a, b in samples.values()])
        self.assertEqual((held["recordings"], held["seeds"], held["random"]), (4, 6, 1))
        self.close(held["change"], math.exp(logs.mean()) - 1)
        self.close(held["p"], stats.ttest_1samp(logs, 0).pvalue)
        self.assertEqual(held["verdict"], "better")

    def test_many_questions_make_chance_findings(self):
        """One figure of many whose p alone would be below 5%."""
        a, b = [10, 11, 12, 13], [13, 13.5, 14, 13.5]
        figures = self.seeded({1: (a, b)})
        p = stats.ttest_ind(b, a, equal_var=False).pvalue
        self.assertLess(p, 0.05)
        names = [f"made_up_{i}" for i in range(20)]
        random = numpy.random.default_rng(4)
        for values in figures.values():
            values.update({name: random.normal(10) for name in names})
        table = self.compare(figures, "--report", ",".join(["slab_bytes_held", *names]))
        self.assertLess(table[0]["p"], 0.05)
        self.assertGreater(table[0]["p_holm"], 0.05)
        self.assertEqual(table[0]["verdict"], "no difference shown")

    def test_by_trace(self):
        table = self.compare(
            self.held(([10, 20, 30], [9, 22, 30])), "--report", "slab_bytes_held", "--by-trace"
        )
        self.assertEqual([row["verdict"] for row in table], ["better", "worse", "the same"])
        self.assertEqual([row["recording"] for row in table], [f"{i:016x}" for i in range(3)])

    def test_formats_say_the_same(self):
        paths = self.results(self.held(([10, 20, 30], [8, 17, 22])))
        arguments = [*paths, "--baseline", "slab.policy=slub", "--report", "held_bytes,slabs"]
        table = rows(slabyard("compare", *arguments, "--format", "csv").stdout)
        as_json = json.loads(slabyard("compare", *arguments, "--format", "json").stdout)
        self.assertEqual(len(as_json), 2)
        for mine, other in zip(table, as_json, strict=True):
            for key, value in other.items():
                if isinstance(value, bool):
                    value = int(value)
                self.assertEqual(mine[key], value, key)
        out = self.folder / "table.tex"
        slabyard("compare", *arguments, "--format", "latex", "-o", out)
        lines = out.read_text().splitlines()
        self.assertEqual(lines[1], "\\toprule")
        self.assertEqual(lines[-2:], ["\\bottomrule", "\\end{tabular}"])
        self.assertEqual(lines[4].count("&"), 6)
        self.assertTrue(lines[4].startswith("slab\\_bytes\\_held & slab.policy=slob & "), lines[4])
        text = slabyard("compare", *arguments).stdout.decode()
        for row in table:
            self.assertIn(f"{100 * row['change']:+.2f}%", text)

    def test_folder_merged_file_and_results_agree(self):
        (self.folder / "sweep.yaml").write_text(
            f"extends: [{SOURCE}/configs/machines/pc-256mib.yaml]\n"
            f"traces: [kmix, pages-slub, {SAMPLES}/user-sh-slub]\n"
            "sweep: {matrix: {slab.policy: [slub, slob]}}\n"
            "baseline: {slab.policy: slub}\nreport: [held_bytes, {free_pages: higher}]\n"
        )
        out = self.folder / "sweep"
        slabyard("sweep", self.folder / "sweep.yaml", "-o", out)
        slabyard("merge", out)
        folder = slabyard("compare", out, "--format", "csv").stdout
        self.assertEqual(folder, slabyard("compare", out / "merged.h5", "--format", "csv").stdout)
        results = slabyard(
            "compare", *out.glob("runs/*.h5"), "--baseline", "slab.policy=slub", "--report",
            "slab_bytes_held,free_pages", "--format", "csv",
        ).stdout
        self.assertEqual(folder, results)
        self.assertEqual([row["recordings"] for row in rows(folder)], [3, 3])

    def check_refused(self, message, *arguments):
        paths = self.results(self.held(([10, 20], [9, 21])))
        done = slabyard("compare", *paths, *arguments, expect=2)
        self.assertIn(message, done.stderr.decode())

    def test_what_is_refused(self):
        baseline = ("--baseline", "slab.policy=slub")
        self.check_refused("no baseline: give one with --baseline PATH=VALUE")
        self.check_refused("baseline slab.policy=slab: no run has that", "--baseline", "slab.policy=slab")
        self.check_refused("machine.cpus is the same in all runs", "--baseline", "machine.cpus=1")
        self.check_refused("did you mean slabs?", *baseline, "--report", "slbas")
        self.check_refused("could be", *baseline, "--report", "latency_ns")
        self.check_refused("stands higher or lower", *baseline, "--report", "slabs:more")


if __name__ == "__main__":
    unittest.main()
