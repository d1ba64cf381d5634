/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ptmalloc against the C library of this machine, where that is glibc 2.36: random calls of one and
 * of many threads, with what no recording has: mallopt, malloc_trim, a break that the program
 * itself moves, one that fails, threads that end, fork. Every address and the break after every
 * call are compared, and at the end what malloc_info(3) and malloc_stats(3) print.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../libc_replay.h"
#include "libc_script.h"

enum {
	PATH_MAX_BYTES = 80,
	SEEDS = 50,
	CALLS = 200000,
	THREAD_SEEDS = 6,
	THREAD_CALLS = 40000,
	TUNABLE_CALLS = 30000,
	NUMBER_MAX = 24,
	VARIABLE_MAX = 512
};

/* What pthread_create() gets of the heap for a thread: its table of TLS blocks (allocate_dtv). */
enum { THREAD_TABLE_BYTES = 272 };

/* Of the process itself: pages of its code that it first comes to while it makes the calls. */
enum { OWN_FAULTS_MAX = 24 };

static const struct definitions no_definitions;

struct oracle {
	char path[64];
	struct script_report *report;
	size_t bytes;
};

static void consult(struct oracle *o, uint64_t seed, uint64_t calls, uint32_t threads,
		    const char *tunables)
{
	char numbers[3][NUMBER_MAX];
	int status;
	struct stat st;

	snprintf(o->path, sizeof(o->path), "/tmp/slabyard-oracle-XXXXXX");
	const int fd = mkstemp(o->path);

	snprintf(numbers[0], NUMBER_MAX, "%" PRIu64, seed);
	snprintf(numbers[1], NUMBER_MAX, "%" PRIu64, calls);
	snprintf(numbers[2], NUMBER_MAX, "%u", threads);
	const pid_t child = fork();

	if (child == 0) {
		char variable[VARIABLE_MAX];

		snprintf(variable, sizeof(variable), "GLIBC_TUNABLES=%s", tunables);
		execle(LIBC_ORACLE, "libc_oracle", o->path, numbers[0], numbers[1], numbers[2],
		       (char *)NULL, (char *[]){ tunables[0] ? variable : NULL, NULL });
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(fstat(fd, &st), 0);
	o->bytes = (size_t)st.st_size;
	o->report = mmap(NULL, o->bytes, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(o->report != MAP_FAILED);
	close(fd);
}

static const char *description_path(const struct oracle *o, size_t i, char *path)
{
	snprintf(path, PATH_MAX_BYTES, "%s%s", o->path, i == 0 ? ".info" : ".stats");
	return path;
}

static void dismiss(struct oracle *o)
{
	munmap(o->report, o->bytes);
	unlink(o->path);
	for (size_t i = 0; i < 2; i++) {
		char path[PATH_MAX_BYTES];

		unlink(description_path(o, i, path));
	}
}

static const uint8_t operations[] = {
	[SCRIPT_MALLOC] = OP_MALLOC,
	[SCRIPT_CALLOC] = OP_CALLOC,
	[SCRIPT_REALLOC] = OP_REALLOC,
	[SCRIPT_MEMALIGN] = OP_MEMALIGN,
};

/* A call that returns a block, which goes into the slot. */
static void replay_block(struct libc_replay *r, const struct script_step *step,
			 const struct script_outcome *outcome)
{
	const struct libc_policy *policy = r->policy;
	const struct record record = {
		.operation = operations[step->call],
		.cpu_detail = (uint16_t)((outcome->size_field & 7) << RECORD_CPU_BITS),
		.task = step->thread,
		.size = (uint32_t)step->size,
		.address = outcome->block,
	};
	uint64_t *slot = &r->blocks[step->slot], block;

	if (step->call != SCRIPT_REALLOC && *slot)
		policy->free(r->state, step->thread, *slot);
	mm_expect(r->mm, outcome->block, record_detail(&record) & LIBC_REPLAY_OTHER_ARENA);
	if (step->call == SCRIPT_MALLOC)
		block = policy->malloc(r->state, step->thread, step->size);
	else if (step->call == SCRIPT_CALLOC)
		block = policy->calloc(r->state, step->thread, step->size);
	else if (step->call == SCRIPT_MEMALIGN)
		block = policy->memalign(r->state, step->thread, step->alignment, step->size);
	else
		block = policy->realloc(r->state, step->thread, *slot, step->size);
	if (block || !step->size || step->call != SCRIPT_REALLOC)
		*slot = block;
	libc_replay_compare(r, &record, block);
}

static void put_obstacle(struct libc_replay *r)
{
	const uint64_t end = (r->space->break_now(r->space->context) + PAGE_SIZE_BYTES - 1) &
			     ~(uint64_t)(PAGE_SIZE_BYTES - 1);

	assert_int_equal(mm_map(r->mm, end + SCRIPT_OBSTACLE_BYTES, PAGE_SIZE_BYTES),
			 end + SCRIPT_OBSTACLE_BYTES);
}

static void go_on_in_child(struct libc_replay *r)
{
	struct error err = { 0 };

	if (libc_replay_fork(r, 0, SCRIPT_SLOTS, &err) != 0)
		fail_msg("%s", err.message);
}

static void replay_step(struct libc_replay *r, const struct script_step *step,
			const struct script_outcome *outcome)
{
	uint64_t *slot = &r->blocks[step->slot];

	switch (step->call) {
	case SCRIPT_FREE:
		mm_expect(r->mm, 0, false);
		if (*slot)
			r->policy->free(r->state, step->thread, *slot);
		*slot = LIBC_NULL;
		break;
	case SCRIPT_MALLOPT:
		r->policy->mallopt(r->state, step->parameter, step->value);
		break;
	case SCRIPT_MALLOC_TRIM:
		r->policy->malloc_trim(r->state, step->size);
		break;
	case SCRIPT_SBRK:
		mm_move_break(r->mm, r->space->break_now(r->space->context) + step->size);
		break;
	case SCRIPT_THREAD_EXIT:
		r->policy->thread_exit(r->state, step->thread);
		break;
	case SCRIPT_OBSTACLE:
		put_obstacle(r);
		break;
	case SCRIPT_FORK:
		go_on_in_child(r);
		break;
	default:
		replay_block(r, step, outcome);
	}
	const struct record moved = { .operation = OP_BRK, .address = outcome->break_end };

	libc_replay_break(r, &moved);
}

/* All faults of the heap are simulated; the process has some more, in its code and its own data. */
static void check_faults(uint64_t real, uint64_t simulated)
{
	assert_true(real >= simulated);
	assert_true(real - simulated <= OWN_FAULTS_MAX);
}

/* What malloc_info and malloc_stats print, byte for byte. */
static void check_descriptions(const struct libc_replay *r, const struct oracle *o)
{
	void (*const print[])(const void *state, FILE *out) = { r->policy->malloc_info,
								r->policy->malloc_stats };

	for (size_t i = 0; i < 2; i++) {
		char path[PATH_MAX_BYTES], *text = NULL, *expected = NULL;
		size_t size = 0, expected_size = 0;
		FILE *out = open_memstream(&text, &size);
		FILE *in = fopen(description_path(o, i, path), "r");

		assert_non_null(in);
		assert_true(getdelim(&expected, &expected_size, '\0', in) > 0);
		print[i](r->state, out);
		fclose(out);
		fclose(in);
		assert_string_equal(text, expected);
		free(text);
		free(expected);
	}
}

static void agree_with_the_oracle(uint64_t seed, uint64_t calls, uint32_t threads,
				  const char *tunables)
{
	struct error err = { 0 };
	struct libc_replay r;
	struct oracle o;
	struct script script;

	consult(&o, seed, calls, threads, tunables);
	if (libc_replay_open(&r, libc_policy_of(policy_find(&libc_policies, "ptmalloc")),
			     o.report->brk0, (uint32_t)o.report->cpus, tunables, &err))
		fail_msg("%s", err.message);
	r.definitions = &no_definitions;
	for (uint32_t i = 1; i < threads; i++)
		r.policy->calloc(r.state, 0, THREAD_TABLE_BYTES);
	script_begin(&script, seed, threads);
	for (r.record = 0; r.record < calls; r.record++) {
		const struct script_step step = script_next(&script);

		replay_step(&r, &step, &o.report->outcomes[r.record]);
	}
	print_message("seed %" PRIu64 ", %u threads: %" PRIu64 " of %" PRIu64 " addresses, %" PRIu64
		      " of %" PRIu64 " breaks; faults %" PRIu64 ", simulated %" PRIu64 "\n",
		      seed, threads, r.matched, r.compared, r.breaks_matched, r.breaks_compared,
		      o.report->faults, mm_counts(r.mm).min_flt);
	if (r.divergence[0])
		fail_msg("seed %" PRIu64 ": %s", seed, r.divergence);
	assert_int_equal(r.compared, r.matched);
	if (threads == 1 && !script.fork)
		check_faults(o.report->faults, mm_counts(r.mm).min_flt);
	check_descriptions(&r, &o);
	if (!r.policy->check(r.state, &err))
		fail_msg("%s", err.message);
	libc_replay_close(&r);
	dismiss(&o);
}

static void skip_elsewhere(void)
{
	if (strcmp(gnu_get_libc_version(), "2.36") == 0)
		return;
	print_message("the C library here is %s, not 2.36: skipped\n", gnu_get_libc_version());
	exit(77);
}

static void one_thread(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		agree_with_the_oracle(seed, CALLS, 1, "");
}

static void many_threads(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= THREAD_SEEDS; seed++)
		agree_with_the_oracle(seed, THREAD_CALLS, 2 + (uint32_t)seed * 6, "");
}

/* The environment says otherwise than glibc's defaults. */
static void with_tunables(void **state)
{
	static const char *const settings[] = {
		"glibc.malloc.tcache_count=0",
		"glibc.malloc.tcache_count=300:glibc.malloc.tcache_max=256",
		"glibc.malloc.trim_threshold=-1:glibc.malloc.top_pad=0",
		"glibc.malloc.mmap_threshold=8192:glibc.malloc.mxfast=0",
		"glibc.malloc.mmap_max=0:glibc.malloc.mxfast=160",
		"glibc.malloc.arena_max=2:glibc.malloc.tcache_unsorted_limit=3",
		"glibc.malloc.tcache_max=9999:glibc.malloc.mmap_max=-1:glibc.malloc.top_pad=0x3000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		agree_with_the_oracle(100 + i, TUNABLE_CALLS, 1, settings[i]);
		agree_with_the_oracle(200 + i, TUNABLE_CALLS, 5, settings[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_thread),
		cmocka_unit_test(many_threads),
		cmocka_unit_test(with_tunables),
	};

	skip_elsewhere();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
