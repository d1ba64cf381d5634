/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Host memory that each slab allocator needs for a living object, beyond what the trace's ids take:
 * by size, and for mixes of sizes; when memory was just filled, and after every object was replaced
 * twice at random. Prints bytes: a table for people, and with --json one JSON object.
 */
#include <string.h>
#include <sys/prctl.h>

#include "../slab_alone.h"

enum { TURNS = 2 };

static const struct slab_sizes sizes[] = {
	{ "8", 8, 0 },       { "32", 32, 0 },      { "64", 64, 0 },      { "96", 96, 0 },
	{ "128", 128, 0 },   { "192", 192, 0 },    { "256", 256, 0 },    { "512", 512, 0 },
	{ "1024", 1024, 0 }, { "2048", 2048, 0 },  { "4096", 4096, 0 },  { "8192", 8192, 0 },
	{ "to 512", 0, 10 }, { "to 2048", 0, 12 }, { "to 8192", 0, 14 },
};

/* Fewer where SLOB's searches would take too long. */
static uint32_t objects_of(const struct slab_sizes *of)
{
	const uint32_t bytes = of->bytes ? of->bytes : 1u << (of->shift_max - 1);
	const uint32_t count = (bytes > 2048 ? 256u << 20 : 16u << 20) / bytes;

	return count < 200000 ? count : 200000;
}

static void print(const char *policy, const struct slab_sizes *of, bool json, double filled,
		  double replaced)
{
	static const char *separator = "{ ";

	if (!json) {
		printf("%-6s %-8s %8.2f %8.2f bytes\n", policy, of->name, filled, replaced);
		return;
	}
	printf("%s\"memory.%s.%s.filled_bytes\": %.2f", separator, policy, of->name, filled);
	separator = ", ";
	printf("%s\"memory.%s.%s.replaced_bytes\": %.2f", separator, policy, of->name, replaced);
}

int main(int argc, char **argv)
{
	const bool json = argc > 1 && strcmp(argv[1], "--json") == 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* huge pages would count whole */
	if (!json)
		printf("%-6s %-8s %8s %8s\n", "", "size", "filled", "replaced");
	for (size_t i = 0; i < policy_count(&slab_policies); i++) {
		const struct policy_info *info = policy_at(&slab_policies, i);

		if (!(info->capabilities & POLICY_HAS_SLABS))
			continue;
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			const uint32_t count = objects_of(&sizes[k]);

			print(info->name, &sizes[k], json,
			      slab_alone_bytes(info, &sizes[k], count, 0),
			      slab_alone_bytes(info, &sizes[k], count, TURNS));
		}
	}
	if (json)
		printf(" }\n");
	return 0;
}
