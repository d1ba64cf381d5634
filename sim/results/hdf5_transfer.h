/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How values are converted on their way to and from a file. HDF5's own buffer is 1 MiB, cleared at
 * each read or write of texts and table rows, which takes longer than all else that is done to
 * them.
 */
#ifndef SLABYARD_RESULTS_HDF5_TRANSFER_H
#define SLABYARD_RESULTS_HDF5_TRANSFER_H

#include <hdf5.h>

/* The buffer must hold a row. */
enum { HDF5_TRANSFER_BYTES = 32 << 10 };

/* A property list for H5Dread or H5Dwrite of elements of `size` bytes; the caller's to close. */
static inline hid_t hdf5_transfer(size_t size)
{
	hid_t list = H5Pcreate(H5P_DATASET_XFER);
	H5Pset_buffer(list, size > HDF5_TRANSFER_BYTES ? size : HDF5_TRANSFER_BYTES, NULL, NULL);
	return list;
}

#endif
