/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cost models put prices on the primitives of work (core/counters.def). Until prices are fitted to
 * a machine, results call what comes out "modelled cost".
 */
#ifndef SLABYARD_COST_COST_H
#define SLABYARD_COST_COST_H

#include "core/policy.h"
#include "core/work.h"

struct cost_policy {
	struct policy_info info;
	/* Fills work->price_ps; called once, before the run. */
	int (*prices)(const void *params, struct work *work, struct error *err);
};

extern const struct policy_kind cost_policies;

static inline const struct cost_policy *cost_policy_of(const struct policy_info *info)
{
	return (const struct cost_policy *)(const void *)info;
}

#endif
