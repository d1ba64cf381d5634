/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/topology.h"

void topology_even(struct topology *t, uint64_t memory_bytes, uint32_t cpus, uint32_t nodes)
{
	*t = (struct topology){ .nodes = nodes, .lowmem_bytes = 896ull << 20 };
	for (uint32_t node = 0; node < nodes; node++) {
		uint64_t begin = memory_bytes / nodes * node;
		uint64_t end = node + 1 == nodes ? memory_bytes : memory_bytes / nodes * (node + 1);
		t->memory_bytes[node] = end - begin;
		t->first_cpu[node] = (uint32_t)((uint64_t)cpus * node / nodes);
		for (uint32_t other = 0; other < nodes; other++)
			t->distance[node][other] = node == other ? DISTANCE_LOCAL : DISTANCE_REMOTE;
	}
	t->first_cpu[nodes] = cpus;
}

uint32_t topology_node_of_cpu(const struct topology *t, uint32_t cpu)
{
	uint32_t node = 0;

	while (node + 1 < t->nodes && cpu >= t->first_cpu[node + 1])
		node++;
	return node;
}

uint64_t topology_page_offset(const struct topology *topology)
{
	const uint64_t x86_64 = 0xffff888000000000, end = 1ull << 32, vmalloc = 128 << 20;
	uint64_t offset = 0xc0000000;

	if (!topology || topology->arch != ARCH_IA32)
		return x86_64;
	while (offset > 0x40000000 && topology->lowmem_bytes > end - offset - vmalloc)
		offset -= 0x40000000;
	return offset;
}
