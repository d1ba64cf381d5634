#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""With pandas: the table of a sweep's runs, from its merged file, as means by setting."""
import sys

import h5py
import pandas

with h5py.File(sys.argv[1]) as sweep:
    if "runs" not in sweep:
        sys.exit(f"{sys.argv[1]}: not of a sweep: takes the file that slabyard merge writes")
    runs = pandas.DataFrame(sweep["/runs"][:])
for column in runs.select_dtypes(object):
    runs[column] = runs[column].str.decode("utf-8")
print(runs.groupby(["trace", "slab.policy"])[["slab_bytes_held", "cost_ns"]].mean().to_string())
