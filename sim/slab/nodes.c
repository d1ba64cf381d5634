/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slab/nodes.h"

/* Equally far ones come in the order of their numbers, beginning behind the node's own. */
static bool is_nearer(const struct topology *t, uint32_t node, uint32_t a, uint32_t b)
{
	const uint32_t there = t->distance[node][a], other = t->distance[node][b];

	return there != other ? there < other
			      : (a + t->nodes - node) % t->nodes < (b + t->nodes - node) % t->nodes;
}

static void sort_nearest(struct slab_nodes *nodes, uint32_t node)
{
	const struct topology *t = nodes->services->topology;
	uint8_t *nearest = nodes->nearest[node];
	uint32_t count = 0;

	for (uint32_t other = 0; other < nodes->count; other++) {
		if (!nodes->has_memory[other])
			continue;
		uint32_t at = count++;

		for (; at > 0 && is_nearer(t, node, other, nearest[at - 1]); at--)
			nearest[at] = nearest[at - 1];
		nearest[at] = (uint8_t)other;
	}
}

void slab_nodes_init(struct slab_nodes *nodes, const struct services *services)
{
	*nodes = (struct slab_nodes){ .services = services, .count = 1, .with_memory = 1 };
	if (services->nodes <= 1 || !services->topology || !services->node_of_frame)
		return;
	nodes->count = services->nodes;
	nodes->shift = 32 - (uint32_t)__builtin_clz(nodes->count - 1);
	nodes->with_memory = 0;
	for (uint32_t node = 0; node < nodes->count; node++) {
		nodes->has_memory[node] = services->topology->memory_bytes[node] > 0;
		nodes->with_memory += nodes->has_memory[node];
	}
	for (uint32_t node = 0; node < nodes->count; node++)
		sort_nearest(nodes, node);
}
