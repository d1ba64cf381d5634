# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures as parts of the baseline's: a group of bars a recording, and their geometric mean.

The numbers are slabyard compare's. The geometric mean has its interval from three recordings on. Of
more settings than bars can show each has a line of its own, with a mark for each recording.
"""
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

import drawing
from slabyard_results import ResultError

HELP = "each figure by the baseline's, a bar a setting, by recording and as geometric mean"

# Okabe and Ito's without black, on which neither hatches nor intervals are seen.
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#F0E442", "#56B4E9", "#D55E00", "#CC79A7"]
BARS_MAX, SETTINGS_MAX = 12, 60
PAST = "past the horizon"  # the verdict; its bars are pale
MARKERS = "osD^vP*X"
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
    """
    Rows of single recordings, and of all together, that are parts of the baseline's value; and
    names of the figures that have other rows, which are left out.
    """
    each = options.compare("--by-trace", *arguments_of(options))
    together = options.compare(*arguments_of(options))
    figures = unique(row["figure"] for row in together if row["relative"])
    return ([row for row in each if row["relative"]], [row for row in together if row["relative"]],
            [name for name in unique(row["figure"] for row in together) if name not in figures])


def unique(values):
    return list(dict.fromkeys(values))


def place(row, traces):
    return traces.index(row["recording"]) if row["recording"] else len(traces)


def draw_bar(axes, x, width, i, row):
    value = 1 + row["change"]
    axes.bar(x, value, width=width * 0.92, alpha=0.35 if row["verdict"] == PAST else 1,
             **drawing.bar_style(COLOURS, i))
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


def add_numbers(options, figure, row):
    options.numbers.add(
        figure=figure, setting=row["setting"], baseline=row["baseline"],
        recording=row["recording"] or "geometric mean", normalised=1 + row["change"],
        low="" if row["low"] is None else 1 + row["low"],
        high="" if row["high"] is None else 1 + row["high"], verdict=row["verdict"])


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
        add_numbers(options, figure, row)
    axes.axhline(1, color="black", linewidth=0.6, zorder=3)
    axes.axvline(len(traces) - 0.5, color="0.6", linewidth=0.5)
    axes.set_title(f"{figure}, by the baseline's", loc="left")
    axes.set_xlim(-0.6, len(traces) + 0.6)
    names = [*traces, MEAN]
    axes.set_xticks(np.arange(len(names)), names)
    axes.tick_params(axis="x", length=0)
    return cut


def draw_dots(axes, figure, settings, traces, rows, options):
    """A line a setting, from above: recordings as open marks, their geometric mean filled."""
    for row in rows:
        y, x = settings.index(row["setting"]), 1 + row["change"]
        mean = not row["recording"]
        colour = "0.6" if row["verdict"] == PAST else COLOURS[0] if mean else "0.25"
        if mean and row["low"] is not None:
            axes.plot([1 + row["low"], 1 + row["high"]], [y, y], color=colour, linewidth=0.8,
                      linestyle="-")
        marker = "|" if mean else MARKERS[traces.index(row["recording"]) % len(MARKERS)]
        axes.plot(x, y, linestyle="none", marker=marker, markersize=6 if mean else 2.8,
                  color=colour, markerfacecolor=colour if mean else "white",
                  markeredgewidth=1.4 if mean else 0.6)
        add_numbers(options, figure, row)
    axes.axvline(1, color="black", linewidth=0.6, zorder=0.5)
    highest = max(1 + row["change"] for row in rows)
    axes.set_xlim(0, max(1.0, highest) * 1.1)
    axes.set_ylim(len(settings) - 0.5, -0.5)
    axes.set_yticks(range(len(settings)), [drawing.short(setting) for setting in settings],
                    fontsize=5.5)
    axes.tick_params(axis="y", length=0)
    axes.set_title(f"{figure},\nby the baseline's", loc="left")


def keys_of_dots(traces, is_past):
    keys = [Line2D([], [], color="0.25", linestyle="none", marker=MARKERS[i % len(MARKERS)],
                   markerfacecolor="white", markersize=2.8, markeredgewidth=0.6)
            for i in range(len(traces))]
    keys.append(Line2D([], [], color=COLOURS[0], marker="|", markersize=6, markeredgewidth=1.4,
                       linewidth=0.8, linestyle="-"))
    labels = [*traces, "geometric mean"]
    if is_past:
        keys.append(Line2D([], [], color="0.6", marker="|", linestyle="none"))
        labels.append(f"grey: {PAST}")
    return keys, labels


def keys_of_bars(settings, is_past, is_cut):
    keys = [Patch(**drawing.bar_style(COLOURS, i)) for i in range(len(settings))]
    labels = [drawing.short(setting) for setting in settings]
    if is_past:
        keys.append(Patch(facecolor=COLOURS[0], edgecolor="black", linewidth=0.4, alpha=0.35))
        labels.append(f"pale: {PAST}")
    if is_cut:
        keys.append(Line2D([], [], **ARROW))
        labels.append("the interval goes on")
    return keys, labels


def panels_for(options, figures, settings):
    columns = 2 if options.width == "page" and len(figures) > 1 else 1
    rows = -(-len(figures) // columns)
    height = 1.5 if len(settings) <= BARS_MAX else 0.7 + 0.1 * len(settings)
    figure, grid = drawing.new_figure(options, rows, columns, row_height=height)
    panels = [axes for row in grid for axes in row]
    for axes in panels[len(figures):]:
        axes.set_axis_off()
    return figure, panels[:len(figures)]


def draw_panels(figure, panels, figures, settings, rows, options):
    """A panel a figure, and the key."""
    traces = unique(row["recording"] for row in rows if row["recording"])
    as_bars = len(settings) <= BARS_MAX
    is_past, cut = any(row["verdict"] == PAST for row in rows), 0
    for axes, name in zip(panels, figures):
        of = [row for row in rows if row["figure"] == name]
        cut += (draw_figure if as_bars else draw_dots)(axes, name, settings, traces, of,
                                                       options) or 0
    if as_bars:
        drawing.tilt_overlapping(figure, panels)
    keys, labels = (keys_of_bars(settings, is_past, cut) if as_bars
                    else keys_of_dots(traces, is_past))
    drawing.key_below(figure, keys, labels, 2 if options.width == "column" else 4)


def draw(_, options):
    each, together, left_out = rows_of(options)
    figures = unique(row["figure"] for row in together)
    settings = unique(row["setting"] for row in together)
    if len(settings) > SETTINGS_MAX:
        raise ResultError(
            f"normalised: {len(settings)} settings are too many for one figure, it has room for "
            f"{SETTINGS_MAX}: draw results of some of them (RESULT.h5... --baseline PATH=VALUE), "
            "or read slabyard compare --format csv")
    figure, panels = panels_for(options, figures or [None], settings)
    if figures:
        draw_panels(figure, panels, figures, settings, each + together, options)
    else:
        drawing.say_nothing_to_show(panels[0], "no figure that is above 0 everywhere")
    if figures and left_out:
        drawing.note_below(figure, "Not drawn, as a recording is 0 under one of two settings and "
                           f"has no ratio: {', '.join(left_out)}.")
    return figure
