/* SPDX-License-Identifier: GPL-3.0-or-later */
/* glibc 2.36: malloc/malloc.c, the end of _int_free, and munmap_chunk's part of __libc_free. */
#include "libc/trim/trim.h"

/* DEFAULT_MMAP_THRESHOLD_MAX */
static const uint64_t threshold_max = 32 << 20;

/* A size that the program maps and unmaps is better served from the heap from now on. */
static struct trim_verdict raise_thresholds(const struct trim_view *view)
{
	const uint64_t bytes = view->unmapped_bytes;

	/* It compares the size field with its IS_MMAPPED bit set: equal is larger. */
	if (!view->dynamic || bytes < view->mmap_threshold || bytes >= threshold_max)
		return (struct trim_verdict){ .action = TRIM_KEEP };
	return (struct trim_verdict){ .action = TRIM_RAISE,
				      .mmap_threshold = bytes,
				      .trim_threshold = 2 * bytes };
}

static struct trim_verdict glibc_judge(const void *params, const struct trim_view *view)
{
	(void)params;
	if (view->moment == TRIM_MOMENT_UNMAP)
		return raise_thresholds(view);
	if (view->moment == TRIM_MOMENT_FREE && view->top_bytes >= view->trim_threshold)
		return (struct trim_verdict){ .action = TRIM_TOP, .pad = view->top_pad };
	return (struct trim_verdict){ .action = TRIM_KEEP };
}

static struct trim_verdict ask(void *context, const struct trim_view *view)
{
	return glibc_judge(context, view);
}

const struct trim_judge trim_glibc_judge = { .ask = ask };

const struct trim_policy glibc_trim_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "glibc",
		.help = "the end of the heap, once M_TRIM_THRESHOLD is free there; raises "
			"thresholds",
	},
	.judge = glibc_judge,
};
