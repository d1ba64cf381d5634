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

    def has(self, setting, value):
        """A setting by its path, or the end of it: policy for slab.policy."""
        return any((path == setting or path.endswith(f".{setting}")) and own == value
                   for path, own in self.settings.items())


def is_merged(path):
    try:
        with h5py.File(path, "r") as file:
            return file.attrs.get("format") == "slabyard sweep"
    except OSError:
        return False


def parse_manifest(lines):
    """The sweep's baseline, and its runs."""
    head, *runs = map(json.loads, lines)
    return head["baseline"], [SweepRun(line) for line in runs]


def selected(runs, where):
    """Those with all of the settings "PATH=VALUE"; what was perturbed is not shown."""
    for condition in where:
        path, value = condition.split("=", 1)
        known = runs[0].settings if runs else {}
        if not any(name == path or name.endswith(f".{path}") for name in known):
            raise ResultError(f"--where {condition}: no such setting, there are "
                              f"{', '.join(known)}")
        runs = [run for run in runs if run.has(path, value)]
    return [run for run in runs if not run.is_perturbed]


def label_runs(results, baseline):
    """A run is called by the settings in which it differs from the baseline, and by its trace."""
    if not results:
        return
    varied = [path for path in results[0].settings
              if len({result.settings[path] for result in results}) > 1]
    settings = [path for path in varied if path != "trace"]
    for result in results:
        own = result.settings
        told = [f"{path.rsplit('.', 1)[-1]}={own[path]}" for path in settings
                if len(settings) == 1 or own[path] != baseline.get(path)]
        name = " ".join(told) or ("baseline" if settings else "")
        trace = own["trace"] if "trace" in varied or not settings else ""
        result.label = ": ".join(filter(None, (trace, name)))


def open_folder(path, where, most):
    manifest = Path(path) / "manifest.jsonl"
    if not manifest.exists():
        raise ResultError(f"{path}: no sweep's folder, it has no manifest.jsonl")
    baseline, runs = parse_manifest(manifest.read_text().splitlines())
    runs = selected(runs, where)
    files = [(run, Path(path) / "runs" / f"{run.hash}.h5") for run in runs]
    files = [(run, file) for run, file in files if file.exists()]
    check_count(path, len(files), most)
    return labelled([(Result(file), run) for run, file in files], baseline)


def open_merged(path, where, most):
    with h5py.File(path, "r") as file:
        baseline, runs = parse_manifest(list(file["/sweep/manifest"].asstr()[:]))
        runs = selected(runs, where)
        numbers = [int(number) for number in file["/runs"]["run"]]
        rows = {number: row for row, number in enumerate(numbers)}
    runs = [run for run in runs if run.number in rows]
    check_count(path, len(runs), most)
    return labelled([(Result(path, f"/run/{run.number}", rows[run.number]), run) for run in runs],
                    baseline)


def check_count(path, count, most):
    if count == 0:
        raise ResultError(f"{path}: no run is done that --where asks for")
    if count > most:
        raise ResultError(f"{path}: {count} runs are too many for one figure, choose up to {most} "
                          "with --where PATH=VALUE")


def labelled(pairs, baseline):
    results = []
    for result, run in pairs:
        result.settings = run.settings
        results.append(result)
    label_runs(results, {**results[0].settings, **baseline})
    return results


def open_results(paths, where, most):
    """A Result for each run in files of runs, merged files and folders of sweeps."""
    results = []
    for path in paths:
        if Path(path).is_dir():
            results += open_folder(path, where, most)
        elif is_merged(path):
            results += open_merged(path, where, most)
        else:
            results.append(Result(path))
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
