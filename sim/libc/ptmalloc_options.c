/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be set of ptmalloc: as options, with glibc's names and defaults, and by mallopt(3). */
#include <string.h>

#include "libc/ptmalloc.h"

#define THRESHOLD_DEFAULT 131072
#define MMAP_MAX_DEFAULT  65536
#define NO_TUNABLES       "none"

#define FIELD(member) offsetof(struct ptmalloc_params, member)
#define ENDS_DYNAMIC  "; another value than the default ends the dynamic rule"

const struct option_spec ptmalloc_options[] = {
	{ .name = "M_TRIM_THRESHOLD",
	  .offset = FIELD(trim_threshold),
	  .type = OPTION_INT,
	  .default_text = "131072",
	  .min = -1,
	  .max = 1e15,
	  .unit = "bytes",
	  .help = "free bytes at the top from which on it is given back, -1: never" ENDS_DYNAMIC },
	{ .name = "M_TOP_PAD",
	  .offset = FIELD(top_pad),
	  .type = OPTION_INT,
	  .default_text = "131072",
	  .min = 0,
	  .max = 1e12,
	  .unit = "bytes",
	  .help = "bytes asked for beyond what is needed, and kept when trimming" ENDS_DYNAMIC },
	{ .name = "M_MMAP_THRESHOLD",
	  .offset = FIELD(mmap_threshold),
	  .type = OPTION_INT,
	  .default_text = "131072",
	  .min = 0,
	  .max = 1e15,
	  .unit = "bytes",
	  .help = "requests that are mapped on their own" ENDS_DYNAMIC },
	{ .name = "M_MMAP_MAX",
	  .offset = FIELD(mmap_max),
	  .type = OPTION_INT,
	  .default_text = "65536",
	  .min = 0,
	  .max = 2147483647,
	  .unit = "chunks",
	  .help = "chunks mapped on their own at once" ENDS_DYNAMIC },
	{ .name = "no_dyn_threshold",
	  .offset = FIELD(no_dyn_threshold),
	  .type = OPTION_BOOL,
	  .default_text = "false",
	  .help = "freeing a mapped chunk never raises the thresholds" },
	{ .name = "M_ARENA_TEST",
	  .offset = FIELD(arena_test),
	  .type = OPTION_INT,
	  .default_text = "8",
	  .min = 1,
	  .max = 65536,
	  .unit = "arenas",
	  .help = "arenas made before the number of CPUs limits them" },
	{ .name = "M_ARENA_MAX",
	  .offset = FIELD(arena_max),
	  .type = OPTION_INT,
	  .default_text = "0",
	  .min = 0,
	  .max = 4096,
	  .unit = "arenas",
	  .help = "arenas at most, 0: 8 a CPU" },
	{ .name = "M_MXFAST",
	  .offset = FIELD(mxfast),
	  .type = OPTION_INT,
	  .default_text = "128",
	  .min = 0,
	  .max = MXFAST_MAX,
	  .unit = "bytes",
	  .help = "largest request that fastbins serve" },
	{ .name = "tcache_count",
	  .offset = FIELD(tcache_count),
	  .type = OPTION_UINT,
	  .default_text = "7",
	  .min = 0,
	  .max = TCACHE_COUNT_MAX,
	  .unit = "chunks",
	  .help = "chunks of a size that a thread's cache holds (glibc.malloc.tcache_count)" },
	{ .name = "tcache_max",
	  .offset = FIELD(tcache_max_bytes),
	  .type = OPTION_UINT,
	  .default_text = "1032",
	  .min = 0,
	  .max = TCACHE_BYTES_MAX,
	  .unit = "bytes",
	  .help = "largest request that threads' caches serve (glibc.malloc.tcache_max)" },
	{ .name = "tcache_unsorted_limit",
	  .offset = FIELD(tcache_unsorted_limit),
	  .type = OPTION_UINT,
	  .default_text = "0",
	  .min = 0,
	  .max = 1e9,
	  .unit = "chunks",
	  .help = "chunks sorted after an exact fit was cached, 0: all" },
	{ .name = "GLIBC_TUNABLES",
	  .offset = FIELD(tunables),
	  .type = OPTION_TEXT,
	  .default_text = NO_TUNABLES,
	  .unit = "",
	  .help = "that environment variable, as glibc.malloc.trim_threshold=65536:"
		  "glibc.malloc.tcache_count=0: wins over the options above" },
	OPTION_END,
};

/* In granules; as set_max_fast(), where a few bytes more or less make no difference. */
uint32_t ptmalloc_max_fast(uint64_t bytes)
{
	if (bytes <= GRANULE_BYTES - 1 - SIZE_FIELD_BYTES)
		return 1;
	return (uint32_t)((bytes + SIZE_FIELD_BYTES) >> GRANULE_SHIFT);
}

int ptmalloc_set_params(struct ptmalloc *p, const struct ptmalloc_params *params, struct error *err)
{
	p->par = (struct malloc_par){
		.trim_threshold = (uint64_t)params->trim_threshold,
		.top_pad = (uint64_t)params->top_pad,
		.mmap_threshold = (uint64_t)params->mmap_threshold,
		.arena_test = (uint64_t)params->arena_test,
		.arena_max = (uint64_t)params->arena_max,
		.n_mmaps_max = (int32_t)params->mmap_max,
		.tcache_bins = request_granules(params->tcache_max_bytes) - 1,
		.tcache_count = params->tcache_count,
		.tcache_unsorted_limit = params->tcache_unsorted_limit,
		.max_fast = ptmalloc_max_fast((uint64_t)params->mxfast),
		.no_dyn_threshold = params->no_dyn_threshold ||
				    params->trim_threshold != THRESHOLD_DEFAULT ||
				    params->top_pad != THRESHOLD_DEFAULT ||
				    params->mmap_threshold != THRESHOLD_DEFAULT ||
				    params->mmap_max != MMAP_MAX_DEFAULT,
	};
	if (!params->tunables || strcmp(params->tunables, NO_TUNABLES) == 0)
		return 0;
	return ptmalloc_set_tunables(&p->par, params->tunables, err);
}

static int set_max_fast(struct ptmalloc *p, int value)
{
	if (value < 0 || value > MXFAST_MAX)
		return 0;
	p->par.max_fast = ptmalloc_max_fast((uint64_t)value);
	return 1;
}

/* Negative values become huge ones, as the real one's conversions make them. */
static void set_threshold(struct ptmalloc *p, uint64_t *parameter, int value)
{
	*parameter = (uint64_t)(int64_t)value;
	p->par.no_dyn_threshold = true;
}

int ptmalloc_mallopt(void *state, int parameter, int value)
{
	struct ptmalloc *p = state;

	ptmalloc_consolidate(p, p->arenas);
	switch (parameter) {
	case LIBC_M_MXFAST:
		return set_max_fast(p, value);
	case LIBC_M_TRIM_THRESHOLD:
		set_threshold(p, &p->par.trim_threshold, value);
		break;
	case LIBC_M_TOP_PAD:
		set_threshold(p, &p->par.top_pad, value);
		break;
	case LIBC_M_MMAP_THRESHOLD:
		set_threshold(p, &p->par.mmap_threshold, value);
		break;
	case LIBC_M_MMAP_MAX:
		p->par.n_mmaps_max = value;
		p->par.no_dyn_threshold = true;
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
