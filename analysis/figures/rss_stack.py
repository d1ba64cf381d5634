# SPDX-License-Identifier: GPL-3.0-or-later
"""What is resident, stacked over time: by process, or of one process what is live and what not."""
import numpy as np

import drawing

HELP = "RSS over time, stacked by process; of a single one by what is live in it and what is not"

BANDS_MAX = 6
COLOURS = ["#0072B2", "#E69F00", "#009E73", "#F0E442", "#56B4E9", "#D55E00", "#D9D9D9"]


def bands_of(series):
    """Names and bytes over time of each band, from the bottom up."""
    rss = series["vm_rss_bytes"].astype(float)
    if rss.shape[1] == 1:
        live = np.minimum(series["live_bytes"][:, 0].astype(float), rss[:, 0])
        return [("live", live), ("free, rounding, never given back", rss[:, 0] - live)]
    largest = np.argsort(-rss.max(axis=0), kind="stable")
    names = series.labels("process")
    bands = [(str(names[i]), rss[:, i]) for i in largest[:BANDS_MAX]]
    rest = largest[BANDS_MAX:]
    if len(rest):
        bands.append((f"{len(rest)} others", rss[:, rest].sum(axis=1)))
    return bands


def draw_result(result, options, time, axes):
    series = result.series("process")
    if series is None:
        drawing.say_nothing_to_show(axes, "no processes in this run")
        return
    times = time.of(series)
    top = np.zeros(len(times))
    for i, (name, rss) in enumerate(bands_of(series)):
        options.numbers.add_series(result, series, band=name, rss_bytes=rss)
        bottom, top = top, top + time.values(series, rss) / drawing.MIB
        axes.fill_between(times, bottom, top, step="post", label=name, linewidth=0.3,
                          edgecolor="black", facecolor=COLOURS[i],
                          hatch=drawing.HATCHES[i] * (2 if i else 1))
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(0, max(top.max() * 1.05, 1e-3))
    axes.set_ylabel("RSS [MiB]")
    time.shade_horizon(axes, result, series)


def draw(results, options):
    time = drawing.TimeAxis(results, "process")
    figure, axes = drawing.new_figure(options, len(results),
                                      row_height=2.3 if len(results) == 1 else 1.5)
    panels = [row[0] for row in axes]
    for result, panel in zip(results, panels):
        draw_result(result, options, time, panel)
        drawing.name_run(panel, results, result)
    drawing.share_limits(panels)
    drawn = [panel for panel in panels if panel.axison]
    if drawn:
        time.label(drawn[-1])
        handles, labels = max((panel.get_legend_handles_labels() for panel in drawn),
                              key=lambda key: len(key[1]))
        drawing.key_below(figure, handles[::-1], labels[::-1],
                          2 if options.width == "column" else 4)
    return figure
