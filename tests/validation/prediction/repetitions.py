# SPDX-License-Identifier: GPL-3.0-or-later
"""How far apart recordings of one script under one allocator are: what no prediction can beat.

    SLABYARD_PREDICTION_DIR=FOLDER /usr/bin/python3 repetitions.py

reads recordings made again, FOLDER/NAME-ALLOCATOR-rN beside FOLDER/NAME-ALLOCATOR (or the one of
../shared/data), and writes repetitions.csv: for each script, allocator and mark, how many there
are and how much the growth of two of them differs, over all pairs of them (mean) and in the
worst (max). Figures are those of prediction.csv. prediction_test.py tells from it what skill a
prediction could reach that knows all but chance.
"""

import collections
import csv
import itertools
import pathlib
import re
import sys
import tempfile

import prediction_test as prediction

TABLE = pathlib.Path(__file__).with_name("repetitions.csv")
FIGURES = ("slabs", "pages", "requests", "free")
FIELDS = ["script", "allocator", "mark", "recordings",
          *(f"{figure}_{what}" for figure in FIGURES for what in ("mean", "max"))]
AGAIN = re.compile(r"(.+)-(slub|slab|slob)-(r\d+)")


class Run:
    """What grew in one recording, by mark."""

    def __init__(self, folder, allocator, scratch):
        states = sorted(folder.glob("mmstate-*.txt.zst"))
        marks = {int(prediction.NUMBER.match(path.name)[1]): path for path in states}
        start = prediction.State(marks[0])
        self.growth = {mark: prediction.Growth(prediction.State(path), start)
                       for mark, path in marks.items() if mark}
        recording = prediction.Recording(folder, allocator)
        replay = prediction.Replay(recording, allocator, marks[0], scratch)
        self.requests = {mark: replay.marks[mark].recorded_requests for mark in self.growth}

    def differences(self, other, mark):
        mine, others = self.growth[mark], other.growth[mark]
        return {
            "slabs": prediction.difference(mine.slabs, others.slabs),
            "pages": abs(mine.pages - others.pages),
            "requests": prediction.difference(self.requests[mark], other.requests[mark]),
            "free": abs(mine.free - others.free),
        }


def recordings(scratch):
    """Folders by script and allocator, of those that were recorded more than once."""
    found = collections.defaultdict(list)
    for path in sorted(pathlib.Path(prediction.MORE).glob("*-r*")):
        name = AGAIN.fullmatch(path.name)
        if name:
            found[name[1], name[2]].append(path)
    for script, folders in prediction.folders(scratch):
        for allocator, path in folders.items():
            if (script, allocator) in found:
                found[script, allocator].insert(0, path)
    return found


def rows(scratch):
    for (script, allocator), folders in sorted(recordings(scratch).items()):
        runs = [Run(folder, allocator, scratch) for folder in folders]
        for mark in sorted(runs[0].growth):
            apart = [one.differences(other, mark)
                     for one, other in itertools.combinations(runs, 2)]
            row = {"script": script, "allocator": allocator, "mark": mark, "recordings": len(runs)}
            for figure in FIGURES:
                values = [difference[figure] for difference in apart]
                row[f"{figure}_mean"] = f"{sum(values) / len(values):.1f}"
                row[f"{figure}_max"] = max(values)
            yield row


def main():
    if not prediction.MORE:
        sys.exit("SLABYARD_PREDICTION_DIR: names no folder with repetitions")
    with tempfile.TemporaryDirectory() as scratch:
        measured = list(rows(pathlib.Path(scratch)))
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(measured)


if __name__ == "__main__":
    main()
