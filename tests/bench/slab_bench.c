/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPU time of a kmalloc or kfree in each slab allocator, the engine left out: pages come from a
 * stack. Prints ns per operation: a table for people, and with --json one JSON object.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/rng.h"
#include "core/gfp.h"
#include "slab/slab.h"

enum { FRAMES = 1 << 20, ORDERS = 11, SCRIPT = 1 << 16, OPERATIONS = 20 * 1000 * 1000 };

/* Blocks that came back, by order, in front of memory that was never used. */
struct page_stack {
	uint32_t next;
	uint32_t *block[ORDERS];
	size_t count[ORDERS];
};

static pfn_t stack_alloc(void *context, const struct request *request)
{
	struct page_stack *pages = context;
	const uint32_t step = 1u << request->order;

	if (pages->count[request->order])
		return (pfn_t){ pages->block[request->order][--pages->count[request->order]] };
	const uint32_t pfn = (pages->next + step - 1) & ~(step - 1);

	if (pfn + step > FRAMES)
		return PFN_NONE;
	pages->next = pfn + step;
	return (pfn_t){ pfn };
}

static void stack_free(void *context, const struct request *request, pfn_t pfn)
{
	struct page_stack *pages = context;

	pages->block[request->order][pages->count[request->order]++] = pfn.v;
}

static void no_defer(void *engine, enum defer_target target, uint64_t when_ns, uint64_t token)
{
	(void)engine;
	(void)target;
	(void)when_ns;
	(void)token;
}

struct bench {
	const struct slab_policy *policy;
	void *state;
	struct page_stack pages;
	struct page_source source;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
};

static int bench_open(struct bench *b, const struct policy_info *info)
{
	struct error err = { 0 };
	void *params = calloc(1, info->params_size + 1);

	*b = (struct bench){ .policy = slab_policy_of(info), .pages = { .next = 1 } };
	for (int i = 0; i < ORDERS; i++)
		b->pages.block[i] = malloc(FRAMES * sizeof(uint32_t));
	b->arena = arena_create((size_t)1 << 36, &err);
	b->clock.work = &b->work;
	b->services = (struct services){
		.arena = b->arena,
		.work = &b->work,
		.clock = &b->clock,
		.seed = 1,
		.cpus = 1,
		.nodes = 1,
		.ram_pages = FRAMES,
		.frames = FRAMES,
		.defer = no_defer,
	};
	b->source = (struct page_source){ stack_alloc, stack_free, &b->pages };
	if (info->options)
		option_defaults(info->options, params);
	b->state = b->arena ? b->policy->create(&b->source, params, &b->services, &err) : NULL;
	free(params);
	if (!b->state)
		fprintf(stderr, "%s: %s\n", info->name, err.message);
	return b->state ? 0 : -1;
}

static void bench_close(struct bench *b)
{
	if (b->state)
		b->policy->destroy(b->state);
	arena_destroy(b->arena);
	for (int i = 0; i < ORDERS; i++)
		free(b->pages.block[i]);
}

/* One step of a script: which of the living objects is freed and of what size the next one is. */
struct script_step {
	uint32_t slot, bytes;
};

static void script_fill(struct script_step *script, uint32_t slots, uint32_t shift_max)
{
	struct rng *rng = rng_create(1, "slab.bench");

	for (int i = 0; i < SCRIPT; i++)
		script[i] = (struct script_step){
			.slot = (uint32_t)rng_below(rng, slots),
			.bytes = 1 +
				 (uint32_t)rng_below(rng, UINT64_C(1) << rng_below(rng, shift_max)),
		};
	rng_destroy(rng);
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* `slots` objects stay alive; each step replaces one. Returns ns per kmalloc or kfree. */
static double run_mix(struct bench *b, const struct script_step *script, uint32_t slots)
{
	const struct slab_policy *policy = b->policy;
	struct request request = { .gfp = GFP_MASK_KERNEL, .zone_hint = -1, .node = -1 };
	object_t *object = malloc(slots * sizeof(*object));
	uint32_t *bytes = malloc(slots * sizeof(*bytes));

	for (uint32_t i = 0; i < slots; i++) {
		bytes[i] = request.bytes = script[i % SCRIPT].bytes;
		object[i] = policy->kmalloc(b->state, &request, bytes[i]);
	}
	const double start = cpu_seconds();

	for (uint32_t i = 0; i < OPERATIONS / 2; i++) {
		const struct script_step *step = &script[i % SCRIPT];

		request.bytes = bytes[step->slot];
		policy->kfree(b->state, &request, object[step->slot]);
		bytes[step->slot] = request.bytes = step->bytes;
		object[step->slot] = policy->kmalloc(b->state, &request, step->bytes);
	}
	const double spent = cpu_seconds() - start;

	free(object);
	free(bytes);
	return spent * 1e9 / OPERATIONS;
}

static const struct {
	const char *name;
	uint32_t slots, shift_max;
} mixes[] = {
	{ "resident", 64, 10 },
	{ "thousands", 4096, 12 },
	{ "scattered", 400000, 10 },
};

static double bench_mix(const struct policy_info *info, struct script_step *script, size_t mix)
{
	struct bench b;
	double ns = -1;

	script_fill(script, mixes[mix].slots, mixes[mix].shift_max);
	if (bench_open(&b, info) == 0)
		ns = run_mix(&b, script, mixes[mix].slots);
	bench_close(&b);
	return ns;
}

int main(int argc, char **argv)
{
	const bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
	struct script_step *script = malloc(SCRIPT * sizeof(*script));
	const char *separator = "{ ";

	for (size_t i = 0; i < policy_count(&slab_policies); i++) {
		const struct policy_info *info = policy_at(&slab_policies, i);

		for (size_t mix = 0; mix < sizeof(mixes) / sizeof(mixes[0]); mix++) {
			const double ns = bench_mix(info, script, mix);

			if (json)
				printf("%s\"%s.%s_ns\": %.2f", separator, info->name,
				       mixes[mix].name, ns);
			else
				printf("%-6s %-10s %7.2f ns\n", info->name, mixes[mix].name, ns);
			separator = ", ";
		}
	}
	if (json)
		printf(" }\n");
	free(script);
	return 0;
}
