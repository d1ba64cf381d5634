# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of sweeps with many runs and long names: everything can be read and told apart."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

from sweep_fixture import PROGRAM, SOURCE, short_trace, slabyard

sys.path.insert(0, str(SOURCE / "analysis"))
try:
    import matplotlib  # noqa: F401
    import drawing
    import plot
    from figures import latency, normalised
    from matplotlib.text import Text
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

WIDTHS = ("column", "page")


def ticks_out_of_view(figure):
    """Labels of ticks that are not drawn, and the axes' texts where the axes are switched off."""
    for axes in figure.axes:
        if not axes.axison:
            yield from axes.xaxis.findobj(Text)
            yield from axes.yaxis.findobj(Text)
            continue
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.majorTicks, *axis.minorTicks):
                if not low <= tick.get_loc() <= high or not tick.label1.get_visible():
                    yield tick.label1
                yield tick.label2


def texts_of(figure):
    hidden = set(ticks_out_of_view(figure))
    return [text for text in figure.findobj(Text)
            if text.get_text().strip() and text.get_visible() and text not in hidden]


class Layout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="slabyard-layout-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.drawn = {}  # by width
        cls.enterClassContext(mock.patch.dict("os.environ", SLABYARD=str(PROGRAM)))
        for name in ("realtime-phase", "neighbours"):
            slabyard("sweep", name, "-o", cls.folder / name)

    def figures(self, *arguments, width="column"):
        """What slabyard plot draws, by name, before it is written."""
        drawn = {}

        def save(figure, paths, numbers):
            drawn[pathlib.Path(paths[0]).stem] = figure, numbers
            drawing.pyplot.close(figure)  # it can be drawn and asked all the same

        command = ["plot", *map(str, arguments), "--width", width, "-o", f"{self.folder}/out/"]
        with (mock.patch.object(drawing, "save", save), mock.patch.object(sys, "argv", command),
              contextlib.redirect_stdout(io.StringIO())):
            plot.main()
        return drawn

    def all_of_realtime_phase(self, width):
        """Drawn once for all tests: it is what takes their time."""
        if width not in self.drawn:
            self.drawn[width] = self.figures(self.folder / "realtime-phase", width=width)
        return self.drawn[width]

    def check_readable(self, name, figure):
        figure.draw_without_rendering()
        texts = texts_of(figure)
        self.assertGreater(len(texts), 3, name)
        width, height = figure.bbox.size
        boxes = []
        for label in texts:
            box, text = label.get_window_extent(), label.get_text()
            self.assertTrue(box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1
                            and box.y1 <= height + 1, f"{name}: '{text}' leaves the canvas")
            if label.get_rotation() % 90:  # boxes of tilted names overlap where the names do not
                continue
            for other, beside in boxes:
                apart = (box.x1 - 1 <= beside.x0 or beside.x1 - 1 <= box.x0
                         or box.y1 - 1 <= beside.y0 or beside.y1 - 1 <= box.y0)
                self.assertTrue(apart, f"{name}: '{text}' overprints '{other}'")
            boxes.append((text, box))

    def test_all_figures_of_long_names(self):
        for width in WIDTHS:
            drawn = self.all_of_realtime_phase(width)
            self.assertTrue({"latency", "phases", "comparison", "normalised", "rss-live"}
                            <= drawn.keys(), drawn.keys())
            for name, (figure, _) in drawn.items():
                self.check_readable(f"{name}, {width}", figure)

    def test_many_settings(self):
        for width in WIDTHS:
            figure, numbers = self.figures("normalised", self.folder / "neighbours",
                                           width=width)["normalised"]
            self.check_readable(f"normalised, {width}", figure)
            self.assertIn("processes_killed", figure.texts[-1].get_text())
            self.assertIn("past the horizon", {row["verdict"] for row in numbers.rows})

    def test_bars_are_told_apart(self):
        styles = [drawing.bar_style(normalised.COLOURS, i) for i in range(49)]
        self.assertEqual(len({(style["facecolor"], style["hatch"]) for style in styles}), 49)
        with drawing.pyplot.style.context(str(SOURCE / "analysis" / "slabyard.mplstyle")):
            colours = drawing.matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]
            lines = {(colours[i % len(colours)], str(drawing.line_style(i))) for i in range(14)}
        self.assertEqual(len(lines), 14)

    def test_more_settings_than_bars(self):
        """A line each; and when there are too many for that, one message."""
        rows = [{"figure": "cost_ns", "setting": f"slab.policy=p{i}", "baseline": "x",
                 "recording": trace, "relative": True, "change": i / 20 - 0.3,
                 "low": None if trace else i / 20 - 0.4, "high": None if trace else i / 20,
                 "verdict": "better"} for i in range(200) for trace in ("a", "b", "")]

        def compare(_, *more):
            return [row for row in self.chosen if bool(row["recording"]) == ("--by-trace" in more)]

        with mock.patch.object(plot, "compare", compare):
            for count in (12, 13, 60):
                self.chosen = rows[:3 * count]
                for width in WIDTHS:
                    figure, _ = self.figures("normalised", self.folder, width=width)["normalised"]
                    self.check_readable(f"{count} settings, {width}", figure)
            self.chosen = rows
            with (self.assertRaises(SystemExit),
                  contextlib.redirect_stderr(io.StringIO()) as said):
                self.figures("normalised", self.folder)
        self.assertIn("200 settings are too many for one figure", said.getvalue())
        self.assertEqual(said.getvalue().count("\n"), 1)

    def test_quantiles_are_on_their_line(self):
        figure, numbers = self.all_of_realtime_phase("column")["latency"]
        (axes,) = figure.axes
        marks = [line for line in axes.lines if len(line.get_xdata()) == 1]
        quantiles = [row for row in numbers.rows if row.get("quantile")]
        self.assertEqual(len(marks), len(quantiles))
        wanted = {name: 1 - p for p, name, _ in latency.QUANTILES}
        for mark, row in zip(marks, quantiles, strict=True):
            self.assertAlmostEqual(float(mark.get_ydata()[0]), wanted[row["quantile"]])
            self.assertEqual(float(mark.get_xdata()[0]), row["latency_ns"])

    def test_what_says_nothing_is_left_out(self):
        drawn = self.all_of_realtime_phase("column")
        self.assertNotIn("page-policies", drawn)
        titles = " ".join(axes.get_title() for axes in drawn["comparison"][0].axes)
        self.assertIn("modelled cost", titles)
        self.assertNotIn("slab memory held", titles)
        self.assertNotIn("failed", titles)
        (self.folder / "short.txt").write_text(short_trace(50))
        paths = []
        for policy in ("buddy", "bitmap-firstfit"):
            paths.append(self.folder / f"{policy}.h5")
            slabyard("run", "--trace", self.folder / "short.txt", "-c", "pc-256mib", "--set",
                     f"page.policy={policy}", "-o", paths[-1])
        figure, _ = self.figures(*paths)["page-policies"]
        self.check_readable("page-policies", figure)
        self.assertIn("Objects replayed", figure.texts[-1].get_text())


if __name__ == "__main__":
    unittest.main()
