/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs whose outcomes differ from their recording's from some record on, the horizon: what its
 * programs would have done from there on is not known. Perturbed runs do not count.
 */
#ifndef SLABYARD_SWEEP_PARTED_H
#define SLABYARD_SWEEP_PARTED_H

#include "sweep/run_cells.h"

/* Of a configuration, on the recordings from first up to last. */
struct parted parted_of(const struct run_cells *cells, size_t config, size_t first, size_t last);

/*
 * On some recording more of one configuration's runs have parted than of the other's: what one of
 * them needed less, it may have needed less because less was done.
 */
bool parted_unevenly(const struct run_cells *cells, size_t a, size_t b, size_t first, size_t last);

#endif
