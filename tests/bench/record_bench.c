/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What recording adds to a call: record_bench [CALLS]. A loop of malloc and free, in a process of
 * its own, alone and under `slabyard record`, in turns; the best of each is told, as time of the
 * program on its CPU and as time that passed, in which the recorder takes part where there is no
 * CPU for it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TURNS = 5, LINE_BYTES = 256, CALLS = 5000000, BLOCKS_MAX = 1 << 20 };

struct times {
	double cpu_ns, wall_ns; /* a call */
};

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The recorded loop: random blocks are freed and allocated anew. */
static int loop(long calls, unsigned blocks)
{
	static void *block[BLOCKS_MAX];
	uint64_t random = 88172645463325252u;
	const double cpu = now(CLOCK_PROCESS_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);

	for (long i = 0; i < calls; i += 2) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		void **b = &block[(random >> 20) % blocks];

		free(*b);
		*b = malloc(16 + (random >> 40) % 500);
	}
	printf("%.2f %.2f\n", (now(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)calls,
	       (now(CLOCK_MONOTONIC) - wall) / (double)calls);
	return 0;
}

static struct times run(const char *before, const char *self, long calls, unsigned blocks)
{
	char command[2 * LINE_BYTES], line[LINE_BYTES] = "";
	struct times times = { 0 };

	snprintf(command, sizeof(command), "%s %s loop %ld %u 2>/dev/null", before, self, calls,
		 blocks);
	FILE *out = popen(command, "r");

	if (!out || !fgets(line, sizeof(line), out) ||
	    sscanf(line, "%lf %lf", &times.cpu_ns, &times.wall_ns) != 2) {
		fprintf(stderr, "%s: failed\n", command);
		exit(1);
	}
	pclose(out);
	return times;
}

static void keep_best(struct times *best, struct times t)
{
	best->cpu_ns = t.cpu_ns < best->cpu_ns ? t.cpu_ns : best->cpu_ns;
	best->wall_ns = t.wall_ns < best->wall_ns ? t.wall_ns : best->wall_ns;
}

static void compare(const char *self, long calls, unsigned blocks)
{
	struct times alone = { 1e9, 1e9 }, recorded = alone;

	for (int i = 0; i < TURNS; i++) {
		keep_best(&alone, run("", self, calls, blocks));
		keep_best(&recorded, run(SLABYARD_PROGRAM " record -o /tmp/record_bench.syt --",
					 self, calls, blocks));
	}
	unlink("/tmp/record_bench.syt");
	printf("%7u live blocks: a call %5.1f ns, recorded %5.1f: %5.1f ns added on its CPU, "
	       "%5.1f ns in all\n",
	       blocks, alone.cpu_ns, recorded.cpu_ns, recorded.cpu_ns - alone.cpu_ns,
	       recorded.wall_ns - alone.wall_ns);
	printf("{ \"bench\": \"record\", \"live\": %u, \"call_ns\": %.2f, \"added_cpu_ns\": %.2f, "
	       "\"added_wall_ns\": %.2f }\n",
	       blocks, alone.cpu_ns, recorded.cpu_ns - alone.cpu_ns,
	       recorded.wall_ns - alone.wall_ns);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "loop") == 0)
		return loop(atol(argv[2]), (unsigned)atoi(argv[3]));
	const long calls = argc > 1 ? atol(argv[1]) : CALLS;

	for (unsigned blocks = 100; blocks <= 100000; blocks *= 10)
		compare(argv[0], calls, blocks);
	return 0;
}
