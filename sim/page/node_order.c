/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In which order nodes help each other out. Reference: build_zonelists(), find_next_best_node() and
 * build_zonerefs_node() of mm/page_alloc.c.
 */
#include "page/buddy.h"

enum {
	PENALTY_FOR_CPUS = 1,
	LOAD_MAX = 1024, /* MAX_NUMNODES: less than a step of distance */
};

struct node_order {
	uint32_t load[NODES_MAX]; /* how often a node was the first choice of others */
	bool used[NODES_MAX];
};

static bool has_memory(const struct buddy *b, uint32_t node)
{
	for (uint32_t zone = 0; zone < b->zone_count; zone++) {
		if (b->zones[zone].node == node)
			return true;
	}
	return false;
}

/* UINT32_MAX: all are in use. */
static uint32_t next_best_node(const struct buddy *b, struct node_order *order, uint32_t local)
{
	const struct topology *t = &b->topology;
	uint32_t best = UINT32_MAX, least = UINT32_MAX;

	if (!order->used[local]) {
		order->used[local] = true;
		return local;
	}
	for (uint32_t node = 0; node < t->nodes; node++) {
		uint32_t cost = (uint32_t)t->distance[local][node] + (node < local);
		if (order->used[node] || !has_memory(b, node))
			continue;
		cost += topology_node_cpus(t, node) ? PENALTY_FOR_CPUS : 0;
		cost = cost * LOAD_MAX + order->load[node];
		if (cost < least) {
			least = cost;
			best = node;
		}
	}
	if (best != UINT32_MAX)
		order->used[best] = true;
	return best;
}

static void add_node(const struct buddy *b, struct zonelist *list, uint32_t node)
{
	for (uint32_t zone = b->zone_count; zone-- > 0;) {
		if (b->zones[zone].node == node)
			list->zone[list->count++] = (uint8_t)zone;
	}
}

static void build_one(const struct buddy *b, struct node_order *order, uint32_t local)
{
	const uint8_t *distance = b->topology.distance[local];
	struct zonelist *list = &b->zonelists[local];
	uint32_t before = local, node;

	*list = (struct zonelist){ 0 };
	for (uint32_t i = 0; i < NODES_MAX; i++)
		order->used[i] = false;
	while ((node = next_best_node(b, order, local)) != UINT32_MAX) {
		/* spares the first of those that are as far away for the next node's list */
		if (distance[node] != distance[before])
			order->load[node]++;
		add_node(b, list, node);
		if (node == local)
			list->local = list->count;
		before = node;
	}
	for (unsigned type = 0; type < ZONE_TYPES; type++)
		while (list->first[type] < list->count &&
		       b->zones[list->zone[list->first[type]]].type > type)
			list->first[type]++;
}

int zonelist_build(struct buddy *b, struct error *err)
{
	struct node_order order = { 0 };
	struct arena *arena = b->services->arena;

	b->zonelists = arena_array(arena, b->topology.nodes, sizeof(*b->zonelists), err);
	b->node_of_cpu = arena_array(arena, b->cpus, sizeof(*b->node_of_cpu), err);
	if (!b->zonelists || !b->node_of_cpu)
		return -1;
	for (uint32_t node = 0; node < b->topology.nodes; node++)
		build_one(b, &order, node);
	for (uint32_t cpu = 0; cpu < b->cpus; cpu++)
		b->node_of_cpu[cpu] = (uint8_t)topology_node_of_cpu(&b->topology, cpu);
	return 0;
}
