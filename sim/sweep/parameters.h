/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the runs of an experiment can be given, by path: the configuration and the run's options. */
#ifndef SLABYARD_SWEEP_PARAMETERS_H
#define SLABYARD_SWEEP_PARAMETERS_H

#include "sweep/experiment.h"

struct parameters {
	struct config *machine, *run;
};

/* As the experiment's own sections set them. */
int parameters_create(struct parameters *p, const struct experiment *e, struct error *err);
void parameters_destroy(struct parameters *p);

/* The one name of a path: run options go without `run.`. */
const char *parameters_path(const char *path);

/* *err says what is wrong with the path, without a place. */
int parameters_find(const struct parameters *p, const char *path, struct error *err);

/* `config` reads the file that value names. *err without a place but that in such a file. */
int parameters_assign(struct parameters *p, const struct experiment *e,
		      const struct setting *setting, struct error *err);
/* Those of `config`, or all others. */
int parameters_assign_all(struct parameters *p, const struct experiment *e,
			  const struct settings *settings, bool files, struct error *err);

/* As it is now; "none" for `config`, which is no value. */
int parameters_value(const struct parameters *p, const char *path, char *buffer, size_t size,
		     struct error *err);
/* NULL for the choice of a policy and `config`, which are text. */
const struct option_spec *parameters_option(const struct parameters *p, const char *path);

/* False: equal runs with other seeds are equal. */
bool parameters_use_rng(const struct parameters *p);

#endif
