# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of a sweep as one file: pandas and xarray find in it what the results hold."""

import pathlib
import sys
import tempfile
import unittest

from sweep_fixture import SOURCE, sha256, slabyard

try:
    import h5py
    import numpy
    import pandas
    import xarray
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

EXPERIMENT = """\
extends: [{source}/configs/machines/pc-256mib.yaml]
name: merged
traces: [kmix, {{trace: pages-slub, name: pages}}]
run: {{sample_every: 4096}}
sweep:
  matrix: {{slab.policy: [slub, slob], machine.memory: [192MiB, 256MiB]}}
"""


class Merge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="slabyard-merge-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        (cls.folder / "merged.yaml").write_text(EXPERIMENT.format(source=SOURCE))
        cls.out = cls.folder / "out"
        slabyard("sweep", cls.folder / "merged.yaml", "-o", cls.out)
        slabyard("merge", cls.out)
        cls.merged = cls.out / "merged.h5"

    def runs(self, path=None):
        with h5py.File(path or self.merged) as file:
            table = pandas.DataFrame(file["/runs"][:])
        for column in table.select_dtypes(object):
            table[column] = table[column].str.decode("utf-8")
        return table

    def result(self, run):
        return self.out / "runs" / f"{run.hash}.h5"

    def test_swept_settings_are_columns(self):
        runs = self.runs()
        self.assertEqual(list(runs["run"]), list(range(8)))
        self.assertEqual(list(runs["trace"]), ["kmix"] * 4 + ["pages"] * 4)
        self.assertEqual(list(runs["slab.policy"]), ["slub", "slub", "slob", "slob"] * 2)
        self.assertEqual(list(runs["machine.memory"]), [192 << 20, 256 << 20] * 4)
        self.assertEqual(runs["machine.memory"].dtype, "uint64")

    def test_each_single_value_of_a_result_is_a_column(self):
        for run in self.runs().itertuples():
            with h5py.File(self.result(run)) as file:
                summary, provenance = file["summary"].attrs, file["provenance"].attrs
                self.assertEqual(run.slab_bytes_held, summary["slab_bytes_held"])
                self.assertEqual(run.level, summary["level"])
                self.assertEqual(run.cost_ns, summary["cost_ps"] / 1000)
                self.assertEqual(run.seed, provenance["seed"])
                self.assertEqual(run.trace_hash, f"{provenance['trace_hash']:016x}")
                for row in file["/summary/operations"]:
                    name = row["operation"].decode()
                    self.assertEqual(getattr(run, f"{name}_executed"), row["executed"])
                    if row["executed"]:
                        p99 = getattr(run, f"{name}_latency_ns_p99")
                        self.assertEqual(p99, row["latency_ps_p99"] / 1000)
                for row in file["/summary/work"]:
                    self.assertEqual(getattr(run, f"work_{row['work'].decode()}"), row["count"])

    def test_what_a_run_does_not_have_is_missing(self):
        runs = self.runs().set_index("trace")
        self.assertTrue(runs.loc["kmix", "kmalloc_latency_ns_p99"].notna().all())
        self.assertTrue(runs.loc["pages", "kmem_cache_create_count"].isna().all())
        self.assertNotIn("fork_latency_ns_p99", runs)
        self.assertTrue(runs["horizon_record"].isna().any())
        self.assertFalse((runs["first_divergence_record"] == 0).any())

    def check_series(self, path, groups):
        compared = 0
        for run in self.runs().itertuples():
            with h5py.File(self.result(run)) as file:
                names = [f"{group}/{name}" for group in groups for name in file[group]]
            for name in names:
                alone = xarray.open_dataset(self.result(run), group=name, engine="h5netcdf")
                merged = xarray.open_dataset(path, group=f"/run/{run.run}/{name}",
                                             engine="h5netcdf")
                with alone, merged:
                    self.assertTrue(alone.identical(merged), name)
                    self.assertTrue(set(alone.dims), name)
                    compared += 1
        self.assertGreater(compared, 8 * 8)

    def test_series_are_copied_with_their_axes(self):
        self.check_series(self.merged, ["timeseries", "latency"])
        with h5py.File(self.merged) as file:
            self.assertEqual(set(file["/run/0"]), {"timeseries", "latency"})
            series = file["/run/3/timeseries/buddy"]
            self.assertEqual(series["free_blocks"].dims[2][0], series["order"])
            self.assertTrue(all(file[ref].name
                                for ref, _ in series["order"].attrs["REFERENCE_LIST"]))

    def test_links_show_the_results(self):
        slabyard("merge", self.out, "--link", "-o", self.folder / "linked.h5")
        pandas.testing.assert_frame_equal(self.runs(), self.runs(self.folder / "linked.h5"))
        with h5py.File(self.folder / "linked.h5") as file:
            run = next(self.runs().itertuples())
            link = file.get("/run/0", getlink=True)
            self.assertEqual(pathlib.Path(link.filename), self.result(run).resolve())
            with h5py.File(self.result(run)) as alone:
                numpy.testing.assert_array_equal(
                    file["/run/0/timeseries/buddy/free_blocks"],
                    alone["/timeseries/buddy/free_blocks"]
                )

    def test_all_is_copied_when_asked(self):
        slabyard("merge", self.out, "--all", "-o", self.folder / "all.h5")
        with h5py.File(self.folder / "all.h5") as file, h5py.File(
            self.result(next(self.runs().itertuples()))
        ) as alone:
            self.assertEqual(set(file["/run/0"]), set(alone))
            numpy.testing.assert_array_equal(file["/run/0/summary/operations"],
                                             alone["/summary/operations"])

    def test_same_results_give_the_same_bytes(self):
        again = self.folder / "again.h5"
        slabyard("merge", self.out, "-o", again)
        self.assertEqual(sha256(again), sha256(self.merged))

    def test_the_manifest_goes_along(self):
        with h5py.File(self.merged) as file:
            lines = [line.decode() for line in file["/sweep/manifest"]]
            self.assertEqual(file.attrs["format"], "slabyard sweep")
        self.assertEqual(lines, (self.out / "manifest.jsonl").read_text().splitlines())

    def test_info_tells_what_it_is(self):
        printed = slabyard("info", self.merged).stdout.decode()
        self.assertIn("Slabyard sweep, 8 runs\n", printed)
        self.assertIn("\n  slab.policy\n", printed)
        self.assertIn("\n  kmalloc_latency_ns_p99\n", printed)

    def test_failed_and_missing_runs_are_told(self):
        experiment = self.folder / "failing.yaml"
        experiment.write_text(
            "traces: [kmix]\nmachine: {reserved: 8MiB}\n"
            "sweep: {matrix: {machine.memory: [4MiB, 64MiB, 65MiB]}}\n"
        )
        out = self.folder / "failing"
        slabyard("sweep", experiment, "-o", out, expect=1)
        next(iter(out.glob("runs/*.h5"))).unlink()
        printed = slabyard("merge", out).stdout.decode()
        self.assertRegex(printed, r"^1 run in .*\n1 failed: see /sweep/failed\n1 not done yet")
        with h5py.File(out / "merged.h5") as file:
            self.assertEqual([row["run"] for row in file["/sweep/failed"]], [0])
            self.assertIn(b"reserved pages", file["/sweep/failed"][0]["why"])
        next(iter(out.glob("runs/*.h5"))).unlink()
        self.assertIn(b"no run is done", slabyard("merge", out, expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
