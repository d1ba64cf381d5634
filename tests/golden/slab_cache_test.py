# SPDX-License-Identifier: GPL-3.0-or-later
"""Dentries that are there at the start (machine.slab_cache), and freed when memory is short."""

import hashlib
import pathlib
import re
import tempfile
import unittest

from run_fixture import SAMPLES, SOURCE, slabyard

CONFIGS = SOURCE / "configs"
MIB, PAGE = 1 << 20, 4096
MEMORY, CACHE = 64 * MIB, 24 * MIB
POLICIES = ("slub", "slab", "slob")


def kmalloc_trace(count, gfp="GFP_KERNEL"):
    """Pages by one task, a microsecond apart; nothing is freed."""
    return "".join(
        f"a-1 [000] 1.{i:06d}000: kmalloc: call_site=f+0x1 ptr={0xffff888000000000 + i * PAGE:#x} "
        f"bytes_req={PAGE} bytes_alloc={PAGE} gfp_flags={gfp}\n"
        for i in range(1, count + 1)
    )


class SlabCacheTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def replay(self, text, cache, policy="slub", *options):
        """Failures, vmstat and meminfo at the end."""
        trace, proc = self.folder / "trace.txt", self.folder / "proc"
        trace.write_text(text)
        printed = slabyard(
            "run", "--trace", trace, "--set", f"machine.memory={MEMORY}", "--set", "machine.cpus=1",
            "--set", f"machine.slab_cache={cache}", "--set", f"slab.policy={policy}",
            "--proc", proc, "--progress", "off", *options,
        ).stdout.decode()
        failed = re.search(r"^alloc_fail +(\d+)$", printed, re.M)
        vmstat = dict(line.split() for line in (proc / "vmstat").read_text().splitlines())
        meminfo = {line.split(":")[0]: int(line.split()[1])
                   for line in (proc / "meminfo").read_text().splitlines()}
        return (int(failed[1]) if failed else 0,
                {name: int(value) for name, value in vmstat.items()}, meminfo)

    def wanted(self):
        """More pages than are free beside the cache, fewer than with it."""
        _, _, empty = self.replay(kmalloc_trace(1), 0)
        return (empty["MemFree"] * 1024 - CACHE // 2) // PAGE

    def test_it_is_there(self):
        for policy in POLICIES:
            with self.subTest(policy):
                _, _, without = self.replay(kmalloc_trace(1), 0, policy)
                _, vmstat, meminfo = self.replay(kmalloc_trace(1), CACHE, policy)
                taken = without["MemFree"] - meminfo["MemFree"]
                self.assertGreaterEqual(taken, CACHE // 1024)
                self.assertLess(taken, CACHE // 1024 * 1.1)
                self.assertEqual(vmstat["slabs_scanned"], 0)
                if policy != "slob":  # its pages are of no cache
                    self.assertGreaterEqual(meminfo["SReclaimable"], CACHE // 1024)

    def test_it_is_given_back(self):
        wanted = self.wanted()
        for policy in POLICIES:
            with self.subTest(policy):
                failed, vmstat, meminfo = self.replay(kmalloc_trace(wanted), CACHE, policy)
                self.assertEqual(failed, 0)
                self.assertEqual(vmstat["oom_kill"], 0)
                self.assertGreater(vmstat["slabs_scanned"] * 192, CACHE // 2 - CACHE // 8)
                self.assertEqual(vmstat["pgsteal_kswapd"] + vmstat["pgsteal_direct"], 0)
                self.assertLess(meminfo["SReclaimable"], CACHE // 1024 * 5 // 8)
                # who asks for no reclaim does not get them
                failed, vmstat, _ = self.replay(
                    kmalloc_trace(wanted, "__GFP_NOWARN"), CACHE, policy)
                self.assertGreater(failed, 1000)
                self.assertEqual(vmstat["slabs_scanned"], 0)

    def test_all_of_it(self):
        """Twice as much cannot be had, and first all objects went."""
        for policy in POLICIES:
            with self.subTest(policy):
                failed, vmstat, meminfo = self.replay(
                    kmalloc_trace(2 * self.wanted(), "GFP_KERNEL|__GFP_NORETRY"), CACHE, policy)
                self.assertGreater(failed, 0)
                self.assertGreaterEqual(vmstat["slabs_scanned"], CACHE // 192)
                # but for empty slabs that the allocator keeps
                self.assertLess(meminfo["SReclaimable"], 256)

    def test_with_page_cache(self):
        wanted = self.wanted()
        for policy in POLICIES:
            with self.subTest(policy):
                failed, vmstat, _ = self.replay(kmalloc_trace(wanted), CACHE, policy,
                                                "--set", "machine.page_cache=8MiB")
                self.assertEqual(failed, 0)
                self.assertGreater(vmstat["slabs_scanned"], 0)
                self.assertGreater(vmstat["pgsteal_file"], 0)
                self.assertEqual(vmstat["pgsteal_file"],
                                 vmstat["pgsteal_kswapd"] + vmstat["pgsteal_direct"])

    def test_nodes(self):
        failed, vmstat, _ = self.replay(kmalloc_trace(self.wanted()), CACHE, "slub", "--set",
                                        "machine.nodes=2", "--set", "machine.cpus=2")
        self.assertEqual(failed, 0)
        self.assertGreater(vmstat["slabs_scanned"], 0)

    def failures_of_sample(self, policy, *settings):
        """What a shell's commands ask for, on a machine that is almost too small for them."""
        printed = slabyard(
            "run", "--trace", SAMPLES / "user-sh-slub" / "trace.txt.zst", "--progress", "off",
            "-c", CONFIGS / "machines" / "pc-256mib.yaml", "--set", "machine.memory=20MiB",
            "--set", f"slab.policy={policy}",
            *(word for setting in settings for word in ("--set", setting)),
        ).stdout.decode()
        failed = re.search(r"^alloc_fail +(\d+)$", printed, re.M)
        return int(failed[1]) if failed else 0

    def test_a_recording_that_is_short_of_memory(self):
        for policy in ("slub", "slab"):
            with self.subTest(policy):
                shrunk = self.failures_of_sample(
                    policy, "machine.reserved=8MiB", "machine.slab_cache=4MiB")
                kept = self.failures_of_sample(policy, "machine.reserved=12MiB")
                self.assertGreater(kept, 1000)
                self.assertLess(shrunk, kept / 10)

    def test_same_bytes_again(self):
        text, results = kmalloc_trace(self.wanted()), []
        for name in ("one.h5", "two.h5"):
            self.replay(text, CACHE, "slub", "-o", self.folder / name)
            results.append(hashlib.sha256((self.folder / name).read_bytes()).hexdigest())
        self.assertEqual(*results)

    def test_no_more_than_there_is_room_for(self):
        _, _, meminfo = self.replay(kmalloc_trace(1), MEMORY)
        self.assertGreater(meminfo["SReclaimable"], 0)
        self.assertGreater(meminfo["MemFree"], 0)

    def refused(self, *options):
        trace = self.folder / "trace.txt"
        trace.write_text(kmalloc_trace(1))
        done = slabyard("run", "--trace", trace, "--set", "machine.memory=64MiB", *options,
                        expect=2)
        return done.stderr.decode()

    def test_wrong_uses_are_told(self):
        self.assertIn("machine.slab_cache: must be at most machine.memory",
                      self.refused("--set", "machine.slab_cache=65MiB"))
        self.assertIn("machine.slab_cache: there is no slab allocator at page level",
                      self.refused("--set", "machine.slab_cache=1MiB", "--level", "page"))


if __name__ == "__main__":
    unittest.main()
