# SPDX-License-Identifier: GPL-3.0-or-later
"""What slabs hold beyond what was asked for, by cause: over time, and by cache."""
import numpy as np

import drawing

HELP = "slab memory held beyond what was asked for, by cause: over time, and by cache at the end"

CACHES_SHOWN = 8
KIB = 1024
# from the bottom up: column, name, colour, hatch
CAUSES = (
    ("waste_rounding", "rounding to the size class", "#0072B2", ""),
    ("waste_metadata", "alignment and metadata", "#56B4E9", "////////"),
    ("waste_tail", "slab tail", "#009E73", "......"),
    ("waste_cpu", "free, kept by CPUs", "#F0E442", "xxxxxx"),
    ("waste_partial", "free, in partial slabs", "#E69F00", "\\\\\\\\\\\\"),
    ("waste_empty", "free, in empty slabs", "#D9D9D9", "++++++"),
)


def has_causes(series):
    return series is not None and all(column in series for column, *_ in CAUSES)


def holds_slabs(series):
    """A process's run has the kernel's caches too, in which nothing ever is."""
    return series is not None and bool(series["bytes_held"].any())


def draw_time(result, options, time, axes):
    series = result.series("slab")
    if not has_causes(series) or not holds_slabs(series):
        drawing.say_nothing_to_show(axes, "written by an older version, without causes"
                                    if holds_slabs(series) else "no slab allocator in this run")
        return
    times = time.of(series)
    options.numbers.add_series(result, series, **{column: series[column].sum(axis=1)
                                                  for column, *_ in CAUSES})
    below = np.zeros(len(times))
    for column, name, colour, hatch in CAUSES:
        above = below + time.values(series, series[column].sum(axis=1)) / drawing.MIB
        axes.fill_between(times, below, above, facecolor=colour, hatch=hatch, edgecolor="black",
                          linewidth=0.3, label=name)
        below = above
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(0, below.max() * 1.04 or 1)
    axes.set_ylabel("held, not\nasked for [MiB]")
    time.shade_horizon(axes, result, series)


def draw_caches(result, options, axes):
    """The caches that waste most at the run's last sample."""
    series = result.series("slab")
    if not has_causes(series) or not holds_slabs(series):
        drawing.say_nothing_to_show(axes, "")
        return
    wasted = np.array([series[column][-1] for column, *_ in CAUSES])
    total = wasted.sum(axis=0)
    order = [i for i in np.argsort(-total, kind="stable")[:CACHES_SHOWN] if total[i] > 0][::-1]
    names = series.labels("cache")
    options.numbers.add(run=result.label, cache=names,
                        **{column: values for (column, *_), values in zip(CAUSES, wasted)})
    left = np.zeros(len(order))
    for (_, _, colour, hatch), values in zip(CAUSES, wasted):
        width = np.maximum(values[order], 0) / KIB
        axes.barh(range(len(order)), width, left=left, height=0.7, facecolor=colour, hatch=hatch,
                  edgecolor="black", linewidth=0.3)
        left += width
    axes.set_yticks(range(len(order)), [names[i] for i in order], fontsize=5.5)
    axes.set_ylim(-0.6, max(len(order), 4) - 0.4)
    axes.set_xlim(0, left.max(initial=0) * 1.04 or 1)
    axes.set_xlabel("at the end [KiB]")
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")


def draw(results, options):
    time = drawing.TimeAxis(results, "slab")
    figure, over_time, by_cache = drawing.panels_with_detail(results, options)
    for result, axes in zip(results, over_time):
        draw_time(result, options, time, axes)
        drawing.name_run(axes, results, result)
    for result, axes in zip(results, by_cache):
        draw_caches(result, options, axes)
    drawing.share_limits(over_time)
    drawn = [axes for axes in over_time if axes.axison]
    if drawn:
        time.label(drawn[-1])
        handles, labels = drawn[0].get_legend_handles_labels()
        drawing.key_below(figure, handles, labels, 3 if options.width == "page" else 2)
    return figure
