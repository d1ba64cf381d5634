#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws figures from results of runs, merged files and folders of sweeps.

Each figure is written as PDF, as PNG and, with the numbers behind it, as CSV.
"""
import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    import drawing
    from figures import COMPARISONS, FIGURES
    from slabyard_results import ResultError
    from sweeps import compare, is_merged, open_results
except ImportError as missing:
    sys.exit(f"slabyard plot: {missing}; on Debian: "
             "apt-get install python3-h5py python3-matplotlib")

STYLE = Path(__file__).resolve().parent / "slabyard.mplstyle"
ENDINGS = (".pdf", ".png", ".csv")
RUNS_MAX = 8  # of a figure that does not say otherwise
EXIT_FAILED, EXIT_BAD_INPUT = 1, 2  # as all of slabyard's commands
WHERE_REFUSED = "compares all runs, and --where cannot choose among them"


def parser():
    listed = "\n".join(f"  {name:16}{module.HELP}"
                       for name, module in {**FIGURES, **COMPARISONS}.items())
    made = argparse.ArgumentParser(
        prog=os.environ.get("SLABYARD_COMMAND"), description=__doc__,
        usage="%(prog)s [FIGURE] RESULT... [-o OUT]... [OPTION...]",
        epilog=f"figures:\n{listed}\n\nWithout FIGURE all that these results have something for. "
               "Of the\nlast three the numbers are slabyard compare's.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("operands", nargs="+", metavar="RESULT",
                      help="result of a run, merged file or folder of a sweep")
    made.add_argument("-o", "--output", metavar="OUT", action="append",
                      help="a file by its ending, .pdf .png or .csv, may be given several times; "
                           "or a folder for FIGURE.pdf, .png and .csv (default: here)")
    made.add_argument("--style", default=STYLE, metavar="FILE",
                      help="matplotlib style in place of slabyard.mplstyle")
    made.add_argument("--width", choices=drawing.WIDTHS_INCH, default="column",
                      help="3.33 inch for a column, 7 inch for a page (default: %(default)s)")
    made.add_argument("--zone", help="one zone in place of all, or of the largest")
    made.add_argument("--mark", type=int, metavar="N",
                      help="heap-map: at mark N in place of all marks; -1: at the end")
    made.add_argument("--operation", help="latency: of one operation in place of allocations")
    made.add_argument("--where", metavar="PATH=VALUE", action="append", default=[],
                      help="of a sweep's runs those with that setting; several must all hold; "
                           "what is compared is of all runs")
    made.add_argument("--baseline", metavar="PATH=VALUE",
                      help="normalised: as slabyard compare takes it")
    made.add_argument("--report", metavar="FIGURES",
                      help="normalised, scaling, pareto: as slabyard compare takes it")
    made.add_argument("--with", dest="with_", metavar="WITH",
                      help="scaling: the setting or figure that figures grow with")
    return made


def parse_arguments():
    made = parser()
    arguments = made.parse_args()
    first, *rest = arguments.operands
    known = {**FIGURES, **COMPARISONS}
    arguments.figure = first if first in known and not Path(first).exists() else None
    arguments.results = rest if arguments.figure else arguments.operands
    if not arguments.results:
        made.error("names no result")
    if not Path(first).exists() and not arguments.figure and "." not in first:
        made.error(f"{first}: no such figure, there are {', '.join(known)}")
    for condition in arguments.where:
        if "=" not in condition:
            made.error(f"--where takes PATH=VALUE, is {condition}")
    if arguments.where and arguments.figure in COMPARISONS:
        made.error(f"{arguments.figure}: {WHERE_REFUSED}")
    check_outputs(made, arguments)
    return arguments


def check_outputs(made, arguments):
    outputs = arguments.output or ["."]
    arguments.output = outputs
    arguments.to_folder = len(outputs) == 1 and (
        outputs[0].endswith("/") or Path(outputs[0]).is_dir() or not Path(outputs[0]).suffix)
    if arguments.to_folder:
        return
    for output in outputs:
        if Path(output).suffix not in ENDINGS:
            made.error(f"{output}: the name must end in .pdf, .png or .csv, or be a folder's")
    if not arguments.figure:
        made.error("all figures go into a folder: name one with -o, or name a figure")


def tell_apart(results):
    """Runs whose files have one name in several folders are named with the folder."""
    stems = [result.label for result in results]
    for result in results:
        if stems.count(result.label) > 1 and not hasattr(result, "settings"):
            result.label = f"{result.path.resolve().parent.name}/{result.path.stem}"


def outputs_of(name, arguments):
    if not arguments.to_folder:
        return arguments.output
    folder = Path(arguments.output[0])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise drawing.WriteError(f"{folder}: cannot make the folder: {error.strerror}") from error
    return [str(folder / f"{name}{ending}") for ending in ENDINGS]


def draw(name, results, arguments):
    """Draws a figure and writes it; False, and nothing is written, when it would be empty."""
    arguments.numbers = drawing.Numbers()
    module = {**FIGURES, **COMPARISONS}[name]
    figure = module.draw(results, arguments)
    if not arguments.numbers.rows:
        drawing.pyplot.close(figure)
        return False
    drawing.save(figure, outputs_of(name, arguments), arguments.numbers)
    return True


def draw_named(arguments, stack):
    """One figure; results that have nothing for it are an error."""
    results = []
    if arguments.figure in FIGURES:
        most = getattr(FIGURES[arguments.figure], "RUNS_MAX", RUNS_MAX)
        results = open_all(arguments, stack, most)
    if not draw(arguments.figure, results, arguments):
        raise ResultError(f"{arguments.figure}: these results have nothing for it")


def comparisons_of(arguments):
    """What of the comparisons is asked for, by what was given, and can be drawn of such results."""
    one = len(arguments.results) == 1
    is_sweep = one and (Path(arguments.results[0]).is_dir() or is_merged(arguments.results[0]))
    if not is_sweep and one:
        return []
    wanted = []
    if is_sweep or arguments.baseline:
        wanted.append("normalised")
    if arguments.report and arguments.report.count(",") == 1:
        wanted.append("pareto")
    if arguments.with_:
        wanted.append("scaling")
    return wanted


def draw_all(arguments, stack):
    """Whatever the results have something for. A sweep of many runs has its comparisons."""
    drawn, refused = [], []
    comparisons = comparisons_of(arguments)
    try:
        results = open_all(arguments, stack, RUNS_MAX)
    except ResultError as error:
        if not comparisons:
            raise
        results, refused = [], [str(error)]
    for name, module in FIGURES.items():
        if (len(results) >= getattr(module, "RUNS_MIN", 1)
                and getattr(module, "applies", bool)(results)
                and draw(name, results, arguments)):
            drawn.append(name)
    for name in comparisons:
        if arguments.where:
            refused.append(f"{name}: {WHERE_REFUSED}")
            continue
        try:
            if draw(name, [], arguments):
                drawn.append(name)
        except ResultError as error:
            refused.append(f"{name}: {error}")
    for reason in refused:
        print(f"not drawn: {reason}")
    if not drawn:
        raise ResultError("these results have nothing that is drawn")
    print(f"{Path(arguments.output[0])}: {', '.join(drawn)} (.pdf .png .csv)")


def open_all(arguments, stack, most):
    results = open_results(arguments.results, arguments.where, most)
    for result in results:
        stack.enter_context(result)
    tell_apart(results)
    return results


def fail(error, status):
    print(f"slabyard plot: {error}", file=sys.stderr)
    sys.exit(status)


def main():
    arguments = parse_arguments()
    arguments.compare = lambda *more: compare(arguments.results, *more)
    try:
        drawing.pyplot.style.use(str(arguments.style))
        with ExitStack() as stack:
            if arguments.figure:
                draw_named(arguments, stack)
            else:
                draw_all(arguments, stack)
    except drawing.WriteError as error:
        fail(error, EXIT_FAILED)
    except (ResultError, OSError) as error:
        fail(error, EXIT_BAD_INPUT)


if __name__ == "__main__":
    main()
