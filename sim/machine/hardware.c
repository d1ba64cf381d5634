/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/hardware.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"

/* --- lists of values, one a node --- */

enum { VALUE_TEXT_MAX = 32 };

/* The next part of a list, up to a separator or the end, without the blanks around it. */
static int next_value(const char **list, const char *separators, char value[VALUE_TEXT_MAX],
		      const char *path, struct error *err)
{
	size_t length;

	*list += strspn(*list, " ");
	length = strcspn(*list, separators);
	if (!length || length >= VALUE_TEXT_MAX)
		return error_set(err, ERROR_INPUT, "machine.%s: '%s' is no list of values", path,
				 *list);
	memcpy(value, *list, length);
	while (length && value[length - 1] == ' ')
		length--;
	value[length] = '\0';
	*list += strcspn(*list, separators);
	return 0;
}

static int number_of(const char *text, uint64_t *number, const char *path, struct error *err)
{
	char *end;

	*number = strtoull(text, &end, 10);
	if (*end || end == text || *text == '-')
		return error_set(err, ERROR_INPUT, "machine.%s: '%s' is no number", path, text);
	return 0;
}

static int size_of(const char *text, uint64_t *bytes, const char *path, struct error *err)
{
	struct error why = { 0 };

	if (units_parse_size(text, bytes, &why))
		return error_set(err, ERROR_INPUT, "machine.%s: '%s': %s", path, text, why.message);
	return 0;
}

/* Values that must be one a node and sum up to `total`; an empty list leaves them as they are. */
static int node_values(const char *list, uint64_t values[NODES_MAX], uint32_t nodes, uint64_t total,
		       int (*parse)(const char *, uint64_t *, const char *, struct error *),
		       const char *path, struct error *err)
{
	uint64_t sum = 0;
	uint32_t count = 0;

	if (!*list)
		return 0;
	for (bool more = true; more; count++) {
		char text[VALUE_TEXT_MAX];
		if (count == nodes)
			return error_set(err, ERROR_INPUT,
					 "machine.%s: more values than nodes (%u)", path, nodes);
		if (next_value(&list, ",", text, path, err) ||
		    parse(text, &values[count], path, err))
			return -1;
		sum += values[count];
		more = *list != '\0';
		list += more;
	}
	if (count < nodes || sum != total)
		return error_set(
			err, ERROR_INPUT,
			"machine.%s: %u values that sum up to %llu, but there are %u nodes "
			"and %llu",
			path, count, (unsigned long long)sum, nodes, (unsigned long long)total);
	return 0;
}

static int node_memory(struct topology *t, const char *list, uint64_t total, struct error *err)
{
	if (node_values(list, t->memory_bytes, t->nodes, total, size_of, "node_memory", err))
		return -1;
	for (uint32_t node = 0; node < t->nodes; node++)
		if (!t->memory_bytes[node])
			return error_set(err, ERROR_INPUT,
					 "machine.node_memory: node %u has no memory", node);
	return 0;
}

static int node_cpus(struct topology *t, const char *list, uint32_t total, struct error *err)
{
	uint64_t cpus[NODES_MAX];

	for (uint32_t node = 0; node < t->nodes; node++)
		cpus[node] = topology_node_cpus(t, node);
	if (node_values(list, cpus, t->nodes, total, number_of, "node_cpus", err))
		return -1;
	for (uint32_t node = 0; node < t->nodes; node++)
		t->first_cpu[node + 1] = t->first_cpu[node] + (uint32_t)cpus[node];
	return 0;
}

static int distance_row(struct topology *t, uint32_t node, const char **list, struct error *err)
{
	for (uint32_t other = 0; other < t->nodes; other++) {
		char text[VALUE_TEXT_MAX];
		uint64_t distance;
		if (next_value(list, ",;", text, "node_distances", err) ||
		    number_of(text, &distance, "node_distances", err))
			return -1;
		if (distance < DISTANCE_LOCAL || distance > UINT8_MAX ||
		    (distance == DISTANCE_LOCAL) != (node == other))
			return error_set(err, ERROR_INPUT,
					 "machine.node_distances: node %u to %u is %s, must be %s",
					 node, other, text, node == other ? "10" : "11..255");
		t->distance[node][other] = (uint8_t)distance;
		char end = other + 1 < t->nodes ? ',' : node + 1 < t->nodes ? ';' : '\0';
		if (**list != end)
			return error_set(err, ERROR_INPUT,
					 "machine.node_distances: must be %u rows of %u values, as "
					 "10,20;20,10",
					 t->nodes, t->nodes);
		*list += end != '\0';
	}
	return 0;
}

static int node_distances(struct topology *t, const char *list, struct error *err)
{
	for (uint32_t node = 0; *list && node < t->nodes; node++)
		if (distance_row(t, node, &list, err))
			return -1;
	return 0;
}

int hardware_topology(struct topology *t, const struct machine_params *params,
		      const struct page_machine *machine, bool from_state, struct error *err)
{
	const uint64_t ia32_bytes_max = 64ull << 30;

	topology_even(t, machine->memory_bytes, machine->cpus, machine->nodes);
	t->arch = (enum machine_arch)params->arch;
	t->lowmem_bytes = params->lowmem_bytes;
	if (t->arch == ARCH_IA32 && machine->memory_bytes > ia32_bytes_max)
		return error_set(err, ERROR_INPUT,
				 "machine.memory: ia32 reaches 64GiB (PAE) and no more");
	if ((!from_state && node_memory(t, params->node_memory, machine->memory_bytes, err)) ||
	    node_cpus(t, params->node_cpus, machine->cpus, err))
		return -1;
	return node_distances(t, params->node_distances, err);
}

/* --- what boot takes --- */

/* alloc_large_system_hash() of dentries and inodes; with several nodes they are vmalloc'ed. IA32
 * reckons them from the memory that can hold them.
 */
static uint64_t hash_bytes(const struct topology *t, uint64_t memory)
{
	const bool low_only = t->arch == ARCH_IA32 && t->lowmem_bytes < memory;
	const uint64_t pages = (low_only ? t->lowmem_bytes : memory) >> PAGE_SHIFT;
	const uint64_t pointer = t->arch == ARCH_IA32 ? 4 : 8;
	uint64_t entries = 1, wanted = pages / 2;

	/* beyond 64 GiB they grow with the fourth root only */
	for (uint64_t adapt = 64ull << (30 - PAGE_SHIFT); adapt < pages; adapt *= 4)
		wanted /= 2;
	while (entries < wanted)
		entries *= 2;
	return t->nodes > 1 ? 0 : pointer * entries + pointer * entries / 2;
}

/* struct pages: whole sections of 128 MiB on x86-64, one array from 0 on under IA32. */
static uint64_t memmap_bytes(const struct topology *t, uint64_t memory)
{
	const uint64_t section = 128ull << 20;

	if (t->arch == ARCH_IA32)
		return (memory >> PAGE_SHIFT) * 32;
	return (memory + section - 1) / section * (section >> PAGE_SHIFT) * 64;
}

uint64_t hardware_boot_bytes(const struct topology *t, const struct page_machine *machine)
{
	/* as a Debian 12 kernel: per-cpu data, node data, small tables; the first MiB and firmware
	 */
	const uint64_t cpu = 248 << 10, node = 172 << 10, small = 56 << 10;
	const uint64_t kept = 1152 << 10;
	const uint64_t bounce = t->arch == ARCH_X86_64 ? PAGE_BOUNCE_BYTES + (768 << 10) : 0;
	const uint64_t above_devices = 3584ull << 20;
	uint64_t memory = machine->memory_bytes;

	return kept + machine->kernel_bytes + memmap_bytes(t, memory) + hash_bytes(t, memory) +
	       cpu * machine->cpus + node * t->nodes + small +
	       (memory >= above_devices ? bounce : 0);
}
