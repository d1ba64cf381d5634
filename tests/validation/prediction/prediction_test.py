# SPDX-License-Identifier: GPL-3.0-or-later
"""What is predicted of another slab allocator, held against recordings of that other one.

A script was recorded under slab, slub and slob. For each pair the recording under one is replayed
under the other, once from the other's recorded state (start own) and once from a census of its own
(start census), and compared at every mark with what the other's kernel had recorded:

- slabs: growth of each cache's slabs since the start (of slob: of its lists of pages), absolute
  differences summed up;
- pages: growth of the pages that slab holds, all in all;
- requests: pages asked for by slab since the start, by order, absolute differences summed up;
- free: growth of free pages, those on per-cpu lists included;
- huge: growth of free huge blocks (order 9).

Columns _error hold these, _most the part of one cache or order that is furthest off. Rows of mark 0
tell of the start itself: not how much more there is, but how much.

Beside each error stand those of naive guesses: live (as many slabs as the objects alive fill), copy
(what the recorded allocator did), none (nothing changes). skill = 1 - error / the best guess's.

analysis/prediction.csv holds the errors: one that is larger fails the test. Smaller ones go into
the file with `prediction_test.py --update` and a commit that says what was found. `slabyard
predict` takes its error bands from it. Rows of scripts marked `held-out` were measured on
recordings that no rule was made with; they are measured again where SLABYARD_PREDICTION_DIR names
a folder that has them (NAME-ALLOCATOR/trace.txt.zst, mmstate-N.txt.zst).

Two recordings of one script under one allocator differ too: repetitions.csv (repetitions.py) says
by how much, and beside each target stands how often a prediction that knew all but this would reach
it.
"""

import collections
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import h5py

SOURCE = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("SLABYARD", str(SOURCE / "build" / "slabyard"))
SHARED = pathlib.Path(os.environ.get("SLABYARD_SHARED_DIR", SOURCE.parent / "shared"))
MORE = os.environ.get("SLABYARD_PREDICTION_DIR")
SAMPLES = SOURCE / "workloads" / "samples"
CACHES = SAMPLES / "linux-6.1.caches"
TABLE = pathlib.Path(__file__).resolve().parents[3] / "analysis" / "prediction.csv"
REPETITIONS = pathlib.Path(__file__).with_name("repetitions.csv")

START = -1  # the mark of the start
ALLOCATORS = ("slub", "slab", "slob")
PAIRS = [(x, y) for x in ALLOCATORS for y in ALLOCATORS if x != y]
SCRIPTS = ("kmix", "user-sh")
KEYS = ["script", "set", "kind", "from", "to", "start", "mark"]
FIGURES = ("slabs", "pages", "requests", "free", "huge")
FIELDS = KEYS + [
    "slabs", "slabs_error", "slabs_most", "slabs_live", "slabs_copy",
    "pages", "pages_error", "pages_copy",
    "requests", "requests_error", "requests_most", "requests_copy",
    "free", "free_error", "free_copy",
    "huge", "huge_error", "huge_copy",
]
# A schedule that was drawn is no worse than the recorded one: the range over some is the interval.
SEEDS = range(1, 5)
# What bands count by (prediction_table.h), and how often they must hold: of six recordings, one is
# the worst.
CHANGE_MIN, COVERAGE_MIN = 32, 0.8
NUMBER = re.compile(r"mmstate-(\d+)\.txt")


class State:
    """Figures of a recorded state. Of slob, a list of pages stands for a cache."""

    def __init__(self, path):
        text = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True)
        lines = text.stdout.decode().splitlines()
        self.slabs, pages = slabs_and_pages(lines)
        self.pages = sum(pages.values())
        self.free, self.huge = free_pages(lines)


def free_pages(lines):
    """Free pages and free huge blocks."""
    blocks = collections.Counter()
    for order, count in re.findall(r"^nr_free order=(\d+) (\d+)$", "\n".join(lines), re.M):
        blocks[int(order)] += int(count)
    on_lists = sum(int(count) for count in
                   re.findall(r"^pcp cpu=\d+ count=(\d+)", "\n".join(lines), re.M))
    free = sum(count << order for order, count in blocks.items())
    huge = sum(count << order - 9 for order, count in blocks.items() if order >= 9)
    return free + on_lists, huge


def slabs_and_pages(lines):
    """By cache."""
    slabs, pages = collections.Counter(), collections.Counter()
    cache, order = None, {}
    for line in lines:
        words = line.split()
        if not words:
            continue
        if words[0] == "cache":
            cache = words[1]
            order[cache] = int(re.search(r" (?:oo_order|gfporder)=(\d+)", line + " oo_order=0")[1])
        elif line.startswith((" cpuslab ", " slabs=", " partial ", " free ", " full ",
                              "fullslab ")):
            named = re.search(r" cache=(\S+)", line)
            owner = named[1] if named else cache
            own = re.search(r" order=(\d+)", line)
            slabs[owner] += 1
            pages[owner] += 1 << (int(own[1]) if own else order[owner])
        elif words[0] in ("small", "medium", "large", "fullslob") and words[1].startswith("pfn="):
            name = words[0].replace("fullslob", "full")
            slabs[name] += 1
            pages[name] += 1
    return slabs, pages


class Recording:
    """A script's recording under one allocator."""

    def __init__(self, folder, allocator):
        self.folder, self.allocator = folder, allocator
        states = {int(NUMBER.match(path.name)[1]): path
                  for path in folder.glob("mmstate-*.txt.zst")}
        self.start = states[0]
        self.kind = predict(self, next(name for name in ALLOCATORS if name != allocator))["kind"]
        self.states = {mark: State(path) for mark, path in sorted(states.items())}

    def growth(self, mark):
        return Growth(self.states[mark], self.states[0])


class Growth:
    """What there is more than at the start: slabs by cache, pages, free pages, huge blocks."""

    def __init__(self, now, start):
        names = set(now.slabs) | set(start.slabs)
        self.slabs = {name: now.slabs.get(name, 0) - start.slabs.get(name, 0) for name in names}
        self.pages = now.pages - start.pages
        self.free = now.free - start.free
        self.huge = now.huge - start.huge


class Mark:
    """Figures of a run at a mark. Of slob, a list of pages stands for a cache."""

    def __init__(self):
        self.caches = {}
        self.slabs = collections.Counter()
        self.pages = self.free = self.huge = 0
        self.requests, self.recorded_requests = collections.Counter(), collections.Counter()


class Replay:
    """Figures at marks of a run of one recording under a policy."""

    def __init__(self, recording, policy, start, scratch, *options):
        result = scratch / "result.h5"
        command = [
            PROGRAM, "run", "--trace", recording.folder / "trace.txt.zst", "--start", start,
            "--caches", CACHES, "--set", f"slab.policy={policy}", "--assist", "cache_op",
            "-o", result, "--progress", "off", *options,
        ]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{recording.folder} under {policy}: {done.stderr}")
        self.marks = collections.defaultdict(Mark)
        with h5py.File(result) as file:
            for row in file["/snapshots/memory"][:]:
                mark = self.marks[int(row["mark"])]
                mark.pages, mark.free, mark.huge = map(
                    int, (row["slab_pages"], row["free_pages"], row["free_huge_blocks"])
                )
            for row in file["/snapshots/slab"][:]:
                mark, name = self.marks[int(row["mark"])], row["cache"].decode()
                mark.caches[name] = row
                mark.slabs[name] = int(row["slabs"])
            for row in file["/snapshots/slab_requests"][:]:
                mark, order = self.marks[int(row["mark"])], int(row["order"])
                mark.requests[order] = int(row["allocs"])
                mark.recorded_requests[order] = int(row["recorded_allocs"])

    def growth(self, mark):
        return Growth(self.marks[mark], self.marks[START])

    def filled(self, mark):
        """Growth of slabs if objects alive filled them; None where they are not told by cache."""
        now, start = (slabs_filled(self.marks[at].caches) for at in (mark, START))
        if now is None or start is None:
            return None
        return {name: now[name] - start[name] for name in set(now) | set(start)}


def predict(recording, policy, *options):
    """What `slabyard predict` tells of it."""
    command = [PROGRAM, "predict", "--to", policy, "--caches", CACHES, "--runs", "0", "--json",
               "--progress", "off", *options, recording.folder / "trace.txt.zst"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{recording.folder}, predicted under {policy}: {done.stderr}")
    return json.loads(done.stdout)


def slabs_filled(caches):
    slabs = collections.Counter()
    for name, row in caches.items():
        if not row["objects"]:
            return None
        per_slab = int(row["objects"]) // int(row["slabs"])
        slabs[name] = -(-int(row["live_objects"]) // per_slab)
    return slabs


def difference(one, other):
    names = set(one) | set(other)
    return sum(abs(one.get(name, 0) - other.get(name, 0)) for name in names)


def largest_difference(one, other):
    names = set(one) | set(other)
    return max((abs(one.get(name, 0) - other.get(name, 0)) for name in names), default=0)


def measure_pair(script, source, target, start, truth, scratch):
    """Rows of one pair and start, by mark."""
    begin = target.start if start == "own" else f"census:{source.start}"
    replay = Replay(source, target.allocator, begin, scratch)
    for mark in target.states:
        if mark and mark not in replay.marks:
            continue
        yield {
            "script": script,
            "set": "tuned" if script in SCRIPTS else "held-out",
            "kind": source.kind,
            "from": source.allocator,
            "to": target.allocator,
            "start": start,
            "mark": mark,
            **(start_figures(target, replay) if mark == 0 else {
                **slab_figures(source, target, replay, mark),
                **memory_figures(source, target, replay, mark),
                **request_figures(replay, truth, mark),
            }),
        }


def start_figures(target, replay):
    """What there is at the start, where the others tell how it grew; nothing to guess."""
    real, simulated = target.states[0], replay.marks[START]
    figures = {field: "" for field in FIELDS if field.endswith(("_live", "_copy"))}
    for name in ("pages", "free", "huge"):
        figures[name] = getattr(real, name)
        figures[f"{name}_error"] = abs(getattr(real, name) - getattr(simulated, name))
    return {
        **figures,
        "slabs": sum(real.slabs.values()),
        "slabs_error": difference(real.slabs, simulated.slabs),
        "slabs_most": largest_difference(real.slabs, simulated.slabs),
        "requests": 0,
        "requests_error": 0,
        "requests_most": 0,
    }


def slab_figures(source, target, replay, mark):
    real, filled = target.growth(mark).slabs, replay.filled(mark)
    # slob has lists where others have caches: nothing to copy
    alike = "slob" not in (source.allocator, target.allocator) and mark in source.states
    return {
        "slabs": difference(real, {}),
        "slabs_error": difference(real, replay.growth(mark).slabs),
        "slabs_most": largest_difference(real, replay.growth(mark).slabs),
        "slabs_live": "" if filled is None else difference(real, filled),
        "slabs_copy": difference(real, source.growth(mark).slabs) if alike else "",
    }


def memory_figures(source, target, replay, mark):
    real, simulated, figures = target.growth(mark), replay.growth(mark), {}
    copied = source.growth(mark) if mark in source.states else None
    for name in ("pages", "free", "huge"):
        figures[name] = abs(getattr(real, name))
        figures[f"{name}_error"] = abs(getattr(real, name) - getattr(simulated, name))
        figures[f"{name}_copy"] = (
            "" if copied is None else abs(getattr(real, name) - getattr(copied, name))
        )
    return figures


def request_figures(replay, truth, mark):
    real, simulated = truth.marks[mark].recorded_requests, replay.marks[mark]
    return {
        "requests": sum(real.values()),
        "requests_error": difference(real, simulated.requests),
        "requests_most": largest_difference(real, simulated.requests),
        "requests_copy": difference(real, simulated.recorded_requests),
    }


def folders(scratch):
    """Each script's folders by allocator, those that are complete."""
    shared = SHARED / "data" / "kernel"
    for script in SCRIPTS:
        archives = {name: shared / f"{script}-{name}.tar.zst" for name in ALLOCATORS}
        bundled = {name: SAMPLES / f"{script}-{name}" for name in ALLOCATORS}
        if all(path.is_file() for path in archives.values()):
            for path in archives.values():
                subprocess.run(["tar", "--zstd", "-xf", path, "-C", scratch], check=True)
            yield script, {name: scratch / f"{script}-{name}" for name in ALLOCATORS}
        elif all((path / "trace.txt.zst").is_file() for path in bundled.values()):
            print(f"SKIPPED: most marks of {script}, there is no {shared}")
            yield script, bundled
        else:
            print(f"SKIPPED: {script}, there is no {shared}")
    more = pathlib.Path(MORE) if MORE else None
    for first in sorted(more.glob("*-slub")) if more else ():
        script = first.name.removesuffix("-slub")
        found = {name: more / f"{script}-{name}" for name in ALLOCATORS}
        if script not in SCRIPTS and all((path / "mmstate-0.txt.zst").is_file()
                                         for path in found.values()):
            yield script, found


def measure(scratch):
    for script, found in folders(scratch):
        recordings = {name: Recording(path, name) for name, path in found.items()}
        truth = {
            name: Replay(recording, name, recording.start, scratch)
            for name, recording in recordings.items()
        }
        for x, y in PAIRS:
            for start in ("own", "census"):
                yield from measure_pair(
                    script, recordings[x], recordings[y], start, truth[y], scratch
                )
        if script == "user-sh":
            measure_intervals(recordings, scratch)


def measure_intervals(recordings, scratch):
    """Where processes run side by side, two runs of a kernel differ too: a range, not a number."""
    perturb = perturbed_as_predicted()
    for x, y in PAIRS:
        growths = collections.defaultdict(list)
        for seed in SEEDS:
            replay = Replay(
                recordings[x], y, recordings[y].start, scratch,
                "--perturb", perturb, "--seed", seed,
            )
            for mark in recordings[y].states:
                growths[mark].append(replay.growth(mark).pages)
        for mark in (3, 4):
            if mark in growths:
                print(
                    f"    user-sh {x} to {y}, mark {mark}: pages {min(growths[mark])} to "
                    f"{max(growths[mark])} over {len(SEEDS)} perturbed runs, "
                    f"real {recordings[y].growth(mark).pages}"
                )


def perturbed_as_predicted():
    """What `slabyard predict` perturbs."""
    told = subprocess.run(
        [PROGRAM, "predict", "--to", "slab", "--runs", "0", "--json", "--progress", "off",
         SAMPLES / "kmix-slub" / "trace.txt.zst"], capture_output=True, check=True)
    return json.loads(told.stdout)["perturb"]


def key_of(row):
    return tuple(str(row[field]) for field in KEYS)


def place(key):
    """Where a row stands in the table."""
    *names, mark = key
    return (names[1] != "tuned", *names, int(mark))


def held_rows():
    if not TABLE.exists():
        return {}
    with TABLE.open(newline="") as file:
        return {key_of(row): row for row in csv.DictReader(file)}


def skill(row, figure):
    """Against the best naive guess, None where none is wrong or, at the start, there is none."""
    if int(row["mark"]) == 0:
        return None
    guesses = [int(row[figure])]
    guesses += [int(row[f"{figure}_{name}"]) for name in ("live", "copy")
                if row.get(f"{figure}_{name}", "") != ""]
    best = min(guesses)
    return 1 - float(row[f"{figure}_error"]) / best if best else None


def show(row):
    def part(figure):
        known = skill(row, figure)
        return (f"{figure} {row[figure + '_error']} of {row[figure]}"
                + ("" if known is None else f" (skill {known:.2f})"))

    print(f"{row['script']:10} {row['from']} to {row['to']} {row['start']:6} "
          f"mark {row['mark']:>2}: " + ", ".join(map(part, FIGURES)))


def judge(row, held):
    if held is None:
        return "not in prediction.csv"
    for figure in FIGURES:
        if int(held[figure]) != row[figure]:
            return f"{figure}: the recording has {row[figure]}, it was {held[figure]}"
    for field in FIELDS:
        if field.endswith(("_error", "_most")) and row[field] > int(held[field]):
            return f"{field}: {row[field]} wrong, held: {held[field]}"
    return ""


def chance():
    """By script, allocator and mark, how much two recordings differ on average, by figure."""
    with REPETITIONS.open(newline="") as file:
        return {
            (row["script"], row["allocator"], row["mark"]):
                {figure: float(row[f"{figure}_mean"]) for figure in ("slabs", "pages", "requests")}
            for row in csv.DictReader(file)
        }


def by_chance(row, repetitions):
    """The row if nothing but chance were wrong in it."""
    apart = repetitions[row["script"], row["to"], str(row["mark"])]
    return {**row, **{f"{figure}_error": error for figure, error in apart.items()}}


def bars(rows):
    """The issue's targets, for the reader; what is held is judged row by row."""
    kmix = [row for row in rows
            if row["script"] == "kmix" and row["start"] == "own" and row["mark"]]
    shell = [row for row in rows if row["script"] == "user-sh" and 0 < int(row["mark"]) <= 3]
    repetitions = chance()
    for name, part, met in (
        ("kmix, start own: requests within 2%", kmix,
         lambda row: row["requests_error"] <= 0.02 * row["requests"]),
        ("kmix, start own: pages held within 2% of their growth, or one", kmix,
         lambda row: row["pages_error"] <= max(1, 0.02 * row["pages"])),
        ("kmix, start own: slabs within 2% of their growth, or one", kmix,
         lambda row: row["slabs_error"] <= max(1, 0.02 * row["slabs"])),
        ("user-sh to mark 3: skill above 0.8 in slabs", shell,
         lambda row: (skill(row, "slabs") or 0) > 0.8),
        ("user-sh to mark 3: skill above 0.8 in pages", shell,
         lambda row: (skill(row, "pages") or 0) > 0.8),
    ):
        for x, y in PAIRS:
            for start in ("own", "census"):
                chosen = [row for row in part
                          if (row["from"], row["to"], row["start"]) == (x, y, start)]
                best = [by_chance(row, repetitions) for row in chosen]
                if chosen:
                    print(f"{name}: {x} to {y} {start}: {sum(map(met, chosen))} of {len(chosen)}, "
                          f"by chance alone {sum(map(met, best))}")


def band_shares(rows):
    """By case, figure and script the largest error over what changed, as in prediction_table.h."""
    shares, largest = collections.defaultdict(dict), collections.Counter()
    for row in sorted(rows, key=lambda row: int(row["mark"])):
        if int(row["mark"]) == 0:
            continue
        for figure in ("slabs", "pages", "requests", "free"):
            case = (row["kind"], row["from"], row["to"], row["start"], figure)
            key = (*case, row["script"])
            largest[key] = max(largest[key], int(row[figure]))
            share = int(row[f"{figure}_error"]) / max(CHANGE_MIN, largest[key])
            scripts = shares[case]
            scripts[row["script"]] = max(scripts.get(row["script"], 0), share)
    return shares


def coverage(rows):
    """How often a recording stays within the band that all others of its kind give."""
    inside = total = 0
    for scripts in band_shares(rows).values():
        for script, share in scripts.items():
            others = [other for name, other in scripts.items() if name != script]
            inside += bool(others) and share <= max(others)
            total += bool(others)
    return inside, total


def main():
    held, failures, rows = held_rows(), 0, []
    with tempfile.TemporaryDirectory() as scratch:
        for row in measure(pathlib.Path(scratch)):
            rows.append(row)
            show(row)
            wrong = judge(row, held.get(key_of(row)))
            if wrong:
                print(f"    FAIL: {wrong}")
            failures += bool(wrong)
    bars(rows)
    inside, total = coverage(held.values() or rows)
    print(f"bands: {inside} of {total} times a recording stays within that of all others")
    if inside < COVERAGE_MIN * total:
        print("    FAIL: a band is to hold more often")
        failures += 1
    if sys.argv[1:] == ["--update"]:
        held.update({key_of(row): row for row in rows})
        with TABLE.open("w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(held[key] for key in sorted(held, key=place))
        return 0
    print(f"{failures} figures are not held" if failures else "every figure is held")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
