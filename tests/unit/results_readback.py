# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a result file of results_fixture.h with h5py, pandas and xarray, without code of ours.

Usage: results_readback.py FILE SAMPLES CACHES. Exits 77 when h5py is missing.
"""
import sys
import unittest

try:
    import h5py
except ImportError:
    print("skipped: python3-h5py is not installed")
    sys.exit(77)
import numpy as np

PATH, SAMPLES, CACHES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def optional(name):
    try:
        return __import__(name)
    except ImportError:
        print(f"skipped: {name} is not installed")
        return None


class WithH5py(unittest.TestCase):
    def setUp(self):
        self.file = h5py.File(PATH)
        self.addCleanup(self.file.close)

    def test_attributes_are_str_and_int(self):
        attributes = self.file["/summary"].attrs
        self.assertEqual(attributes["trace"], "märz.txt")
        self.assertIsInstance(attributes["trace"], str)
        self.assertEqual(attributes["records"], SAMPLES * 65536)
        self.assertEqual(self.file.attrs["status"], "complete")
        self.assertEqual(self.file["/provenance"].attrs["horizon_time_ns"], 2**64 - 1)

    def test_every_axis_has_a_scale(self):
        def look(name, item):
            if isinstance(item, h5py.Dataset) and not h5py.h5ds.is_scale(item.id):
                for axis, dimension in enumerate(item.dims):
                    self.assertEqual(len(dimension), 1, f"{name} axis {axis}")

        self.file.visititems(look)

    def test_columns(self):
        buddy = self.file["/timeseries/buddy"]
        self.assertEqual(buddy["free_blocks"].shape, (SAMPLES, 2, 11, 6))
        self.assertEqual(buddy["time"].attrs["units"], "ns")
        np.testing.assert_array_equal(buddy["time"], np.arange(SAMPLES) * 1000000)
        np.testing.assert_array_equal(buddy["record"], np.arange(SAMPLES) * 65536)
        pages = (buddy["free_blocks"][:].sum(axis=3) << np.arange(11, dtype="u8")).sum(axis=2)
        np.testing.assert_array_equal(pages, buddy["free_pages"])
        self.assertEqual(buddy["free_blocks"].compression, "gzip")
        self.assertTrue(buddy["free_blocks"].shuffle)

    def test_caches_that_came_later_begin_with_zero(self):
        slabs = self.file["/timeseries/slab/slabs"][:]
        self.assertEqual(slabs.shape, (SAMPLES, CACHES))
        for cache in range(CACHES):
            first = max(0, cache - 3) * 8
            self.assertTrue((slabs[:first, cache] == 0).all())
            self.assertTrue((slabs[first:, cache] > 0).all())

    def test_tables(self):
        oom = self.file["/events/oom"][:]
        np.testing.assert_array_equal(oom["badness"], -np.arange(1200))
        np.testing.assert_array_equal(oom["oom_score_adj"], np.arange(1200) - 600)
        self.assertEqual(set(oom["task"]), {b"stress-ng"})

    def test_histogram_is_cut_to_what_it_holds(self):
        latency = self.file["/latency/kmalloc"]
        self.assertEqual(latency["count"].shape, (15,))
        np.testing.assert_array_equal(latency["edge"], np.arange(5, 21) * 8.0)
        self.assertEqual(latency["count"][0], 200)
        self.assertEqual(latency["count"][2], 0)

    def test_texts(self):
        lines = list(self.file["/provenance/config"].asstr()[:])
        self.assertEqual(lines, ["machine.memory: 256MiB", "slab.policy: slub"])
        self.assertEqual(self.file["/provenance/parameters_unused"].shape, (0,))


class WithPandas(unittest.TestCase):
    def test_tables_become_frames(self):
        pandas = optional("pandas")
        if not pandas:
            self.skipTest("no pandas")
        with h5py.File(PATH) as file:
            frame = pandas.DataFrame(file["/summary/operations"][:])
        frame["operation"] = frame["operation"].str.decode("utf-8")
        self.assertEqual(list(frame["operation"]), ["kmalloc", "kfree", "mm_page_alloc"])
        self.assertEqual(frame["count"].sum(), 6000)
        self.assertEqual(frame["latency_mean"][1], 41.0)


class WithXarray(unittest.TestCase):
    def setUp(self):
        self.xarray = optional("xarray")
        if not self.xarray or not optional("h5netcdf"):
            self.skipTest("no xarray with h5netcdf")

    def open(self, group):
        dataset = self.xarray.open_dataset(PATH, group=group, engine="h5netcdf")
        self.addCleanup(dataset.close)
        return dataset

    def test_axes_have_names_and_labels(self):
        buddy = self.open("/timeseries/buddy")
        self.assertEqual(buddy.free_blocks.dims, ("time", "zone", "order", "migratetype"))
        self.assertIn("record", buddy.coords)
        movable = buddy.free_blocks.sel(zone="node 0 DMA32", order=10, migratetype="Movable")
        self.assertEqual(int(movable[0]), 40)
        slab = self.open("/timeseries/slab")
        self.assertEqual(slab.slabs.sizes["cache"], CACHES)
        self.assertGreater(int(slab.slabs.sel(cache="kmalloc-8")[0]), 0)

    def test_thousandths_are_scaled(self):
        index = self.open("/timeseries/fragmentation").unusable_free_index
        self.assertEqual(float(index.max()), 1.0)

    def test_every_group_opens(self):
        for group in ("/", "/summary", "/provenance", "/events", "/latency/kmalloc",
                      "/timeseries/work"):
            self.open(group).load()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
