/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What slabyard compare prints: a comparison, scaling fits, a Pareto front. */
#ifndef SLABYARD_CLI_COMPARE_OUTPUT_H
#define SLABYARD_CLI_COMPARE_OUTPUT_H

#include "cli/listing.h"
#include "sweep/front.h"
#include "sweep/growth.h"

/* Each returns -1 when memory is out. */
int print_comparison(const struct comparison *comparison, enum listing_format format, FILE *out);
int print_growth(const struct growth *growth, enum listing_format format, FILE *out);
int print_points(const struct growth *growth, enum listing_format format, FILE *out);
int print_front(const struct front *front, enum listing_format format, FILE *out);

#endif
