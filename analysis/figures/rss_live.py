# SPDX-License-Identifier: GPL-3.0-or-later
"""RSS against live bytes over time, of several runs: what each trim policy keeps and what it costs.

Above RSS of each run and the live bytes, which are the same for all; below, for each run, faults
and system calls, which are the price of giving memory back.
"""
import numpy as np

import drawing

HELP = "RSS against live bytes over time under each trim policy, with faults and system calls"

RUNS_MAX = 12
COLOURS = ["#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#0072B2"]
STYLES = ["-", (0, (4, 1)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1))]

NAME_BARS_MAX = 24  # characters; of longer names the colours tell whose bar it is


def of_all(series, column):
    return series[column].sum(axis=series.axis(column, "process")).astype(float)


def draw_memory(results, options, time, axes):
    """Curves of RSS, and the live bytes of the first run as an area."""
    drawn, end = False, 0
    for i, result in enumerate(results):
        series = result.series("process")
        if series is None:
            continue
        times = time.of(series)
        options.numbers.add_series(result, series, live_bytes=of_all(series, "live_bytes"),
                                   rss_bytes=of_all(series, "vm_rss_bytes"))
        if not drawn:
            live = time.values(series, of_all(series, "live_bytes")) / drawing.MIB
            axes.fill_between(times, 0, live, facecolor="0.85", edgecolor="0.5", linewidth=0.4,
                              step="post", label="live")
        rss = time.values(series, of_all(series, "vm_rss_bytes")) / drawing.MIB
        axes.plot(times, rss, color=COLOURS[i % len(COLOURS)], linestyle=STYLES[i % len(STYLES)],
                  linewidth=1.0, drawstyle="steps-post", label=result.label)
        end = max(end, times[-1])
        drawn = True
    if not drawn:
        drawing.say_nothing_to_show(axes, "no processes in these runs")
        return
    axes.set_xlim(0, end)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("RSS [MiB]")
    time.label(axes)
    time.shade_first_horizon(axes, results)


def draw_price(results, options, axes, column, title):
    values = [int(result.summary.get(column, 0)) for result in results]
    if options.numbers.rows:
        options.numbers.add(run=[result.label for result in results], **{column: values})
    rows = np.arange(len(results))[::-1]
    for i, (row, value) in enumerate(zip(rows, values)):
        axes.barh(row, value, height=0.7, **drawing.bar_style(COLOURS, i))
        axes.annotate(f"{value}", (value, row), (2, 0), textcoords="offset points", va="center",
                      fontsize=5.5)
    labels = [result.label for result in results]
    if max(map(len, labels)) > NAME_BARS_MAX:
        labels = [""] * len(labels)
    axes.set_yticks(rows, labels, fontsize=5.5)
    axes.set_xlim(0, max([*values, 1]) * 1.25)
    axes.set_xlabel(title)
    axes.grid(visible=False, axis="y")


def draw(results, options):
    time = drawing.TimeAxis(results, "process")
    width = drawing.WIDTHS_INCH[options.width]
    figure = drawing.pyplot.figure(figsize=(width, 2.4 + 0.16 * len(results) + 0.6),
                                   layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[2.2, 0.5 + 0.16 * len(results)])
    memory = figure.add_subplot(grid[0, :])
    draw_memory(results, options, time, memory)
    faults = figure.add_subplot(grid[1, 0])
    draw_price(results, options, faults, "minor_faults", "minor faults")
    calls = figure.add_subplot(grid[1, 1])
    draw_price(results, options, calls, "system_calls", "system calls")
    calls.set_yticklabels([])
    handles, labels = memory.get_legend_handles_labels()
    if handles:
        drawing.key_below(figure, handles, labels, 3)
    return figure
