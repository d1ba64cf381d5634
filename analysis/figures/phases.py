# SPDX-License-Identifier: GPL-3.0-or-later
"""What each phase of a program cost, and what was resident at its end: runs side by side.

A phase lasts from one mark of the trace to the next. From /snapshots/processes, over all processes.
"""
import numpy as np
from matplotlib.patches import Patch

import drawing

HELP = "system calls and faults of each phase between marks, and RSS at its end, of several runs"

RUNS_MAX = 56  # as many as colours and hatches tell apart
COLOURS = ["#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#0072B2", "0.6"]
LABEL_BAR_POINTS = 7  # bars narrower than this have no numbers: they would be a wall of digits


def at_marks(result):
    """Numbers of the marks, and by column its value at the start and each of them."""
    taken = result.table("/snapshots/taken")
    rows = result.structured("/snapshots/processes")
    if not taken or not len(rows):
        return [], {}
    chosen = [i for i, mark in enumerate(taken["mark"]) if mark >= 0]
    numbers = [int(taken["snapshot"][i]) for i in chosen]
    values = {}
    for column in ("system_calls", "minor_faults", "vm_rss_bytes"):
        sums = [int(rows[column][rows["snapshot"] == n].sum()) for n in [0, *numbers]]
        values[column] = np.array(sums)
    return [int(taken["mark"][i]) for i in chosen], values


def first_busy(found):
    """The first phase in which anything happened: a mark at the very start ends one of nothing."""
    return min(int(np.argmax(values["system_calls"][1:] + values["vm_rss_bytes"][1:] > 0))
               for _, _, values in found)


def first_past_horizon(found, marks):
    """The first phase in which a run comes to its horizon; their number when none does."""
    first = len(marks)
    for result, numbers, _ in found:
        taken = result.table("/snapshots/taken")
        times = [int(t) for t, mark in zip(taken["time_ns"], taken["mark"]) if mark >= 0]
        if result.horizon_time_ns is not None:
            first = min(first, int(np.searchsorted(times, result.horizon_time_ns)))
    return first


def short(value):
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def draw_panel(axes, title, marks, rows):
    """A group of bars for each phase, in it one for each run."""
    width = 0.84 / len(rows)
    bar_points = 72 * 0.85 * axes.figure.get_figwidth() * width / len(marks)
    for i, values in enumerate(rows):
        left = np.arange(len(marks)) - 0.42 + i * width
        axes.bar(left, values, width=width, align="edge", **drawing.bar_style(COLOURS, i))
        if bar_points < LABEL_BAR_POINTS:
            continue
        for x, value in zip(left, values):
            axes.annotate(short(value), (x + width / 2, value), (0, 1.5),
                          textcoords="offset points", ha="center", va="bottom", rotation=90,
                          fontsize=5)
    axes.set_ylim(0, max(max(map(max, rows)), 1) * 1.35)
    axes.set_title(title, loc="left", fontsize=6.5)
    axes.set_xticks(range(len(marks)))
    axes.set_xlim(-0.5, len(marks) - 0.5)
    axes.grid(visible=False, axis="x")


def draw(results, options):
    figure, panels = drawing.new_figure(options, 3, row_height=1.25)
    found = [(result, *at_marks(result)) for result in results]
    found = [f for f in found if f[1]]
    if not found:
        for axes in panels[:, 0]:
            drawing.say_nothing_to_show(axes, "no marks, or no processes, in these runs")
        return figure
    marks = max((f[1] for f in found), key=len)
    first, past = first_busy(found), first_past_horizon(found, marks)
    for axes, column, title in zip(panels[:, 0], ("system_calls", "minor_faults", "vm_rss_bytes"),
                                   ("system calls", "minor faults", "RSS at the end [MiB]")):
        rows = []
        for result, _, values in found:
            known = values[column][1:] / drawing.MIB if column == "vm_rss_bytes" \
                else np.diff(values[column])
            rows.append(np.pad(known, (0, len(marks) - len(known)))[first:])
            options.numbers.add(run=result.label, figure=title, to_mark=marks[first:],
                                value=rows[-1])
        draw_panel(axes, title, marks[first:], rows)
        drawing.shade_past(axes, max(past - first, 0) - 0.5, axes.get_xlim()[1])
    panels[0, 0].set_xticklabels([])
    panels[1, 0].set_xticklabels([])
    panels[2, 0].set_xticklabels([f"to mark {mark}" for mark in marks[first:]])
    drawing.tilt_overlapping(figure, [panels[2, 0]])
    patches = [Patch(**drawing.bar_style(COLOURS, i)) for i in range(len(found))]
    labels = [f[0].label for f in found]
    drawing.key_below(figure, patches, labels, 3 if options.width == "column" else 6)
    return figure
