# SPDX-License-Identifier: GPL-3.0-or-later
"""One trace under several slab allocators: memory, page requests, what large blocks are left, work.

Memory is all that the allocator has of the page allocator: SLOB hands out kmallocs of a page and
more as pages, and they count alike for all.
"""
import numpy as np

import drawing
from slabyard_results import zone_number

RUNS_MIN = 2
HELP = "one trace under several slab allocators: memory, page requests, fragmentation, work"

LAYOUTS = {
    "column": ([["memory"] * 2, ["requests", "index"], ["work"] * 2], 5.0),
    "page": ([["memory", "requests"], ["index", "work"]], 3.6),
}
# counter, name
WORK = (
    ("slab_fastpath", "fast path"),
    ("slab_slowpath", "slow path"),
    ("slab_remote_free", "free to\na slab"),
    ("partial_list_lock", "list lock"),
    ("array_move", "array\nmoves"),
    ("list_step", "list\nsteps"),
)
END_MARK = -2


def held_bytes(result):
    series = result.series("slab")
    return None if series is None or "bytes_of_pages" not in series else series["bytes_of_pages"]


def page_requests(result):
    """Page requests over the whole run, by order."""
    rows = result.table("/snapshots/slab_requests")
    if not rows:
        return {}
    return {int(order): int(allocs) for mark, order, allocs in
            zip(rows["mark"], rows["order"], rows["allocs"]) if mark == END_MARK}


def unusable_by_order(result, options):
    """The kernel's unusable free space index at the end, of each order, in the zone shown."""
    series = result.series("fragmentation")
    if series is None:
        return None
    zone = zone_number(result, series, options.zone or result.largest_zone())
    return series["unusable_free_index"][-1, zone]


def work_of(result):
    rows = result.table("/summary/work")
    counts = dict(zip(rows.get("work", ()), rows.get("count", ())))
    return {name: int(counts.get(name, 0)) for name, _ in WORK}


def bar_style(i):
    return {"facecolor": f"C{i}", "hatch": drawing.HATCHES[i % len(drawing.HATCHES)],
            "edgecolor": "black", "linewidth": 0.4}


def draw_memory(axes, results):
    time = drawing.TimeAxis(results, "slab")
    end = top = 0
    for i, result in enumerate(results):
        held = held_bytes(result)
        if held is None:
            continue
        series = result.series("slab")
        times = time.of(series)
        values = time.values(series, held) / drawing.MIB
        axes.plot(times, values, color=f"C{i}", label=result.label)
        end, top = max(end, times[-1]), max(top, values.max())
    axes.set_xlim(0, end or 1)
    axes.set_ylim(0, top * 1.05 or 1)
    axes.set_ylabel("slab memory [MiB]")
    time.label(axes)
    time.shade_first_horizon(axes, results)


def grouped_bars(axes, results, values_by_run, labels):
    """A group of bars a label, a bar a run in it; counts span decades."""
    width = 0.8 / max(len(results), 1)
    for i, values in enumerate(values_by_run):
        places = np.arange(len(labels)) + (i - (len(results) - 1) / 2) * width
        axes.bar(places, values, width=width, label=results[i].label, **bar_style(i))
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(0, max((max(v, default=0) for v in values_by_run), default=0) * 3 or 1)
    axes.set_xticks(range(len(labels)), labels)
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")


def draw_requests(axes, results):
    requests = [page_requests(result) for result in results]
    orders = sorted(set().union(*requests)) or [0]
    grouped_bars(axes, results, [[r.get(order, 0) for order in orders] for r in requests],
                 [str(order) for order in orders])
    axes.set_xlabel("order")
    axes.set_ylabel("page requests")


def draw_index(axes, results, options):
    orders, top = 1, 0
    for i, result in enumerate(results):
        index = unusable_by_order(result, options)
        if index is not None:
            axes.plot(range(len(index)), index, color=f"C{i}", marker="o", markersize=2)
            orders, top = max(orders, len(index)), max(top, index.max())
    axes.set_xlim(-0.2, orders - 0.8)
    axes.set_ylim(0, min(top * 1.15, 1.02) or 1)
    axes.set_xlabel("order")
    axes.set_ylabel("unusable index\nat the end")


def draw_work(axes, results):
    work = [work_of(result) for result in results]
    shown = [(name, text) for name, text in WORK if any(w[name] for w in work)] or list(WORK)
    grouped_bars(axes, results, [[w[name] for name, _ in shown] for w in work],
                 [text for _, text in shown])
    axes.tick_params(axis="x", labelsize=5.5)
    axes.set_ylabel("times")


def draw(results, options):
    mosaic, height = LAYOUTS[options.width]
    figure = drawing.pyplot.figure(figsize=(drawing.WIDTHS_INCH[options.width], height),
                                   layout="constrained")
    axes = figure.subplot_mosaic(mosaic)
    for result in results:
        take_numbers(result, options)
    draw_memory(axes["memory"], results)
    draw_requests(axes["requests"], results)
    draw_index(axes["index"], results, options)
    draw_work(axes["work"], results)
    drawing.key_below(figure, *axes["requests"].get_legend_handles_labels(),
                      3 if options.width == "column" else 6)
    return figure


def take_numbers(result, options):
    """What the figure shows of a run, and a few that sum it up."""
    held = held_bytes(result)
    if held is None or not held.any():
        return
    series = result.series("slab")
    options.numbers.add(run=result.label, figure="slab_bytes_peak", order="", value=int(held.max()))
    options.numbers.add(run=result.label, figure="slab_bytes_mean", order="",
                        value=round(mean_over_time(result, held)))
    options.numbers.add(run=result.label, figure="slab_bytes_end", order="", value=int(held[-1]))
    for order, count in sorted(page_requests(result).items()):
        options.numbers.add(run=result.label, figure="page_requests", order=order, value=count)
    index = unusable_by_order(result, options)
    for order, value in enumerate([] if index is None else index):
        options.numbers.add(run=result.label, figure="unusable_free_index_end", order=order,
                            value=value)
    for name, count in work_of(result).items():
        options.numbers.add(run=result.label, figure=name, order="", value=count)
    options.numbers.add_series(result, series, figure="slab_bytes", value=held)


def mean_over_time(result, values):
    """Each sample stands until the next."""
    spans = np.diff(result.series("slab").time_ns.astype(np.int64))
    return float(np.average(values[:-1], weights=spans)) if spans.sum() else float(values[-1])
