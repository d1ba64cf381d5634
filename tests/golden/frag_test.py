# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds pageblocks, as a result tells it and as `slabyard frag` prints it.

Held against a count of its own: which allocations are alive, from the lines of a text trace, and
where the simulation put them, from --placements.
"""

import collections
import csv
import io
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import h5py

from run_fixture import SAMPLES, slabyard

DIRECT_MAP = 0xFFFF888000000000
EVENT = re.compile(r"^\s*(?P<comm>.+)-(?P<tid>\d+)\s.*?: (?P<event>\w+): (?P<keys>.*)$")
OBJECTS = ("kmalloc", "kmem_cache_alloc")
FREES = ("kfree", "kmem_cache_free")

# Three tasks and pages of order 9, which are pageblocks: nobody else has a part in one. What is
# movable holds nothing.
PAGES = """\
fast-1 [000] 1.000000001: mm_page_alloc: pfn=0x2000 order=9 migratetype=0 gfp_flags=GFP_KERNEL
fast-1 [000] 2.000000000: mm_page_alloc: pfn=0x2200 order=9 migratetype=0 gfp_flags=GFP_KERNEL
slow-2 [000] 3.000000000: mm_page_alloc: pfn=0x2400 order=9 migratetype=0 gfp_flags=GFP_KERNEL
user-3 [000] 3.500000000: mm_page_alloc: pfn=0x2600 order=9 migratetype=1 \
gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP
fast-1 [000] 4.000000000: mm_page_free: pfn=0x2000 order=9
"""
MACHINE = ("--set", "machine.memory=128MiB", "--set", "machine.cpus=1")


def keys_of(text):
    return dict(pair.split("=", 1) for pair in text.split() if "=" in pair)


def trace_lines(path):
    data = subprocess.run(["zstdcat", path], stdout=subprocess.PIPE, check=True).stdout
    return data.decode(errors="replace").splitlines()


def live_objects(lines, simulated, stop):
    """{pointer: (simulated address, call site, task)} of the objects alive at the line `stop`."""
    live = {}
    for number, line in enumerate(lines[:stop], 1):
        match = EVENT.match(line)
        if not match:
            continue
        keys = keys_of(match["keys"])
        pointer = int(keys.get("ptr", "0"), 16) if match["event"] in OBJECTS + FREES else 0
        if match["event"] in FREES:
            live.pop(pointer, None)
        elif match["event"] in OBJECTS and number in simulated:
            site = keys["call_site"].rsplit("/", 1)[0]
            live[pointer] = (simulated[number], site, match["comm"])
    return live


def rank(pins, group_of):
    """Groups as `frag` ranks them, by brute force: [(share, alone, shared, together, name)]."""
    holders = collections.defaultdict(set)
    for pin in pins:
        holders[int(pin["pageblock"])].add(group_of[int(pin["holder"])])
    groups = sorted(set().union(*holders.values()))
    byte_count = collections.Counter()
    for pin in pins:
        byte_count[group_of[int(pin["holder"])]] += int(pin["bytes"])
    ranked, gone = [], set()
    while len(gone) < len(groups):
        residual = collections.Counter()
        for held_by in holders.values():
            for group in held_by - gone:
                residual[group] += 1 / len(held_by - gone)
        best = max((g for g in groups if g not in gone),
                   key=lambda g: (round(residual[g], 9), byte_count[g]))
        gone.add(best)
        mine = [held_by for held_by in holders.values() if best in held_by]
        ranked.append((sum(1 / len(h) for h in mine), sum(len(h) == 1 for h in mine),
                       sum(len(h) > 1 for h in mine),
                       sum(h <= gone for h in holders.values()), best))
    return ranked


class Frag(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.result = self.folder / "result.h5"

    def run_trace(self, *arguments):
        return slabyard("run", "-o", self.result, *arguments)

    def table(self, path, snapshot=None):
        with h5py.File(self.result) as run:
            rows = run[path][:]
        return rows if snapshot is None else rows[rows["snapshot"] == snapshot]

    def ranked(self, *arguments):
        text = slabyard("frag", "--csv", *arguments, self.result).stdout.decode()
        return list(csv.DictReader(io.StringIO(text)))

    def test_pages_that_nobody_shares(self):
        trace = self.folder / "trace.txt"
        trace.write_text(PAGES)
        self.run_trace("--trace", trace, "--level", "page", *MACHINE)
        rows = self.ranked("--by", "task")
        self.assertEqual([(r["task"], r["alone"], r["shared"], r["bytes"], r["oldest_ns"])
                          for r in rows],
                         [("fast", "1", "0", str(2 << 20), "2000000000"),
                          ("slow", "1", "0", str(2 << 20), "1000000000")])
        self.assertEqual([r["together"] for r in rows], ["1", "2"])
        self.assertEqual({r["tid"] for r in self.table("/events/pins", 1)}, {1, 2})
        states = self.table("/snapshots/pageblock_states", 1)
        self.assertEqual(states["held"].sum(), 2)
        # the user's page, and what order-9 pages wait in on the per-cpu lists
        freeable = [b for b in self.table("/snapshots/pageblocks", 1)
                    if not b["reserved"] and not b["unmovable"]]
        self.assertEqual(states["freeable"].sum(), len(freeable))
        self.assertEqual([int(b["movable"]) for b in freeable if b["movable"]], [512])
        blocks = sum(int(states[name].sum())
                     for name in ("free", "freeable", "held", "reserved"))
        self.assertEqual(blocks, 128 // 2)

    def held_objects(self, snapshot):
        """{(pageblock, call site, task): allocations} of objects made during the run."""
        holders = self.table("/events/pin_holders")
        found = collections.Counter()
        for pin in self.table("/events/pins", snapshot):
            holder = holders[int(pin["holder"])]
            if holder["kind"] == b"object":
                found[int(pin["pageblock"]), holder["call_site"].decode(),
                      holder["task"].decode()] += int(pin["allocations"])
        return found

    def test_objects_against_a_count_of_their_own(self):
        """Every live object of a recorded kernel, at each mark: block by block, by whom."""
        sample = SAMPLES / "kmix-slub" / "trace.txt.zst"
        placements = self.folder / "placements"
        self.run_trace("--trace", sample, "--placements", placements,
                       "--set", "machine.memory=256MiB", "--set", "machine.cpus=1")
        simulated = {}
        for line in placements.read_text().splitlines():
            record, operation, _, address = line.split("\t")
            if operation in OBJECTS:
                simulated[int(record)] = int(address, 16) - DIRECT_MAP
        lines = trace_lines(sample)
        taken = self.table("/snapshots/taken")
        stops = {int(number): at for at, line in enumerate(lines)
                 for number in re.findall(r"MARK (\d+)", line)}
        reserved = {(int(r["snapshot"]), int(r["pageblock"]))
                    for r in self.table("/snapshots/pageblocks") if r["reserved"]}
        compared = 0
        for row in taken[taken["mark"] >= 0]:
            expected = collections.Counter()
            for address, site, task in live_objects(lines, simulated,
                                                    stops[int(row["mark"])]).values():
                block = (address >> 12) & ~511
                if (int(row["snapshot"]), block) not in reserved:
                    expected[block, site, task] += 1
            self.assertEqual(self.held_objects(int(row["snapshot"])), expected)
            compared += sum(expected.values())
        self.assertGreater(compared, 10000)

    def test_ranking_against_brute_force(self):
        sample = SAMPLES / "user-sh-slub"
        self.run_trace("--trace", sample / "trace.txt.zst", "--start",
                       sample / "mmstate-0.txt.zst", "--set", "blame.order=4")
        holders = self.table("/events/pin_holders")
        last = int(self.table("/snapshots/taken")["snapshot"].max())
        pins = self.table("/events/pins", last)
        groups = [h["cache"].decode() or h["use"].decode() for h in holders]
        expected = rank(pins, groups)
        rows = self.ranked("--by", "cache", "--top", "0")
        self.assertGreater(len(rows), 20)
        self.assertEqual(
            [(r["cache"], int(r["alone"]), int(r["shared"]), int(r["together"])) for r in rows],
            [(name, alone, shared, together) for _, alone, shared, together, name in expected])
        for row, (share, *_) in zip(rows, expected):
            self.assertAlmostEqual(float(row["share"]), share, places=4)
        # all who hold anything, together, hold all that is held
        held = len({int(pin["pageblock"]) for pin in pins})
        self.assertEqual(int(rows[-1]["together"]), held)
        self.assertAlmostEqual(sum(float(r["share"]) for r in rows), held, places=2)

    def test_held_pageblocks_are_those_with_pins(self):
        sample = SAMPLES / "user-sh-slub"
        self.run_trace("--trace", sample / "trace.txt.zst", "--start",
                       sample / "mmstate-0.txt.zst")
        for row in self.table("/snapshots/taken"):
            number = int(row["snapshot"])
            blocks = self.table("/snapshots/pageblocks", number)
            held = {int(b["pageblock"]) for b in blocks if b["unmovable"] and not b["reserved"]}
            pinned = {int(p["pageblock"]) for p in self.table("/events/pins", number)}
            self.assertEqual(held, pinned)
            states = self.table("/snapshots/pageblock_states", number)
            self.assertEqual(int(states["held"].sum()), len(held))

    def test_objects_from_before_the_start_have_their_cache(self):
        sample = SAMPLES / "user-sh-slub"
        self.run_trace("--trace", sample / "trace.txt.zst", "--start",
                       sample / "mmstate-0.txt.zst")
        first = self.ranked("--at", "start", "--by", "all", "--top", "0")
        dentries = [r for r in first
                    if r["cache"] == "dentry" and r["kind"] == "object from before"]
        self.assertEqual([(r["oldest_ns"], r["call_site"]) for r in dentries], [("", "")])
        slabinfo = (sample / "slabinfo-3.txt").read_text()
        active = int(re.search(r"^dentry +(\d+)", slabinfo, re.MULTILINE)[1])
        at_mark = self.ranked("--at", "3", "--by", "cache", "--top", "0")
        counted = sum(int(r["allocations"]) for r in at_mark if r["cache"] == "dentry")
        self.assertAlmostEqual(counted, active, delta=active / 20)

    def test_a_start_after_records_knows_who_was_alive(self):
        """What an earlier part of the trace made is no stranger at a later mark."""
        sample = SAMPLES / "user-sh-slub"
        self.run_trace("--trace", sample / "trace.txt.zst", "--start",
                       sample / "mmstate-3.txt.zst")
        rows = self.ranked("--at", "start", "--by", "all", "--top", "0")
        self.assertIn("proc_alloc_inode+0x18", {r["call_site"] for r in rows})

    def test_processes_have_anonymous_pages_and_page_tables(self):
        """At libc level faults are simulated: user pages hold nothing, as they can be moved."""
        self.run_trace("--trace", SAMPLES / "malloc" / "as-1.trc.zst")
        with h5py.File(self.result) as run:
            kinds = list(run["/snapshots/kinds"].asstr()[:])
            process, taken = run["/timeseries/process"], run["/snapshots/taken"]
            last = int(taken["snapshot"].max())
            runs = run["/snapshots/pfn"][:]
            pages = {kind: int(sum(r["pages"] for r in runs if r["snapshot"] == last
                                   and kinds[r["kind"]] == kind)) for kind in kinds}
            rss, tables = (int(process[name][-1].sum())
                           for name in ("vm_rss_bytes", "vm_pte_bytes"))
        self.assertGreater(pages["anonymous"], 500)
        self.assertEqual(pages["anonymous"], rss // 4096)
        self.assertEqual(pages["page table"], tables // 4096)
        rows = self.ranked("--by", "all")
        self.assertEqual([(r["task"], r["cache"], int(r["allocations"])) for r in rows],
                         [("x86_64-linux-gnu-as", "page table", tables // 4096)])

    def test_the_sum_is_a_sentence(self):
        trace = self.folder / "trace.txt"
        trace.write_text(PAGES)
        self.run_trace("--trace", trace, "--level", "page", *MACHINE)
        for arguments, sentence in (
                (("--by", "task"), "These 2 tasks keep 2 of 2 held pageblocks from becoming huge "
                                   "pages."),
                (("--by", "task", "--top", "1"), "This 1 of 2 tasks keeps 1 of 2 held pageblocks "
                                                 "from becoming a huge page.")):
            text = slabyard("frag", *arguments, self.result).stdout.decode()
            self.assertIn(sentence, text)
        sample = SAMPLES / "kmix-slub"
        self.run_trace("--trace", sample / "trace.txt.zst", "--start",
                       sample / "mmstate-0.txt.zst")
        text = slabyard("frag", "--by", "task", self.result).stdout.decode()
        self.assertRegex(text, r"\(object from before\)\n")  # is no task
        self.assertRegex(text, r"These \d+ holders keep \d+ of \d+ held pageblocks")

    def test_zone_and_order(self):
        trace = self.folder / "trace.txt"
        trace.write_text(PAGES)
        self.run_trace("--trace", trace, "--level", "page", *MACHINE)
        text = slabyard("frag", "--zone", "DMA32", "--order", "3", self.result).stdout.decode()
        self.assertNotIn("node 0 DMA ", text)
        self.assertEqual(len(re.findall(r"^ +3 +\d", text, re.MULTILINE)), 1)
        self.assertEqual(self.ranked("--zone", "DMA"), [])

    def test_the_map_over_time_agrees_with_the_samples(self):
        sample = SAMPLES / "pages-slub"
        self.run_trace("--trace", sample / "trace.txt.zst", "--level", "page", "--sample-every",
                       "200", "--set", "sample.map_keep=16", "--set", "sample.map_pieces=100",
                       *MACHINE)
        with h5py.File(self.result) as run:
            group = run["/timeseries/physical_map"]
            uses, records = list(group["use"].asstr()[:]), list(group["record"][:])
            pages = group["pages"][:]
            buddy = run["/timeseries/buddy"]
            samples = list(buddy["record"][:])
            self.assertLessEqual(len(records), 17)
            self.assertGreater(len(records), 8)
            self.assertEqual((records[0], records[-1]), (samples[0], samples[-1]))
            # firmware keeps the last 128 KiB, which are of no zone
            usable = (128 << 20) - (128 << 10)
            self.assertTrue((pages.sum(axis=(1, 2)) == usable // 4096).all())
            for at, record in enumerate(records):
                row = samples.index(record)
                for use, column in (("free", "free_pages"), ("per-cpu list", "pcp_pages")):
                    self.assertEqual(pages[at, :, uses.index(use)].sum(),
                                     buddy[column][row].sum())

    def test_json_says_what_the_samples_say(self):
        sample = SAMPLES / "pages-slub"
        self.run_trace("--trace", sample / "trace.txt.zst", "--start",
                       sample / "mmstate-0.txt.zst", "--level", "page")
        told = json.loads(slabyard("frag", "--json", self.result).stdout)
        with h5py.File(self.result) as run:
            series = run["/timeseries/fragmentation"]
            for z, zone in enumerate(told["zones"]):
                self.assertEqual(zone["largest_free_pages"], series["largest_free_pages"][-1, z])
                self.assertEqual(zone["free_huge_blocks"], series["free_huge_blocks"][-1, z])
                self.assertEqual(sum(zone["pageblocks_mixed"].values()),
                                 series["pageblocks_mixed"][-1, z].sum())
                for o, order in enumerate(zone["orders"]):
                    self.assertEqual(list(order["free_blocks"].values()),
                                     list(run["/timeseries/buddy/free_blocks"][-1, z, o]))
                    for index in ("unusable_free_index", "fragmentation_index"):
                        self.assertAlmostEqual(order[index], series[index][-1, z, o] / 1000)
        self.assertEqual([r["task"] or "" for r in told["ranked"]],
                         [r["task"] for r in self.ranked()])

    def test_results_that_cannot_tell(self):
        trace = self.folder / "trace.txt"
        trace.write_text(PAGES)
        self.run_trace("--trace", trace, "--level", "page", *MACHINE, "--set", "blame.at=none")
        said = slabyard("frag", self.result, expect=2).stderr.decode()
        self.assertIn("was run with blame.at=none", said)
        self.run_trace("--trace", trace, "--level", "page", *MACHINE, "--set", "blame.at=end")
        said = slabyard("frag", "--at", "start", self.result, expect=2).stderr.decode()
        self.assertIn("at the end only, as it was run with blame.at=end", said)
        self.assertEqual(len(self.ranked("--by", "task")), 2)
        self.run_trace("--trace", trace, "--level", "page", *MACHINE, "--set", "page.policy=null")
        said = slabyard("frag", self.result, expect=2).stderr.decode()
        self.assertIn("page policy 'null' keeps no memory that could be fragmented", said)
        self.run_trace("--trace", trace, "--level", "page", *MACHINE)
        with h5py.File(self.result, "a") as run:
            del run["/events/pins"]
        said = slabyard("frag", self.result, expect=2).stderr.decode()
        self.assertIn("is of an older version (0.1.0): run the trace again", said)


if __name__ == "__main__":
    unittest.main()
