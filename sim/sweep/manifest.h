/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The manifest of a sweep: its runs by index, each with what it is made of. It is written once,
 * into the sweep's folder, and everything that works on the sweep later goes by it: JSON lines, the
 * first about the whole, then one a run.
 */
#ifndef SLABYARD_SWEEP_MANIFEST_H
#define SLABYARD_SWEEP_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text_pool.h"

/* A trace as it is replayed; text is imported once and then stands in the sweep's folder. */
struct manifest_trace {
	const char *name;
	const char *file; /* absolute, or within the folder: traces/NAME.syt */
	uint64_t hash;    /* trace hash */
};

/* What differs between runs. */
struct manifest_parameter {
	const char *path;
	const char *type; /* option_type_name, "text" for the choice of a policy */
};

/* "PATH: value"; a path is a parameter's or "trace". */
struct manifest_setting {
	const char *path, *value;
};

struct manifest_run {
	const char *hash;   /* 16 hex digits, over all that its result depends on */
	const char *config; /* likewise: configs/CONFIG.yaml in the folder */
	uint32_t trace;     /* index into traces */
	uint64_t seed;
	bool random;                /* another seed may give another result */
	bool perturbed;             /* a copy of a run, perturbed as the experiment says */
	const char *const *values;  /* by parameter */
	const char *const *options; /* "level=slab": given to slabyard run, seed not among them */
	size_t option_count;
};

struct manifest {
	struct text_pool text;
	const char *name, *version;
	const char *const *plugins; /* absolute */
	size_t plugin_count;
	struct manifest_trace *traces;
	size_t trace_count;
	struct manifest_parameter *parameters;
	size_t parameter_count;
	struct manifest_setting *baseline;
	size_t baseline_count;
	const char *const *report; /* "NAME", or "NAME:higher" when more is better */
	size_t report_count;
	struct manifest_run *runs;
	size_t run_count;
};

/* The whole file as text, malloc'ed; NULL when memory is out. */
char *manifest_text(const struct manifest *manifest, size_t *length);
/* NULL with *err when text is no manifest; `file` names it in messages. */
struct manifest *manifest_parse(const char *file, const char *text, size_t length,
				struct error *err);
void manifest_destroy(struct manifest *manifest);

/* "kmix slab.policy=slub machine.memory=64MiB seed=3", as far as it fits. */
char *manifest_run_label(const struct manifest *manifest, const struct manifest_run *run,
			 char *buffer, size_t size);

#endif
