/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page allocator's threads, one of each kind for a node, and their timeouts: a deferred call's
 * token says which it is.
 */
#include "page/buddy.h"

enum { TOKEN_NODE_SHIFT = 32, TOKEN_NODE_BITS = 24, TOKEN_THREAD_SHIFT = 56 };

static uint64_t make_token(enum page_thread thread, uint32_t node, uint32_t number)
{
	return (uint64_t)thread << TOKEN_THREAD_SHIFT | (uint64_t)node << TOKEN_NODE_SHIFT | number;
}

static enum page_thread token_thread(uint64_t token)
{
	return (enum page_thread)(token >> TOKEN_THREAD_SHIFT);
}

static uint32_t token_node(uint64_t token)
{
	return (uint32_t)(token >> TOKEN_NODE_SHIFT) & ((1u << TOKEN_NODE_BITS) - 1);
}

int page_threads_create(struct buddy *b, uint32_t nodes, struct error *err)
{
	b->node_count = nodes;
	b->nodes = arena_array(b->services->arena, nodes, sizeof(*b->nodes), err);
	if (!b->nodes)
		return -1;
	for (uint32_t node = 0; node < nodes; node++)
		b->nodes[node] = (struct page_node){
			.state = KSWAPD_ASLEEP,
			.wanted_type = ZONE_TYPES,
			.highest_type = ZONE_TYPES - 1,
			.kcompactd_type = ZONE_TYPES - 1,
		};
	return 0;
}

void page_thread_wake(struct buddy *b, enum page_thread thread, uint32_t node, uint32_t cpu)
{
	const struct services *services = b->services;

	if (services->wake_thread)
		services->wake_thread(services->engine, DEFER_PAGE, node, cpu,
				      make_token(thread, node, 0));
}

void page_thread_defer(struct buddy *b, enum page_thread thread, uint32_t node, uint32_t number,
		       uint64_t when_ns)
{
	if (b->services->defer)
		services_defer(b->services, DEFER_PAGE, when_ns, make_token(thread, node, number));
}

void buddy_begin(void *state, uint64_t now_ns)
{
	struct buddy *b = state;

	for (uint32_t node = 0; node < b->node_count; node++)
		kcompactd_begin(b, node, now_ns);
}

void buddy_expire(void *state, uint64_t token, uint64_t now_ns)
{
	struct buddy *b = state;
	uint32_t node = token_node(token), number = (uint32_t)token;
	uint32_t cpu = b->services->clock ? b->services->clock->cpu : 0;

	switch (token_thread(token)) {
	case PAGE_THREAD_KSWAPD:
		kswapd_run(b, node, cpu, now_ns);
		break;
	case PAGE_THREAD_KCOMPACTD:
		kcompactd_run(b, node, cpu, now_ns);
		break;
	case PAGE_THREAD_NAP:
		kswapd_nap_over(b, node, number, cpu);
		break;
	case PAGE_THREAD_PROACTIVE:
		kcompactd_timeout(b, node, number, cpu, now_ns);
		break;
	}
}

uint64_t buddy_thread_needs(const void *state, uint64_t token)
{
	const struct buddy *b = state;

	if (token_thread(token) == PAGE_THREAD_KSWAPD)
		return kswapd_needs(b, token_node(token));
	return 2 * (uint64_t)b->services->work->price_ps[WORK_context_switch] / 1000;
}
