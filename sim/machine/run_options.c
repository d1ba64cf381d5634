/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What users set of a run by name. A default is the word for "not given". */
#include <stddef.h>

#include "slabyard.h"

static const char *const levels[] = { "auto", "page", "slab", NULL };
static const char *const timings[] = { "recorded", "closed", NULL };

#define FIELD(member) offsetof(struct slabyard_run, member)
static const struct option_spec options[] = {
	{ .name = "format",
	  .offset = FIELD(format),
	  .type = OPTION_TEXT,
	  .default_text = "auto",
	  .unit = "",
	  .help = "format of the trace: syt, or one of slabyard list format" },
	{ .name = "level",
	  .offset = FIELD(level),
	  .type = OPTION_CHOICE,
	  .default_text = "auto",
	  .unit = "",
	  .help = "which operations are carried out",
	  .choices = levels },
	{ .name = "timing",
	  .offset = FIELD(timing),
	  .type = OPTION_CHOICE,
	  .default_text = "recorded",
	  .unit = "",
	  .help = "at the trace's own times, or each thread waiting for what it did before",
	  .choices = timings },
	{ .name = "start",
	  .offset = FIELD(start),
	  .type = OPTION_FILE,
	  .default_text = "none",
	  .unit = "",
	  .help = "recorded state to begin from" },
	{ .name = "caches",
	  .offset = FIELD(caches),
	  .type = OPTION_FILE,
	  .default_text = "none",
	  .unit = "",
	  .help = "map of call sites to caches (slabyard caches), or a trace that shows it" },
	{ .name = "assist",
	  .offset = FIELD(assist),
	  .type = OPTION_TEXT,
	  .default_text = "none",
	  .unit = "",
	  .help = "recorded facts that replay may use: none, all, or a list with commas" },
	{ .name = "expect",
	  .offset = FIELD(expect),
	  .type = OPTION_FILE,
	  .default_text = "none",
	  .unit = "",
	  .help = "folder of recorded states to compare with at marks" },
	{ .name = "seed",
	  .offset = FIELD(seed),
	  .type = OPTION_UINT,
	  .default_text = "0",
	  .unit = "",
	  .help = "seed of everything random" },
	{ .name = "sample_every",
	  .offset = FIELD(sample_every),
	  .type = OPTION_UINT,
	  .default_text = "0",
	  .unit = "records",
	  .help = "records from one sample to the next; 0: as configured" },
	OPTION_END,
};
#undef FIELD

const struct option_spec *slabyard_run_options(void)
{
	return options;
}
