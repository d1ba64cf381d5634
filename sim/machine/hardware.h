/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the `machine` section of a configuration to the machine that policies are created for. */
#ifndef SLABYARD_MACHINE_HARDWARE_H
#define SLABYARD_MACHINE_HARDWARE_H

#include "base/error.h"
#include "machine/machine_options.h"
#include "page/page.h"

/*
 * Architecture, nodes, CPUs, distances. -1 and *err when the options contradict each other or the
 * machine's memory and CPUs. A recorded state knows by itself which node has what memory.
 */
int hardware_topology(struct topology *topology, const struct machine_params *params,
		      const struct page_machine *machine, bool from_state, struct error *err);

/* Memory that boot takes of such a machine, when nothing is said about it. */
uint64_t hardware_boot_bytes(const struct topology *topology, const struct page_machine *machine);

#endif
