# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws every figure from the made-up runs in FOLDER (results_figures_test.c writes them).

Usage: results_figures.py ANALYSIS FOLDER. Exits 77 when h5py or matplotlib is missing.
"""
import os
import subprocess
import sys
import unittest
import warnings
from pathlib import Path
from types import SimpleNamespace

ANALYSIS, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
sys.path.insert(0, str(ANALYSIS))
try:
    import numpy as np
    from matplotlib.colors import to_rgb

    import drawing
    from figures import COMPARISONS, FIGURES
    from slabyard_results import Result, ResultError
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

INPUTS = {
    "one run": ["slub"],
    "two runs": ["slub", "slab"],
    "four runs": ["slub", "slab", "one", "noslab"],
    "past the horizon": ["slab"],
    "one sample": ["one"],
    "no sample": ["none"],
    "no sample among others": ["none", "slub"],
    "no slab group": ["noslab"],
}

WIDE = ("one run", "two runs")
# Those of processes draw nothing from these runs; run_libc_test.py has some that they do draw from.
ELSEWHERE = ("heap-map", "rss-live", "rss-stack", "phases")
OVER_TIME = [name for name in FIGURES if name not in (*ELSEWHERE, "latency")]


def options(width="column", zone=None, mark=None):
    return SimpleNamespace(width=width, zone=zone, mark=mark, operation=None,
                           numbers=drawing.Numbers())


def run_plot(*arguments, seed="0"):
    return subprocess.run(
        ["/usr/bin/python3", "-B", ANALYSIS / "plot.py", *arguments], cwd=FOLDER, text=True,
        capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C.UTF-8"})


class Figures(unittest.TestCase):
    def setUp(self):
        drawing.pyplot.style.use(str(ANALYSIS / "slabyard.mplstyle"))
        # A layout that does not fit is only a warning to matplotlib.
        warnings.simplefilter("error")

    def draw(self, name, stems, opts):
        results = [Result(FOLDER / f"{stem}.h5") for stem in stems]
        for result in results:
            self.addCleanup(result.close)
        return FIGURES[name].draw(results, opts)

    def test_every_figure_of_every_input(self):
        for name in FIGURES:
            for case, stems in INPUTS.items():
                # The wide layout differs by the number of runs only.
                for width in ("column", "page") if case in WIDE else ("column",):
                    with self.subTest(figure=name, case=case, width=width):
                        figure = self.draw(name, stems, options(width))
                        self.assertEqual(figure.get_figwidth(), drawing.WIDTHS_INCH[width])
                        self.assert_no_axes_collapsed(figure)
                        drawing.pyplot.close(figure)

    def assert_no_axes_collapsed(self, figure):
        figure.draw_without_rendering()
        for axes in figure.axes:
            if axes.get_label() == "<colorbar>":
                continue
            box = axes.get_position()
            self.assertGreater(box.width * figure.get_figwidth(), 0.4)
            self.assertGreater(box.height * figure.get_figheight(), 0.4)

    def test_bars_labels_do_not_overprint(self):
        figure = self.draw("comparison", ["slub", "slab", "one", "noslab", "slub", "slab", "slub"],
                           options())
        figure.draw_without_rendering()
        for axes in figure.axes[:5]:
            self.assertFalse(drawing.overlap(axes.texts), axes.get_title())
            for text in axes.texts:
                self.assertLessEqual(text.get_window_extent().y1, axes.get_window_extent().y1 + 1)
        drawing.pyplot.close(figure)

    def test_of_texts_that_overprint_the_first_stays(self):
        figure, axes = drawing.pyplot.subplots()
        texts = [axes.text(at, 0.5, "12") for at in (0.1, 0.101, 0.5, 0.502)]
        drawing.leave_out_overlapping(figure, texts)
        self.assertEqual([text.get_visible() for text in texts], [True, False, True, False])
        drawing.pyplot.close(figure)

    def test_ticks_of_latency_are_few_and_round(self):
        ticks = FIGURES["latency"].time_ticks
        np.testing.assert_allclose(ticks(7, 4000, 6), [10, 30, 100, 300, 1000, 3000])
        for low, high in ((30e3, 42e3), (8, 9), (1, 1e9), (5, 50)):
            self.assertTrue(2 <= len(ticks(low, high, 6)) <= 6, (low, high))

    def test_no_exponent_of_what_does_not_grow(self):
        text = COMPARISONS["scaling"].fit_text
        fit = {"exponent": 0.0, "low": None, "high": None, "r_squared": 1.0}
        points = [{"x": x, "y": 5} for x in (1, 2, 3)]
        self.assertEqual(text(fit, points), "no fit: constant")
        self.assertEqual(text(fit, [{"x": 1, "y": 1}, {"x": 2, "y": 3}]),
                         "exponent 0.00, two points only")
        self.assertIn("R² 1.00", text(fit, [*points, {"x": 4, "y": 6}]))
        self.assertEqual([COMPARISONS["scaling"].tick_text(v) for v in (0.05, 50000, 2e7)],
                         ["0.05", "50,000", "20M"])

    def test_axes_name_what_they_show_with_units(self):
        for name in OVER_TIME:
            figure = self.draw(name, ["slub"], options())
            labels = [a.get_xlabel() + a.get_ylabel() for a in figure.axes if a.axison]
            self.assertTrue(any("simulated time [ms]" in text for text in labels), name)
            drawing.pyplot.close(figure)

    def test_page_policies_say_what_may_be_compared(self):
        figure = self.draw("page-policies", ["slub", "slab"], options())
        self.assertEqual([text.get_linestyle() for text in figure.legends[0].get_lines()],
                         [line.get_linestyle() for line in figure.axes[1].lines[:2]])
        self.assertIn("Objects replayed", "".join(text.get_text() for text in figure.texts))
        module = FIGURES["page-policies"]
        page = [SimpleNamespace(summary={"level": level}) for level in ("slab", "page")]
        self.assertEqual(len(module.notes(page)), 2)
        self.assertIn("holds the reclaim", module.notes(page)[0])
        self.assertIn("choice of orders", module.notes(page)[0])
        drawing.pyplot.close(figure)

    def test_page_work_is_the_page_allocators(self):
        class Counts(dict):
            def __len__(self):
                return 3
        counts = Counts(split=np.array([0, 2, 4]), zero_page=np.array([0, 9, 9]),
                        list_step=np.array([1, 1, 2]))
        work = {"work": ["split", "zero_page", "list_step", "merge"], "count": [4, 9, 2, 0],
                "cost_ps": [24000, 450000, 4000, 0]}
        page_work = FIGURES["page-policies"].page_work
        for summary, expected in (({"slab_policy": "slub"}, [2, 14, 28]),
                                  ({"slab_policy": "slob"}, [0, 12, 24]),
                                  ({"slab_policy": "slob", "level": "page"}, [2, 14, 28])):
            result = SimpleNamespace(series=lambda name: counts, table=lambda path: work,
                                     summary=summary)
            np.testing.assert_allclose(page_work(result, None), np.array(expected) / 1000)

    def test_the_horizon_is_shaded_where_it_is(self):
        for name in OVER_TIME:
            for stem, count in (("slab", 1), ("slub", 0)):
                figure = self.draw(name, [stem], options())
                texts = [[t.get_text() for t in a.texts] for a in figure.axes]
                self.assertEqual(any("past the horizon" in t for t in texts), count > 0, name)
                drawing.pyplot.close(figure)
        figure = self.draw("unusable-index", ["slab"], options())
        lines = [line.get_xdata() for line in figure.axes[0].lines]
        self.assertIn([40.0, 40.0], [list(x) for x in lines])
        drawing.pyplot.close(figure)

    def test_of_several_horizons_the_earliest_is_shaded(self):
        begin = 5000
        runs = [SimpleNamespace(horizon_time_ns=horizon, series=lambda name: SimpleNamespace(
            time_ns=np.array([begin, begin + 100]))) for horizon in (None, begin + 70, begin + 30)]
        figure, axes = drawing.pyplot.subplots()
        axes.set_xlim(0, 100)
        drawing.TimeAxis(runs, "slab").shade_first_horizon(axes, runs)
        self.assertEqual([list(line.get_xdata()) for line in axes.lines], [[30.0, 30.0]])
        drawing.pyplot.close(figure)
        for name in ("slab-allocators", "comparison"):
            figure = self.draw(name, ["slub", "slab"], options())
            texts = [t.get_text() for a in figure.axes for t in a.texts]
            self.assertIn("past the horizon", texts, name)
            drawing.pyplot.close(figure)

    def test_stack_adds_up_to_free_memory(self):
        figure = self.draw("free-blocks", ["slub"], options(zone="DMA32"))
        with Result(FOLDER / "slub.h5") as result:
            pages = result.series("buddy")["free_pages"][:, 1]
        top = figure.axes[1].collections[-1].get_paths()[0].vertices[:, 1].max()
        self.assertAlmostEqual(top, pages.max() / 256, places=6)
        drawing.pyplot.close(figure)

    def test_causes_add_up_to_what_is_held_and_not_asked_for(self):
        figure = self.draw("slab-waste", ["slub"], options())
        with Result(FOLDER / "slub.h5") as result:
            slab = result.series("slab")
            wasted = slab["bytes_held"].astype(int) - slab["bytes_requested"].astype(int)
        top = figure.axes[0].collections[-1].get_paths()[0].vertices[:, 1].max()
        self.assertAlmostEqual(top, wasted.sum(axis=1).max() / 2**20, places=6)
        drawing.pyplot.close(figure)

    def test_map_shows_what_most_of_a_piece_is(self):
        figure = self.draw("physical-map", ["slub"], options())
        mesh = figure.axes[0].collections[0]
        colours = mesh.get_facecolor().reshape(512, 7, 4)[:, :, :3]
        expected = [to_rgb(c) for c in ("#404040", "white", "#E69F00", "0.6")]
        for snapshot in range(7):
            pages = [64, 640 - 64 * snapshot, 64 * snapshot, 320]
            np.testing.assert_allclose(
                colours[:, snapshot], np.repeat(expected, np.array(pages) // 2, axis=0))
        self.assertEqual(mesh.get_coordinates()[:, :, 1].max(), 4)
        self.assertEqual([t.get_text() for t in figure.legends[0].texts],
                         ["reserved", "free", "slab", "something new"])
        drawing.pyplot.close(figure)

    def test_map_is_the_paler_the_more_is_free(self):
        pages = np.array([[[100, 0, 0], [99, 1, 0], [40, 35, 25], [0, 0, 100]]], dtype=float)
        colours, seen = FIGURES["physical-map"].colours_of(pages, ["free", "slab", "file"])
        slab, file = (1 - np.array(to_rgb(c)) for c in ("#E69F00", "#009E73"))
        white, hint, mixed, full = 1 - colours[0]
        np.testing.assert_allclose(white, [0, 0, 0])
        np.testing.assert_allclose(hint, slab * (0.22 + 0.78 * 0.01))
        np.testing.assert_allclose(mixed, slab * (0.22 + 0.78 * 0.6))
        np.testing.assert_allclose(full, file)
        self.assertEqual(seen, ["free", "slab", "file"])

    def test_numbers_are_those_that_are_shown(self):
        for name in (name for name in FIGURES if name not in ELSEWHERE):
            opts = options()
            drawing.pyplot.close(self.draw(name, ["slub", "slab"], opts))
            self.assertEqual({row["run"] for row in opts.numbers.rows}, {"slub", "slab"}, name)
        opts = options()
        figure = self.draw("unusable-index", ["slub"], opts)
        for order, line in zip((1, 2, 4), figure.axes[0].lines):
            mine = [row["unusable_free_index"] for row in opts.numbers.rows
                    if row["order"] == order]
            np.testing.assert_array_equal(line.get_ydata(), mine)
        drawing.pyplot.close(figure)

    def test_no_numbers_where_nothing_is_shown(self):
        for name in ("free-blocks", "order-map", "unusable-index", "slab-bytes", "rss-stack"):
            opts = options()
            drawing.pyplot.close(self.draw(name, ["none"], opts))
            self.assertEqual(opts.numbers.rows, [], name)

    def test_quantiles_have_intervals_of_order_statistics(self):
        """Of values 1 to 1000 the median's ranks are 469 and 532 (exactly binomial: 469, 532)."""
        latency = FIGURES["latency"]
        counts, uppers = np.ones(1000, dtype=int), np.arange(1, 1001.0)
        self.assertEqual(latency.quantile(counts, uppers, 0.5), (500, 469, 532))
        value, low, high = latency.quantile(counts, uppers, 0.999)
        self.assertEqual((value, high), (999, 1000))
        self.assertLess(low, 999)

    def test_lines_are_told_apart_in_grey(self):
        """Neighbours of the seven colours differ in lightness, and no two lines look the same."""
        cycle = drawing.pyplot.rcParams["axes.prop_cycle"].by_key()
        grey = [np.dot(to_rgb(f"#{c.lstrip('#')}"), (0.299, 0.587, 0.114)) for c in cycle["color"]]
        self.assertGreater(min(abs(a - b) for a, b in zip(grey[:7], grey[1:7])), 0.12)
        looks = {(color, str(style)) for color, style in zip(cycle["color"], cycle["linestyle"])}
        self.assertEqual(len(looks), 14)
        self.assertEqual(len({str(style) for style in cycle["linestyle"][:7]}), 7)

    def test_unknown_zone(self):
        with self.assertRaisesRegex(ResultError,
                                    "no one zone Normal, there are node 0 DMA, node 0 DMA32"):
            self.draw("unusable-index", ["slub"], options(zone="Normal"))


class CommandLine(unittest.TestCase):
    def test_same_bytes_and_embedded_type_42_fonts(self):
        for seed, output in (("1", "a"), ("2", "b")):
            done = run_plot("slab-bytes", "slub.h5", "slab.h5", "-o", f"{output}.pdf", "-o",
                            f"{output}.png", seed=seed)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        for suffix in ("pdf", "png"):
            first, second = ((FOLDER / f"{name}.{suffix}").read_bytes() for name in "ab")
            self.assertEqual(first, second)
        pdf = (FOLDER / "a.pdf").read_bytes()
        self.assertIn(b"/FontFile2", pdf)
        self.assertNotIn(b"/Type3", pdf)
        self.assertNotIn(b"CreationDate", pdf)

    def test_numbers(self):
        done = run_plot("slab-allocators", "slub.h5", "slab.h5", "-o", "a.csv", "-o", "c.pdf")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = [line.split(",") for line in (FOLDER / "a.csv").read_text().splitlines()]
        self.assertEqual(rows[0][:4], ["run", "figure", "order", "value"])
        self.assertEqual({row[0] for row in rows[1:]}, {"slub", "slab"})
        with Result(FOLDER / "slub.h5") as result:
            index = result.series("fragmentation")["unusable_free_index"][-1, 1]
        self.assertEqual([float(row[3]) for row in rows
                          if row[:2] == ["slub", "unusable_free_index_end"]],
                         [round(float(value), 3) for value in index])
        self.assertTrue((FOLDER / "c.pdf").exists())

    def test_another_style(self):
        style = FOLDER / "big.mplstyle"
        style.write_text("savefig.dpi: 10\n")
        done = run_plot("free-blocks", "slub.h5", "-o", "small.png", "--style", style)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((FOLDER / "small.png").read_bytes()[16:20], (33).to_bytes(4, "big"))

    def test_messages(self):
        for arguments, message in (
            (["free-blocks", "missing.h5", "-o", "x.png"],
             "slabyard plot: missing.h5: no such file\n"),
            (["free-blocks", "big.txt", "-o", "x.png"],
             "slabyard plot: big.txt: not a readable HDF5 file\n"),
            (["heap-map", "slub.h5", "-o", "x.png"],
             "slabyard plot: heap-map: these results have nothing for it\n"),
        ):
            (FOLDER / "big.txt").write_text("text")
            done = run_plot(*arguments)
            self.assertEqual((done.returncode, done.stderr), (2, message))
        done = run_plot("free-blocks", "slub.h5", "-o", "x.gif")
        self.assertEqual(done.returncode, 2)
        self.assertIn("x.gif: the name must end in .pdf, .png or .csv", done.stderr)
        self.assertFalse((FOLDER / "x.png").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
