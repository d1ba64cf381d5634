/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast the page allocators are on their own: operations a second and ns an operation, for
 * order-0 traffic through the per-cpu lists, for random mixed orders on a half full machine, and
 * what state a frame takes, and what a huge machine costs to start and to fill half with huge
 * pages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/arena.h"
#include "core/gfp.h"
#include "core/option.h"
#include "page/page.h"

enum {
	OPERATIONS = 20 * 1000 * 1000,
	LIVE = 1 << 18,
};

struct bench {
	const struct page_policy *policy;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	void *state;
	uint64_t random;
	uint32_t cpu; /* that makes the next request */
};

struct live {
	uint32_t pfn;
	uint8_t order;
};

static struct live live[LIVE];

/* CPU time: neighbours on the machine do not count. */
static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static long resident_kib(void)
{
	long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "r");

	if (!statm || fscanf(statm, "%*s %ld", &pages) != 1)
		pages = 0;
	if (statm)
		fclose(statm);
	return pages * 4;
}

/* xorshift: the benchmark's own noise, cheaper than what it measures */
static uint32_t next_random(struct bench *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return (uint32_t)(b->random >> 16);
}

static void bench_open(struct bench *b, const struct page_policy *policy, uint64_t memory_bytes,
		       uint32_t cpus)
{
	struct error err = { 0 };
	struct page_machine machine = { .memory_bytes = memory_bytes,
					.cpus = cpus,
					.nodes = 1,
					.orders = 11,
					.pageblock_order = 9 };
	void *params = calloc(1, policy->info.params_size + 1);

	*b = (struct bench){ .policy = policy, .random = 88172645463325252u };
	b->arena = arena_create((size_t)1 << 38, &err);
	b->clock.work = &b->work;
	b->services = (struct services){
		.arena = b->arena, .work = &b->work, .clock = &b->clock, .cpus = cpus, .nodes = 1
	};
	if (policy->info.options)
		option_defaults(policy->info.options, params);
	b->state = policy->create(&machine, params, &b->services, &err);
	free(params);
	if (!b->state) {
		fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
}

static void bench_close(struct bench *b)
{
	arena_destroy(b->arena);
}

static struct request request_for(uint32_t gfp, unsigned order)
{
	return (struct request){
		.gfp = gfp,
		.order = (uint8_t)order,
		.migratetype = (uint8_t)gfp_migratetype(gfp),
		.zone_hint = -1,
		.node = -1,
	};
}

static void report(const char *policy, const char *what, double seconds, double operations)
{
	printf("{\"bench\":\"page\",\"policy\":\"%s\",\"what\":\"%s\",\"mops\":%.1f,\"ns\":%.1f}\n",
	       policy, what, operations / seconds / 1e6, seconds * 1e9 / operations);
}

static bool alloc_at(struct bench *b, size_t i, uint32_t gfp, unsigned order)
{
	struct request r = request_for(gfp, order);
	pfn_t pfn;

	r.cpu = b->cpu;
	pfn = b->policy->alloc(b->state, &r);
	live[i] = (struct live){ pfn.v, (uint8_t)order };
	return !pfn_is_none(pfn);
}

static void free_at(struct bench *b, size_t i)
{
	struct request r = request_for(GFP_MASK_KERNEL, live[i].order);

	r.cpu = b->cpu;
	b->policy->free(b->state, &r, (pfn_t){ live[i].pfn });
}

/* A stack of pages that grows and shrinks at random. */
static void order0_stack(const struct page_policy *policy)
{
	struct bench b;
	size_t count = 0;
	double start;

	bench_open(&b, policy, (uint64_t)4 << 30, 1);
	start = now_s();
	for (int i = 0; i < OPERATIONS; i++) {
		bool grow = next_random(&b) & 1;
		if (count < 1000 || (grow && count < LIVE))
			count += alloc_at(&b, count, GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP, 0);
		else
			free_at(&b, --count);
	}
	report(policy->info.name, "order 0, last in first out", now_s() - start, OPERATIONS);
	bench_close(&b);
}

static void order0_random(const struct page_policy *policy)
{
	struct bench b;
	double start;

	bench_open(&b, policy, (uint64_t)4 << 30, 1);
	for (size_t i = 0; i < LIVE; i++)
		alloc_at(&b, i, GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP, 0);
	start = now_s();
	for (int i = 0; i < OPERATIONS / 2; i++) {
		size_t at = next_random(&b) % LIVE;
		free_at(&b, at);
		alloc_at(&b, at, GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP, 0);
	}
	report(policy->info.name, "order 0, random of 1 GiB", now_s() - start, OPERATIONS);
	bench_close(&b);
}

static unsigned mixed_order(struct bench *b)
{
	unsigned order = (unsigned)__builtin_ctz(next_random(b) | 1u << 10);

	return order < 10 ? order : 10;
}

static const uint32_t gfps[] = { GFP_MASK_KERNEL, GFP_MASK_KERNEL | GFP_BIT_RECLAIMABLE,
				 GFP_MASK_HIGHUSER_MOVABLE };

static void mixed_random(const struct page_policy *policy)
{
	struct bench b;
	size_t filled = 0;
	uint64_t frames = 0;
	double start;

	bench_open(&b, policy, (uint64_t)4 << 30, 1);
	while (filled < LIVE && frames < (uint64_t)2 << (30 - PAGE_SHIFT)) {
		unsigned order = mixed_order(&b);
		if (!alloc_at(&b, filled, gfps[next_random(&b) % 3], order))
			break;
		frames += 1u << order;
		filled++;
	}
	start = now_s();
	for (int i = 0; i < OPERATIONS / 2; i++) {
		size_t at = next_random(&b) % filled;
		free_at(&b, at);
		if (!alloc_at(&b, at, gfps[next_random(&b) % 3], mixed_order(&b))) {
			live[at] = live[--filled];
			fprintf(stderr, "%s: ran out\n", policy->info.name);
		}
	}
	report(policy->info.name, "mixed orders, 4 GiB half full", now_s() - start, OPERATIONS);
	bench_close(&b);
}

/*
 * Few blocks, taken and freed in runs: frees of orders above 0 in a row drain the per-cpu lists
 * whole, so that each record moves several blocks both ways.
 */
static void mixed_runs(const struct page_policy *policy)
{
	struct bench b;
	size_t filled = 0;
	double start;

	bench_open(&b, policy, (uint64_t)4 << 30, 2);
	start = now_s();
	for (int i = 0; i < OPERATIONS; i++) {
		bool grow = next_random(&b) & 1;
		size_t at = filled ? next_random(&b) % filled : 0;
		b.cpu = next_random(&b) & 1;
		if (filled < 2000 || (grow && filled < 4000)) {
			filled += alloc_at(&b, filled, gfps[next_random(&b) % 3], mixed_order(&b));
		} else {
			free_at(&b, at);
			live[at] = live[--filled];
		}
	}
	report(policy->info.name, "mixed orders in runs", now_s() - start, OPERATIONS);
	bench_close(&b);
}

/* What the allocator keeps for each frame that was ever in a block of its own. */
static void frame_state(const struct page_policy *policy)
{
	struct bench b;
	size_t got = 0;
	struct request r = request_for(GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP, 0);

	bench_open(&b, policy, (uint64_t)4 << 30, 1);
	long before = resident_kib();
	while (got < (size_t)3 << (30 - PAGE_SHIFT) && !pfn_is_none(b.policy->alloc(b.state, &r)))
		got++;
	printf("{\"bench\":\"page\",\"policy\":\"%s\",\"what\":\"state a frame\",\"bytes\":%.2f}\n",
	       policy->info.name, (double)(resident_kib() - before) * 1024 / (double)got);
	bench_close(&b);
}

static void huge_machine(const struct page_policy *policy)
{
	struct bench b;
	double start = now_s();
	long before = resident_kib();
	size_t got = 0;
	struct request r = request_for(GFP_MASK_HIGHUSER_MOVABLE | GFP_BIT_COMP, 9);

	bench_open(&b, policy, (uint64_t)1 << 40, 1);
	printf("{\"bench\":\"page\",\"policy\":\"%s\",\"what\":\"1 TiB started\",\"ms\":%.1f,"
	       "\"mib\":%.1f}\n",
	       policy->info.name, (now_s() - start) * 1e3,
	       (double)(resident_kib() - before) / 1024);
	start = now_s();
	while (got < 1u << 18 && !pfn_is_none(b.policy->alloc(b.state, &r)))
		got++;
	printf("{\"bench\":\"page\",\"policy\":\"%s\",\"what\":\"half of it in order 9\","
	       "\"ns\":%.1f,\"mib\":%.1f}\n",
	       policy->info.name, (now_s() - start) * 1e9 / (double)got,
	       (double)(resident_kib() - before) / 1024);
	bench_close(&b);
}

int main(void)
{
	for (size_t i = 0; i < policy_count(&page_policies); i++) {
		const struct page_policy *policy = page_policy_of(policy_at(&page_policies, i));
		order0_stack(policy);
		order0_random(policy);
		mixed_random(policy);
		mixed_runs(policy);
		frame_state(policy);
		huge_machine(policy);
	}
	return 0;
}
