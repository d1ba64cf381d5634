# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools that users have, on a fresh program: what slabyard import makes of their output is what the
recorder saw of the same program. Tools that are not installed here are left out aloud."""

import os
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SLABYARD_BUILD_DIR", SOURCE / "build"))
SLABYARD = os.environ.get("SLABYARD", str(BUILD / "slabyard"))
HERE = BUILD / "tests" / "validation"
PROGRAM = str(HERE / "recorded_program")
SCRIPTS = SOURCE / "workloads" / "record"
CALLS = "malloc+calloc+realloc+reallocarray+free+memalign+aligned_alloc+posix_memalign"
BLOCKS = ("malloc", "calloc", "realloc", "memalign", "free")


def run(*command, **options):
    return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", check=False,
                          timeout=300, **options)


class ToolTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="slabyard-tools-")
        self.path = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def need(self, tool):
        if not shutil.which(tool):
            print(f"{tool} is not installed here: its output is not tested")
            self.skipTest(f"no {tool}")

    def counts(self, trace):
        """Operations of each kind, as slabyard info counts them."""
        done = run(SLABYARD, "info", trace)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {m[1]: int(m[2]) for m in re.finditer(r"^(\w+) +(\d+) +[\d.]+%$", done.stdout,
                                                     re.MULTILINE)}

    def recorded(self):
        done = run(SLABYARD, "record", "-o", self.path / "recorded.syt", PROGRAM, "self")
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.counts(self.path / "recorded.syt")

    def imported(self, text, format_name):
        trace = self.path / "imported.syt"
        done = run(SLABYARD, "import", text, "-o", trace)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the format cannot tell", done.stdout)
        dump = run(SLABYARD, "dump", trace).stdout
        self.assertIn(f"# slabyard: meta source={format_name}\n", dump)
        return self.counts(trace)

    def expect_same_blocks(self, counts, names=BLOCKS):
        recorded = self.recorded()
        for name in names:
            self.assertEqual(counts.get(name), recorded.get(name), name)

    def expect_exact(self):
        if platform.libc_ver() != ("glibc", "2.36"):
            print(f"the C library is {platform.libc_ver()}, not glibc 2.36: not compared")
            return
        # No tool tells which blocks are mapped: that they are is seen where they lie as recorded.
        told = self.replay("--assist", "mmap_base")
        matched, compared = map(int, re.search(r"placements +(\d+) of (\d+)", told).groups())
        self.assertEqual(matched, compared, told)
        self.assertGreater(compared, 2000)

    def replay(self, *options):
        """The simulated machine takes it, and ends with memory in use."""
        done = run(SLABYARD, "run", "--trace", self.path / "imported.syt", "--progress", "off",
                   *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"level +libc ")
        return done.stdout

    def test_ltrace(self):
        self.need("ltrace")
        text = self.path / "ltrace.txt"
        done = run("ltrace", "-F", SCRIPTS / "ltrace.conf", "-f", "-ttt", "-x", CALLS, "-o", text,
                   PROGRAM, "self")
        if not text.exists() or "malloc" not in text.read_text():
            print(f"ltrace does not work here: {done.stderr}")
            self.skipTest("no ltrace")
        self.expect_same_blocks(self.imported(text, "ltrace"))
        self.expect_exact()
        self.replay()

    def test_bpftrace(self):
        self.need("bpftrace")
        text = self.path / "bpftrace.txt"
        # On one CPU: what others wrote comes out in no order.
        done = run("taskset", "-c", str(min(os.sched_getaffinity(0))), "bpftrace",
                   SCRIPTS / "libc.bt", "-c", f"{PROGRAM} self",
                   env={**os.environ, "BPFTRACE_PERF_RB_PAGES": "4096"})
        if " malloc " not in done.stdout:
            print(f"bpftrace does not work here: {done.stderr.strip()[-200:]}")
            self.skipTest("no bpftrace")
        text.write_text(done.stdout)
        if re.search(r"^Lost \d+ events", done.stdout, re.MULTILINE):
            self.assertIn("events lost by the recorder",
                          run(SLABYARD, "import", text, "-o", self.path / "lost.syt").stdout)
            print("bpftrace has lost events: its output is not compared")
            return
        # What its child frees before it is the program is told too.
        self.expect_same_blocks(self.imported(text, "bpftrace-libc"), BLOCKS[:-1])
        self.expect_exact()
        self.replay()

    def test_valgrind(self):
        self.need("valgrind")
        text = self.path / "valgrind.txt"
        run("valgrind", "--trace-malloc=yes", f"--log-file={text}", PROGRAM, "self")
        # At the end it has the C library free what it holds itself.
        self.expect_same_blocks(self.imported(text, "valgrind-malloc"), BLOCKS[:-1])
        self.replay()

    def test_lackey(self):
        self.need("valgrind")
        text = self.path / "lackey.txt"
        run("valgrind", "--tool=lackey", "--trace-mem=yes", f"--log-file={text}", "true")
        counts = self.imported(text, "lackey")
        self.assertGreater(counts["page_read"], 50)
        self.assertGreater(counts["page_write"], 10)

    def test_heaptrack(self):
        self.need("heaptrack")
        recorded = self.recorded()
        allocations = sum(recorded[name] for name in ("malloc", "calloc", "realloc", "memalign"))
        for raw, name in ((["-r"], "heaptrack-raw"), ([], "heaptrack")):
            for old in self.path.glob("heap*"):
                old.unlink()
            run("heaptrack", *raw, "-o", self.path / "heap", PROGRAM, "self")
            written = list(self.path.glob("heap*"))
            self.assertEqual(len(written), 1, written)
            counts = self.imported(written[0], name)
            # It does not see memalign(), and what it frees of that is older.
            self.assertLess(counts["malloc"], allocations + 10)
            self.assertGreater(counts["malloc"], allocations * 0.8)
            self.replay()

    def test_mtrace(self):
        debug = pathlib.Path("/lib/x86_64-linux-gnu/libc_malloc_debug.so.0")
        if not debug.exists():
            print(f"{debug} is not here: mtrace is not tested")
            self.skipTest("no libc_malloc_debug")
        text = self.path / "mtrace.txt"
        done = run(PROGRAM, "traced", env={**os.environ, "LD_PRELOAD": str(debug),
                                           "MALLOC_TRACE": str(text)})
        self.assertEqual(done.returncode, 0, done.stderr)
        counts = self.imported(text, "mtrace")
        done = run(SLABYARD, "record", "-o", self.path / "recorded.syt", PROGRAM, "traced")
        recorded = self.counts(self.path / "recorded.syt")
        self.assertEqual(counts["realloc"], recorded["realloc"])
        self.assertEqual(counts["malloc"],
                         sum(recorded[name] for name in ("malloc", "calloc", "memalign")))
        self.assertGreaterEqual(counts["free"], recorded["free"])
        self.replay()

    def test_strace(self):
        self.need("strace")
        text = self.path / "strace.txt"
        done = run("strace", "-f", "-ttt", "-e", "trace=%memory", "-o", text, PROGRAM, "touches")
        if done.returncode:
            print(f"strace does not work here: {done.stderr}")
            self.skipTest("no strace")
        counts = self.imported(text, "strace")
        run(SLABYARD, "record", "-o", self.path / "recorded.syt", PROGRAM, "touches")
        recorded = self.counts(self.path / "recorded.syt")
        # The loader's and the C library's calls are told too.
        for name in ("mmap", "munmap", "mremap", "madvise"):
            self.assertGreaterEqual(counts[name], recorded[name], name)
        self.assertEqual(counts["process_start"], 1)
        self.replay()


if __name__ == "__main__":
    unittest.main(verbosity=2)
