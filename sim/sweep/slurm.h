/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sweep handed to Slurm: an array job whose tasks each carry out a stretch of the manifest's runs
 * with the local engine, and a job behind it that merges. Everything goes by the sweep's folder,
 * which the nodes must see under the same name, as they must this program.
 */
#ifndef SLABYARD_SWEEP_SLURM_H
#define SLABYARD_SWEEP_SLURM_H

#include <stdio.h>

#include "sweep/local.h"

enum { SLURM_OPTIONS_MAX = 64 };

struct slurm_request {
	const struct folder *folder;
	const struct manifest *manifest;
	enum sweep_which which;
	unsigned at_once;                       /* tasks, 0: as many as Slurm lets run */
	unsigned runs_per_task;                 /* 0: one, more when there are many runs */
	const char *options[SLURM_OPTIONS_MAX]; /* "--partition=short": of both jobs */
	size_t option_count;
};

struct slurm_jobs {
	char array[64], merge[64]; /* ids; "": there was nothing to do */
	size_t runs, tasks;
};

/* Both scripts, as they would be submitted. */
int slurm_print(const struct slurm_request *request, FILE *out, struct error *err);

/* Writes the scripts into the folder's slurm/ and submits them. */
int slurm_submit(const struct slurm_request *request, struct slurm_jobs *jobs, struct error *err);

#endif
