# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes that callers asked the slab allocator for against the bytes that it holds for them."""
import numpy as np

import drawing

HELP = "slab bytes requested against held over time, and which caches make the gap"

CACHES_SHOWN = 8
# from the bottom up: name, colour, hatch
LAYERS = (
    ("requested", "#0072B2", ""),
    ("rounded up to object size", "#E69F00", "//////"),
    ("free objects and slab tails", "#D9D9D9", "......"),
)
REQUESTED = {"facecolor": "#0072B2", "edgecolor": "black", "label": "requested"}
GAP = {"facecolor": "#F0E442", "edgecolor": "black", "hatch": "xxxxxx", "label": "held beyond it"}


def draw_gap(result, options, time, axes):
    series = result.series("fragmentation")
    if series is None or "held_bytes" not in series or not series["held_bytes"].any():
        drawing.say_nothing_to_show(axes, "no slab allocator in this run")
        return
    times = time.of(series)
    edges = [np.zeros(len(times))]
    options.numbers.add_series(
        result, series, **{name: series[name] for name in
                           ("requested_bytes", "allocated_bytes", "held_bytes")})
    for column in ("requested_bytes", "allocated_bytes", "held_bytes"):
        level = time.values(series, series[column]) / drawing.MIB
        edges.append(np.maximum(level, edges[-1]))
    for (name, colour, hatch), low, high in zip(LAYERS, edges, edges[1:]):
        axes.fill_between(times, low, high, facecolor=colour, hatch=hatch, edgecolor="black",
                          linewidth=0.3, label=name)
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(0, edges[-1].max() * 1.04)
    axes.set_ylabel("slab memory [MiB]")
    time.shade_horizon(axes, result, series)


def draw_caches(result, options, axes):
    """The caches that hold most beyond what was asked for, at the run's last sample."""
    series = result.series("slab")
    if series is None or not series["bytes_held"].any():
        drawing.say_nothing_to_show(axes, "")
        return
    held = series["bytes_held"][-1].astype(np.int64)
    requested = series["bytes_requested"][-1].astype(np.int64)
    gap = held - requested
    order = [i for i in np.argsort(-gap, kind="stable")[:CACHES_SHOWN] if held[i]][::-1]
    names = [series.labels("cache")[i] for i in order]
    options.numbers.add(run=result.label, cache=series.labels("cache"),
                        requested_bytes=requested, held_bytes=held)
    kib = 1024
    rows = range(len(order))
    axes.barh(rows, requested[order] / kib, height=0.7, **REQUESTED)
    axes.barh(rows, gap[order] / kib, left=requested[order] / kib, height=0.7, **GAP)
    axes.set_yticks(rows, names, fontsize=5.5)
    axes.set_xlabel("held at the end [KiB]")
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")


def draw(results, options):
    time = drawing.TimeAxis(results, "fragmentation")
    figure, gaps, caches = drawing.panels_with_detail(results, options)
    for result, axes in zip(results, gaps):
        draw_gap(result, options, time, axes)
        drawing.name_run(axes, results, result)
    for result, axes in zip(results, caches):
        draw_caches(result, options, axes)
    drawing.share_limits(gaps)
    drawn = [axes for axes in gaps if axes.axison]
    if drawn:
        time.label(drawn[-1])
        drawn[0].legend(*reversed_key(drawn[0]), loc="lower left", borderaxespad=0,
                        bbox_to_anchor=(0, 1.2 if len(results) > 1 else 1.05))
    for axes in [axes for axes in caches if axes.axison][:1]:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.01), borderaxespad=0, ncols=2)
    return figure


def reversed_key(axes):
    """In the order of the stack, seen from above."""
    handles, labels = axes.get_legend_handles_labels()
    return handles[::-1], labels[::-1]
