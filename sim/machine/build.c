/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts a machine together from a configuration, and takes it apart. */
#include <stdlib.h>
#include <string.h>

#include "core/host_memory.h"
#include "machine/dentries.h"
#include "machine/frame_nodes.h"
#include "machine/hardware.h"
#include "machine/kernel_threads.h"
#include "machine/machine.h"
#include "machine/migration.h"
#include "machine/oom.h"
#include "machine/own_slabs.h"
#include "machine/page_cache.h"
#include "machine/page_records.h"
#include "machine/start.h"

/* The most that a run's state may grow to: what is asked for is far less. */
static const size_t arena_bytes_max = 1ull << 46;

/* Memory from 3 GiB up may lie above the hole that PCs keep for devices. */
static const uint32_t device_hole_frames = (1u << 30) >> PAGE_SHIFT;

static void defer(void *engine, enum defer_target target, uint64_t when_ns, uint64_t token)
{
	struct machine *m = engine;
	if (target == DEFER_SLAB_RCU && m->assists.allowed[ASSIST_NAMED_rcu]) {
		page_wait_for_rcu(m, token);
		return;
	}
	if (target == DEFER_SLAB_REAP && m->assists.allowed[ASSIST_NAMED_reap])
		return;
	if (target == DEFER_SLAB_RCU && when_ns > m->time_ns)
		when_ns = m->time_ns + perturbation_of_wait(&m->perturbation, when_ns - m->time_ns);
	struct event event = { .time_ns = when_ns + perturbation_of_timer(&m->perturbation),
			       .class = EVENT_DEFERRED,
			       .payload = target,
			       .token = token };
	host_memory_check(event_heap_push(m->events, event, NULL) == 0, "events to come");
	machine_note_next_event(m);
}

static int build_services(struct machine *m, const struct page_machine *machine, uint32_t frames,
			  struct error *err)
{
	m->arena = arena_create(arena_bytes_max, err);
	if (!m->arena)
		return -1;
	m->events = event_heap_create(err);
	if (!m->events)
		return -1;
	m->threads = kernel_threads_create(m->cpus, err);
	if (!m->threads)
		return -1;
	m->next_event_ns = UINT64_MAX;
	if (m->cpus > 1) {
		m->locks = lock_table_create(m->topology.nodes, err);
		if (!m->locks)
			return -1;
	}
	m->clock = (struct op_clock){ .work = &m->work, .locks = m->locks };
	m->services = (struct services){
		.arena = m->arena,
		.work = &m->work,
		.clock = &m->clock,
		.seed = m->run->seed,
		.cpus = m->cpus,
		.nodes = m->topology.nodes,
		.topology = &m->topology,
		.node_of_frame = frame_nodes_of,
		.hz = (uint32_t)m->params->hz,
		.ram_pages = (machine->memory_bytes - machine->reserved_bytes) >> PAGE_SHIFT,
		.frames = frames,
		.orders = machine->orders,
		.defer = defer,
		.wake_thread = kernel_threads_wake,
		.note_own = own_slabs_note,
		.engine = m,
	};
	return 0;
}

static int build_tables(struct machine *m, struct error *err)
{
	m->cache_of = arena_array(m->arena, MACHINE_CACHES_MAX, sizeof(uint32_t), err);
	m->cache_of_true = arena_array(m->arena, MACHINE_CACHES_MAX, sizeof(uint32_t), err);
	m->cache_of_origin = arena_array(m->arena, MACHINE_ORIGINS_MAX, sizeof(uint32_t), err);
	m->cpu_free_ps = arena_array(m->arena, MACHINE_CPUS_MAX, sizeof(uint64_t), err);
	m->requests = arena_array(m->arena, MACHINE_ORIGINS_MAX, sizeof(struct request), err);
	m->bulk_depth = arena_array(m->arena, MACHINE_CPUS_MAX, 1, err);
	m->bulk_free = arena_array(m->arena, MACHINE_CPUS_MAX, sizeof(*m->bulk_free), err);
	for (uint32_t i = 0; i < MACHINE_CPUS_MAX; i++)
		m->cpu_of[i] = (uint16_t)(i % m->cpus);
	return m->cache_of && m->cache_of_true && m->cache_of_origin && m->requests &&
			       m->cpu_free_ps && m->bulk_depth && m->bulk_free
		       ? 0
		       : -1;
}

static int describe(struct machine *m, struct page_machine *machine, struct error *err)
{
	*machine = (struct page_machine){
		.memory_bytes = m->params->memory_bytes,
		.cpus = (uint32_t)m->params->cpus,
		.nodes = (uint32_t)m->params->nodes,
		.orders = (uint32_t)m->params->orders,
		.pageblock_order = (uint32_t)m->params->pageblock_order,
		.reserved_bytes = m->params->reserved_bytes,
		.kernel_bytes = m->params->kernel_bytes,
		.topology = &m->topology,
	};
	start_describe_machine(m->start, machine);
	m->cpus = machine->cpus;
	m->memory_bytes = machine->memory_bytes;
	if (machine->kernel_bytes > machine->memory_bytes / 4)
		machine->kernel_bytes = machine->memory_bytes / 4;
	if (hardware_topology(&m->topology, m->params, machine, start_pages(m->start) != NULL,
			      err) != 0)
		return -1;
	if (!machine->reserved_bytes)
		machine->reserved_bytes = hardware_boot_bytes(&m->topology, machine);
	if (machine->pageblock_order < machine->orders)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "machine.pageblock_order: must be below machine.orders (%u), is %u",
			 machine->orders, machine->pageblock_order);
}

/* Of the blocks that a program gets, how much of each it writes. */
static uint64_t touched_bytes(enum process_touch touch)
{
	if (touch == TOUCH_ALL)
		return UINT64_MAX;
	return touch == TOUCH_HEADER ? 1 : 0;
}

static int build_libc(struct machine *m, struct error *err)
{
	enum process_touch touch;

	m->process_params = config_params(m->config, "process");
	m->libc = libc_policy_of(config_policy(m->config, "libc", &m->libc_params));
	m->trim = trim_policy_of(config_policy(m->config, "trim", &m->trim_params));
	if (recorded_environment_read(m, err) != 0)
		return -1;
	touch = (enum process_touch)m->process_params->touch;
	if (touch == TOUCH_AUTO)
		touch = m->touches_seen ? TOUCH_RECORDED : TOUCH_ALL;
	m->touch_recorded = touch != TOUCH_NONE;
	m->touch_bytes_max = touched_bytes(touch);
	return processes_create(m, err);
}

static int build_policies(struct machine *m, const struct page_machine *machine, struct error *err)
{
	const void *params = NULL;
	m->cost = cost_policy_of(config_policy(m->config, "cost", &params));
	if (m->cost->prices(params, &m->work, err) != 0)
		return -1;
	m->page = page_policy_of(config_policy(m->config, "page", &params));
	m->page_state = m->page->create(machine, params, &m->services, err);
	if (!m->page_state)
		return -1;
	if (m->page_level)
		return 0;
	m->slab = slab_policy_of(config_policy(m->config, "slab", &params));
	m->slab_state = m->slab->create(&m->pages, params, &m->services, err);
	if (!m->slab_state)
		return -1;
	return m->libc_level ? build_libc(m, err) : 0;
}

/* Frame numbers are below. */
static uint32_t frame_end(const struct machine *m, const struct page_machine *machine)
{
	uint64_t fresh = (machine->memory_bytes >> PAGE_SHIFT) + device_hole_frames;
	uint64_t recorded = start_frame_end(m->start);
	return (uint32_t)(recorded > fresh ? recorded : fresh);
}

int machine_build(struct machine *m, struct error *err)
{
	struct page_machine machine;
	if (describe(m, &machine, err) != 0)
		return -1;
	if (build_services(m, &machine, frame_end(m, &machine), err) != 0 ||
	    build_tables(m, err) != 0)
		return -1;
	m->migration = migration_create(m, err);
	m->oom = oom_create(m, err);
	if (!m->migration || !m->oom || resident_create(m, err) != 0)
		return -1;
	return build_policies(m, &machine, err);
}

void machine_demolish(struct machine *m)
{
	processes_destroy(m);
	if (m->slab_state && m->slab->destroy)
		m->slab->destroy(m->slab_state);
	if (m->page_state && m->page->destroy)
		m->page->destroy(m->page_state);
	for (int i = 0; i < OPERATION_COUNT; i++)
		free(m->operations[i].latency_ps);
	for (uint32_t cpu = 0; m->bulk_free && cpu < m->cpus; cpu++)
		free(m->bulk_free[cpu].objects);
	free(m->rcu_waiting.calls);
	if (m->locks)
		lock_table_destroy(m->locks);
	resident_destroy(m);
	oom_destroy(m->oom);
	migration_destroy(m->migration);
	page_cache_destroy(m->page_cache);
	dentries_destroy(m->dentries);
	kernel_threads_destroy(m->threads);
	if (m->events)
		event_heap_destroy(m->events);
	if (m->arena)
		arena_destroy(m->arena);
}
