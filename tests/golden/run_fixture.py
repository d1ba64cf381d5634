# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line as the tests of this folder run it, and the cases of run/.

A case is a file run/NAME.args: one argument of `slabyard run` a line, lines with # are comments.
Beside it stand what it must print (NAME.txt, without the host's time) and the SHA-256 of the
result file that it must write (NAME.sha256).
"""

import hashlib
import os
import pathlib
import re
import subprocess

# ctest says where things are; by hand it is build/ that is tested.
SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SLABYARD_BUILD_DIR", SOURCE / "build"))
PROGRAM = os.environ.get("SLABYARD", str(BUILD / "slabyard"))
CASES = SOURCE / "tests" / "golden" / "run"
SAMPLES = SOURCE / "workloads" / "samples"

# The name that each kind's template gives its policy.
TEMPLATE_POLICIES = {
    "cost": "slower",
    "libc": "template",
    "page": "template",
    "results": "lines",
    "slab": "template",
    "trim": "template",
}

# Where the template stands, if not in sim/KIND.
TEMPLATE_FOLDERS = {"trim": "libc/trim"}

# Time of the host, which differs between equal runs, and where the result went.
HOST_TIME = re.compile(rb" in [0-9.]+ s, [0-9.]+ ?[kMG]?/s$", re.MULTILINE)
WRITTEN = re.compile(rb"\nresult written to .*\n")


def slabyard(*arguments, expect=0, **options):
    """Runs the program and returns what it printed; `expect` is the exit code it must have."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
        **options,
    )
    if done.returncode != expect:
        raise AssertionError(
            f"slabyard {' '.join(map(str, arguments))}: exit code {done.returncode}, "
            f"not {expect}\n{done.stdout.decode()}{done.stderr.decode()}"
        )
    return done


def case_names():
    return sorted(path.stem for path in CASES.glob("*.args"))


def case_arguments(name):
    lines = (CASES / f"{name}.args").read_text().splitlines()
    return [
        line.replace("SAMPLES", str(SAMPLES)).replace("CONFIGS", str(SOURCE / "configs"))
        for line in lines
        if line and not line.startswith("#")
    ]


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def run_case(name, result):
    """What the case prints, without what differs between equal runs."""
    printed = slabyard("run", *case_arguments(name), "-o", result).stdout
    return HOST_TIME.sub(b"", WRITTEN.sub(b"", printed))
