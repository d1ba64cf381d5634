# SPDX-License-Identifier: GPL-3.0-or-later
"""How many placements and lists of recordings come out as recorded, held against exactness.csv.

Each recording is replayed from its first state, free-running, at page and at slab level, with no
recorded fact taken, with all but the pages behind slabs ("stack": both layers are simulated, and
zones are chosen by watermarks), and with all; those of several CPUs at page level also with the
recorded frame taken after a miss ("resync": re-synchronised, nothing else taken). A figure below
the one in exactness.csv fails the test; one above it is printed, and goes into the file with
`exactness_test.py --update` and a commit that says what was found.
"""

import csv
import os
import pathlib
import subprocess
import sys
import tempfile

import h5py

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SLABYARD", str(SOURCE / "build" / "slabyard"))
SHARED = pathlib.Path(os.environ.get("SLABYARD_SHARED_DIR", SOURCE.parent / "shared"))
SAMPLES = SOURCE / "workloads" / "samples"
TABLE = pathlib.Path(__file__).with_name("exactness.csv")

FIELDS = ["recording", "level", "facts", "matched", "compared", "lists_equal", "lists"]
STACK = ("drain,isolate,rotate,bulk,lru,pcp_busy,rcu,cache_op,free_size,reclaim,reap,"
         "lock_order")
FACTS = {"none": "none", "stack": STACK, "all": "all", "resync": "resync"}
SLAB_FACTS = ("none", "stack", "all")
POLICIES = ("slub", "slab", "slob")


def allocator_of(name):
    return next(part for part in name.split("/")[-1].split("-") if part in POLICIES)


def known_policies():
    listed = subprocess.run([PROGRAM, "list", "slab"], capture_output=True, text=True, check=True)
    names = (line.replace("*", " ").split()[:1] for line in listed.stdout.splitlines())
    return {name for words in names for name in words if name in POLICIES}


def variants(name, policies):
    yield "page", "none"
    yield "page", "all"
    if "-smp" in name:
        yield "page", "resync"
    if allocator_of(name) in policies:
        yield from (("slab", facts) for facts in SLAB_FACTS)


def replay(folder, name, level, facts, result):
    """The row of one run, and where it first differs."""
    command = [
        PROGRAM, "run", "--trace", folder / "trace.txt.zst", "--level", level,
        "--start", folder / "mmstate-0.txt.zst", "--expect", folder,
        "--assist", FACTS[facts], "-o", result, "--progress", "off",
    ]
    if level == "slab":
        command += ["--set", f"slab.policy={allocator_of(name)}"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} {level} {facts}: {done.stderr}")
    with h5py.File(result) as file:
        at = file["summary"].attrs
        lists, different = int(at["lists_compared"]), int(at["lists_different"])
        row = [int(at["placements_matched"]), int(at["placements_compared"])]
    diverged = [line for line in done.stdout.splitlines() if line.startswith("diverged")]
    return [name, level, facts, *row, lists - different, lists], "".join(diverged)


def recordings(scratch):
    """Bundled ones by their folder, the large ones unpacked one at a time."""
    for trace in sorted(SAMPLES.glob("*/trace.txt.zst")):
        yield f"samples/{trace.parent.name}", trace.parent
    archives = sorted((SHARED / "data" / "kernel").glob("*.tar.zst"))
    if not archives:
        print(f"SKIPPED: the large recordings, there is no {SHARED / 'data' / 'kernel'}")
    for archive in archives:
        name = archive.name.removesuffix(".tar.zst")
        subprocess.run(["tar", "--zstd", "-xf", archive, "-C", scratch], check=True)
        yield f"data/{name}", scratch / name
        subprocess.run(["rm", "-rf", scratch / name], check=True)


def measure():
    policies = known_policies()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for name, folder in recordings(scratch):
            for level, facts in variants(name, policies):
                yield replay(folder, name, level, facts, scratch / "result.h5")


def held_figures():
    with TABLE.open(newline="") as file:
        return {
            (row["recording"], row["level"], row["facts"]): [int(row[f]) for f in FIELDS[3:]]
            for row in csv.DictReader(file)
        }


def judge(row, held):
    """What is wrong with a row, what is better, or neither. Lists count by those that differ."""
    matched, compared, equal, lists = row[3:]
    if held is None:
        return "not in exactness.csv", ""
    different, held_different = lists - equal, held[3] - held[2]
    if compared != held[1]:
        return f"compares {compared} placements, it was {held[1]}", ""
    if matched < held[0] or different > held_different:
        return (f"{matched} match and {different} lists differ, "
                f"held: {held[0]}, {held_different}", "")
    better = matched > held[0] or different < held_different
    return "", f"better than what is held: {held[0]}, {held_different} lists" if better else ""


def compare():
    held, failures = held_figures(), 0
    for row, diverged in measure():
        wrong, better = judge(row, held.get(tuple(row[:3])))
        share = 100 * row[3] / row[4] if row[4] else 100
        print(f"{row[0]:28} {row[1]} {row[2]:5} {row[3]:>7} of {row[4]:>7} {share:8.4f}%"
              f"  lists {row[5]:>5} of {row[6]:>5}  {diverged}")
        if wrong or better:
            print(f"    {'FAIL: ' + wrong if wrong else better}")
        failures += bool(wrong)
    print(f"{failures} figures are not held" if failures else "every figure is held")
    return 1 if failures else 0


def update():
    rows = [row for row, _ in measure()]
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(update() if sys.argv[1:] == ["--update"] else compare())
