# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations by two figures, and the line of those that none beats in both, as of compare."""
import drawing
from slabyard_results import ResultError

HELP = "Pareto front between two figures (--report A,B)"

MARKERS = "osD^vP*X<>"


def points_of(options):
    if not options.report or len(options.report.split(",")) != 2:
        raise ResultError("pareto: name two figures, as --report rss_bytes_max,minor_faults")
    return options.compare("--pareto", "--report", options.report)


def draw_front(axes, rows, x, y):
    """Steps between the points on the front: what lies above and right of them is beaten."""
    front = sorted((px, py) for px, py, row in zip(x, y, rows) if row["on_front"])
    axes.step([p[0] for p in front], [p[1] for p in front], where="post", color="0.35",
              linestyle="--", linewidth=0.8, zorder=1, label="front")


def draw(_, options):
    rows = points_of(options)
    names = [key for key in rows[0] if key not in ("setting", "recording", "recordings",
                                                   "past_horizon", "on_front")]
    rows = [row for row in rows if None not in (row[names[0]], row[names[-1]])]
    figure, axes = drawing.new_figure(options, 1, row_height=2.6)
    axes = axes[0][0]
    if not rows:
        drawing.say_nothing_to_show(axes, "no configuration has both figures")
        return figure
    x, x_label = drawing.in_unit(names[0], [row[names[0]] for row in rows])
    y, y_label = drawing.in_unit(names[-1], [row[names[-1]] for row in rows])
    draw_front(axes, rows, x, y)
    for i, row in enumerate(rows):
        axes.plot(x[i], y[i], linestyle="none", marker=MARKERS[i % len(MARKERS)], markersize=4.5,
                  color=f"C{i % 7}" if row["on_front"] else "white",
                  markeredgecolor="black" if row["on_front"] else f"C{i % 7}",
                  markeredgewidth=0.5 if row["on_front"] else 0.9,
                  label=drawing.short(row["setting"]), zorder=3)
        options.numbers.add(setting=row["setting"], **{n: row[n] for n in names},
                            on_front=int(row["on_front"]))
    axes.margins(0.12)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(visible=True, axis="both")
    handles, labels = axes.get_legend_handles_labels()
    drawing.key_below(figure, handles, labels, 1 if options.width == "column" else 3)
    return figure
