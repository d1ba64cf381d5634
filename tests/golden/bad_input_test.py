# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a user gets wrong, word for word: every case of bad_input/*.cases. A case is

    case NAME
    file NAME                 a file to make, of the lines that follow with "| " in front
    | line
    setup COMMAND             a shell command that must succeed
    as nobody                 run without root's rights
    $ COMMAND                 the shell command that is tried
    exit N                    its exit code
    > line                    its whole standard error
    absent NAME               a file that must not be there afterwards

Each case runs in a folder of its own, where `slabyard` is the program under test. Files that stand
before the first case are there in every case. Lines that begin with # are comments."""

import ctypes
import os
import pathlib
import subprocess
import tempfile
import unittest

from run_fixture import PROGRAM, SOURCE

CASES = sorted((SOURCE / "tests" / "golden" / "bad_input").glob("*.cases"))
LIBC = ctypes.CDLL(None, use_errno=True)
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


class Case:
    def __init__(self, name, files):
        self.name, self.files = name, files
        self.setup, self.absent, self.stderr = [], [], []
        self.command = self.exit = None
        self.as_nobody = False


def read_cases(path):
    cases, common, lines = [], {}, None
    files = common
    for line in path.read_text().splitlines():
        word, _, rest = line.partition(" ")
        if not line or word == "#":
            continue
        if word == "case":
            files = dict(common)
            cases.append(Case(rest, files))
        elif word == "file":
            lines = files[rest] = []
        elif word == "|":
            lines.append(rest)
        elif word == ">":
            cases[-1].stderr.append(rest)
        elif word == "$":
            cases[-1].command = rest
        elif word == "exit":
            cases[-1].exit = int(rest)
        elif word == "as":
            cases[-1].as_nobody = True
        elif word in ("setup", "absent"):
            getattr(cases[-1], word).append(rest)
        else:
            raise ValueError(f"{path.name}: {line}")
    return cases


def drop_rights():
    """Root without the right to pass over permissions; it still reaches the program."""
    if os.geteuid() == 0 and LIBC.prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def shell(command, folder, **options):
    environment = {
        **os.environ,
        "PATH": f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}",
        "LC_ALL": "C",
    }
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=300,
        **options,
    )


def outcome(case, folder):
    """What the case did, in the words of the case."""
    os.chmod(folder, 0o755)
    for name, lines in case.files.items():
        (folder / name).write_text("".join(line + "\n" for line in lines))
    for command in case.setup:
        shell(command, folder, check=True)
    before = {path.name for path in folder.iterdir()}
    done = shell(
        case.command,
        folder,
        stderr=subprocess.PIPE,
        preexec_fn=drop_rights if case.as_nobody else None,
    )
    made = {path.name for path in folder.iterdir()} - before
    lines = [f"> {line}" for line in done.stderr.decode("utf-8", "backslashreplace").splitlines()]
    return [f"$ {case.command}", f"exit {done.returncode}", *lines], made


class BadInput(unittest.TestCase):
    maxDiff = None

    def check(self, case):
        with tempfile.TemporaryDirectory(prefix="slabyard-case-") as folder:
            printed, made = outcome(case, pathlib.Path(folder))
        expected = [f"$ {case.command}", f"exit {case.exit}", *(f"> {x}" for x in case.stderr)]
        self.assertEqual(printed, expected)
        self.assertFalse(made & set(case.absent))
        left_behind = {name for name in made if "tmp" in name or "partial" in name}
        self.assertFalse(left_behind)

    def test_cases(self):
        count = 0
        for path in CASES:
            for case in read_cases(path):
                count += 1
                with self.subTest(f"{path.name}: {case.name}"):
                    self.check(case)
        self.assertGreater(count, 40)
        print(f"{count} cases")


if __name__ == "__main__":
    unittest.main()
