#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""With xarray: free memory of each zone over time, by the names of its dimensions."""
import sys

import xarray

buddy = xarray.open_dataset(sys.argv[1], group="/timeseries/buddy", engine="h5netcdf")
free = (buddy.free_blocks.sum("migratetype") * 2 ** buddy.order).sum("order")
for zone in buddy.zone.values:
    pages = free.sel(zone=zone)
    print(f"{zone}: {int(pages[0])} free pages first, {int(pages.min())} at the least")
