/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reaping: every two seconds each CPU gives back a part of what its arrays hold in vain, every four
 * seconds some free slabs. Reference: mm/slab.c (cache_reap, drain_array, drain_freelist,
 * start_cpu_timer) and kernel/time/timer.c (round_jiffies_common).
 */
#include "core/jiffies.h"
#include "slab/slab_private.h"

enum {
	CPU_SKEW = 3,       /* jiffies between the timers of two CPUs */
	INITCALL_MS = 160,  /* after its start a kernel sets the first timers */
	STRUCT_BYTES = 128, /* of a kmem_cache: they are taken to stand side by side */
};

/* Which deferred call it is: to reap a CPU, else the number of a slab that waits for RCU. */
static const uint64_t reap_token = UINT64_C(1) << 63;

static uint64_t tick_ns(const struct slab *slab)
{
	return jiffies_ns(services_hz(slab->services));
}

/* A state tells which jiffy it is and not how much of it is over: half of it. */
static uint64_t jiffies_at(const struct slab *slab, uint64_t now_ns)
{
	const uint64_t passed_ns = now_ns - slab->begin_ns + tick_ns(slab) / 2;

	return slab->jiffies_begin + passed_ns / tick_ns(slab);
}

/* To whole seconds, a little apart from CPU to CPU; not to the past. */
static uint64_t round_jiffies(const struct slab *slab, uint64_t jiffies, uint64_t now, uint32_t cpu)
{
	const uint64_t hz = services_hz(slab->services);
	const uint64_t skewed = jiffies + cpu * CPU_SKEW;
	const uint64_t rest = skewed % hz;
	const uint64_t up = rest < hz / 4 ? 0 : hz;
	const uint64_t rounded = skewed - rest + up - cpu * CPU_SKEW;

	return rounded > now ? rounded : jiffies;
}

static uint64_t next_timer(const struct slab *slab, uint64_t now, uint64_t delay, uint32_t cpu)
{
	return jiffies_timer(now, round_jiffies(slab, now + delay, now, cpu));
}

static uint64_t delay_jiffies(const struct slab *slab, uint64_t ns)
{
	return ns / tick_ns(slab) ? ns / tick_ns(slab) : 1;
}

static void arm(struct slab *slab, uint64_t jiffies, uint32_t cpu)
{
	const uint64_t when_ns = slab->begin_ns + (jiffies - slab->jiffies_begin) * tick_ns(slab) -
				 tick_ns(slab) / 2;

	services_defer(slab->services, DEFER_SLAB_REAP, when_ns, reap_token | cpu);
}

/* So that not all caches are reaped at once, the address of each decides. */
static uint64_t first_reap(const struct slab *slab, uint64_t address, uint64_t now)
{
	const uint64_t period = delay_jiffies(slab, slab->params.reap_node_ns);

	return now + period + address % period;
}

uint64_t slab_first_reap(struct slab *slab, cache_id cache, uint64_t now_ns)
{
	slab->unplaced = cache;
	slab->unplaced_since = jiffies_at(slab, now_ns);
	return first_reap(slab, (uint64_t)cache.v * STRUCT_BYTES, slab->unplaced_since);
}

void slab_cache_placed(void *state, object_t object)
{
	struct slab *slab = state;

	if (cache_is_none(slab->unplaced))
		return;
	for (uint32_t node = 0; node < slab->node_count; node++)
		slab_node(slab, slab->unplaced.v, node)->next_reap =
			first_reap(slab, slab->page_offset + object, slab->unplaced_since);
	slab->unplaced = CACHE_NONE;
}

void slab_clock_start(struct slab *slab)
{
	slab->jiffies_begin = jiffies_initial(services_hz(slab->services));
}

/* The timers have run since the kernel's start, which gives the next one. */
void slab_timers_start(struct slab *slab, uint64_t now_ns)
{
	const uint64_t period = delay_jiffies(slab, slab->params.reap_ns);
	const uint64_t hz = services_hz(slab->services);

	slab->begin_ns = now_ns;
	if (slab->params.reap_ns == 0)
		return;
	for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++)
		slab->reap_nodes[cpu] =
			(uint8_t)((slab_nodes_of_cpu(&slab->numa, cpu) + 1) % slab->node_count);
	for (uint32_t cpu = 0; cpu < slab->cpu_count; cpu++) {
		const uint64_t initcall = jiffies_after_boot(hz, INITCALL_MS);
		uint64_t at = next_timer(slab, initcall, hz, cpu);

		while (at <= slab->jiffies_begin)
			at = next_timer(slab, at, period, cpu);
		arm(slab, at, cpu);
	}
}

/* drain_array: objects of an array that nobody used since the last time. May call back. */
static void drain_array(struct slab *slab, const struct request *request, cache_id cache,
			struct slab_array *array)
{
	const uint32_t local = slab_nodes_of_cpu(&slab->numa, request->cpu);
	struct slab_node *node = slab_node(slab, cache.v, local);

	if (array->avail == 0)
		return;
	if (array->touched) {
		array->touched = false;
		return;
	}
	uint32_t count = (array->limit + 4) / 5;

	if (count > array->avail)
		count = (array->avail + 1) / 2;
	slab_lock_node(slab, node);
	const uint32_t chain = slab_free_block(slab, cache, local, array, count);

	slab_array_drop(slab, array, count);
	slab_unlock_node(slab, node);
	slab_destroy_chain(slab, request, chain);
}

void slab_drain_free(struct slab *slab, const struct request *request, cache_id cache,
		     uint32_t node_id, uint64_t most)
{
	struct slab_node *node = slab_node(slab, cache.v, node_id);

	for (; most > 0 && node->tail[SLAB_FREE] != SLAB_NONE; most--) {
		const uint32_t id = node->tail[SLAB_FREE];

		slab_lock_node(slab, node);
		slab_list_remove(slab, node, id);
		node->total_slabs--;
		node->free_objects -= slab->caches[cache.v].num;
		slab_unlock_node(slab, node);
		slab->slabs[id].next = SLAB_NONE;
		slab_destroy_chain(slab, request, id);
	}
}

/* What is the node's own, less often. */
static void reap_node(struct slab *slab, const struct request *request, cache_id cache)
{
	const uint32_t local = slab_nodes_of_cpu(&slab->numa, request->cpu);
	struct slab_node *node = slab_node(slab, cache.v, local);
	const uint64_t now = jiffies_at(slab, request->time_ns);
	const uint64_t fifth = 5 * (uint64_t)slab->caches[cache.v].num;

	if (node->next_reap > now)
		return;
	node->next_reap = now + delay_jiffies(slab, slab->params.reap_node_ns);
	drain_array(slab, request, cache, slab_shared_array(slab, cache.v, local));
	if (node->free_touched)
		node->free_touched = false;
	else
		slab_drain_free(slab, request, cache, local,
				(node->free_limit + fifth - 1) / fifth);
}

/* cache_reap: the newest cache first. */
static void reap_cpu(struct slab *slab, uint32_t cpu, uint64_t now_ns)
{
	const struct request request = {
		.time_ns = now_ns,
		.cpu = cpu,
		.zone_hint = -1,
		.node = -1,
	};

	for (uint32_t i = slab->table.count; i-- > 0;) {
		const cache_id cache = { i };

		if (!cache_alive(&slab->table, cache))
			continue;
		slab_alien_reap(slab, &request, cache);
		drain_array(slab, &request, cache, slab_cpu_array(slab, i, cpu));
		reap_node(slab, &request, cache);
	}
	slab->reap_nodes[cpu] = (uint8_t)((slab->reap_nodes[cpu] + 1u) % slab->node_count);
}

void slab_expire(void *state, uint64_t token, uint64_t now_ns)
{
	struct slab *slab = state;
	const uint32_t cpu = (uint32_t)token;
	const uint64_t now = jiffies_at(slab, now_ns);

	if (!(token & reap_token)) {
		slab_pages_expire(slab, (uint32_t)token, now_ns);
		return;
	}
	reap_cpu(slab, cpu, now_ns);
	arm(slab, next_timer(slab, now, delay_jiffies(slab, slab->params.reap_ns), cpu), cpu);
}

bool slab_assist(void *state, const struct slab_assist *fact)
{
	if (fact->kind != SLAB_ASSIST_REAP)
		return false;
	reap_cpu(state, fact->cpu, fact->time_ns);
	return true;
}
