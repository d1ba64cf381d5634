/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/parted.h"

#include <math.h>

struct parted parted_of(const struct run_cells *cells, size_t config, size_t first, size_t last)
{
	const struct run_table *table = cells->in->table;
	size_t column = run_table_find(table, "horizon_record");
	struct parted parted = { 0 };
	for (size_t t = first; t < last; t++) {
		const struct run_cell *cell = run_cells_plain(cells, config, t);
		parted.runs += cell->count;
		for (size_t i = 0; i < cell->count && column < run_table_columns(table); i++)
			if (!isnan(run_table_number(table, cells->in->runs[cell->runs[i]].row,
						    column)))
				parted.past++;
	}
	return parted;
}

bool parted_unevenly(const struct run_cells *cells, size_t a, size_t b, size_t first, size_t last)
{
	for (size_t t = first; t < last; t++) {
		struct parted of_a = parted_of(cells, a, t, t + 1);
		struct parted of_b = parted_of(cells, b, t, t + 1);
		if (of_a.runs && of_b.runs && of_a.past * of_b.runs != of_b.past * of_a.runs)
			return true;
	}
	return false;
}
