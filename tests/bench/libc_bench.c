/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPU time of a recorded call to malloc and its like: in each simulated allocator, in the C
 * library, and in other real allocators, over the same decoded calls in a tight loop, nothing
 * touched. Recordings are given as arguments.
 *
 * Every round begins with nothing: a real one is this program run again (with the library of
 * --other NAME=LIBRARY preloaded), which finds the calls in memory that it shares, so that no
 * earlier round or recording has raised a threshold or left free memory. Rounds take turns, a
 * simulated one behind each real one, so that a machine whose speed drifts favours neither; the
 * ratio is the median over these pairs. Prints ns per call, the best of the rounds, how many times
 * glibc's rate ptmalloc reaches, the geometric mean of that over recordings of at least 50,000
 * calls, and a line of JSON for each recording and allocator.
 */
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "core/cursor.h"
#include "core/operation.h"
#include "libc/libc.h"
#include "machine/trace_input.h"
#include "vm/mm.h"

#include "../frames_fixture.h"

enum { ROUNDS_MAX = 99, CALLS_COUNTED_FROM = 50000, OTHERS_MAX = 8 };

/* A real allocator that is preloaded. */
struct other {
	const char *name, *library;
};

static struct {
	int rounds;
	const char *program;
	struct other others[OTHERS_MAX];
	int other_count;
} options = { .rounds = 7 };

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
	int file; /* that the list is mapped from */
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
	struct trace_cursor *cursor = trace_input_open(path, NULL, SLABYARD_LEVEL_LIBC, NULL, err);
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

/* Memory that is there: no faults are counted in. file -1: of nothing but zeros. */
static void *map(size_t bytes, int file)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		     MAP_POPULATE | (file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED), file, 0);

	if (memory == MAP_FAILED) {
		perror("libc_bench: mmap");
		exit(1);
	}
	return memory;
}

/* Moves the list to where the program run again finds it. */
static void calls_share(struct calls *calls)
{
	const size_t bytes = calls->count * sizeof(*calls->list);
	struct call *list = calls->list;

	calls->file = memfd_create("calls", 0);
	if (calls->file < 0 || ftruncate(calls->file, (off_t)bytes) != 0) {
		perror("libc_bench: memfd_create");
		exit(1);
	}
	calls->list = map(bytes, calls->file);
	memcpy(calls->list, list, bytes);
	free(list);
}

static void calls_drop(struct calls *calls)
{
	munmap(calls->list, calls->count * sizeof(*calls->list));
	close(calls->file);
}

static size_t blocks_bytes(const struct calls *calls)
{
	return ((size_t)calls->id_max + 1) * sizeof(uint64_t);
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

/* --real FILE COUNT ID_MAX: all that this program does when it is run again. */
static int be_real(char **argv)
{
	struct calls calls = { .count = strtoul(argv[1], NULL, 10),
			       .id_max = (uint32_t)strtoul(argv[2], NULL, 10) };

	calls.list = map(calls.count * sizeof(*calls.list), atoi(argv[0]));
	void **blocks = map(blocks_bytes(&calls), -1);
	const double begin = seconds();

	for (size_t i = 0; i < calls.count; i++)
		real_call(&calls.list[i], blocks);
	printf("%.9f\n", seconds() - begin);
	return 0;
}

/* Seconds of a round of the real allocator in that library, NULL: the C library's; or 0. */
static double real_round(const struct calls *calls, const char *library)
{
	char command[4096], line[64];
	double time = 0;

	snprintf(command, sizeof(command), "LD_PRELOAD='%s' exec '%s' --real %d %zu %u",
		 library ? library : "", options.program, calls->file, calls->count, calls->id_max);
	FILE *child = popen(command, "r");

	if (child && fgets(line, sizeof(line), child))
		time = strtod(line, NULL);
	return child && pclose(child) == 0 ? time : 0;
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
							    .trim = &trim_glibc_judge,
							    .cpus = 2 };
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

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), by_value);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static void tell(const char *recording, const char *allocator, const char *kind, double ns)
{
	printf("  %-9s %-9s %8.1f\n", kind, allocator, ns);
	printf("{\"bench\": \"libc\", \"recording\": \"%s\", \"kind\": \"%s\", "
	       "\"allocator\": \"%s\", \"ns_per_call\": %.2f}\n",
	       recording, kind, allocator, ns);
}

struct times {
	double real, simulated; /* seconds, the best */
	double ratio;           /* real to simulated, the median over rounds */
};

/* The first policy of the table is the one that is held against the real one. */
static struct times take_turns(const struct calls *calls, uint64_t *blocks)
{
	const struct libc_policy *policy = libc_policy_of(policy_at(&libc_policies, 0));
	double ratios[ROUNDS_MAX];
	struct times t = { 0 };

	for (int i = 0; i < options.rounds; i++) {
		const double real = real_round(calls, NULL);
		const double simulated = simulated_round(calls, policy, blocks);

		ratios[i] = real / simulated;
		t.real = best(t.real, real);
		t.simulated = best(t.simulated, simulated);
	}
	t.ratio = median(ratios, options.rounds);
	return t;
}

static double simulated_alone(const struct calls *calls, const struct libc_policy *policy,
			      uint64_t *blocks)
{
	double time = 0;

	for (int i = 0; i < options.rounds; i++)
		time = best(time, simulated_round(calls, policy, blocks));
	return time;
}

static double other_alone(const struct calls *calls, const struct other *other)
{
	double time = 0;

	for (int i = 0; i < options.rounds; i++)
		time = best(time, real_round(calls, other->library));
	return time;
}

/* How many times glibc's rate ptmalloc reaches. */
static double compare(const struct calls *calls, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const double ns = 1e9 / (double)calls->count;
	uint64_t *blocks = map(blocks_bytes(calls), -1);
	const struct times t = take_turns(calls, blocks);

	printf("%s: %zu calls, ptmalloc at %.2f times glibc's rate; ns a call:\n", name,
	       calls->count, t.ratio);
	tell(name, "glibc", "real", t.real * ns);
	for (int i = 0; i < options.other_count; i++)
		tell(name, options.others[i].name, "real",
		     other_alone(calls, &options.others[i]) * ns);
	for (size_t p = 0; p < policy_count(&libc_policies); p++) {
		const struct policy_info *info = policy_at(&libc_policies, p);

		tell(name, info->name, "simulated",
		     p == 0 ? t.simulated * ns
			    : simulated_alone(calls, libc_policy_of(info), blocks) * ns);
	}
	munmap(blocks, blocks_bytes(calls));
	return t.ratio;
}

static bool read_other(const char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || options.other_count == OTHERS_MAX)
		return false;
	*equals = '\0';
	options.others[options.other_count++] = (struct other){ text, equals + 1 };
	return true;
}

/* The place of the first recording, or 0 when the arguments make no sense. */
static int read_options(int argc, char **argv)
{
	int i = 1;

	options.program = argv[0];
	for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		if (!strcmp(argv[i], "--rounds"))
			options.rounds = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--other") != 0 || !read_other(argv[i + 1]))
			return 0;
	}
	return i < argc && options.rounds > 0 && options.rounds <= ROUNDS_MAX ? i : 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "--real"))
		return be_real(argv + 2);
	const int first = read_options(argc, argv);
	double log_sum = 0;
	int counted = 0;

	if (!first) {
		fprintf(stderr, "usage: libc_bench [--rounds N] [--other NAME=LIBRARY]... "
				"RECORDING...\n");
		return 2;
	}
	for (int i = first; i < argc; i++) {
		struct error err = { 0 };
		struct calls calls;

		if (!calls_read(&calls, argv[i], &err)) {
			fprintf(stderr, "%s\n", err.message);
			return 2;
		}
		calls_share(&calls);
		const double ratio = compare(&calls, argv[i]);

		if (calls.count >= CALLS_COUNTED_FROM) {
			log_sum += log(ratio);
			counted++;
		}
		calls_drop(&calls);
	}
	if (counted)
		printf("geometric mean over %d recordings of %d calls and more: %.2f times "
		       "glibc's rate\n",
		       counted, CALLS_COUNTED_FROM, exp(log_sum / counted));
	return 0;
}
