/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results of a sweep as one file. */
#ifndef SLABYARD_SWEEP_MERGING_H
#define SLABYARD_SWEEP_MERGING_H

#include "sweep/folder.h"

struct merging {
	const char *output; /* NULL: merged.h5 in the folder */
	bool link;          /* runs are links to the results, not copies */
	bool all;           /* copies are of everything, not of time series and latencies alone */
};

struct merged {
	char output[FOLDER_FILE_BYTES];
	size_t runs, failed, missing;
};

/* Of the runs that are done; -1 when there are none. */
int sweep_merge(const struct folder *folder, const struct manifest *manifest,
		const struct merging *merging, struct merged *merged, struct error *err);

#endif
