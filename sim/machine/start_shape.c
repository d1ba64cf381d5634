/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/start_shape.h"

#include <stdlib.h>
#include <string.h>

#include "core/ids.h"
#include "machine/machine_options.h"

uint64_t start_shape_frames(const struct page_state *state)
{
	uint64_t end = 0;
	for (size_t i = 0; i < state->zone_count; i++) {
		const struct zone_state *zone = &state->zones[i];
		if ((uint64_t)zone->start_pfn + zone->spanned > end)
			end = (uint64_t)zone->start_pfn + zone->spanned;
	}
	return end;
}

/* What a zone has below `end`, present or not: its first frames are legacy devices' holes too. */
static uint64_t low_holes(const struct zone_state *zone, uint64_t end)
{
	uint64_t behind = (uint64_t)zone->start_pfn + zone->spanned;
	uint64_t holes = behind > zone->present ? behind - zone->present : 0;
	return zone->start_pfn < end && holes < end ? holes : 0;
}

/*
 * Frame 0, what legacy devices have in the first MiB and what firmware keeps of the last one are no
 * part of any zone or not present there, and are RAM nevertheless.
 */
uint64_t start_shape_memory(const struct page_state *state)
{
	const uint64_t mib = (1 << 20) >> PAGE_SHIFT;
	uint64_t frames = 0;
	for (size_t i = 0; i < state->zone_count; i++) {
		const struct zone_state *zone = &state->zones[i];
		frames += zone->present < zone->spanned ? zone->present : zone->spanned;
		frames += low_holes(zone, mib);
	}
	return (frames + mib - 1) / mib * mib << PAGE_SHIFT;
}

uint32_t start_shape_nodes(const struct page_state *state)
{
	uint32_t nodes = 1;
	for (size_t i = 0; i < state->zone_count; i++)
		if (state->zones[i].node >= nodes)
			nodes = state->zones[i].node + 1;
	return nodes;
}

struct contradiction {
	const struct page_state *state;
	const char *path;
	struct error *err;
	bool memory_set;
	int result;
};

static void check_value(struct contradiction *c, const char *path, const char *value,
			const char *from, const char *fixed_path, uint64_t fixed)
{
	if (strcmp(path, fixed_path) != 0 || strtoull(value, NULL, 10) == fixed)
		return;
	c->result = error_set(c->err, ERROR_INPUT, "%s: %s: is %s, but the start state %s has %llu",
			      from, path, value, c->path, (unsigned long long)fixed);
}

static void check_visit(void *context, const char *path, const char *value, const char *from,
			bool used)
{
	(void)used;
	struct contradiction *c = context;
	if (strcmp(from, "default") == 0 || c->result != 0)
		return;
	c->memory_set = c->memory_set || strcmp(path, "machine.memory") == 0;
	check_value(c, path, value, from, "machine.cpus", c->state->cpus);
	check_value(c, path, value, from, "machine.nodes", start_shape_nodes(c->state));
	check_value(c, path, value, from, "machine.orders", c->state->orders);
	check_value(c, path, value, from, "machine.pageblock_order", c->state->pageblock_order);
}

static int check_memory(const struct contradiction *c, const struct config *config)
{
	const struct machine_params *params = config_params(config, "machine");
	uint64_t memory = start_shape_memory(c->state);
	/* Firmware keeps some of the memory's end to itself. */
	const uint64_t slack = 2ull << 20;
	if (params->memory_bytes + slack >= memory && params->memory_bytes <= memory + slack)
		return 0;
	return error_set(c->err, ERROR_INPUT,
			 "machine.memory: is %llu bytes, but the start state %s has %llu",
			 (unsigned long long)params->memory_bytes, c->path,
			 (unsigned long long)memory);
}

int start_shape_check(const struct page_state *state, const char *path, const struct config *config,
		      struct error *err)
{
	struct contradiction c = { .state = state, .path = path, .err = err };
	config_visit(config, check_visit, &c);
	return c.result == 0 && c.memory_set ? check_memory(&c, config) : c.result;
}
