/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be set of ptmalloc: as options, with glibc's names and defaults, and by mallopt(3). */
#include <string.h>

#include "libc/ptmalloc.h"

#define NO_TUNABLES "none"

#define FIELD(member) offsetof(struct ptmalloc_params, member)
#define ENDS_DYNAMIC  "; any number, that one too, ends the dynamic rule"

/* Unset: what glibc begins with; a threshold that is set to just that is another matter. */
#define NUMBER(option_name, member, least, most, of_unit, text)                                    \
	{                                                                                          \
		.name = option_name, .offset = FIELD(member), .type = OPTION_INT,                  \
		.default_text = OPTION_UNSET_WORD, .min = least, .max = most, .unit = of_unit,     \
		.help = text                                                                       \
	}

const struct option_spec ptmalloc_options[] = {
	NUMBER("M_TRIM_THRESHOLD", trim_threshold, -1, 1e15, "bytes",
	       "free bytes at the top from which on it is given back, -1: never, unset: "
	       "131072" ENDS_DYNAMIC),
	NUMBER("M_TOP_PAD", top_pad, 0, 1e12, "bytes",
	       "bytes asked for beyond what is needed, and kept when trimming, unset: "
	       "131072" ENDS_DYNAMIC),
	NUMBER("M_MMAP_THRESHOLD", mmap_threshold, 0, 1e15, "bytes",
	       "requests that are mapped on their own, unset: 131072" ENDS_DYNAMIC),
	NUMBER("M_MMAP_MAX", mmap_max, 0, 2147483647, "chunks",
	       "chunks mapped on their own at once, unset: 65536" ENDS_DYNAMIC),
	{ .name = "no_dyn_threshold",
	  .offset = FIELD(no_dyn_threshold),
	  .type = OPTION_BOOL,
	  .default_text = "false",
	  .help = "freeing a mapped chunk never raises the thresholds" },
	NUMBER("M_ARENA_TEST", arena_test, 1, 65536, "arenas",
	       "arenas made before the number of CPUs limits them, unset: 8"),
	NUMBER("M_ARENA_MAX", arena_max, 0, 4096, "arenas", "arenas at most, 0 and unset: 8 a CPU"),
	NUMBER("M_MXFAST", mxfast, 0, MXFAST_MAX, "bytes",
	       "largest request that fastbins serve, unset: 128"),
	NUMBER("tcache_count", tcache_count, 0, TCACHE_COUNT_MAX, "chunks",
	       "chunks of a size that a thread's cache holds (glibc.malloc.tcache_count), unset: "
	       "7"),
	NUMBER("tcache_max", tcache_max_bytes, 0, TCACHE_BYTES_MAX, "bytes",
	       "largest request that threads' caches serve (glibc.malloc.tcache_max), unset: 1032"),
	NUMBER("tcache_unsorted_limit", tcache_unsorted_limit, 0, 1e9, "chunks",
	       "chunks sorted after an exact fit was cached, 0 and unset: all"),
	{ .name = "GLIBC_TUNABLES",
	  .offset = FIELD(tunables),
	  .type = OPTION_TEXT,
	  .default_text = LIBC_TUNABLES_RECORDED,
	  .unit = "",
	  .help = "that environment variable, as glibc.malloc.tcache_count=0 (more with colons "
		  "between): wins over the options above; recorded: as the recorded process had "
		  "it, the options above win; none" },
	NUMBER("cpus", cpus, 1, 65536, "CPUs",
	       "CPUs that the limit of arenas counts, unset: those of machine.cpus, or where that "
	       "is not set either, of the recording machine"),
	OPTION_END,
};

/* In granules; as set_max_fast(), where a few bytes more or less make no difference. */
uint32_t ptmalloc_max_fast(uint64_t bytes)
{
	if (bytes <= GRANULE_BYTES - 1 - SIZE_FIELD_BYTES)
		return 1;
	return (uint32_t)((bytes + SIZE_FIELD_BYTES) >> GRANULE_SHIFT);
}

/* mp_ of malloc.c, before anything is set. */
static const struct malloc_par par_initial = {
	.trim_threshold = 131072,
	.top_pad = 131072,
	.mmap_threshold = 131072,
	.n_mmaps_max = 65536,
	.arena_test = 8,
	.tcache_count = 7,
	.tcache_bins = TCACHE_BINS,
	.max_fast = (128 + SIZE_FIELD_BYTES) >> GRANULE_SHIFT,
};

static void set_number(uint64_t *number, int64_t option)
{
	if (option != OPTION_UNSET)
		*number = (uint64_t)option;
}

/* Negative values become huge ones, as mallopt's conversions make them. */
static void set_threshold(struct malloc_par *par, uint64_t *threshold, int64_t value)
{
	*threshold = (uint64_t)value;
	par->no_dyn_threshold = true;
}

static void set_mmap_max(struct malloc_par *par, int32_t value)
{
	par->n_mmaps_max = value;
	par->no_dyn_threshold = true;
}

static void set_options(struct malloc_par *par, const struct ptmalloc_params *params)
{
	if (params->trim_threshold != OPTION_UNSET)
		set_threshold(par, &par->trim_threshold, params->trim_threshold);
	if (params->top_pad != OPTION_UNSET)
		set_threshold(par, &par->top_pad, params->top_pad);
	if (params->mmap_threshold != OPTION_UNSET)
		set_threshold(par, &par->mmap_threshold, params->mmap_threshold);
	if (params->mmap_max != OPTION_UNSET)
		set_mmap_max(par, (int32_t)params->mmap_max);
	if (params->tcache_max_bytes != OPTION_UNSET)
		par->tcache_bins = request_granules((uint64_t)params->tcache_max_bytes) - 1;
	if (params->mxfast != OPTION_UNSET)
		par->max_fast = ptmalloc_max_fast((uint64_t)params->mxfast);
	set_number(&par->arena_test, params->arena_test);
	set_number(&par->arena_max, params->arena_max);
	set_number(&par->tcache_count, params->tcache_count);
	set_number(&par->tcache_unsorted_limit, params->tcache_unsorted_limit);
	par->no_dyn_threshold |= params->no_dyn_threshold;
}

/* What the recorded process was told gives way to what is configured, name by name. */
static int set_recorded(struct ptmalloc *p, const char *tunables, struct error *err)
{
	struct error why = { 0 };

	if (!tunables || ptmalloc_set_tunables(&p->par, tunables, TUNABLES_AS_GLIBC, &why) == 0)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "the recorded process had %s (libc.ptmalloc.GLIBC_TUNABLES=none: replayed "
			 "without)",
			 why.message);
}

int ptmalloc_set_params(struct ptmalloc *p, const struct libc_environment *environment,
			const struct ptmalloc_params *params, struct error *err)
{
	const bool recorded = strcmp(params->tunables, LIBC_TUNABLES_RECORDED) == 0;

	p->cpus = params->cpus != OPTION_UNSET ? (uint32_t)params->cpus : environment->cpus;
	p->par = par_initial;
	if (recorded && set_recorded(p, environment->recorded_tunables, err) != 0)
		return -1;
	set_options(&p->par, params);
	if (recorded || strcmp(params->tunables, NO_TUNABLES) == 0)
		return 0;
	return ptmalloc_set_tunables(&p->par, params->tunables, TUNABLES_STRICTLY, err);
}

static int set_max_fast(struct ptmalloc *p, int value)
{
	if (value < 0 || value > MXFAST_MAX)
		return 0;
	p->par.max_fast = ptmalloc_max_fast((uint64_t)value);
	return 1;
}

int ptmalloc_mallopt(void *state, int parameter, int value)
{
	struct ptmalloc *p = state;

	ptmalloc_consolidate(p, p->arenas);
	switch (parameter) {
	case LIBC_M_MXFAST:
		return set_max_fast(p, value);
	case LIBC_M_TRIM_THRESHOLD:
		set_threshold(&p->par, &p->par.trim_threshold, value);
		break;
	case LIBC_M_TOP_PAD:
		set_threshold(&p->par, &p->par.top_pad, value);
		break;
	case LIBC_M_MMAP_THRESHOLD:
		set_threshold(&p->par, &p->par.mmap_threshold, value);
		break;
	case LIBC_M_MMAP_MAX:
		set_mmap_max(&p->par, value);
		break;
	case LIBC_M_ARENA_TEST:
		if (value > 0)
			p->par.arena_test = (uint64_t)value;
		break;
	case LIBC_M_ARENA_MAX:
		if (value > 0)
			p->par.arena_max = (uint64_t)value;
		break;
	default:
		break;
	}
	return 1;
}
