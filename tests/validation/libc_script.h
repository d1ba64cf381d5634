/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A seeded sequence of calls to an allocator, the same for the process that makes them in earnest
 * and for the test that simulates them. It depends on nothing that they return.
 */
#ifndef SLABYARD_TESTS_LIBC_SCRIPT_H
#define SLABYARD_TESTS_LIBC_SCRIPT_H

#include <malloc.h>
#include <stdint.h>

enum { SCRIPT_SLOTS = 3000, SCRIPT_THREADS_MAX = 40 };

enum script_call {
	SCRIPT_MALLOC,
	SCRIPT_CALLOC,
	SCRIPT_REALLOC,
	SCRIPT_MEMALIGN,
	SCRIPT_FREE,
	SCRIPT_MALLOPT,
	SCRIPT_MALLOC_TRIM,
	SCRIPT_SBRK,
	SCRIPT_THREAD_EXIT,
	SCRIPT_OBSTACLE, /* a mapping comes in the way of the break */
	SCRIPT_FORK,     /* the child goes on, with one thread */
};

struct script_step {
	enum script_call call;
	uint32_t thread;
	uint32_t slot;
	uint64_t size;
	uint64_t alignment;
	int parameter, value;
};

struct script {
	uint64_t state;
	uint32_t threads;
	uint32_t burst; /* calls left that free, or allocate, more than the other */
	int frees;
	uint64_t drawn;          /* steps so far */
	uint64_t obstacle, fork; /* at these steps, 0: never */
};

/* What the process writes down of each call. */
struct script_outcome {
	uint64_t block;
	uint64_t size_field; /* of the block's chunk, 0 for none */
	uint64_t break_end;  /* after the call */
};

/* The mapping that comes in the way, so far behind the break. */
enum { SCRIPT_OBSTACLE_BYTES = 100 * 4096 };

struct script_report {
	uint64_t brk0, cpus, faults; /* of the process that ends the script */
	struct script_outcome outcomes[];
};

static inline void script_begin(struct script *s, uint64_t seed, uint32_t threads)
{
	*s = (struct script){ .state = seed * UINT64_C(0x2545f4914f6cdd1d) + 1,
			      .threads = threads };
	if (seed % 4 == 0)
		s->obstacle = 10000 + seed * 100;
	if (seed % 4 >= 2)
		s->fork = 15000 + seed * 100;
}

static inline uint64_t script_draw(struct script *s, uint64_t bound)
{
	s->state = s->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (s->state >> 33) % bound;
}

static inline uint64_t script_size(struct script *s)
{
	const uint64_t kind = script_draw(s, 1000);

	if (kind < 700)
		return script_draw(s, 300);
	if (kind < 900)
		return script_draw(s, 1200);
	if (kind < 985)
		return script_draw(s, 20000);
	return script_draw(s, kind < 998 ? 200000 : 2000000);
}

static inline void script_draw_option(struct script *s, struct script_step *step)
{
	static const struct {
		int parameter, values[4];
	} options[] = {
		{ M_TRIM_THRESHOLD, { -1, 0, 65536, 1 << 20 } },
		{ M_TOP_PAD, { 0, 4096, 131072, 300000 } },
		{ M_MMAP_THRESHOLD, { 32768, 65536, 131072, 1 << 20 } },
		{ M_MMAP_MAX, { 0, 3, 100, 65536 } },
		{ M_MXFAST, { 0, 48, 128, 160 } },
	};
	const uint64_t i = script_draw(s, sizeof(options) / sizeof(options[0]));

	step->call = SCRIPT_MALLOPT;
	step->parameter = options[i].parameter;
	step->value = options[i].values[script_draw(s, 4)];
}

static inline void script_draw_rare(struct script *s, struct script_step *step)
{
	const uint64_t what = script_draw(s, 12);

	if (what < 3) {
		script_draw_option(s, step);
	} else if (what < 6) {
		step->call = SCRIPT_MALLOC_TRIM;
		step->size = script_draw(s, 3) * 40000;
	} else if (what < 9 || s->threads == 1) {
		/* With an obstacle too, glibc's own assertions end the process at times. */
		step->call = s->obstacle ? SCRIPT_MALLOC_TRIM : SCRIPT_SBRK;
		step->size = 1 + script_draw(s, 9000);
	} else {
		step->call = SCRIPT_THREAD_EXIT;
		step->thread = 1 + (uint32_t)script_draw(s, s->threads - 1);
	}
}

static inline struct script_step script_next(struct script *s)
{
	struct script_step step = { .thread = (uint32_t)script_draw(s, s->threads) };
	const uint64_t what = script_draw(s, 10000);

	s->drawn++;
	if (s->drawn == s->obstacle || s->drawn == s->fork) {
		step.call = s->drawn == s->fork ? SCRIPT_FORK : SCRIPT_OBSTACLE;
		step.thread = 0;
		return step;
	}

	if (!s->burst--) {
		s->burst = (uint32_t)script_draw(s, 4000);
		s->frees = s->frees ? 0 : 1;
	}
	step.slot = (uint32_t)script_draw(s, SCRIPT_SLOTS);
	step.size = script_size(s);
	step.alignment = UINT64_C(8) << script_draw(s, 10);
	if (what < 6)
		script_draw_rare(s, &step);
	else if (what < 1000)
		step.call = SCRIPT_REALLOC;
	else if (what < 1300)
		step.call = SCRIPT_MEMALIGN;
	else if (what < 2000)
		step.call = SCRIPT_CALLOC;
	else
		step.call = what < (s->frees ? 4000 : 7000) ? SCRIPT_MALLOC : SCRIPT_FREE;
	return step;
}

#endif
