# SPDX-License-Identifier: GPL-3.0-or-later
"""Free memory by block order over time: how many blocks, and how much memory they are."""
import numpy as np

import drawing

HELP = "free blocks and free memory by order over time, stacked"

# Three families of orders, each of one hue that darkens with the order and of one hatch: what is
# of use to nobody but single pages, the middle, and what can become a huge page.
SMALL = ("//////", ["#FBE0A8", "#F3C155", "#E69F00", "#B87F00"])
MIDDLE = ("......", ["#B7E6D6", "#75CDB1", "#2FB58C", "#009E73", "#00704F"])
HUGE = ("", ["#8CC3E8", "#0072B2", "#003F66"])
HUGE_ORDER = 9


def order_style(order):
    if order < 4:
        hatch, colours = SMALL
        index = order
    elif order < HUGE_ORDER:
        hatch, colours = MIDDLE
        index = order - 4
    else:
        hatch, colours = HUGE
        index = order - HUGE_ORDER
    return {"facecolor": colours[min(index, len(colours) - 1)], "hatch": hatch}


def stack(axes, times, values):
    """One band an order, lowest order at the bottom."""
    top = np.zeros(len(times))
    bands = []
    for order in range(values.shape[1]):
        bottom, top = top, top + values[:, order]
        bands.append(axes.fill_between(times, bottom, top, edgecolor="white", linewidth=0.2,
                                       **order_style(order)))
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(0, max(top.max() * 1.04, 1))
    return bands


def draw_result(result, options, time, blocks_axes, memory_axes):
    series = result.series("buddy")
    if series is None:
        drawing.say_nothing_to_show(blocks_axes, "no page allocator samples")
        drawing.say_nothing_to_show(memory_axes, "")
        return []
    blocks = result.free_blocks_by_order(options.zone)
    for order in range(blocks.shape[1]):
        options.numbers.add_series(result, series, order=order, free_blocks=blocks[:, order],
                                   free_bytes=blocks[:, order] * (drawing.PAGE_BYTES << order))
    blocks = time.values(series, blocks)
    order_mib = drawing.PAGE_BYTES / drawing.MIB * 2.0 ** np.arange(blocks.shape[1])
    stack(blocks_axes, time.of(series), blocks)
    bands = stack(memory_axes, time.of(series), blocks * order_mib)
    for axes in (blocks_axes, memory_axes):
        time.shade_horizon(axes, result, series)
    blocks_axes.set_ylabel("free blocks")
    memory_axes.set_ylabel("free memory [MiB]")
    return bands


def panels(results, options):
    """The figure, each run's two panels, and the panels that bear the time axis's name."""
    if len(results) == 1:
        figure, axes = drawing.new_figure(options, 2)
        return figure, [(axes[0][0], axes[1][0])], [axes[1][0]]
    figure, axes = drawing.new_figure(options, len(results), 2, row_height=1.4)
    return figure, [tuple(row) for row in axes], list(axes[-1])


def draw(results, options):
    time = drawing.TimeAxis(results, "buddy")
    figure, pairs, lowest = panels(results, options)
    bands = []
    for result, (blocks_axes, memory_axes) in zip(results, pairs):
        drawn = draw_result(result, options, time, blocks_axes, memory_axes)
        bands = drawn or bands
        drawing.name_run(blocks_axes, results, result)
    drawing.share_limits([axes for axes, _ in pairs])
    drawing.share_limits([axes for _, axes in pairs])
    for axes in lowest:
        time.label(axes)
    if bands:
        drawing.key_at_right(figure, bands[::-1], range(len(bands))[::-1], "order")
    return figure
