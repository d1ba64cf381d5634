/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPU time of a kmalloc or kfree in each slab allocator, the engine left out: pages come from a
 * stack. Prints ns per operation: a table for people, and with --json one JSON object.
 */
#include <string.h>
#include <time.h>

#include "../slab_alone.h"

enum { SCRIPT = 1 << 16, OPERATIONS = 20 * 1000 * 1000 };

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
static double run_mix(struct slab_alone *b, const struct script_step *script, uint32_t slots)
{
	const struct slab_policy *policy = b->policy;
	struct request request = slab_alone_request();
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
	struct slab_alone b;
	double ns = -1;

	script_fill(script, mixes[mix].slots, mixes[mix].shift_max);
	if (slab_alone_open(&b, info) == 0)
		ns = run_mix(&b, script, mixes[mix].slots);
	slab_alone_close(&b);
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
