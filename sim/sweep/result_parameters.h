/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What results of runs were given, /provenance/parameters_used, by path and result. */
#ifndef SLABYARD_SWEEP_RESULT_PARAMETERS_H
#define SLABYARD_SWEEP_RESULT_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct result_parameter {
	const char *path;
	const char **values; /* by result; NULL: it was not given that */
};

struct result_parameters {
	struct result_parameter *items; /* in the order in which results name them first */
	size_t count, capacity;
	void *by_path; /* of <search.h>, of struct path_place */
	size_t results, most;
	char ***lines; /* that items point into, by result */
	size_t *line_counts;
};

/* For up to so many results; -1 with *err when memory is out. Free in any case. */
int result_parameters_create(struct result_parameters *parameters, size_t results,
			     struct error *err);
void result_parameters_free(struct result_parameters *parameters);

/* Those of the next result. */
int result_parameters_read(struct result_parameters *parameters, const char *result,
			   struct error *err);

/* Never NULL: "" where the result was not given it. */
const char *result_parameters_value(const struct result_parameter *parameter, size_t result);
/* Whether it is not the same in all results. */
bool result_parameters_varies(const struct result_parameters *parameters,
			      const struct result_parameter *parameter);

#endif
