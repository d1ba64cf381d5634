/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NUMA nodes as the slab allocators see them: where a CPU and a frame are, and which nodes have
 * memory, the nearest first.
 */
#ifndef SLABYARD_SLAB_NODES_H
#define SLABYARD_SLAB_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ids.h"
#include "core/services.h"
#include "core/topology.h"

struct slab_nodes {
	const struct services *services;
	uint32_t count;
	uint32_t shift;       /* log2 of count, rounded up */
	uint32_t with_memory; /* how many have some */
	bool has_memory[NODES_MAX];
	uint8_t nearest[NODES_MAX][NODES_MAX]; /* by node: those with memory, nearest first */
};

void slab_nodes_init(struct slab_nodes *nodes, const struct services *services);

static inline uint32_t slab_nodes_of_frame(const struct slab_nodes *nodes, uint32_t pfn)
{
	return nodes->count == 1 ? 0 : nodes->services->node_of_frame(nodes->services->engine, pfn);
}

/* The nearest node with memory (numa_mem_id()). */
static inline uint32_t slab_nodes_of_cpu(const struct slab_nodes *nodes, uint32_t cpu)
{
	return nodes->count == 1
		       ? 0
		       : nodes->nearest[topology_node_of_cpu(nodes->services->topology, cpu)][0];
}

/* The node that a request insists on, -1: none, or one that has no memory. */
static inline int32_t slab_nodes_asked(const struct slab_nodes *nodes, int32_t node)
{
	return nodes->count > 1 && node >= 0 && (uint32_t)node < nodes->count &&
			       nodes->has_memory[node]
		       ? node
		       : -1;
}

#endif
