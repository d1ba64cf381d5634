/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every C library allocator must do, whatever its policy: run over all entries of the libc
 * table and over the template that newcomers copy, each by its capabilities.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/rng.h"
#include "libc/libc.h"
#include "libc/template.c"
#include "vm/mm.h"

#include "../frames_fixture.h"

enum { BLOCKS = 400, STEPS = 20000, THREADS = 4, CHECK_EVERY = 500 };

static const uint64_t brk0 = UINT64_C(0x555555559000);

struct live {
	uint64_t address, bytes;
};

struct play {
	const struct libc_policy *policy;
	void *state;
	struct arena *arena;
	struct work work;
	struct op_clock clock;
	struct services services;
	struct frames_fixture frames;
	struct mm *mm;
	struct libc_environment environment;
	struct rng *rng;
	struct live live[BLOCKS];
	size_t live_count;
	uint64_t placed; /* mixes all addresses that were returned */
};

static bool can(const struct play *p, enum policy_capability capability)
{
	return p->policy->info.capabilities & capability;
}

static void play_begin(struct play *p, const struct libc_policy *policy, uint64_t seed)
{
	struct error err = { 0 };
	void *params = calloc(1, policy->info.params_size + 1);

	assert_non_null(params);
	*p = (struct play){ .policy = policy, .arena = arena_create((size_t)1 << 38, &err) };
	assert_non_null(p->arena);
	p->clock.work = &p->work;
	p->services = (struct services){
		.arena = p->arena, .work = &p->work, .clock = &p->clock, .seed = 1, .cpus = 2
	};
	assert_int_equal(frames_fixture_init(&p->frames, &p->work, &err), 0);
	p->mm = mm_create(&p->frames.frames, brk0, &err);
	assert_non_null(p->mm);
	p->environment = (struct libc_environment){ .space = mm_space(p->mm),
						    .services = &p->services,
						    .trim = &trim_glibc_judge,
						    .cpus = 2 };
	if (policy->info.options)
		option_defaults(policy->info.options, params);
	p->state = policy->create(&p->environment, params, &err);
	if (!p->state)
		fail_msg("%s: %s", policy->info.name, err.message);
	free(params);
	p->rng = rng_create(seed, "libc.conformance");
}

static void play_end(struct play *p)
{
	p->policy->destroy(p->state);
	rng_destroy(p->rng);
	mm_destroy(p->mm);
	frames_fixture_finish(&p->frames);
	arena_destroy(p->arena);
}

static void check(const struct play *p)
{
	struct error err = { 0 };

	if (!p->policy->check(p->state, &err))
		fail_msg("%s: %s", p->policy->info.name, err.message);
}

/* The block overlaps no other, is aligned and large enough, and becomes the caller's. */
static void claim(struct play *p, uint64_t address, uint64_t bytes, uint64_t alignment)
{
	assert_int_not_equal(address, LIBC_NULL);
	p->placed = p->placed * UINT64_C(0x9e3779b97f4a7c15) + address;
	for (size_t i = 0; can(p, POLICY_PLACES) && i < p->live_count; i++) {
		const struct live *other = &p->live[i];

		if (address < other->address + other->bytes && other->address < address + bytes)
			fail_msg("%s: %#llx+%llu overlaps %#llx+%llu", p->policy->info.name,
				 (unsigned long long)address, (unsigned long long)bytes,
				 (unsigned long long)other->address,
				 (unsigned long long)other->bytes);
	}
	if (can(p, POLICY_PLACES)) {
		assert_int_equal(address % alignment, 0);
		assert_true(p->policy->usable_size(p->state, address) >= bytes);
	}
	p->live[p->live_count++] = (struct live){ address, bytes };
}

static struct live unclaim(struct play *p)
{
	const size_t i = rng_below(p->rng, p->live_count);
	const struct live l = p->live[i];

	p->live[i] = p->live[--p->live_count];
	return l;
}

static uint64_t random_bytes(struct play *p)
{
	return rng_below(p->rng, UINT64_C(1) << rng_below(p->rng, 20));
}

static void allocate(struct play *p, uint32_t thread)
{
	const uint64_t bytes = random_bytes(p);
	const uint64_t alignment = UINT64_C(16) << rng_below(p->rng, 10);

	switch (rng_below(p->rng, 4)) {
	case 0:
		claim(p, p->policy->calloc(p->state, thread, bytes), bytes, 16);
		break;
	case 1:
		claim(p, p->policy->memalign(p->state, thread, alignment, bytes), bytes, alignment);
		break;
	default:
		claim(p, p->policy->malloc(p->state, thread, bytes), bytes, 16);
	}
}

static void resize(struct play *p, uint32_t thread)
{
	const struct live old = unclaim(p);
	const uint64_t bytes = 1 + random_bytes(p);

	claim(p, p->policy->realloc(p->state, thread, old.address, bytes), bytes, 16);
}

static void step(struct play *p)
{
	const uint32_t thread = (uint32_t)rng_below(p->rng, THREADS);
	const uint64_t what = rng_below(p->rng, 1000);

	if (what < 2)
		p->policy->thread_exit(p->state, 1 + (uint32_t)rng_below(p->rng, THREADS - 1));
	else if (what < 4)
		p->policy->malloc_trim(p->state, rng_below(p->rng, 65536));
	else if (p->live_count == BLOCKS || (p->live_count && what < 400))
		p->policy->free(p->state, thread, unclaim(p).address);
	else if (p->live_count && what < 550)
		resize(p, thread);
	else
		allocate(p, thread);
}

static void free_all(struct play *p)
{
	while (p->live_count)
		p->policy->free(p->state, 0, unclaim(p).address);
}

static uint64_t play(const struct libc_policy *policy, uint64_t seed)
{
	struct play p;

	play_begin(&p, policy, seed);
	for (int i = 0; i < STEPS; i++) {
		step(&p);
		if (i % CHECK_EVERY == 0)
			check(&p);
	}
	free_all(&p);
	check(&p);
	play_end(&p);
	return p.placed;
}

static void blocks_never_overlap(const struct libc_policy *policy)
{
	for (uint64_t seed = 1; seed <= 4; seed++)
		play(policy, seed);
}

static void equal_runs_are_equal(const struct libc_policy *policy)
{
	assert_int_equal(play(policy, 9), play(policy, 9));
}

/* What is freed can be had again: a heap that is filled and emptied for ever does not grow. */
static void freed_memory_comes_back(const struct libc_policy *policy)
{
	uint64_t mapped = 0;
	struct play p;

	play_begin(&p, policy, 3);
	for (int round = 0; can(&p, POLICY_REUSES) && round < 30; round++) {
		for (uint64_t i = 0; i < BLOCKS; i++)
			claim(&p, policy->malloc(p.state, 0, 100 * i), 100 * i, 16);
		for (uint64_t i = 0; i < BLOCKS; i++)
			policy->free(p.state, 0, p.live[i].address);
		p.live_count = 0;
		if (round == 2)
			mapped = mm_counts(p.mm).total_vm_bytes;
	}
	assert_true(mm_counts(p.mm).total_vm_bytes <= mapped);
	play_end(&p);
}

struct walked {
	uint64_t bytes[LIBC_EXTENT_STATES];
};

static void visit(void *context, const struct libc_extent *extent)
{
	struct walked *w = context;

	w->bytes[extent->state] += extent->bytes;
}

/* What is walked is what is counted. */
static void figures_agree(const struct libc_policy *policy)
{
	struct walked w = { 0 };
	struct libc_counts sum = { 0 };
	struct play p;

	play_begin(&p, policy, 5);
	for (int i = 0; i < STEPS / 4; i++)
		step(&p);
	policy->walk(p.state, visit, &w);
	for (uint32_t i = 0; i < policy->arena_count(p.state); i++) {
		struct libc_counts counts;

		policy->counts(p.state, i, &counts);
		assert_int_equal(counts.arena, counts.uordblks + counts.fordblks);
		sum.arena += counts.arena;
		sum.uordblks += counts.uordblks;
		sum.hblkhd += counts.hblkhd;
	}
	assert_int_equal(w.bytes[LIBC_EXTENT_MMAPPED], sum.hblkhd);
	assert_true(w.bytes[LIBC_EXTENT_LIVE] + w.bytes[LIBC_EXTENT_CACHED] <= sum.uordblks);
	assert_true(w.bytes[LIBC_EXTENT_FREE] + w.bytes[LIBC_EXTENT_TOP] <= sum.arena);
	play_end(&p);
}

/* A process whose break cannot move and an impossible request fail or go elsewhere, no more. */
static void impossible_requests_fail(const struct libc_policy *policy)
{
	struct play p;

	play_begin(&p, policy, 6);
	if (can(&p, POLICY_PLACES)) {
		assert_int_equal(policy->malloc(p.state, 0, UINT64_MAX - 100), LIBC_NULL);
		assert_int_equal(policy->malloc(p.state, 0, INT64_MAX), LIBC_NULL);
	}
	mm_limit_break(p.mm, brk0);
	const uint64_t block = policy->malloc(p.state, 0, 1000);

	if (block)
		claim(&p, block, 1000, 16);
	check(&p);
	play_end(&p);
}

static void resizing_nothing(const struct libc_policy *policy)
{
	struct play p;

	play_begin(&p, policy, 7);
	claim(&p, policy->realloc(p.state, 0, LIBC_NULL, 50), 50, 16);
	assert_int_equal(policy->realloc(p.state, 0, p.live[0].address, 0), LIBC_NULL);
	check(&p);
	play_end(&p);
}

typedef void policy_test(const struct libc_policy *policy);

static void over_all(policy_test *test)
{
	for (size_t i = 0; i < policy_count(&libc_policies); i++)
		test(libc_policy_of(policy_at(&libc_policies, i)));
	test(&template_libc_policy);
}

#define TEST_OVER_ALL(test)                                                                        \
	static void test##_over_all(void **state)                                                  \
	{                                                                                          \
		(void)state;                                                                       \
		over_all(test);                                                                    \
	}
TEST_OVER_ALL(blocks_never_overlap)
TEST_OVER_ALL(equal_runs_are_equal)
TEST_OVER_ALL(freed_memory_comes_back)
TEST_OVER_ALL(figures_agree)
TEST_OVER_ALL(impossible_requests_fail)
TEST_OVER_ALL(resizing_nothing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_never_overlap_over_all),
		cmocka_unit_test(equal_runs_are_equal_over_all),
		cmocka_unit_test(freed_memory_comes_back_over_all),
		cmocka_unit_test(figures_agree_over_all),
		cmocka_unit_test(impossible_requests_fail_over_all),
		cmocka_unit_test(resizing_nothing_over_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
