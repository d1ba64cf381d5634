/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPU time of a recorded call to malloc and its like: in each simulated allocator and in the C
 * library that this program runs with, over the same decoded calls in a tight loop, nothing
 * touched. Another real one is measured by LD_PRELOAD. Recordings are given as arguments.
 *
 * Prints ns per call, the best of some rounds, and how many times the real rate ptmalloc reaches,
 * with the geometric mean over the recordings of at least 50,000 calls.
 */
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "core/cursor.h"
#include "core/operation.h"
#include "import/import.h"
#include "libc/libc.h"
#include "vm/mm.h"

#include "../frames_fixture.h"

enum { ROUNDS = 5, CALLS_COUNTED_FROM = 50000 };

/* A decoded call: 16 bytes, so that reading them costs little beside carrying them out. */
struct call {
	uint32_t id;
	uint32_t size;
	uint32_t alignment;
	uint16_t thread;
	uint8_t operation;
};

struct calls {
	struct call *list;
	size_t count, capacity;
	uint64_t brk0;
	uint32_t id_max;
};

static bool calls_take(struct calls *calls, const struct record *r, const struct definitions *d)
{
	if (r->operation == OP_PROCESS_START)
		calls->brk0 = r->address;
	if (operation_table[r->operation].layer != LAYER_LIBC || (r->flags & RECORD_IDENTITY))
		return true;
	if (calls->count == calls->capacity) {
		calls->capacity = calls->capacity ? 2 * calls->capacity : 4096;
		calls->list = realloc(calls->list, calls->capacity * sizeof(*calls->list));
		if (!calls->list)
			return false;
	}
	calls->list[calls->count++] = (struct call){
		.id = r->id,
		.size = r->size,
		.alignment = d->origins[r->origin].align,
		.thread = (uint16_t)r->task,
		.operation = r->operation,
	};
	if (r->id > calls->id_max)
		calls->id_max = r->id;
	return true;
}

static bool calls_read(struct calls *calls, const char *path, struct error *err)
{
	struct trace_cursor *cursor = import_open(path, NULL, NULL, err);
	struct batch batch;
	int got = -1;

	*calls = (struct calls){ 0 };
	while (cursor && (got = cursor->ops->next(cursor, &batch, err)) > 0)
		for (uint32_t i = 0; i < batch.count; i++)
			if (!calls_take(calls, &batch.records[i], cursor->definitions))
				return false;
	if (cursor)
		cursor->ops->close(cursor);
	return got == 0;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void real_call(const struct call *c, void **blocks)
{
	void **block = &blocks[c->id], *moved;

	switch (c->operation) {
	case OP_MALLOC:
		*block = malloc(c->size);
		break;
	case OP_CALLOC:
		*block = calloc(1, c->size);
		break;
	case OP_MEMALIGN:
		*block = memalign(c->alignment, c->size);
		break;
	case OP_REALLOC:
		moved = realloc(*block, c->size);
		*block = moved ? moved : *block;
		break;
	case OP_FREE:
		free(*block);
		*block = NULL;
		break;
	default:
		break;
	}
}

/* What is alive at the end is given back, so that every round begins with nothing alive. */
static double real_round(const struct calls *calls, void **blocks)
{
	const double begin = seconds();

	for (size_t i = 0; i < calls->count; i++)
		real_call(&calls->list[i], blocks);
	const double end = seconds();

	for (uint32_t id = 0; id <= calls->id_max; id++) {
		free(blocks[id]);
		blocks[id] = NULL;
	}
	malloc_trim(0);
	return end - begin;
}

/* Pages are not counted: what is measured is the allocator, not what it stands on. */
static void no_touch(void *context, uint64_t address, uint64_t length)
{
	(void)context;
	(void)address;
	(void)length;
}

struct simulation {
	const struct libc_policy *policy;
	void *state;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	struct frames_fixture frames;
	struct mm *mm;
	struct address_space space;
	struct libc_environment environment;
};

static bool simulation_open(struct simulation *s, const struct libc_policy *policy, uint64_t brk0)
{
	struct error err = { 0 };
	void *params = calloc(1, policy->info.params_size + 1);

	*s = (struct simulation){ .policy = policy, .arena = arena_create((size_t)1 << 37, &err) };
	if (frames_fixture_init(&s->frames, &s->work, &err) == 0)
		s->mm = mm_create(&s->frames.frames, brk0, &err);
	s->clock.work = &s->work;
	s->services = (struct services){
		.arena = s->arena, .work = &s->work, .clock = &s->clock, .cpus = 2
	};
	if (policy->info.options)
		option_defaults(policy->info.options, params);
	if (s->arena && s->mm) {
		s->space = *mm_space(s->mm);
		s->space.read = s->space.write = no_touch;
		s->environment = (struct libc_environment){ .space = &s->space,
							    .services = &s->services,
							    .trim = &trim_glibc_judge };
		s->state = policy->create(&s->environment, params, &err);
	}
	free(params);
	if (!s->state)
		fprintf(stderr, "%s: %s\n", policy->info.name, err.message);
	return s->state;
}

static void simulation_close(struct simulation *s)
{
	if (s->state)
		s->policy->destroy(s->state);
	mm_destroy(s->mm);
	frames_fixture_finish(&s->frames);
	arena_destroy(s->arena);
}

static inline void simulated_call(const struct libc_policy *policy, void *state,
				  const struct call *c, uint64_t *blocks)
{
	uint64_t *block = &blocks[c->id], moved;

	switch (c->operation) {
	case OP_MALLOC:
		*block = policy->malloc(state, c->thread, c->size);
		break;
	case OP_CALLOC:
		*block = policy->calloc(state, c->thread, c->size);
		break;
	case OP_MEMALIGN:
		*block = policy->memalign(state, c->thread, c->alignment, c->size);
		break;
	case OP_REALLOC:
		moved = policy->realloc(state, c->thread, *block, c->size);
		*block = moved ? moved : *block;
		break;
	case OP_FREE:
		policy->free(state, c->thread, *block);
		break;
	default:
		break;
	}
}

static double simulated_round(const struct calls *calls, const struct libc_policy *policy,
			      uint64_t *blocks)
{
	struct simulation s;

	if (!simulation_open(&s, policy, calls->brk0))
		exit(1);
	const double begin = seconds();

	for (size_t i = 0; i < calls->count; i++)
		simulated_call(policy, s.state, &calls->list[i], blocks);
	const double end = seconds();

	simulation_close(&s);
	return end - begin;
}

static double best(double a, double b)
{
	return a == 0 || b < a ? b : a;
}

/* How many times the real rate ptmalloc reaches. */
static double compare(const struct calls *calls, const char *name)
{
	void **real_blocks = calloc(calls->id_max + 1, sizeof(*real_blocks));
	uint64_t *blocks = calloc(calls->id_max + 1, sizeof(*blocks));
	const double ns = 1e9 / (double)calls->count;
	double real = 0, ratio = 0;

	for (int i = 0; i < ROUNDS; i++)
		real = best(real, real_round(calls, real_blocks));
	printf("%-28s %9zu calls  real %6.1f", name, calls->count, real * ns);
	for (size_t p = 0; p < policy_count(&libc_policies); p++) {
		const struct policy_info *info = policy_at(&libc_policies, p);
		double time = 0;

		for (int i = 0; i < ROUNDS; i++)
			time = best(time, simulated_round(calls, libc_policy_of(info), blocks));
		printf("  %s %6.1f", info->name, time * ns);
		if (p == 0)
			ratio = real / time;
	}
	printf("  ns a call; %s at %.2f times the real rate\n", policy_at(&libc_policies, 0)->name,
	       ratio);
	free(blocks);
	free(real_blocks);
	return ratio;
}

int main(int argc, char **argv)
{
	double log_sum = 0;
	int counted = 0;

	for (int i = 1; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');
		struct error err = { 0 };
		struct calls calls;

		if (!calls_read(&calls, argv[i], &err)) {
			fprintf(stderr, "%s\n", err.message);
			return 2;
		}
		const double ratio = compare(&calls, slash ? slash + 1 : argv[i]);

		if (calls.count >= CALLS_COUNTED_FROM) {
			log_sum += log(ratio);
			counted++;
		}
		free(calls.list);
	}
	if (counted)
		printf("geometric mean over %d recordings of %d calls and more: %.2f\n", counted,
		       CALLS_COUNTED_FROM, exp(log_sum / counted));
	return 0;
}
