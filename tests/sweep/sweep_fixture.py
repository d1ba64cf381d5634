# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of this folder share: the command line as the golden tests run it, and a sweep of
runs that are over soon."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "golden"))

from run_fixture import BUILD, PROGRAM, SAMPLES, SOURCE, sha256, slabyard  # noqa: E402

__all__ = ["BUILD", "PROGRAM", "SAMPLES", "SOURCE", "sha256", "slabyard", "short_trace",
           "short_sweep"]


def short_trace(records):
    return "".join(
        f"prog-1 [000] 1.{i:09}: kmalloc: ptr=0x{0xffff888001000000 + 64 * i:x} "
        "bytes_req=24 bytes_alloc=32\n"
        for i in range(1, records + 1)
    )


def short_sweep(folder, name, runs):
    """Writes an experiment of that many runs, all different, and its trace."""
    keep = ", ".join(str(2 + i) for i in range(runs))
    (folder / "short.txt").write_text(short_trace(200))
    path = folder / f"{name}.yaml"
    path.write_text(
        f"name: {name}\ntraces: [short.txt]\nmachine: {{memory: 64MiB, reserved: 8MiB}}\n"
        f"sweep: {{matrix: {{sample.keep: [{keep}]}}}}\n"
    )
    return path
