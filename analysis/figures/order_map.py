# SPDX-License-Identifier: GPL-3.0-or-later
"""Free blocks of each order over time as a heat map: the logarithm of how many there are."""
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm

import drawing

HELP = "heat map of free blocks: orders upwards, time to the right, the darker the more"

# One hue that darkens evenly, from Okabe and Ito's blue, so that grey print shows the same.
SHADES = LinearSegmentedColormap.from_list("blocks", ["#E4F1FA", "#56B4E9", "#0072B2", "#00203A"])


def column_edges(times):
    """Each sample's column reaches half way to its neighbours."""
    middles = (times[1:] + times[:-1]) / 2
    return np.concatenate((times[:1], middles, times[-1:]))


def draw_result(result, options, time, axes, most):
    series = result.series("buddy")
    if series is None:
        drawing.say_nothing_to_show(axes, "no page allocator samples")
        return None
    blocks = result.free_blocks_by_order(options.zone)
    for order in range(blocks.shape[1]):
        options.numbers.add_series(result, series, order=order, free_blocks=blocks[:, order])
    shown = time.values(series, blocks).astype(float)
    orders = np.arange(blocks.shape[1] + 1) - 0.5
    mesh = axes.pcolormesh(column_edges(time.of(series)), orders,
                           np.ma.masked_equal(shown, 0).T, cmap=SHADES,
                           norm=LogNorm(1, max(most, 10)), rasterized=True)
    axes.set_ylabel("order")
    axes.set_yticks(range(0, blocks.shape[1], 2))
    axes.grid(False)
    time.shade_horizon(axes, result, series)
    return mesh


def draw(results, options):
    time = drawing.TimeAxis(results, "buddy")
    known = [result for result in results if result.series("buddy") is not None]
    most = max((result.free_blocks_by_order(options.zone).max() for result in known), default=1)
    figure, axes = drawing.new_figure(options, len(results),
                                      row_height=1.9 if len(results) == 1 else 1.4)
    panels = [row[0] for row in axes]
    meshes = []
    for result, panel in zip(results, panels):
        meshes.append(draw_result(result, options, time, panel, most))
        drawing.name_run(panel, results, result)
    drawing.share_limits(panels)
    time.label(panels[-1])
    drawn = [mesh for mesh in meshes if mesh is not None]
    if drawn:
        bar = figure.colorbar(drawn[0], ax=panels, pad=0.02, aspect=30)
        bar.set_label("free blocks (none: white)")
        bar.outline.set_linewidth(0.4)
    return figure
