#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""With h5py alone: how much memory slabs held at the most, and how much of it was asked for."""
import sys

import h5py

with h5py.File(sys.argv[1]) as run:
    slab = run["/timeseries/fragmentation"]
    held, requested = slab["held_bytes"][:], slab["requested_bytes"][:]
    at = held.argmax()
    print(f"{run['/summary'].attrs['slab_policy']}: {held[at]} bytes held at "
          f"{slab['time'][at]} ns, {requested[at]} of them requested")
