# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparisons of results whose figures are known: what is computed, what is said and what not."""

import json
import math
import sys
import unittest

from compare_fixture import SLOB, SLUB, Comparisons, rows
from sweep_fixture import SAMPLES, SOURCE, slabyard

try:
    import h5py
    import numpy
    from scipy import stats
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


class Compare(Comparisons):
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

    def test_recordings_that_agree_are_told(self):
        """What no interval shows of others is still so of these."""
        values = ([10, 20, 30], [9.9, 2, 29])
        row = self.one(values)
        self.assertEqual((row["verdict"], row["lower"], row["higher"]),
                         ("no difference shown", 3, 0))
        for values, said in (
            (values, "lower on 3 of 3 recordings, beyond them not shown"),
            (([9.9, 2, 29], [10, 20, 30]), "higher on 3 of 3 recordings, beyond them not shown"),
            (([10, 20, 30], [5, 25, 30]), "no difference shown: lower on 1, higher on 1 of 3"),
        ):
            printed = slabyard("compare", *self.results(self.held(values)), "--baseline",
                               "slab.policy=slub", "--report", "slab_bytes_held").stdout.decode()
            self.assertIn(said, printed)

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

    def test_differences_have_the_figures_unit(self):
        held = self.held(([0, 5e6, 3e6], [4e6, 11e6, 6e6]))
        paths = self.results({key: {**value, "cost_ns": value["slab_bytes_held"]}
                              for key, value in held.items()})
        printed = slabyard("compare", *paths, "--baseline", "slab.policy=slub", "--report",
                           "slab_bytes_held,cost_ns").stdout.decode()
        self.assertIn("+4.13 MiB", printed)
        self.assertIn("+4.333 ms", printed)
        low, high = stats.t.interval(0.95, 2, 13e6 / 3, stats.sem([4e6, 6e6, 3e6]))
        self.assertIn(f"{low / 1e3:+.1f} us to {high / 1e6:+.3f} ms", printed)
        self.assertIn("Values are arithmetic means over recordings", printed)
        self.assertNotIn("geometric", printed)

    def test_what_is_zero_on_both_sides_is_left_out(self):
        base, value = [0, 10, 20, 0, 30], [0, 9, 15, 0, 29]
        row, alone = self.one((base, value)), self.one(([10, 20, 30], [9, 15, 29]))
        self.assertEqual(row["left_out"], f"{0:016x} {3:016x}")
        self.assertEqual((row["recordings"], row["lower"], row["relative"]), (3, 3, 1))
        for figure in ("change", "low", "high", "value", "baseline_value", "verdict"):
            self.assertEqual(row[figure], alone[figure])
        held = self.held((base, value))
        paths = self.results({key: {**of, "slabs": 1 + of["slab_bytes_held"]}
                              for key, of in held.items()})
        printed = slabyard("compare", *paths, "--baseline", "slab.policy=slub", "--report",
                           "slab_bytes_held,slabs").stdout.decode()
        self.assertIn(f"{0:016x} {3:016x}", printed)
        self.assertIn("left out: recordings on which both are 0", printed)
        self.assertEqual(self.one(([0, 0], [0, 0]))["verdict"], "the same")
        self.assertEqual(self.one(([0, 0, 5], [0, 1, 6]))["relative"], 0)

    def test_more_can_be_better(self):
        values = ([10, 20, 30], [12, 23, 35])
        self.assertEqual(self.one(values)["verdict"], "worse")
        figures = {key: {"free_pages": value["slab_bytes_held"]}
                   for key, value in self.held(values).items()}
        (row,) = self.compare(figures, "--report", "free_pages")
        self.assertEqual((row["better"], row["verdict"]), ("higher", "better"))
        (row,) = self.compare(figures, "--report", "free_pages:lower")
        self.assertEqual((row["better"], row["verdict"]), ("lower", "worse"))

    def test_seeds_of_one_recording_are_tested(self):
        a, b = numpy.array([10, 12, 11, 13, 12.5]), numpy.array([14, 15, 13.5, 16, 15])
        held, slabs = self.compare(self.seeded({1: (a, b)}), "--report", "slab_bytes_held,slabs")
        self.assertEqual((held["recordings"], held["seeds"], held["random"]), (1, 5, 1))
        self.assertIsNone(held["low"], "one recording has no interval")
        parts = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
        degrees = sum(parts) ** 2 / sum(p**2 / (len(a) - 1) for p in parts)
        reach = stats.t.ppf(0.975, degrees) * math.sqrt(sum(parts))
        self.close(held["seed_low"], (b.mean() - a.mean() - reach) / a.mean())
        self.close(held["seed_high"], (b.mean() - a.mean() + reach) / a.mean())
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

    def test_seeds_that_agree_are_no_chance(self):
        for a, b, verdict in ((7, 7, "the same"), (7, 6, "better"), (7, 9, "worse")):
            figures = self.seeded({1: ([a] * 5, [b] * 5)})
            (row,) = self.compare(figures, "--report", "slab_bytes_held")
            self.assertEqual((row["random"], row["seeds"], row["verdict"]), (1, 5, verdict))
            self.assertEqual((row["p"], row["effect"], row["seed_low"]), (None, None, None))
        printed = slabyard("compare", *self.results(figures), "--baseline", "slab.policy=slub",
                           "--report", "slab_bytes_held").stdout.decode()
        self.assertIn("worse on this recording", printed)
        self.assertIn("All seeds agree", printed)
        self.assertNotIn("effect", printed)
        figures = self.seeded({1: ([7, 7, 7], [8, 8, 8]), 2: ([7, 8, 9], [8, 9, 11])})
        (row,) = self.compare(figures, "--report", "slab_bytes_held")
        alone = self.compare(figures, "--report", "slab_bytes_held", "--by-trace")[1]
        self.close(row["effect"], alone["effect"])

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

    def test_no_bootstrap_of_few_values(self):
        """Below eight it is too narrow: Student's t and Welch's interval in its place."""
        values = numpy.array([[100, 2000, 30.0, 7, 60, 50, 40], [80, 2100, 27.0, 6, 59, 44, 31]])
        for count in (3, 7):
            of = tuple(values[:, :count])
            row, student = self.one(of, "--interval", "bca"), self.one(of)
            self.assertEqual(row, student)
            self.assertEqual(row["interval_method"], "student")
        seeded = self.seeded({1: tuple(values)})
        arguments = ("--report", "slab_bytes_held", "--interval", "bca")
        (row,) = self.compare(seeded, *arguments)
        self.assertEqual([row], self.compare(seeded, *arguments[:2]))
        self.assertEqual(row["interval_method"], "welch")
        printed = slabyard("compare", *self.results(seeded), "--baseline", "slab.policy=slub",
                           *arguments).stdout.decode()
        self.assertIn("fewer than 8 values is too narrow: Welch's interval", printed)

    def test_ranks(self):
        """One seed far off hides the difference from means, and not from ranks."""
        a = numpy.array([10, 12, 11, 13, 12.5, 9, 10.5])
        b = numpy.array([14, 15, 13.5, 16, 15.5, 14.5, 90])
        figures = self.seeded({1: (a, b)})
        (means,) = self.compare(figures, "--report", "slab_bytes_held")
        self.assertEqual(means["verdict"], "no difference shown")
        arguments = ("--report", "slab_bytes_held", "--test", "mann-whitney")
        (row,) = self.compare(figures, *arguments)
        self.close(row["p"], stats.mannwhitneyu(b, a, method="exact").pvalue)
        self.assertEqual((row["verdict"], row["effect"]), ("worse", 1))
        self.assertEqual(row["interval_method"], "hodges-lehmann")
        differences = (b[:, None] - a[None, :]).ravel()
        self.close(row["seed_change"], numpy.median(differences) / a.mean())
        self.assertGreater(row["seed_low"], 0)
        self.assertLess(row["seed_high"], means["seed_high"])
        for name, sample in (("baseline_", a), ("", b)):
            quartiles = [row[name + end] for end in ("q1", "median", "q3")]
            numpy.testing.assert_allclose(quartiles, numpy.quantile(sample, [0.25, 0.5, 0.75]))
        printed = slabyard("compare", *self.results(figures), "--baseline", "slab.policy=slub",
                           *arguments).stdout.decode()
        for said in ("Cliff's delta", "Hodges and Lehmann", "15 B (14 B to 16 B)",
                     f"{100 * row['seed_change']:+.2f}% ({100 * row['seed_low']:+.2f}% to"):
            self.assertIn(said, printed)

    def test_ranks_and_means_that_disagree(self):
        a, b = [10, 11, 12, 13, 14, 15, 16, 900], [17, 18, 19, 20, 21, 22, 23, 24]
        (row,) = self.compare(self.seeded({1: (a, b)}), "--report", "slab_bytes_held", "--test",
                              "mann-whitney")
        self.assertLess(row["p"], 0.05)
        self.assertLess(row["change"], 0)
        self.assertEqual(row["verdict"], "no difference shown")

    def test_other_methods(self):
        a = numpy.array([10, 12, 11, 13, 12.5, 9, 10.5, 14])
        b = numpy.array([11.5, 15, 13.5, 16, 15.5, 14.5, 12.2, 17])
        (held,) = self.compare(self.seeded({1: (a, b)}), "--report", "slab_bytes_held",
                               "--interval", "bca")
        self.assertEqual(held["interval_method"], "bca")
        theirs = stats.bootstrap(
            (b, a), lambda x, y, axis: x.mean(axis) - y.mean(axis), method="BCa",
            n_resamples=20000, vectorized=True, random_state=1).confidence_interval
        spread = (theirs.high - theirs.low) / a.mean()
        self.assertLess(abs(held["seed_low"] - theirs.low / a.mean()), 0.04 * spread)
        self.assertLess(abs(held["seed_high"] - theirs.high / a.mean()), 0.04 * spread)
        base = numpy.array([100, 2000, 30.0, 7, 60, 50, 40, 90])
        value = numpy.array([80, 1500, 27.0, 6, 59, 44, 31, 78])
        row = self.one((base, value), "--interval", "bca")
        self.assertEqual(row["interval_method"], "bca")
        theirs = stats.bootstrap(
            (numpy.log(value / base),), numpy.mean, method="BCa", n_resamples=20000,
            random_state=1).confidence_interval
        self.assertLess(abs(math.log1p(row["low"]) - theirs.low), 0.01)
        self.assertLess(abs(math.log1p(row["high"]) - theirs.high), 0.01)

    def test_how_many_times_as_good(self):
        figures = self.held(([10, 20, 30], [5, 11, 14]))
        for values in figures.values():
            values["work_ns"] = 1000 * values["slab_bytes_held"]
            values["free_pages"] = values["slab_bytes_held"]
        time, free = self.compare(figures, "--report", "work_ns,free_pages")
        self.close(time["speedup"], 1 / (1 + time["change"]))
        self.close(time["speedup_low"], 1 / (1 + time["high"]))
        self.close(free["speedup"], 1 + free["change"])
        printed = slabyard("compare", *self.results(figures), "--baseline", "slab.policy=slub",
                           "--report", "work_ns").stdout.decode()
        self.assertIn(f"{time['speedup']:.3f} ({time['speedup_low']:.3f} to", printed)

    def perturbed(self, changes):
        """One recording on which slob needs 10 % less, and what it does when both are perturbed."""
        figures = {(SLUB, 1, 0): {"slab_bytes_held": 100}, (SLOB, 1, 0): {"slab_bytes_held": 90}}
        for seed, change in enumerate(changes, 1):
            figures[SLUB, 1, seed] = {"slab_bytes_held": 100 + seed}
            figures[SLOB, 1, seed] = {"slab_bytes_held": (100 + seed) * (1 + change)}
        paths = self.results(figures, perturbed={key for key in figures if key[2]})
        arguments = (*paths, "--baseline", "slab.policy=slub", "--report", "slab_bytes_held")
        (row,) = rows(slabyard("compare", *arguments, "--format", "csv").stdout)
        self.assertEqual((row["seeds"], row["random"]), (1, 0), "perturbed runs are no seeds")
        self.close(row["change"], -0.1)
        self.assertEqual(row["perturbed"], len(changes))
        self.close(row["perturbed_low"], min(changes))
        self.close(row["perturbed_high"], max(changes))
        return row, slabyard("compare", *arguments).stdout.decode()

    def test_a_ranking_is_stable_or_not(self):
        row, printed = self.perturbed([-0.12, -0.05, -0.11])
        self.assertEqual((row["perturbed_kept"], row["verdict"]), (3, "better"))
        self.assertIn("-12.00% to -5.00%", printed)
        self.assertIn("stable (3 of 3)", printed)
        row, printed = self.perturbed([-0.12, 0.05, -0.11, 0])
        self.assertEqual((row["perturbed_kept"], row["verdict"]), (2, "no difference shown"))
        self.assertIn("not stable (2 of 4)", printed)

    def test_runs_past_their_horizon_are_told(self):
        paths = self.results(self.held(([1, 2, 3], [2, 3, 4])))
        command = ("compare", *paths, "--baseline", "slab.policy=slub", "--report",
                   "slab_bytes_held")
        for path in paths:
            with h5py.File(path, "r+") as file:
                file["provenance"].attrs["horizon_record"] = numpy.uint64(2**64 - 1)
        self.assertNotIn("horizon", slabyard(*command).stdout.decode())
        for path in paths[-2:]:
            with h5py.File(path, "r+") as file:
                file["provenance"].attrs["horizon_record"] = numpy.uint64(7)
        said = ("horizon: 2 of 3 runs of slab.policy=slob parted from their recording before the "
                "end.")
        self.assertIn(said, slabyard(*command).stdout.decode())
        self.assertIn(said, slabyard(*command, "--format", "latex").stdout.decode())
        (row,) = json.loads(slabyard(*command, "--format", "json").stdout)
        self.assertEqual((row["past_horizon"], row["baseline_past_horizon"]), (2, 0))
        (row,) = rows(slabyard(*command, "--format", "csv", "--by-trace").stdout)[-1:]
        self.assertEqual((row["past_horizon"], row["baseline_past_horizon"]), (1, 0))

    def judged(self, past, figure, value=(2, 3, 4)):
        """The verdict on values 1, 2, 3 when runs of these (policy, trace) have parted."""
        figures = {key: {figure: of["slab_bytes_held"]}
                   for key, of in self.held(([1, 2, 3], value)).items()}
        paths = self.results(figures)
        for path, (policy, trace, _) in zip(paths, figures, strict=True):
            with h5py.File(path, "r+") as file:
                parted = (policy, trace) in past
                file["provenance"].attrs["horizon_record"] = numpy.uint64(
                    7 if parted else 2**64 - 1)
        command = ("compare", *paths, "--baseline", "slab.policy=slub", "--report", figure)
        (row,) = json.loads(slabyard(*command, "--format", "json").stdout)
        (same,) = rows(slabyard(*command, "--format", "csv").stdout)
        self.assertEqual(row["verdict"], same["verdict"])
        printed = [slabyard(*command, "--format", name).stdout.decode()
                   for name in ("text", "latex")]
        return row["verdict"], printed

    def test_nothing_is_better_because_it_was_not_done(self):
        """What one side's runs needed less past their horizon they may not have done."""
        for past, said in (([(SLOB, 1)], "past the horizon: 1 of 3, baseline 0 of 3"),
                           ([(SLUB, 0)], "past the horizon: 0 of 3, baseline 1 of 3"),
                           ([(SLUB, 0), (SLOB, 1)], "past the horizon: 1 of 3, baseline 1 of 3")):
            for value in ((0.5, 1, 1.5), (2, 4, 6), (1, 2, 3)):
                verdict, printed = self.judged(past, "minor_faults", value)
                self.assertEqual(verdict, "past the horizon")
                self.assertTrue(all(said in text for text in printed), printed)
        alike = [(policy, trace) for policy in (SLUB, SLOB) for trace in (0, 2)]
        self.assertEqual(self.judged(alike, "minor_faults", (2, 4, 6))[0], "worse")
        for figure in ("alloc_fails", "processes_killed", "malloc_failed"):
            self.assertEqual(self.judged([(SLOB, 1)], figure, (2, 4, 6))[0], "worse", figure)

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
        self.assertEqual(lines[lines.index("\\bottomrule") + 1], "\\end{tabular}")
        self.assertIn("% These runs are deterministic: equal runs give equal figures, and there is "
                      "nothing to test.", lines)
        self.assertEqual(lines[4].count("&"), 6)
        self.assertTrue(lines[4].startswith("slab\\_bytes\\_held & policy=slob & "), lines[4])
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

    def test_the_first_of_single_results_is_the_baseline(self):
        paths = self.results(self.held(([10, 20], [9, 21])))
        first = slabyard("compare", *paths, "--format", "csv").stdout
        policy = paths[0].name.split("-")[0]
        named = slabyard("compare", *paths, "--format", "csv", "--baseline",
                         f"slab.policy={policy}").stdout
        self.assertEqual(first, named)
        self.assertNotEqual(first, slabyard("compare", *paths[::-1], "--format", "csv").stdout)

    def check_refused(self, message, *arguments):
        paths = self.results(self.held(([10, 20], [9, 21])))
        done = slabyard("compare", *paths, *arguments, expect=2)
        self.assertIn(message, done.stderr.decode())

    def test_what_is_refused(self):
        baseline = ("--baseline", "slab.policy=slub")
        self.check_refused("baseline slab.policy=slab: no run has that",
                           "--baseline=slab.policy=slab")
        self.check_refused("machine.cpus is the same in all runs", "--baseline", "machine.cpus=1")
        self.check_refused("did you mean slabs?", *baseline, "--report", "slbas")
        self.check_refused("could be", *baseline, "--report", "latency_ns")
        self.check_refused("stands higher or lower", *baseline, "--report", "slabs:more")
        self.check_refused("takes text, csv, json or latex, is 'xml'", "--format", "xml")
        self.check_refused("takes student or bca, is 'z'", "--interval", "z")
        self.check_refused("takes one of --scaling and --pareto", "--scaling", "seed", "--pareto")
        self.check_refused("between two figures, not 1", "--pareto", "--report", "slabs")
        self.check_refused("'slub' is no number to grow with", "--scaling", "slab.policy")
        self.check_refused("did you mean slabs?", "--scaling", "seed", "--report", "cost_ns,slbas")


if __name__ == "__main__":
    unittest.main()
