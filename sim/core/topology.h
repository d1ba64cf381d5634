/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a machine consists of beside its amounts: architecture, NUMA nodes, which CPU is where. */
#ifndef SLABYARD_CORE_TOPOLOGY_H
#define SLABYARD_CORE_TOPOLOGY_H

#include <stdint.h>

enum { NODES_MAX = 16 };

/* Which zones a machine has, and what of its memory the kernel maps directly. */
enum machine_arch { ARCH_X86_64, ARCH_IA32 };

/* node_distance() of a node to itself, and to another where nothing else is said. */
enum { DISTANCE_LOCAL = 10, DISTANCE_REMOTE = 20 };

struct topology {
	enum machine_arch arch;
	uint64_t lowmem_bytes; /* IA32: directly mapped memory */
	uint32_t nodes;        /* at least 1 */
	/* RAM in address order, the holes of the address space left out; sums to the machine's. */
	uint64_t memory_bytes[NODES_MAX];
	/* CPUs of node n are first_cpu[n] .. first_cpu[n + 1] - 1: none, when the two are equal. */
	uint32_t first_cpu[NODES_MAX + 1];
	uint8_t distance[NODES_MAX][NODES_MAX];
};

/* x86-64, memory and CPUs shared out evenly, all other nodes DISTANCE_REMOTE away. */
void topology_even(struct topology *topology, uint64_t memory_bytes, uint32_t cpus, uint32_t nodes);

uint32_t topology_node_of_cpu(const struct topology *topology, uint32_t cpu);

/* sizeof(void *); NULL is x86-64 in both. */
static inline uint32_t topology_word_bytes(const struct topology *topology)
{
	return topology && topology->arch == ARCH_IA32 ? 4 : 8;
}

/*
 * PAGE_OFFSET: where the kernel maps the memory that it maps directly. Under IA32 it is where
 * CONFIG_VMSPLIT_3G, _2G or _1G puts it, the first that leaves room for vmalloc above.
 */
uint64_t topology_page_offset(const struct topology *topology);

static inline uint32_t topology_node_cpus(const struct topology *topology, uint32_t node)
{
	return topology->first_cpu[node + 1] - topology->first_cpu[node];
}

#endif
