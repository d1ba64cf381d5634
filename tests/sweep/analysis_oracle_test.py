# SPDX-License-Identifier: GPL-3.0-or-later
"""The statistics against scipy's, on random samples of every size and kind."""

import math
import os
import pathlib
import subprocess
import sys
import unittest

try:
    import numpy
    import scipy
    from scipy import stats
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

BUILD = pathlib.Path(
    os.environ.get("SLABYARD_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build")
)
DRIVER = BUILD / "tests" / "sweep" / "analysis_driver"
LEVEL = 0.95


def samples():
    """Pairs of samples: small and large, alike and not, with ties and skewed."""
    random = numpy.random.default_rng(6)
    for n, m in ((2, 2), (3, 3), (3, 8), (5, 5), (10, 7), (20, 20), (40, 13), (60, 80)):
        yield random.normal(size=n), random.normal(0.5, 2, size=m)
        yield random.lognormal(size=n), random.lognormal(0.3, size=m)
        yield (random.integers(1, 6, size=n).astype(float),
               random.integers(2, 7, size=m).astype(float))


def pairs():
    for first, second in samples():
        size = min(len(first), len(second))
        yield first[:size], second[:size]


def ask(what, cases):
    lines = []
    for first, second in cases:
        both = (first, second)
        words = [f"{len(x)} {' '.join(repr(float(value)) for value in x)}" for x in both]
        lines.append(f"{what} {' '.join(words)}")
    done = subprocess.run(
        [DRIVER], input="\n".join(lines).encode(), stdout=subprocess.PIPE, check=True
    )
    answers = [list(map(float, line.split())) for line in done.stdout.decode().splitlines()]
    assert len(answers) == len(cases)
    return zip(cases, answers)


class Oracle(unittest.TestCase):
    def check(self, mine, theirs, tolerance=1e-7):
        """gsl finds quantiles of Student's t to about eight digits."""
        for a, b in zip(mine, theirs, strict=True):
            if not (math.isnan(a) and math.isnan(b)):
                self.assertTrue(math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-12),
                                f"{mine} {theirs}")

    def test_describe(self):
        for (first, _), mine in ask("describe", list(samples())):
            reach = stats.t.ppf((1 + LEVEL) / 2, len(first) - 1) * stats.sem(first)
            mean = first.mean()
            self.check(
                mine,
                [mean, first.var(ddof=1), numpy.median(first), numpy.quantile(first, 0.9),
                 mean - reach, mean + reach],
            )

    def test_welch(self):
        for (first, second), mine in ask("welch", list(samples())):
            if not first.var() and not second.var():
                continue
            theirs = stats.ttest_ind(second, first, equal_var=False)
            self.check([mine[0], mine[2]], theirs)
            a, b = (x.var(ddof=1) / len(x) for x in (first, second))
            degrees = (a + b) ** 2 / (a**2 / (len(first) - 1) + b**2 / (len(second) - 1))
            reach = stats.t.ppf((1 + LEVEL) / 2, degrees) * math.sqrt(a + b)
            difference = second.mean() - first.mean()
            self.check([mine[1], *mine[3:]], [degrees, difference - reach, difference + reach])

    def test_paired(self):
        for (first, second), mine in ask("paired", list(pairs())):
            if not (second - first).var():
                continue
            theirs = stats.ttest_rel(second, first)
            interval = stats.t.interval(
                LEVEL, len(first) - 1, (second - first).mean(), stats.sem(second - first)
            )
            self.check(mine, [*theirs, *interval])

    def test_mann_whitney(self):
        exact = 0
        for (first, second), mine in ask("mannwhitney", list(samples())):
            method = "exact" if mine[2] else "asymptotic"
            exact += method == "exact"
            theirs = stats.mannwhitneyu(second, first, alternative="two-sided", method=method)
            self.check(mine[:2], theirs)
        self.assertGreater(exact, 8)

    def test_hodges_lehmann(self):
        """The interval holds the shifts that scipy's exact test does not reject, and no others."""
        intervals = 0
        for (first, second), mine in ask("hodgeslehmann", list(samples())):
            differences = numpy.sort((second[:, None] - first[None, :]).ravel())
            self.check(mine[:1], [numpy.median(differences)])
            if len(numpy.unique(differences)) < len(differences) or len(second) > 40:
                continue

            def p(shift, first=first, second=second):
                return stats.mannwhitneyu(second - shift, first, method="exact").pvalue

            middles = (differences[1:] + differences[:-1]) / 2
            kept = [i for i, middle in enumerate(middles) if p(middle) > 1 - LEVEL]
            if kept[0] == 0 and p(differences[0] - 1) > 1 - LEVEL:
                self.assertTrue(math.isnan(mine[1]) and math.isnan(mine[2]), len(first))
                continue
            self.check(mine[1:], [differences[kept[0]], differences[kept[-1] + 1]])
            intervals += 1
        self.assertGreater(intervals, 8)

    def test_hodges_lehmann_of_many(self):
        """Past the exact test's size it covers what its level says, shifts being known."""
        random = numpy.random.default_rng(9)
        cases = [(random.lognormal(size=60), 0.4 + random.lognormal(size=50)) for _ in range(400)]
        held = sum(mine[1] <= 0.4 <= mine[2] for _, mine in ask("hodgeslehmann", cases))
        self.assertTrue(0.92 <= held / len(cases) <= 0.98, held)

    def test_bootstrap(self):
        """Other random numbers, so a few parts in a hundred of the interval's width."""
        cases = [(a, b) for a, b in samples() if min(len(a), len(b)) >= 10]
        for (first, second), mine in ask("bootstrap", cases):
            theirs = stats.bootstrap(
                (first, second), lambda a, b, axis: b.mean(axis=axis) - a.mean(axis=axis),
                n_resamples=20000, confidence_level=LEVEL, random_state=1, vectorized=True,
            ).confidence_interval
            width = theirs.high - theirs.low
            self.assertLess(abs(mine[0] - theirs.low), width / 25)
            self.assertLess(abs(mine[1] - theirs.high), width / 25)
        for (first, _), mine in ask("bootstrap", [(a, []) for a, _ in cases]):
            theirs = stats.bootstrap(
                (first,), numpy.mean, n_resamples=20000, confidence_level=LEVEL, random_state=1
            ).confidence_interval
            width = theirs.high - theirs.low
            self.assertLess(abs(mine[0] - theirs.low), width / 25)
            self.assertLess(abs(mine[1] - theirs.high), width / 25)

    def test_ratio(self):
        positive = [(a, b) for a, b in pairs() if a.min() > 0 and b.min() > 0]
        self.assertGreater(len(positive), 8)
        for (first, second), mine in ask("ratio", positive):
            logs = numpy.log(second / first)
            if not logs.var():
                continue
            low, high = stats.t.interval(LEVEL, len(logs) - 1, logs.mean(), stats.sem(logs))
            self.check(
                mine,
                [stats.gmean(second / first), math.exp(low), math.exp(high),
                 stats.ttest_1samp(logs, 0).pvalue],
            )

    def test_scaling(self):
        positive = [(a, b) for a, b in pairs() if a.min() > 0 and b.min() > 0 and len(a) > 2]
        for (first, second), mine in ask("scaling", positive):
            if not first.var() or not second.var():
                continue
            fit = stats.linregress(numpy.log(first), numpy.log(second))
            reach = stats.t.ppf((1 + LEVEL) / 2, len(first) - 2) * fit.stderr
            self.check(
                mine,
                [math.exp(fit.intercept), fit.slope, fit.rvalue**2, fit.slope - reach,
                 fit.slope + reach],
            )

    def test_effect(self):
        """Written down a second time, from the definitions."""
        for (first, second), mine in ask("effect", list(samples())):
            n, m = len(first), len(second)
            pooled = ((n - 1) * first.var(ddof=1) + (m - 1) * second.var(ddof=1)) / (n + m - 2)
            degrees = n + m - 2
            correction = (math.gamma(degrees / 2) / math.gamma((degrees - 1) / 2)
                          / math.sqrt(degrees / 2))
            delta = numpy.sign(second[:, None] - first[None, :]).mean()
            effect = (second.mean() - first.mean()) / math.sqrt(pooled) * correction
            self.check(mine, [effect, delta])


if __name__ == "__main__":
    print(f"scipy {scipy.__version__}")
    unittest.main()
