# SPDX-License-Identifier: GPL-3.0-or-later
"""Result files of Slabyard, read by name.

A result is an HDF5 file that h5py, pandas and xarray read on their own; what this adds is the
thousandths of the kernel's indices as fractions, the horizon, and clear words when something is
not there.
"""
from pathlib import Path

import h5py
import numpy as np

NO_HORIZON = 2**64 - 1


class ResultError(Exception):
    """The file cannot be read or is no result; the text says which file and why."""


class Series:
    """A group of /timeseries: columns over simulated time, each with named axes."""

    def __init__(self, group):
        self._group = group
        self.time_ns = group["time"][:]
        self.record = group["record"][:]

    def __contains__(self, column):
        return column in self._group

    def __len__(self):
        return len(self.time_ns)

    def __getitem__(self, column):
        """The column's values in its units."""
        dataset = self._group[column]
        values = dataset[:]
        return values * dataset.attrs["scale_factor"] if "scale_factor" in dataset.attrs else values

    def attributes(self, column):
        return dict(self._group[column].attrs)

    def axis(self, column, dimension):
        """Which axis of the column is that dimension."""
        names = [d[0].name.rsplit("/", 1)[-1] for d in self._group[column].dims]
        return names.index(dimension)

    def labels(self, dimension):
        """The labels along a dimension: texts, or numbers."""
        scale = self._group[dimension]
        return list(scale.asstr()[:] if scale.dtype.kind == "O" else scale[:])


class Result:
    """One run. Use it as a context manager, or close() it.

    In a merged file it stands in a group, and its figures in a row of /runs.
    """

    def __init__(self, path, group="", row=None):
        self.path = Path(path)
        self.label = self.path.stem
        self._group = group
        try:
            self._file = h5py.File(self.path, "r")
        except OSError as error:
            reason = "no such file" if not self.path.exists() else "not a readable HDF5 file"
            raise ResultError(f"{path}: {reason}") from error
        self._row = None if row is None else self._file["/runs"][row]
        if row is None and self._file.attrs.get("format") != "slabyard result":
            self._file.close()
            raise ResultError(f"{path}: an HDF5 file, but no Slabyard result")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()

    def _get(self, path):
        """What stands there; None: nothing."""
        return self._file.get(self._group + path)

    def attributes(self, path):
        """The attributes of a group; none when it is not there."""
        found = self._get(path)
        if found is not None:
            return dict(found.attrs)
        return {} if self._row is None else self._figures()

    def _figures(self):
        """The row of /runs, without what this run does not have."""
        values = {name: self._row[name] for name in self._row.dtype.names}
        return {name: value.decode() if isinstance(value, bytes) else value
                for name, value in values.items() if value == value}

    @property
    def summary(self):
        return self.attributes("/summary")

    @property
    def horizon_time_ns(self):
        """From here on a what-if follows a recording that its own outcomes contradict; or None."""
        time_ns = self.attributes("/provenance").get("horizon_time_ns", NO_HORIZON)
        return None if int(time_ns) == NO_HORIZON else int(time_ns)

    def series(self, name):
        """/timeseries/NAME, or None when this run has none or took no sample."""
        group = self._get(f"/timeseries/{name}")
        if group is None or not len(group["time"]):
            return None
        return Series(group)

    def table(self, path):
        """A compound table as a dict of columns, texts decoded; empty when it is not there."""
        found = self._get(path)
        if found is None:
            return {}
        rows = found[:]
        return {
            name: [v.decode("utf-8") for v in rows[name]]
            if rows.dtype[name].kind == "O" else rows[name]
            for name in rows.dtype.names
        }

    def structured(self, path):
        """A compound table of numbers as one structured array; empty when it is not there."""
        found = self._get(path)
        return np.empty(0) if found is None else found[:]

    def texts(self, path):
        """A dataset of strings as a list; empty when it is not there."""
        found = self._get(path)
        return [] if found is None else list(found.asstr()[:])

    def histograms(self):
        """/latency: counts of bins and their edges in ns, by operation."""
        return {name: (group["count"][:].astype(np.int64), group["edge"][:])
                for name, group in (self._get("/latency") or {}).items()}

    def free_blocks_by_order(self, zone=None):
        """Free blocks [time, order] over all migratetypes, of one zone or all."""
        series = self.series("buddy")
        blocks = series["free_blocks"].astype(np.int64).sum(
            axis=series.axis("free_blocks", "migratetype"))
        if zone is None:
            return blocks.sum(axis=1)
        return blocks[:, zone_number(self, series, zone)]

    def largest_zone(self):
        """The zone that had most free memory: what a figure of one zone shows."""
        series = self.series("buddy") or self.series("fragmentation")
        if series is None:
            return None
        zones = series.labels("zone")
        if "free_pages" not in series:
            return zones[-1]
        return zones[int(series["free_pages"].max(axis=0).argmax())]


def zone_number(result, series, zone):
    """The zone's place: its whole label ("node 0 DMA32"), or its name where only one has it."""
    return zone_place(result, series.labels("zone"), zone)


def zone_place(result, zones, zone):
    """Likewise among zones of such labels."""
    if zone in zones:
        return zones.index(zone)
    named = [i for i, label in enumerate(zones) if label.split()[-1] == zone]
    if len(named) != 1:
        raise ResultError(f"{result.path}: no one zone {zone}, there are {', '.join(zones)}")
    return named[0]
