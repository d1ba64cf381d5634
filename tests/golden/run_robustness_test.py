# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed, that cannot write, or that has company: no half-written result, ever."""

import pathlib
import resource
import signal
import subprocess
import tempfile
import unittest

from run_fixture import PROGRAM, SAMPLES, sha256, slabyard

RECORDING = SAMPLES / "kmix-slub"
TRACE = RECORDING / "trace.txt.zst"
COMMAND = ["run", "--trace", TRACE, "--start", RECORDING / "mmstate-0.txt.zst"]


def limit_files():
    """Files of this process cannot grow beyond 4 KiB: as good as a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def limit_address_space():
    """As `ulimit -v 524288`."""
    resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))


class Robustness(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.result = self.folder / "result.h5"

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def start_and_kill(self):
        """Feeds half of the trace, so that the run is at work and waits, then kills it."""
        native = self.folder / "trace.syt"
        slabyard("import", TRACE, "-o", native)
        half = native.read_bytes()[: native.stat().st_size // 2]
        command = ["run", "--trace", "-", *COMMAND[3:], "-o", self.result]
        with subprocess.Popen([PROGRAM, *command], stdin=subprocess.PIPE) as run:
            run.stdin.write(half)
            run.stdin.flush()
            run.kill()
            self.assertEqual(run.wait(), -signal.SIGKILL)
            run.stdin.close()
        self.assertTrue([name for name in self.names() if name.startswith("result.h5.partial")])

    def test_kill_leaves_no_result(self):
        self.start_and_kill()
        self.assertFalse(self.result.exists())

    def test_kill_leaves_the_old_result(self):
        slabyard(*COMMAND, "-o", self.result)
        before = sha256(self.result)
        self.start_and_kill()
        self.assertEqual(sha256(self.result), before)
        slabyard(*COMMAND, "-o", self.result)
        self.assertEqual(sha256(self.result), before)

    def test_two_at_once(self):
        slabyard(*COMMAND, "-o", self.folder / "alone.h5")
        runs = [
            subprocess.Popen(
                [PROGRAM, *COMMAND, "-o", self.result], stdout=subprocess.DEVNULL
            )
            for _ in range(2)
        ]
        self.assertEqual([run.wait() for run in runs], [0, 0])
        self.assertEqual(sha256(self.result), sha256(self.folder / "alone.h5"))
        self.assertEqual(
            self.names(),
            ["alone.h5", "alone.h5.run.json", "result.h5", "result.h5.run.json"],
        )

    def test_disk_full(self):
        for option in ("-o", "--placements"):
            with self.subTest(option):
                done = slabyard(*COMMAND, option, self.result, expect=1, preexec_fn=limit_files)
                self.assertRegex(done.stderr.decode(), rf"^slabyard: {self.result}.*\n$")
                self.assertEqual(self.names(), [])

    def test_device(self):
        """A device is never replaced by a file; where it is missing, none is made in its place."""
        self.assertTrue(pathlib.Path("/dev/full").is_char_device())
        for option in ("-o", "--placements"):
            with self.subTest(option):
                done = slabyard(*COMMAND, option, "/dev/full", expect=1)
                self.assertRegex(done.stderr.decode(), r"^slabyard: /dev/full.*\n$")
        self.assertTrue(pathlib.Path("/dev/full").is_char_device())

    def test_standard_output_full(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [PROGRAM, *COMMAND], stdout=full, stderr=subprocess.PIPE, check=False
            )
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, b"slabyard: cannot write to standard output\n")

    def test_no_such_folder(self):
        result = self.folder / "none" / "result.h5"
        done = slabyard(*COMMAND, "-o", result, expect=1)
        self.assertRegex(done.stderr.decode(),
                         rf"^slabyard: {result}.*: No such file or directory\n$")

    def test_little_address_space(self):
        version = subprocess.run(
            [PROGRAM, "--version"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=limit_address_space,
            check=False,
        )
        if version.returncode != 0:
            self.skipTest("a program with a sanitizer cannot even start in 512 MiB")
        slabyard(*COMMAND, "-o", self.result, preexec_fn=limit_address_space)
        slabyard(*COMMAND[:3], "--set", "slab.policy=slob", preexec_fn=limit_address_space)
        tebibyte = [*COMMAND[:3], "--set", "machine.memory=1TiB"]
        done = slabyard(*tebibyte, expect=1, preexec_fn=limit_address_space)
        self.assertRegex(
            done.stderr.decode(),
            r"^slabyard: simulated state: cannot reserve \d+ bytes of address space: .*\n$",
        )

    def test_largest_machine(self):
        for policy in ("buddy", "buddy-nogroup", "bitmap-firstfit", "null"):
            with self.subTest(policy):
                settings = ["--set", "machine.memory=8TiB", "--set", f"page.policy={policy}"]
                slabyard(*COMMAND[:3], *settings)
        done = slabyard(*COMMAND[:3], "--set", "machine.memory=9TiB", expect=2)
        self.assertIn("must be between 4MiB and 8TiB, is 9TiB", done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
