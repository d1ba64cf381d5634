/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nothing is ever given back, as with M_TRIM_THRESHOLD=-1: of the real-time recipe the part that
 * keeps the heap; M_MMAP_MAX=0 and process.mlockall are the others.
 */
#include "libc/trim/trim.h"

static struct trim_verdict never_judge(const void *params, const struct trim_view *view)
{
	(void)params;
	(void)view;
	return (struct trim_verdict){ .action = TRIM_KEEP };
}

const struct trim_policy never_trim_policy = {
	.info = {
		.abi = POLICY_ABI,
		.name = "never",
		.help = "gives nothing back and raises no thresholds, as M_TRIM_THRESHOLD=-1",
	},
	.judge = never_judge,
};
