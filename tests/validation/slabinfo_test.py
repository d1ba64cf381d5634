# SPDX-License-Identifier: GPL-3.0-or-later
"""Is /proc/slabinfo, as --proc writes it, the file that the recorded kernel showed, at every mark?

The recorder reads the file a while after MARK N, as the fourth of several, piece by piece, and
what it allocates in order to read is in the file. So the copy of the trace that is replayed has two
marks in place of each: where the reader has the buffer that slabinfo is written into, and where it
lets go of it. Names, objects, sizes and slabs of every cache are compared; a row is to be as it is
at one of the two, under SLUB and SLAB. SLOB has no such file, its lists are in exactness_test.

Everything that is not free is simulated: pages are asked of the simulated page allocator. With
nothing at all taken from the trace, the share of slabs that are held at the wrong cache is shown
for recordings of users' programs, and is not to pass 1 %.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

from exactness_test import PROGRAM, STACK, allocator_of, recordings

# Replays that a horizon bounds: reclaim and OOM, where the exactness of frames is held elsewhere.
KINDS = ("kmix", "kphase", "user", "pages-slub", "pages-slab", "lazy", "vmalloc", "thp")
MARK = re.compile(r": MARK (\d+)$")
STAMP = re.compile(r"\s(\d+\.\d+): ")
SLABINFO_IS_FILE = 4  # of those that are read at a mark
WRONG_SLABS_MAX = 0.01


def mark_at(line, mark, number):
    """The line of a mark as one of another number, at the time of `line`."""
    stamped = STAMP.sub(f" {STAMP.search(line)[1]}: ", mark, count=1)
    return MARK.sub(f": MARK {number}", stamped.rstrip()) + "\n"


def with_marks_moved(lines):
    """MARK 0 stays, replay begins there; marks 2 N and 2 N + 1 stand for MARK N."""
    held, number, opened = None, 0, 0
    for line in lines:
        mark = MARK.search(line.rstrip())
        if mark and mark[1] != "0":
            held, number, opened = line, 2 * int(mark[1]), 0
            continue
        yield line
        if not held or line.split()[0] != held.split()[0]:
            continue
        opened += "call_site=seq_open+" in line
        if opened == SLABINFO_IS_FILE and number % 2 == 0 and "call_site=seq_read_iter+" in line:
            yield mark_at(line, held, number)
            number += 1
        elif number % 2 and "call_site=seq_release+" in line:
            yield mark_at(line, held, number)
            held = None


def rows_of(path):
    """By cache: active_objs num_objs objsize objperslab pagesperslab active_slabs num_slabs."""
    rows = {}
    for line in path.read_text().splitlines():
        fields = line.split()
        if len(fields) == 16:
            rows[fields[0]] = tuple(map(int, fields[1:6] + fields[13:15]))
    return rows


def replay(folder, trace, facts, proc):
    command = [PROGRAM, "run", "--trace", trace, "--start", folder / "mmstate-0.txt.zst",
               "--set", f"slab.policy={allocator_of(folder.name)}", "--assist", facts,
               "--proc", proc, "-o", proc / "result.h5", "--progress", "off"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{folder.name}: {done.stderr}")


def as_read(expected, first, last):
    """Each row as it is at the moment of the two at which it is as recorded."""
    return first | {name: row for name, row in last.items() if expected.get(name) == row}


def differing(expected, got):
    """Caches whose rows differ, and the share of slabs at the wrong cache."""
    names = sorted(expected.keys() | got.keys())
    none = (0,) * 7
    slabs = sum(row[6] for row in expected.values())
    wrong = sum(abs(expected.get(n, none)[6] - got.get(n, none)[6]) for n in names)
    return [n for n in names if expected.get(n) != got.get(n)], wrong / slabs


def compare(folder, proc):
    """Rows compared, descriptions of those that differ, worst share of slabs at the wrong cache."""
    compared, different, worst = 0, [], 0.0
    for file in sorted(folder.glob("slabinfo-*.txt")):
        mark = int(file.stem.split("-")[1])
        if mark == 0:
            continue
        expected = rows_of(file)
        got = as_read(expected, *(rows_of(proc / f"slabinfo-{2 * mark + i}.txt") for i in (0, 1)))
        names, share = differing(expected, got)
        compared += len(expected)
        worst = max(worst, share)
        different += [f"{file.stem} {n}: {got.get(n)}, recorded {expected.get(n)}" for n in names]
    return compared, different, worst


def measure(folder, scratch):
    trace = scratch / "trace.txt"
    text = subprocess.run(["zstd", "-dcq", folder / "trace.txt.zst"], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    trace.write_text("".join(with_marks_moved(text.splitlines(keepends=True))))
    for kind, facts in (("stack", STACK), ("none", "none")):
        with tempfile.TemporaryDirectory() as proc:
            replay(folder, trace, facts, pathlib.Path(proc))
            yield kind, compare(folder, pathlib.Path(proc))


def judge(name, kind, different, worst):
    if kind == "stack":
        return [f"{name}: {row}" for row in different]
    if "user" in name and "smp" not in name and worst > WRONG_SLABS_MAX:
        return [f"{name}: {100 * worst:.2f}% of slabs are at the wrong cache with no facts taken"]
    return []


def is_wanted(name, folder):
    return (any(name.split("/")[1].startswith(kind) for kind in KINDS) and
            any(folder.glob("slabinfo-[1-9]*.txt")))


def main():
    failures = []
    with tempfile.TemporaryDirectory() as unpacked, tempfile.TemporaryDirectory() as scratch:
        for name, folder in recordings(pathlib.Path(unpacked)):
            if not is_wanted(name, folder):
                continue
            for kind, (compared, different, worst) in measure(folder, pathlib.Path(scratch)):
                print(f"{name:22} {kind:5} {compared - len(different):>5} of {compared:>5} rows "
                      f"equal, {100 * worst:.3f}% of slabs at the wrong cache at worst")
                assert compared
                failures += judge(name, kind, different, worst)
    print("\n".join(failures[:20]))
    print(f"{len(failures)} differ" if failures else "as recorded")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
