# SPDX-License-Identifier: GPL-3.0-or-later
"""Page cache that is there at the start (machine.page_cache), given back when memory is short."""

import pathlib
import re
import tempfile
import unittest

import h5py

from run_fixture import slabyard

MIB, PAGE = 1 << 20, 4096
MEMORY, CACHE = 64 * MIB, 24 * MIB


def pages_trace(count, order=0, gfp="GFP_KERNEL", second=1):
    """Allocations by one task, a microsecond apart; nothing is freed."""
    return "".join(
        f"a-1 [000] {second}.{i:06d}000: mm_page_alloc: pfn={second << 20 | i << order:#x} "
        f"order={order} migratetype=0 gfp_flags={gfp}\n"
        for i in range(1, count + 1)
    )


class PageCacheTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def replay(self, text, cache, *options):
        """Failures, vmstat and meminfo at the end."""
        trace, proc = self.folder / "trace.txt", self.folder / "proc"
        trace.write_text(text)
        printed = slabyard(
            "run", "--trace", trace, "--set", f"machine.memory={MEMORY}", "--set", "machine.cpus=1",
            "--set", f"machine.page_cache={cache}", "--proc", proc, "--progress", "off", *options,
        ).stdout.decode()
        failed = re.search(r"^alloc_fail +(\d+)$", printed, re.M)
        vmstat = dict(line.split() for line in (proc / "vmstat").read_text().splitlines())
        meminfo = {line.split(":")[0]: int(line.split()[1])
                   for line in (proc / "meminfo").read_text().splitlines()}
        return (int(failed[1]) if failed else 0,
                {name: int(value) for name, value in vmstat.items()}, meminfo)

    @staticmethod
    def frames(placements):
        return [line.split("\t")[3] for line in placements.read_text().splitlines()]

    def test_it_is_there(self):
        _, _, without = self.replay(pages_trace(1), 0)
        _, vmstat, meminfo = self.replay(pages_trace(1), CACHE)
        self.assertEqual(meminfo["Cached"], CACHE // 1024)
        self.assertEqual(meminfo["Inactive(file)"], CACHE // 1024)
        self.assertEqual(without["MemFree"] - meminfo["MemFree"], CACHE // 1024)
        self.assertEqual(vmstat["nr_file_pages"], CACHE // PAGE)
        self.assertEqual(vmstat["pgsteal_file"], 0)
        # what can be had for the asking is available, but for what watermarks keep
        self.assertGreater(meminfo["MemAvailable"], meminfo["MemFree"] + CACHE // 1024 // 2)

    def test_the_map_tells_it_from_other_pages(self):
        result = self.folder / "result.h5"
        self.replay(pages_trace(1), CACHE, "-o", result)
        with h5py.File(result) as run:
            kinds = list(run["/snapshots/kinds"].asstr()[:])
            runs = run["/snapshots/pfn"][:]
            start = int(runs["snapshot"].min())
        pages = {kind: int(runs["pages"][(runs["snapshot"] == start) & (runs["kind"] == i)].sum())
                 for i, kind in enumerate(kinds)}
        self.assertEqual(pages["file"], CACHE // PAGE)
        self.assertEqual(pages["other movable"], 0)

    def test_it_is_given_back(self):
        _, _, empty = self.replay(pages_trace(1), 0)
        # more than is free beside the cache, less than with it
        wanted = (empty["MemFree"] * 1024 - CACHE // 2) // PAGE
        failed, vmstat, meminfo = self.replay(pages_trace(wanted), CACHE)
        self.assertEqual(failed, 0)
        self.assertEqual(vmstat["oom_kill"], 0)
        self.assertEqual(CACHE // PAGE - vmstat["pgsteal_file"], meminfo["Cached"] * 1024 // PAGE)
        self.assertEqual(vmstat["pgsteal_file"],
                         vmstat["pgsteal_kswapd"] + vmstat["pgsteal_direct"])
        self.assertGreaterEqual(vmstat["pgsteal_file"], (CACHE // 2 - CACHE // 8) // PAGE)
        # twice as much cannot be had, and first all of the cache went
        failed, vmstat, meminfo = self.replay(
            pages_trace(2 * wanted, gfp="GFP_KERNEL|__GFP_NORETRY"), CACHE)
        self.assertGreater(failed, 0)
        self.assertEqual(meminfo["Cached"], 0)
        self.assertEqual(vmstat["pgsteal_file"], CACHE // PAGE)

    def test_it_moves_out_of_the_way(self):
        fill, all_pages = 4000, MEMORY // PAGE
        user = "GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO"
        holes = "".join(
            f"a-1 [000] 2.{i:06d}000: mm_page_free: pfn={1 << 20 | i:#x} order=0\n"
            for i in range(1, fill, 2)
        )
        blocks = pages_trace(8, 9, second=3)
        more = pages_trace(all_pages, gfp="GFP_KERNEL|__GFP_NORETRY", second=4)
        placements = self.folder / "placements"
        failed, vmstat, meminfo = self.replay(
            pages_trace(fill, gfp=user) + holes + blocks + more, CACHE, "--placements", placements)
        self.assertGreater(vmstat["pgmigrate_success"], 0)
        self.assertGreater(failed, 0)
        # what was moved is known where it is now: no frame is given back that others have
        taken = [(int(frame, 16), 512 if i < 8 else 1)
                 for i, frame in enumerate(self.frames(placements)[fill:]) if frame != "-"]
        frames = [first + i for first, count in taken for i in range(count)]
        self.assertEqual(len(frames), len(set(frames)))
        self.assertEqual(meminfo["Cached"], 0)
        self.assertEqual(vmstat["pgsteal_file"], CACHE // PAGE)

    def test_what_perturbs_the_start_is_no_work_of_the_run(self):
        _, vmstat, _ = self.replay(pages_trace(1), CACHE, "--perturb", "start=1000")
        _, plain, _ = self.replay(pages_trace(1), CACHE)
        self.assertLess(vmstat["nr_free_pages"], plain["nr_free_pages"] - 1)
        self.assertEqual(sum(vmstat[f"pgalloc_{zone}"] for zone in ("dma", "dma32", "normal")), 1)
        self.assertEqual(vmstat["pgsteal_file"], 0)

    def test_no_more_than_there_is_room_for(self):
        _, vmstat, meminfo = self.replay(pages_trace(1), MEMORY)
        self.assertGreater(vmstat["nr_file_pages"], 0)
        self.assertLess(meminfo["Cached"], MEMORY // 1024)
        self.assertGreater(meminfo["MemFree"], 0)

    def test_wrong_sizes_are_told(self):
        trace = self.folder / "trace.txt"
        trace.write_text(pages_trace(1))
        done = slabyard("run", "--trace", trace, "--set", "machine.memory=64MiB",
                        "--set", "machine.page_cache=65MiB", expect=2)
        self.assertIn("machine.page_cache", done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
