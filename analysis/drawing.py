# SPDX-License-Identifier: GPL-3.0-or-later
"""What all figures have in common: widths, the time axis, the horizon, files with fixed bytes."""
import csv
import io
import os
import textwrap
from contextlib import suppress
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402 (the backend is chosen first)

WIDTHS_INCH = {"column": 3.33, "page": 7.0}
PAGE_BYTES = 4096
MIB = 1 << 20

TIME_UNITS = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")]
HATCHES = ["", "////", "....", "xxxx", "\\\\\\\\", "++++", "oooo"]


def line_style(i):
    """That of the i-th line of a panel."""
    styles = matplotlib.rcParams["axes.prop_cycle"].by_key().get("linestyle", ["-"])
    return styles[i % len(styles)]


def time_unit(ns):
    """Nanoseconds in the largest unit that leaves a whole part, and its name."""
    return next(((f, u) for f, u in TIME_UNITS if ns >= f), TIME_UNITS[-1])


def in_unit(name, values):
    """Values in a unit that suits them, by what the figure's name says, and the axis's name."""
    top = max(map(abs, values), default=0)
    if name.endswith(("_bytes", ".memory")) or "_bytes_" in name:
        sizes = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "bytes"))
        factor, unit = next((size for size in sizes if top >= size[0]), sizes[-1])
    elif name.endswith("_ns") or "_ns_" in name:
        factor, unit = time_unit(top)
    else:
        return list(values), name
    return [value / factor for value in values], f"{name} [{unit}]"


def short(setting):
    """"slab.policy=slub machine.memory=64MiB" without the sections."""
    return " ".join(word.split("=", 1)[0].rsplit(".", 1)[-1] + "=" + word.split("=", 1)[1]
                    if "=" in word else word for word in setting.split())


class Numbers:
    """The numbers behind a figure, as rows of named values."""

    def __init__(self):
        self.columns, self.rows = [], []

    def add(self, **values):
        """Rows of arrays of one length; what is no array is the same in all of them."""
        arrays = {name: np.atleast_1d(np.asarray(value)) for name, value in values.items()}
        count = max(len(array) for array in arrays.values())
        self.columns += [name for name in values if name not in self.columns]
        for i in range(count):
            self.rows.append({name: array[i if len(array) > 1 else 0]
                              for name, array in arrays.items()})

    def add_series(self, result, series, **values):
        """Columns over a series' time."""
        self.add(run=result.label, time_ns=series.time_ns, record=series.record, **values)

    def as_csv(self):
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: as_text(value) for name, value in row.items()}
                         for row in self.rows)
        return text.getvalue().encode("utf-8")


def as_text(value):
    """Rounded, so that a last digit of arithmetic does not differ between machines."""
    return f"{value:.10g}" if isinstance(value, (float, np.floating)) else str(value)


class TimeAxis:
    """Simulated time since the run's first sample, in the unit that suits the longest run."""

    def __init__(self, results, series_name):
        self.series_name = series_name
        spans = [s.time_ns[-1] - s.time_ns[0] for s in
                 (r.series(series_name) for r in results) if s is not None]
        span = max(spans, default=0)
        self.scale, self.unit = time_unit(span)

    def label(self, axes):
        axes.set_xlabel(f"simulated time [{self.unit}]")

    def of(self, series):
        """Times of the samples. A lone sample becomes two, so that there is something to see."""
        times = (series.time_ns - series.time_ns[0]) / self.scale
        return times if len(times) > 1 else np.array([0.0, 1.0])

    def values(self, series, column):
        """The column's rows to go with of()."""
        values = column if isinstance(column, np.ndarray) else series[column]
        return values if len(values) > 1 else np.repeat(values, 2, axis=0)

    def shade_horizon(self, axes, result, series):
        """Greys what lies past the horizon; call it when the x limits are set."""
        self.shade_horizon_from(axes, result, int(series.time_ns[0]))

    def shade_first_horizon(self, axes, results):
        """Likewise for runs together: past the earliest horizon they are no longer comparable."""
        known = [(r, r.series(self.series_name)) for r in results if r.horizon_time_ns is not None]
        known = [(r, s) for r, s in known if s is not None]
        if known:
            self.shade_horizon(axes, *min(known, key=horizon_since_begin))

    def shade_horizon_from(self, axes, result, first_ns):
        """Likewise, for a figure of no series: first_ns is the time at its left."""
        if result.horizon_time_ns is None:
            return
        start = (result.horizon_time_ns - first_ns) / self.scale
        left, right = axes.get_xlim()
        shade_past(axes, max(start, left), right)


def horizon_since_begin(result_and_series):
    result, series = result_and_series
    return result.horizon_time_ns - int(series.time_ns[0])


def shade_past(axes, start, right):
    """Greys what lies right of start, where it is past the horizon."""
    if start < right:
        axes.axvspan(start, right, facecolor="0.5", alpha=0.25, hatch="////", edgecolor="0.35",
                     linewidth=0, zorder=3)
        axes.axvline(start, color="0.25", linewidth=0.6, linestyle="-", zorder=3.1)
        axes.annotate("past the horizon", (start, 1), (2, -2), xycoords=("data", "axes fraction"),
                      textcoords="offset points", rotation=90, va="top", fontsize=5.5,
                      bbox={"boxstyle": "square,pad=0.15", "facecolor": "white",
                            "edgecolor": "none", "alpha": 0.8}, zorder=4)


def new_figure(options, rows, columns=1, row_height=1.5, **arguments):
    width = WIDTHS_INCH[options.width]
    return pyplot.subplots(rows, columns, figsize=(width, row_height * rows), squeeze=False,
                           layout="constrained", **arguments)


def panels_with_detail(results, options):
    """
    A panel a run and one with its details. One run: below. Several: a row each, beside where there
    is room. Returns the figure, the panels, those of details.
    """
    if len(results) == 1 and options.width == "column":
        figure, axes = new_figure(options, 2, row_height=1.8)
        return figure, [axes[0][0]], [axes[1][0]]
    columns = 2 if options.width == "page" else 1
    figure, axes = new_figure(options, len(results), columns,
                              row_height=2.2 if len(results) == 1 else 1.6)
    return figure, [row[0] for row in axes], [row[1] for row in axes[:, :columns] if columns > 1]


def key_at_right(figure, handles, labels, title):
    """A key for all panels, in a strip that the panels leave free."""
    strip = 0.5 / figure.get_figwidth()
    figure.get_layout_engine().set(rect=(0, 0, 1 - strip, 1))
    figure.legend(handles, labels, title=title, handlelength=1.8, labelspacing=0.15,
                  handletextpad=0.4, borderpad=0.1, loc="upper right", bbox_to_anchor=(1, 1))


def key_of(figure, handles, labels, columns, arguments):
    """The key, its width and height in inches."""
    key = figure.legend(handles, labels, ncol=columns, labelspacing=0.2, columnspacing=1.0,
                        borderpad=0.1, loc="lower center", **arguments)
    box = key.get_window_extent(figure.canvas.get_renderer())
    return key, box.width / figure.dpi, box.height / figure.dpi


def fitting_key(figure, handles, labels, columns, arguments):
    """Of as many columns as fit; labels that do not fit even in one are wrapped. Its height."""
    room = figure.get_figwidth() - 0.04
    for count in range(max(1, min(columns, len(labels))), 0, -1):
        key, width, height = key_of(figure, handles, labels, count, arguments)
        if width <= room:
            return height
        key.remove()
    longest = max(map(len, labels))
    for characters in range(int(longest * room / width), 4, -2):
        wrapped = [textwrap.fill(label, characters) for label in labels]
        key, width, height = key_of(figure, handles, wrapped, 1, arguments)
        if width <= room:
            break
        key.remove()
    return height


def grow_below(figure, inches):
    """More room at the figure's foot, which the panels leave free and do not pay for."""
    left, bottom, width, _ = figure.get_layout_engine().get()["rect"] or (0, 0, 1, 1)
    foot = bottom * figure.get_figheight() + inches
    figure.set_figheight(figure.get_figheight() + inches)
    foot /= figure.get_figheight()
    figure.get_layout_engine().set(rect=(left, foot, width, 1 - foot))


def key_below(figure, handles, labels, columns, **arguments):
    """A key for all panels, in a strip below them, of up to so many columns."""
    arguments.setdefault("handlelength", 1.2)
    labels = [str(label) for label in labels]
    if labels:
        grow_below(figure, fitting_key(figure, handles, labels, columns, arguments) + 0.05)


def note_below(figure, text):
    """Small print at the figure's foot, below its key."""
    size = 5.5
    characters = int(figure.get_figwidth() * 72 / (0.55 * size))
    lines = [line for part in text.splitlines() for line in textwrap.wrap(part, characters)]
    inches = 1.3 * size / 72 * len(lines)
    grow_below(figure, inches)
    for key in figure.legends:
        key.set_bbox_to_anchor((0.5, inches / figure.get_figheight()),
                               transform=figure.transFigure)
    figure.text(0.01, 0.005, "\n".join(lines), fontsize=size, va="bottom", color="0.25")


def bar_style(colours, i):
    """Of the i-th bar: all colours without a hatch, then all of them with the next one."""
    return {"facecolor": colours[i % len(colours)], "edgecolor": "black", "linewidth": 0.4,
            "hatch": HATCHES[i // len(colours) % len(HATCHES)]}


def tilt_overlapping(figure, panels):
    """Names below panels are tilted in all of them where they overprint each other in one."""
    figure.draw_without_rendering()
    if any(overlap(axes.get_xticklabels()) for axes in panels):
        for axes in panels:
            axes.tick_params(axis="x", rotation=30)
            for label in axes.get_xticklabels():
                label.set(horizontalalignment="right", rotation_mode="anchor")


def leave_out_overlapping(figure, texts):
    """Of texts that would overprint each other the first stays. Call it when all is drawn."""
    figure.draw_without_rendering()
    kept = []
    for text in texts:
        box = text.get_window_extent().padded(1)
        if any(box.overlaps(other) for other in kept):
            text.set_visible(False)
        else:
            kept.append(box)


def overlap(texts):
    """Whether any of these, of a figure that is laid out, overprints another."""
    boxes = [text.get_window_extent().padded(1) for text in texts]
    return any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def stand_labels_up(figure, labels_by_axes):
    """Labels above bars, of panels where they overprint each other, run upwards, below the top."""
    figure.draw_without_rendering()
    for axes, labels in labels_by_axes.items():
        if not overlap(labels):
            continue
        for label in labels:
            label.set(rotation=90, verticalalignment="bottom")
        longest = max(label.get_window_extent().height for label in labels)
        room = 1 - (longest + 10) / axes.get_window_extent().height
        tallest = max(label.xy[1] for label in labels)
        axes.set_ylim(0, (tallest or 1) / max(room, 0.3))


def say_nothing_to_show(axes, text):
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="0.35")


def share_limits(panels):
    """Runs are compared at one scale."""
    drawn = [axes for axes in panels if axes.axison]
    right = max((axes.get_xlim()[1] for axes in drawn), default=1)
    top = max((axes.get_ylim()[1] for axes in drawn), default=1)
    for axes in drawn:
        axes.set_xlim(right=right)
        axes.set_ylim(top=top)


def wrapped(axes, title):
    """A title in as many lines as it takes above a panel of the figure's columns."""
    inches = axes.figure.get_figwidth() / axes.get_subplotspec().get_gridspec().ncols
    characters = int(0.68 * inches * 72 / (0.62 * matplotlib.rcParams["font.size"]))
    return "\n".join(textwrap.wrap(title, characters))


def name_run(axes, results, result, **arguments):
    """A panel says whose it is when there are several."""
    if len(results) > 1:
        axes.set_title(wrapped(axes, result.label), loc="left", fontweight="bold", **arguments)


class WriteError(Exception):
    """A figure cannot be written; the text says which file and why."""


def rendered(figure, ending):
    """The same figure gives the same bytes: no dates, no names of library versions."""
    metadata = {"Software": None}
    if ending == ".pdf":
        metadata = {"Creator": "Slabyard", "Producer": None, "CreationDate": None}
    content = io.BytesIO()
    figure.savefig(content, format=ending[1:], metadata=metadata)
    return content.getvalue()


def write_whole(path, content):
    """Under its name stands all of it, or what stood there before."""
    temporary = f"{path}.tmp.{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            Path(temporary).unlink()
        raise WriteError(f"{path}: cannot write: {error.strerror}") from error


def save(figure, paths, numbers):
    for path in paths:
        ending = Path(path).suffix
        write_whole(path, numbers.as_csv() if ending == ".csv" else rendered(figure, ending))
    pyplot.close(figure)
