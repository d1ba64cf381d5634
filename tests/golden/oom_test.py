# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the OOM killer chooses in traces of page allocations."""

import pathlib
import tempfile
import unittest

import h5py
from run_fixture import slabyard

FAULT = "page_fault_user: address={:#x} ip=0x1 error_code=0x6"
USER = "mm_page_alloc: pfn={:#x} order=0 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_COMP"
KERNEL = "mm_page_alloc: pfn={:#x} order=0 migratetype=0 gfp_flags=GFP_KERNEL"


def trace(faults, adj=0):
    """small has 1000 pages, large 7000; then the kernel takes more than the machine has."""
    events = [
        (10, f"oom_score_adj_update: pid=10 comm=small oom_score_adj={adj}"),
        (20, "oom_score_adj_update: pid=20 comm=large oom_score_adj=0"),
    ]
    for task, pfns in ((10, range(0x10000, 0x10000 + 1000)), (20, range(0x20000, 0x20000 + 7000))):
        for pfn in pfns:
            if faults:
                events.append((task, FAULT.format(pfn << 12)))
            events.append((task, USER.format(pfn)))
    events += ((30, KERNEL.format(pfn)) for pfn in range(0x30000, 0x30000 + 10000))
    return "".join(
        f"t-{task} [000] {i / 1e6:.9f}: {event}\n" for i, (task, event) in enumerate(events)
    )


class Oom(unittest.TestCase):
    def rows(self, text, *options):
        with tempfile.TemporaryDirectory() as folder:
            result = pathlib.Path(folder) / "r.h5"
            slabyard(
                *("run", "--trace", "-", "--format", "text", "--set", "machine.memory=64MiB"),
                *("-o", result, *options),
                input=text.encode(),
            )
            with h5py.File(result) as file:
                return [
                    (row["outcome"].decode(), int(row["victim"]), int(row["victim_pages"]))
                    for row in file["events/oom"][:]
                ]

    def test_largest_is_killed_with_faults_or_without(self):
        """A process tells of its pages with every 66th fault; each page is one where none is
        recorded."""
        told = 7000 - 7000 % 66 - 1
        for faults in (True, False):
            with self.subTest(faults=faults):
                self.assertEqual(self.rows(trace(faults))[0], ("killed", 20, told))

    def test_adjustments_are_thousandths_of_what_the_buddy_has(self):
        """64 MiB less 16 MiB that it never had are 12 pages for each point, not 16."""
        kept = ("--set", "machine.reserved=16MiB")
        self.assertEqual(self.rows(trace(True, 480), *kept)[0][:2], ("killed", 20))
        self.assertEqual(self.rows(trace(True, 520), *kept)[0][:2], ("killed", 10))

    def test_many_forks_take_no_minutes(self):
        """What a process leaves its child is counted without a look at all other processes."""
        fork = ("t-{0} [000] {1:.6f}: sched_process_fork: comm=t pid={0} child_comm=t "
                "child_pid={2}\n")
        text = "".join(fork.format(pid, pid / 1e6, pid + 1) for pid in range(1, 400_000))
        first = "t-1 [000] 0.000000: " + USER.format(0x10000) + "\n"
        slabyard(
            *("run", "--trace", "-", "--format", "text", "--level", "page"),
            input=(first + text).encode(),
            timeout=120,
        )


if __name__ == "__main__":
    unittest.main()
