# SPDX-License-Identifier: GPL-3.0-or-later
"""What physical memory is used for over time, from the snapshots at start, marks and end."""
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

import drawing

HELP = "heat map of physical memory over time: what most of each piece is used for"

# Okabe and Ito's, from light to dark where kinds are alike; a kind of no colour here is grey.
COLOURS = {
    "free": "#FFFFFF", "per-cpu list": "#F0E442", "other movable": "#56B4E9",
    "anonymous": "#0072B2", "file": "#009E73", "slab": "#E69F00", "page table": "#CC79A7",
    "other unmovable": "#D55E00", "reserved": "#404040",
}
PIECES = 512


def pages_by_piece(runs, kinds, edges):
    """Pages [piece, kind] of one snapshot; pieces lie between edges, in frames."""
    pages = np.zeros((len(edges) - 1, kinds))
    for kind in range(kinds):
        of = runs[runs["kind"] == kind]
        starts, ends = of["pfn"].astype(float), (of["pfn"] + of["pages"]).astype(float)
        # Frames of the kind below each edge: those of whole runs, and a part of the one it cuts.
        below = np.concatenate(([0.0], np.cumsum(ends - starts)))
        run = np.searchsorted(starts, edges, side="right")
        upto = below[run]
        cut = run > 0
        upto[cut] -= np.maximum(ends[run[cut] - 1] - edges[cut], 0)
        pages[:, kind] = np.diff(upto)
    return pages


def column_edges(times):
    """Where the columns of snapshots taken at `times` begin and end: half way between them."""
    if times[0] == times[-1]:
        return np.linspace(0, 1, len(times) + 1)
    return np.concatenate((times[:1], (times[1:] + times[:-1]) / 2, times[-1:]))


def draw_result(result, time, axes):
    taken, runs = result.table("/snapshots/taken"), result.structured("/snapshots/pfn")
    if not taken or not len(runs):
        drawing.say_nothing_to_show(axes, "no snapshots")
        return []
    kinds = result.texts("/snapshots/kinds")
    frames = int((runs["pfn"] + runs["pages"]).max())
    edges = np.linspace(0, frames, min(PIECES, frames) + 1)
    most = np.stack([pages_by_piece(runs[runs["snapshot"] == number], len(kinds), edges)
                     .argmax(axis=1) for number in taken["snapshot"]], axis=1)
    colours = [COLOURS.get(kind, "0.6") for kind in kinds]
    columns = column_edges((taken["time_ns"] - taken["time_ns"][0]) / time.scale)
    axes.pcolormesh(columns, edges * drawing.PAGE_BYTES / drawing.MIB, most,
                    cmap=ListedColormap(colours), vmin=-0.5, vmax=len(kinds) - 0.5,
                    rasterized=True)
    for edge in columns[1:-1]:
        axes.axvline(edge, color="0.3", linewidth=0.2)
    axes.set_ylabel("physical address [MiB]")
    time.shade_horizon_from(axes, result, int(taken["time_ns"][0]))
    return [kind for number, kind in enumerate(kinds) if (most == number).any()]


def draw(results, options):
    time = drawing.TimeAxis(results, "buddy")
    height = 2.4 if len(results) == 1 else 1.7
    figure, axes = drawing.new_figure(options, len(results), row_height=height)
    panels = [row[0] for row in axes]
    seen = []
    for result, panel in zip(results, panels):
        seen += [kind for kind in draw_result(result, time, panel) if kind not in seen]
        drawing.name_run(panel, results, result)
    drawing.share_limits(panels)
    time.label(panels[-1])
    if seen:
        patches = [Patch(facecolor=COLOURS.get(kind, "0.6"), edgecolor="0.3", linewidth=0.3)
                   for kind in seen]
        drawing.key_below(figure, patches, seen, 3)
    return figure
