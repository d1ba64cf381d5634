# SPDX-License-Identifier: GPL-3.0-or-later
"""What physical memory is used for over time: address upwards, time to the right.

From /timeseries/physical_map where the run was sampled, else from the snapshots at its start, marks
and end. A piece of memory has the colour of what most of its used pages are for, the paler the more
of it is free; a piece with a single page in use can still be told from a free one.
"""
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

import drawing
from slabyard_results import ResultError, zone_place

HELP = "heat map of physical memory over time: what each piece is used for, and how much of it"

# Okabe and Ito's; a kind of no colour here is grey. Kinds that hold memory in place are warm.
COLOURS = {
    "free": "#FFFFFF", "per-cpu list": "#F0E442", "other movable": "#56B4E9",
    "anonymous": "#0072B2", "file": "#009E73", "slab": "#E69F00", "page table": "#CC79A7",
    "vmalloc": "#8B5A2B", "other unmovable": "#D55E00", "reserved": "#404040",
}
LEAST_TINT = 0.22
PIECES = 512
FREE = "free"


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


def from_samples(result):
    """Times, edges of pieces in frames, kinds and pages [time, piece, kind]; None: not sampled."""
    series = result.series("physical_map")
    if series is None or len(series) < 3:
        return None
    piece_pages = series.attributes("pages")["piece_pages"]
    pages = series["pages"]
    edges = np.arange(pages.shape[1] + 1) * float(piece_pages)
    return series.time_ns, edges, series.labels("use"), pages.astype(float)


def from_snapshots(result):
    """Likewise, of the start, the marks and the end; None: there are none."""
    taken, runs = result.table("/snapshots/taken"), result.structured("/snapshots/pfn")
    if not taken or not len(runs):
        return None
    kinds = result.texts("/snapshots/kinds")
    frames = int((runs["pfn"] + runs["pages"]).max())
    edges = np.linspace(0, frames, min(PIECES, frames) + 1)
    pages = [pages_by_piece(runs[runs["snapshot"] == number], len(kinds), edges)
             for number in taken["snapshot"]]
    return taken["time_ns"], edges, kinds, np.stack(pages)


def column_edges(times):
    """Where the columns of looks taken at `times` begin and end: half way between them."""
    if times[0] == times[-1]:
        return np.linspace(0, 1, len(times) + 1)
    return np.concatenate((times[:1], (times[1:] + times[:-1]) / 2, times[-1:]))


def colours_of(pages, kinds):
    """RGB [time, piece], and the kinds that show."""
    colours = np.array([to_rgb(COLOURS.get(kind, "0.6")) for kind in kinds])
    free = kinds.index(FREE)
    used = pages.copy()
    used[:, :, free] = 0
    most, total = used.argmax(axis=2), pages.sum(axis=2)
    share = np.divide(used.sum(axis=2), total, out=np.zeros_like(total), where=total > 0)
    tint = np.where(share > 0, LEAST_TINT + (1 - LEAST_TINT) * share, 0)[:, :, None]
    seen = set(most[share > 0]) | ({free} if (share < 1).any() else set())
    return 1 - tint + tint * colours[most], [kinds[k] for k in sorted(seen)]


def within_zone(result, zone, edges, pages):
    """Edges and pages of those pieces alone that lie in the zone."""
    zones = result.table("/snapshots/zones")
    place = zone_place(result, zones.get("zone", []), zone)
    start = float(zones["start_pfn"][place])
    inside = np.flatnonzero((edges[1:] > start) &
                            (edges[:-1] < start + float(zones["spanned"][place])))
    if not len(inside):
        raise ResultError(f"{result.path}: zone {zone} has no memory")
    first, end = inside[0], inside[-1] + 1
    return edges[first:end + 1], pages[:, first:end]


def mark_zones(axes, result):
    """A line where a zone begins, its name beside it."""
    zones = result.table("/snapshots/zones")
    bottom, top = axes.get_ylim()
    texts = []
    for name, start, spanned in zip(zones.get("zone", []), zones.get("start_pfn", []),
                                    zones.get("spanned", [])):
        low = float(start) * drawing.PAGE_BYTES / drawing.MIB
        high = low + float(spanned) * drawing.PAGE_BYTES / drawing.MIB
        if high <= bottom or low >= top:
            continue
        middle = (max(low, bottom) + min(high, top)) / 2
        label = name.removeprefix("node 0 ") if len({z.split()[1] for z in zones["zone"]}) == 1 \
            else name.replace("node ", "")
        if low > max(bottom, 1):
            axes.axhline(low, color="black", linewidth=0.5)
        # The name of a small zone at the bottom stands on the axis, not below it.
        is_low = middle - bottom < 0.03 * (top - bottom)
        texts.append(axes.annotate(
            label, (1, bottom if is_low else middle), (3, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="left", va="bottom" if is_low else "center",
            fontsize=6, annotation_clip=False))
    return texts


def mark_marks(axes, result, first_ns, scale):
    marks = result.table("/events/mark")
    left, right = axes.get_xlim()
    texts = []
    for number, time_ns in zip(marks.get("mark", []), marks.get("time_ns", [])):
        at = (int(time_ns) - first_ns) / scale
        if left <= at <= right:
            axes.axvline(at, color="black", linewidth=0.4, linestyle=(0, (2, 2)))
            texts.append(axes.annotate(
                str(number), (at, 1), (0, 1), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="center", va="bottom", fontsize=5))
    return texts


def draw_result(result, options, time, axes):
    look = from_samples(result) or from_snapshots(result)
    if look is None:
        drawing.say_nothing_to_show(axes, "no map of memory")
        return [], []
    times, edges, kinds, pages = look
    if options.zone:
        edges, pages = within_zone(result, options.zone, edges, pages)
    for look, time_ns in zip(pages, times):
        for kind, name in enumerate(kinds):
            pieces = np.flatnonzero(look[:, kind])
            if len(pieces):
                options.numbers.add(run=result.label, time_ns=int(time_ns), use=name,
                                    first_pfn=edges[pieces], end_pfn=edges[pieces + 1],
                                    pages=look[pieces, kind])
    colours, seen = colours_of(pages, kinds)
    columns = column_edges((times - times[0]) / time.scale)
    addresses = edges * drawing.PAGE_BYTES / drawing.MIB
    mesh = axes.pcolormesh(columns, addresses, np.zeros(colours.shape[1::-1]), rasterized=True)
    mesh.set_array(None)
    mesh.set_facecolor(colours.transpose(1, 0, 2).reshape(-1, 3))
    axes.set_xlim(columns[0], columns[-1])
    axes.set_ylim(addresses[0], addresses[-1])
    axes.set_ylabel("physical address [MiB]")
    axes.grid(False)
    texts = mark_zones(axes, result) + mark_marks(axes, result, int(times[0]), time.scale)
    time.shade_horizon_from(axes, result, int(times[0]))
    return seen, texts


def draw(results, options):
    time = drawing.TimeAxis(results, "buddy")
    height = 2.8 if len(results) == 1 else 1.9
    figure, axes = drawing.new_figure(options, len(results), row_height=height)
    panels = [row[0] for row in axes]
    seen, texts = [], []
    for result, panel in zip(results, panels):
        kinds, more = draw_result(result, options, time, panel)
        seen += [kind for kind in kinds if kind not in seen]
        texts += more
        drawing.name_run(panel, results, result, pad=9)  # above the marks' numbers
    if not options.zone:  # which begins elsewhere on every machine
        drawing.share_limits(panels)
    time.label(panels[-1])
    if seen:
        patches = [Patch(facecolor=COLOURS.get(kind, "0.6"), edgecolor="0.3", linewidth=0.3)
                   for kind in seen]
        drawing.key_below(figure, patches, seen, 3 if options.width == "column" else 5)
    drawing.leave_out_overlapping(figure, texts)
    return figure
