# SPDX-License-Identifier: GPL-3.0-or-later
"""What each byte of a process's heap is, at marks or at the end of a run: addresses run row by row.

From /snapshots/heap: live blocks, what waits in threads' caches and fastbins, free chunks by the
kind of list that they are in, the top, and pages that were never touched or have been given back,
paler.
"""
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

import drawing

HELP = "map of a process's heap at marks: live, free by kind of list, top, untouched"

# Okabe and Ito's.
COLOURS = {
    "live": "#0072B2", "cached": "#E69F00", "free, small": "#D55E00", "free, large": "#F0E442",
    "free, unsorted": "#CC79A7", "top": "#009E73", "mapped": "#56B4E9",
}
PALE = 0.25
COLUMNS, ROWS_MAX = 256, 192
GAP_BYTES = 64 << 20  # heaps farther apart are maps of their own
MAPS_MAX = 6


def kinds_of(result, rows):
    """A name in COLOURS for each run of the map."""
    kinds, bins = result.texts("/snapshots/heap_kinds"), result.texts("/snapshots/heap_bins")
    names = np.array([kinds[k] for k in rows["kind"]], dtype=object)
    free = names == "free"
    lists = [bins[b].split()[0] if b < len(bins) else "small" for b in rows["bin"][free]]
    names[free] = [f"free, {name}" for name in lists]
    return names


def chosen_maps(result, mark, alone):
    """(title, rows) of the snapshots to show: the one asked for; of a run alone all marks."""
    rows, taken = result.structured("/snapshots/heap"), result.table("/snapshots/taken")
    if not len(rows):
        return []
    present = [int(n) for n in np.unique(rows["snapshot"])]
    marks = {int(n): int(m) for n, m in zip(taken["snapshot"], taken["mark"])}
    if mark is not None and mark >= 0:
        chosen = [n for n in present if marks[n] == mark]
    elif mark is None and alone:
        chosen = [n for n in present if marks[n] >= 0][-MAPS_MAX:] or present[-1:]
    else:
        chosen = present[-1:]
    return [(f"mark {marks[n]}" if marks[n] >= 0 else "end" if n else "start",
             of_largest_heap(rows[rows["snapshot"] == n])) for n in chosen]


def of_largest_heap(rows):
    """In address order, of the process whose heap is the largest."""
    processes = np.unique(rows["process"])
    sizes = [int(rows["bytes"][rows["process"] == p].sum()) for p in processes]
    rows = rows[rows["process"] == processes[int(np.argmax(sizes))]]
    return rows[np.argsort(rows["address"], kind="stable")]


def regions(rows):
    """The map cut where nothing lies for long; each part is (first address, end, runs)."""
    ends = rows["address"] + rows["bytes"]
    cuts = np.flatnonzero(rows["address"][1:].astype(np.int64) - ends[:-1].astype(np.int64)
                          > GAP_BYTES) + 1
    return [(int(part["address"][0]), int((part["address"] + part["bytes"]).max()), part)
            for part in np.split(rows, cuts)]


def paint(part, first, end, names):
    """RGB [row, column] of one region, and bytes of a cell."""
    cells_max = COLUMNS * ROWS_MAX
    cell = 16
    while (end - first) / cell > cells_max:
        cell *= 2
    count = -(-(end - first) // cell)
    rows = -(-count // COLUMNS)
    shares = {}
    for touched in (0, 1):
        for name in COLOURS:
            chosen = part[(names == name) & (part["touched"] == touched)]
            if not len(chosen):
                continue
            edges = first + np.arange(count + 1, dtype=float) * cell
            starts = chosen["address"].astype(float)
            lengths = chosen["bytes"].astype(float)
            below = np.concatenate(([0.0], np.cumsum(lengths)))
            run = np.searchsorted(starts, edges, side="right")
            upto = below[run]
            cut = run > 0
            upto[cut] -= np.maximum(starts[run[cut] - 1] + lengths[run[cut] - 1] - edges[cut], 0)
            shares[name, touched] = np.diff(upto) / cell
    rgb = np.ones((rows * COLUMNS, 3))
    mixed = np.zeros((count, 3))
    total = np.zeros(count)
    for (name, touched), share in shares.items():
        colour = np.array(to_rgb(COLOURS[name]))
        tint = colour if touched else 1 - PALE * (1 - colour)
        mixed += share[:, None] * tint
        total += share
    rgb[:count] = mixed + (1 - np.minimum(total, 1))[:, None]
    return np.clip(rgb.reshape(rows, COLUMNS, 3), 0, 1), cell


def draw_map(result, options, title, rows, axes):
    names = kinds_of(result, rows)
    first, end, part = max(regions(rows), key=lambda r: r[1] - r[0]
                           if (kinds_of(result, r[2]) != "mapped").any() else 0)
    inside = (rows["address"] >= first) & (rows["address"] < end)
    options.numbers.add(run=result.label, at=title, address=rows["address"][inside],
                        bytes=rows["bytes"][inside], kind=names[inside].astype(str),
                        touched=rows["touched"][inside])
    rgb, cell = paint(part, first, end, names[inside])
    axes.imshow(rgb, aspect="auto", interpolation="nearest",
                extent=(0, COLUMNS * cell / 1024, rgb.shape[0] * COLUMNS * cell / drawing.MIB, 0))
    axes.set_xlabel("KiB along a row")
    axes.set_ylabel("MiB from the heap's start")
    axes.grid(False)
    return list(dict.fromkeys(names[inside]))


def draw(results, options):
    maps = [(result, title, rows) for result in results
            for title, rows in chosen_maps(result, options.mark, len(results) == 1)]
    figure, axes = drawing.new_figure(options, max(len(maps), 1),
                                      row_height=2.8 if len(maps) < 2 else 1.9)
    if not maps:
        drawing.say_nothing_to_show(axes[0, 0], "no heap, or no such mark, in this run")
    seen = []
    for (result, title, rows), row in zip(maps, axes):
        seen += [kind for kind in draw_map(result, options, title, rows, row[0])
                 if kind not in seen]
        whose = title if len(results) == 1 else f"{result.label}, {title}"
        row[0].set_title(drawing.wrapped(row[0], whose), loc="left", fontsize=6.5)
    if seen:
        shown = [kind for kind in COLOURS if kind in seen]
        patches = [Patch(facecolor=COLOURS[kind], edgecolor="0.3", linewidth=0.3)
                   for kind in shown]
        patches.append(Patch(facecolor="0.85", edgecolor="0.3", linewidth=0.3))
        drawing.key_below(figure, patches, [*shown, "pale: untouched"],
                          3 if options.width == "column" else 4)
    return figure
