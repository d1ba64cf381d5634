# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of a sweep, from its folder or its merged file, and what slabyard compare says of them."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import h5py

from slabyard_results import Result, ResultError


class SweepRun:
    """A line of the manifest."""

    def __init__(self, line):
        self.number = line["run"]
        self.hash = line["hash"]
        self.is_perturbed = line["perturbed"]
        self.settings = {"trace": line["trace"], **line["values"], "seed": str(line["seed"])}


def is_merged(path):
    try:
        with h5py.File(path, "r") as file:
            return file.attrs.get("format") == "slabyard sweep"
    except OSError:
        return False


def parse_manifest(lines):
    return [SweepRun(json.loads(line)) for line in lines[1:]]


def selected(runs, where):
    """Those with all of the settings "PATH=VALUE"; what was perturbed is not shown."""
    wanted = [condition.split("=", 1) for condition in where]
    for path, value in wanted:
        if runs and path not in runs[0].settings:
            raise ResultError(f"--where {path}={value}: no such setting, there are "
                              f"{', '.join(runs[0].settings)}")
    return [run for run in runs if not run.is_perturbed
            and all(run.settings[path] == value for path, value in wanted)]


def label_runs(results):
    """A run is called by what differs between those that are shown."""
    if not results:
        return
    differing = [path for path in results[0].settings
                 if len({result.settings[path] for result in results}) > 1]
    for result in results:
        values = [(path, result.settings[path]) for path in differing]
        result.label = " ".join(value if path == "trace" else f"{path.rsplit('.', 1)[-1]}={value}"
                                for path, value in values) or result.settings["trace"]


def open_folder(path, where, most):
    manifest = Path(path) / "manifest.jsonl"
    if not manifest.exists():
        raise ResultError(f"{path}: no sweep's folder, it has no manifest.jsonl")
    runs = selected(parse_manifest(manifest.read_text().splitlines()), where)
    files = [(run, Path(path) / "runs" / f"{run.hash}.h5") for run in runs]
    files = [(run, file) for run, file in files if file.exists()]
    check_count(path, len(files), most)
    return [named(Result(file), run) for run, file in files]


def open_merged(path, where, most):
    with h5py.File(path, "r") as file:
        runs = selected(parse_manifest(list(file["/sweep/manifest"].asstr()[:])), where)
        numbers = [int(number) for number in file["/runs"]["run"]]
        rows = {number: row for row, number in enumerate(numbers)}
    runs = [run for run in runs if run.number in rows]
    check_count(path, len(runs), most)
    return [named(Result(path, f"/run/{run.number}", rows[run.number]), run) for run in runs]


def check_count(path, count, most):
    if count == 0:
        raise ResultError(f"{path}: no run is done that --where asks for")
    if count > most:
        raise ResultError(f"{path}: {count} runs are too many for one figure, choose up to {most} "
                          "with --where PATH=VALUE")


def named(result, run):
    result.settings = run.settings
    return result


def open_results(paths, where, most):
    """A Result for each run in files of runs, merged files and folders of sweeps."""
    results = []
    for path in paths:
        if Path(path).is_dir():
            opened = open_folder(path, where, most)
        elif is_merged(path):
            opened = open_merged(path, where, most)
        else:
            results.append(Result(path))
            continue
        label_runs(opened)
        results += opened
    return results


def program():
    """Whose statistics are drawn: the slabyard that called, one in PATH, or the one built here."""
    built = Path(__file__).resolve().parents[1] / "build" / "slabyard"
    found = os.environ.get("SLABYARD") or shutil.which("slabyard") or str(built)
    if not Path(found).exists():
        raise ResultError("no slabyard to ask for statistics: set SLABYARD to the program")
    return found


def compare(paths, *arguments):
    """The rows that slabyard compare prints of these results."""
    done = subprocess.run([program(), "compare", *map(str, paths), *arguments, "--format", "json"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise ResultError(done.stderr.strip().removeprefix("slabyard: "))
    return json.loads(done.stdout)
