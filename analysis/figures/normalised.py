# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures as parts of the baseline's: a group of bars a recording, and their geometric mean.

The numbers are slabyard compare's. The geometric mean has its interval from three recordings on.
"""
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

import drawing

HELP = "each figure by the baseline's, a bar a setting, by recording and as geometric mean"

# Okabe and Ito's without black, on which neither hatches nor intervals are seen.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#F0E442", "#56B4E9", "#D55E00", "#CC79A7"]
MEAN = "geometric\nmean"
ARROW = {"marker": "^", "markersize": 3.5, "color": "black", "markeredgewidth": 0,
         "linestyle": "none", "zorder": 5}


def arguments_of(options):
    arguments = []
    if options.baseline:
        arguments += ["--baseline", options.baseline]
    if options.report:
        arguments += ["--report", options.report]
    return arguments


def rows_of(options):
    """Rows of single recordings, and of all together, that are parts of the baseline's value."""
    each = options.compare("--by-trace", *arguments_of(options))
    together = options.compare(*arguments_of(options))
    return ([row for row in each if row["relative"]], [row for row in together if row["relative"]])


def unique(values):
    return list(dict.fromkeys(values))


def place(row, traces):
    return traces.index(row["recording"]) if row["recording"] else len(traces)


def style_of(i):
    return {"facecolor": COLOURS[i % len(COLOURS)], "edgecolor": "black", "linewidth": 0.4,
            "hatch": drawing.HATCHES[i % len(drawing.HATCHES)]}


def draw_bar(axes, x, width, i, row):
    value = 1 + row["change"]
    axes.bar(x, value, width=width * 0.92, **style_of(i))
    if row["low"] is not None:
        axes.errorbar(x, value, yerr=[[value - 1 - row["low"]], [row["high"] + 1 - value]],
                      color="black", elinewidth=0.7, capsize=1.5, fmt="none", zorder=4)
        axes.errorbar(x, value, yerr=[[value - 1 - row["low"]], [row["high"] + 1 - value]],
                      color="white", elinewidth=1.7, fmt="none", zorder=3.9)


def limit(axes, rows):
    """Intervals of three recordings can reach far beyond all bars: those are cut, not the bars."""
    highest = max(1 + row["change"] for row in rows)
    reach = max(1 + max(row["high"] or 0, row["change"]) for row in rows)
    axes.set_ylim(0, max(1.0, min(reach, 1.8 * max(highest, 1))) * 1.05)


def mark_cut(axes, x):
    """An interval that goes on beyond the axis has an arrow there."""
    axes.plot(x, axes.get_ylim()[1], clip_on=False, **ARROW)


def draw_figure(axes, figure, settings, traces, rows, options):
    """A panel of one figure; returns how many of its intervals go on beyond the axis."""
    width = 0.8 / len(settings)
    limit(axes, rows)
    cut = 0
    for row in rows:
        i = settings.index(row["setting"])
        x = place(row, traces) + (i - (len(settings) - 1) / 2) * width
        draw_bar(axes, x, width, i, row)
        if row["high"] is not None and 1 + row["high"] > axes.get_ylim()[1]:
            mark_cut(axes, x)
            cut += 1
        options.numbers.add(
            figure=figure, setting=row["setting"], baseline=row["baseline"],
            recording=row["recording"] or "geometric mean", normalised=1 + row["change"],
            low="" if row["low"] is None else 1 + row["low"],
            high="" if row["high"] is None else 1 + row["high"])
    axes.axhline(1, color="black", linewidth=0.6, zorder=3)
    axes.axvline(len(traces) - 0.5, color="0.6", linewidth=0.5)
    axes.set_title(f"{figure}, by the baseline's", loc="left")
    axes.set_xlim(-0.6, len(traces) + 0.6)
    names = [*traces, MEAN]
    crowded = len(names) > (4 if options.width == "column" else 8)
    axes.set_xticks(np.arange(len(names)), names, rotation=30 if crowded else 0,
                    ha="right" if crowded else "center")
    axes.tick_params(axis="x", length=0)
    return cut


def draw(_, options):
    each, together = rows_of(options)
    figures = unique(row["figure"] for row in together)
    if not figures:
        figure, axes = drawing.new_figure(options, 1)
        drawing.say_nothing_to_show(axes[0][0], "no figure that is above 0 everywhere")
        return figure
    settings = unique(row["setting"] for row in together)
    traces = unique(row["recording"] for row in each)
    columns = 2 if options.width == "page" and len(figures) > 1 else 1
    rows = -(-len(figures) // columns)
    figure, grid = drawing.new_figure(options, rows, columns, row_height=1.5)
    panels = [axes for row in grid for axes in row]
    cut = 0
    for axes, name in zip(panels, figures):
        cut += draw_figure(axes, name, settings, traces,
                           [row for row in each + together if row["figure"] == name], options)
    for axes in panels[len(figures):]:
        axes.set_axis_off()
    keys = [Patch(**style_of(i)) for i in range(len(settings))]
    if cut:
        keys.append(Line2D([], [], **ARROW))
        settings = [*settings, "the interval goes on"]
    drawing.key_below(figure, keys, settings, 1 if options.width == "column" else 2)
    return figure
