# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs side by side: key figures as bars, and how they came about over time."""
import math

from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

import numpy as np

import drawing
from slabyard_results import zone_number

RUNS_MIN = 2
NAME_MAX = 14  # characters that fit beside the bars
HELP = "key figures of several runs as bars, and their course over time"

HUGE_ORDER = 9
BARS_IN_A_ROW = {"column": 3, "page": 6}
LINES_IN_A_ROW = {"column": 1, "page": 2}
BARS_INCH, LINES_INCH = 1.05, 1.35


def held_mib(result, _options):
    series = result.series("fragmentation")
    return None if series is None else series["held_bytes"] / drawing.MIB


def huge_blocks(result, options):
    """Free blocks of 2 MiB, those inside larger ones counted."""
    if result.series("buddy") is None:
        return None
    blocks = result.free_blocks_by_order(options.zone)[:, HUGE_ORDER:]
    return blocks @ (1 << np.arange(blocks.shape[1]))


def unusable_index(result, options):
    series = result.series("fragmentation")
    if series is None:
        return None
    index = series["unusable_free_index"]
    order = min(HUGE_ORDER, index.shape[2] - 1)
    return index[:, zone_number(result, series, options.zone or result.largest_zone()), order]


def cost_ns(result, _options):
    series = result.series("work")
    return None if series is None else series["cost_ps"] / 1000


def failed_operations(result):
    failed = result.table("/summary/operations").get("failed")
    return None if failed is None else int(np.sum(failed))


def last(values):
    return None if values is None else values[-1]


def peak(values):
    return None if values is None else values.max()


def three_digits(value):
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


# A panel of bars: its title and the figure of a run.
BARS = {
    "held": ("slab memory held\nat its peak [MiB]", lambda r, o: peak(held_mib(r, o))),
    "huge": ("free 2 MiB blocks\nat the end", lambda r, o: last(huge_blocks(r, o))),
    "index": ("unusable index,\n2 MiB, at the end", lambda r, o: last(unusable_index(r, o))),
    "failed": ("failed\noperations", lambda r, o: failed_operations(r)),
    "cost": ("modelled cost [ns]", lambda r, o: last(cost_ns(r, o))),
}

# A panel of lines: its y label, the values over time.
LINES = {
    "held over time": ("slab held [MiB]", held_mib),
    "index over time": ("unusable index, 2 MiB", unusable_index),
}


COLOURS = [f"C{i}" for i in range(7)]  # the style's, as the lines have them


def in_time_unit(title, values):
    factor, unit = drawing.time_unit(max((v for v in values if v is not None), default=0))
    scaled = [None if v is None else v / factor for v in values]
    return f"{title.removesuffix(' [ns]')}\n[{unit}]", scaled


def draw_bars(axes, title, values):
    """A bar a run; a run that does not know the figure has none. Returns the bars' labels."""
    labels = []
    for i, value in enumerate(values):
        if value is None:
            axes.annotate("–", (i, 0), (0, 1), textcoords="offset points", ha="center")
            continue
        axes.bar(i, value, width=0.75, **drawing.bar_style(COLOURS, i))
        labels.append(axes.annotate(three_digits(value), (i, value), (0, 1.5), ha="center",
                                    textcoords="offset points", fontsize=5.5))
    axes.set_title(title, fontsize=6)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlim(-0.7, len(values) - 0.3)
    top = max((v for v in values if v), default=1)
    axes.set_ylim(0, top * 1.2)
    return labels


def draw_lines(axes, label, results, options, values_of):
    time = drawing.TimeAxis(results, "fragmentation")
    end = 0
    for i, result in enumerate(results):
        values = values_of(result, options)
        if values is None:
            continue
        series = result.series("fragmentation")
        times = time.of(series)
        axes.plot(times, time.values(series, values), color=f"C{i}")
        options.numbers.add_series(result, series, figure=label, value=values)
        end = max(end, times[-1])
    axes.set_xlim(0, end or 1)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.05 or 1)
    axes.set_ylabel(label)
    time.label(axes)
    time.shade_first_horizon(axes, results)


def draw_key(figure, axes, results):
    """A run's bar and its line together, so that one key serves all panels. Long names go below."""
    keys = [(Patch(**drawing.bar_style(COLOURS, i)),
             Line2D([], [], color=f"C{i}", linestyle=drawing.line_style(i)))
            for i in range(len(results))]
    labels = [result.label for result in results]
    handlers = {tuple: HandlerTuple(ndivide=None)}
    if axes:
        axes.set_axis_off()
        axes.legend(keys, labels, loc="center left", bbox_to_anchor=(-0.1, 0.5),
                    handler_map=handlers, handlelength=3.2)
    else:
        drawing.key_below(figure, keys, labels, 3, handler_map=handlers, handlelength=3.2)


def is_something(values):
    """Panels of nothing but zeros are left out."""
    return any(value is not None and np.any(value) for value in values)


def in_rows(panels, most, columns):
    """Names of panels, so many in a row, each as many columns wide as there are for it."""
    wide = columns // most
    rows = [panels[i:i + most] for i in range(0, len(panels), most)]
    return [[name for name in row for _ in range(wide)] + ["."] * (columns - len(row) * wide)
            for row in rows]


def panels_of(options, bars, lines):
    """The figure, and its panels by name."""
    most = [max(1, min(len(panels), in_a_row[options.width]))
            for panels, in_a_row in ((bars, BARS_IN_A_ROW), (lines, LINES_IN_A_ROW))]
    columns = math.lcm(*most)
    bars, lines = in_rows(bars, most[0], columns), in_rows(lines, most[1], columns)
    heights = [BARS_INCH] * len(bars) + [LINES_INCH] * len(lines)
    figure = drawing.pyplot.figure(
        figsize=(drawing.WIDTHS_INCH[options.width], sum(heights)), layout="constrained")
    return figure, figure.subplot_mosaic(bars + lines, gridspec_kw={"height_ratios": heights})


def draw(results, options):
    bars = {key: [value_of(result, options) for result in results]
            for key, (_, value_of) in BARS.items()}
    lines = [key for key, (_, values_of) in LINES.items()
             if is_something(values_of(result, options) for result in results)]
    shown = [key for key, values in bars.items() if is_something(values)]
    if not shown and not lines:
        figure, axes = drawing.new_figure(options, 1)
        drawing.say_nothing_to_show(axes[0][0], "all figures are 0 in these runs")
        return figure
    room = max(len(result.label) for result in results) <= NAME_MAX
    figure, axes = panels_of(options, shown + ["key"] * (room and bool(shown)), lines)
    labels = {}
    for key, (title, _) in BARS.items():
        values = bars[key]
        options.numbers.add(run=[r.label for r in results], figure=" ".join(title.split()),
                            value=["" if v is None else v for v in values])
        if key == "cost":
            title, values = in_time_unit(title, values)
        if key in shown:
            labels[axes[key]] = draw_bars(axes[key], title, values)
    for key in lines:
        draw_lines(axes[key], LINES[key][0], results, options, LINES[key][1])
    draw_key(figure, axes.get("key"), results)
    drawing.stand_labels_up(figure, labels)
    return figure
