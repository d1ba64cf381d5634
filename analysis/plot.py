#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws a figure from Slabyard's result files, as PDF or PNG by the output's name; CSV is its numbers."""
import argparse
import csv
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    import drawing
    from figures import FIGURES
    from slabyard_results import Result, ResultError
except ImportError as missing:
    sys.exit(f"plot.py: {missing}; on Debian: apt-get install python3-h5py python3-matplotlib")

STYLE = Path(__file__).resolve().parent / "slabyard.mplstyle"


def parse_arguments():
    listed = "\n".join(f"  {name:16}{module.HELP}" for name, module in FIGURES.items())
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=f"figures:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figure", choices=FIGURES, metavar="FIGURE")
    parser.add_argument("results", nargs="+", metavar="RESULT", help="HDF5 file of a run")
    parser.add_argument("-o", "--output", required=True, metavar="OUT.pdf|OUT.png|OUT.csv",
                        action="append", help="may be given several times")
    parser.add_argument("--style", default=STYLE, metavar="FILE",
                        help="matplotlib style in place of slabyard.mplstyle")
    parser.add_argument("--width", choices=drawing.WIDTHS_INCH, default="column",
                        help="3.33 inch for a column, 7 inch for a page (default: %(default)s)")
    parser.add_argument("--zone", help="one zone in place of all, or of the largest")
    arguments = parser.parse_args()
    for output in arguments.output:
        if Path(output).suffix == ".csv" and not hasattr(FIGURES[arguments.figure], "numbers"):
            parser.error(f"{output}: {arguments.figure} has no numbers to write as CSV")
        if Path(output).suffix not in (".pdf", ".png", ".csv"):
            parser.error(f"{output}: the name must end in .pdf or .png")
    return arguments


def tell_apart(results):
    """Runs whose files have one name in several folders are named with the folder."""
    stems = [result.path.stem for result in results]
    for result in results:
        if stems.count(result.path.stem) > 1:
            result.label = f"{result.path.resolve().parent.name}/{result.path.stem}"


def write_numbers(rows, path):
    with open(path, "w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows(rows)


def main():
    arguments = parse_arguments()
    try:
        drawing.pyplot.style.use(str(arguments.style))
        with ExitStack() as stack:
            results = [stack.enter_context(Result(path)) for path in arguments.results]
            tell_apart(results)
            module = FIGURES[arguments.figure]
            drawn = [path for path in arguments.output if not path.endswith(".csv")]
            if drawn:
                drawing.save(module.draw(results, arguments), drawn)
            for path in arguments.output:
                if path not in drawn:
                    write_numbers(module.numbers(results, arguments), path)
    except (ResultError, OSError) as error:
        sys.exit(f"plot.py: {error}")


if __name__ == "__main__":
    main()
