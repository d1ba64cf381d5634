/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/histogram.h"
#include "base/rng.h"
#include "base/suggest.h"

static void arena_gives_zeroed_aligned_arrays(void **state)
{
	struct arena *arena = arena_create(1 << 20, NULL);

	(void)state;
	assert_non_null(arena);
	uint8_t *small = arena_array(arena, 10, 3, NULL);
	uint8_t *second = arena_array(arena, 1, 1, NULL);
	uint64_t *large = arena_array(arena, 1024, 8, NULL);
	assert_int_equal((uintptr_t)small % 64, 0);
	assert_int_equal(second - small, 64);
	assert_int_equal((uintptr_t)large % 4096, 0);
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(large[i], 0);
	large[1023] = 1;
	assert_int_equal(arena_used(arena), 2 * 64 + 8192);
	arena_destroy(arena);
	arena_destroy(NULL);
}

static void arena_knows_what_was_touched(void **state)
{
	struct arena *arena = arena_create((size_t)1 << 40, NULL);
	uint8_t *huge = arena_array(arena, (size_t)1 << 36, 1, NULL);

	(void)state;
	assert_non_null(huge);
	madvise(huge, (size_t)1 << 36, MADV_NOHUGEPAGE);
	assert_int_equal(arena_resident(arena), 0);
	huge[5] = huge[4095] = huge[(size_t)1 << 35] = 1;
	assert_int_equal(arena_resident(arena), 2 * 4096);
	arena_destroy(arena);
}

static void arena_says_when_it_is_spent(void **state)
{
	struct arena *arena = arena_create(12288, NULL);
	struct error err = { 0 };

	(void)state;
	assert_non_null(arena_array(arena, 8000, 1, &err));
	assert_null(arena_array(arena, 4097, 1, &err));
	assert_int_equal(err.kind, ERROR_RUN);
	assert_string_equal(err.message,
			    "simulated state needs more than the 12288 bytes it may have");
	assert_int_equal(arena_used(arena), 8192);
	assert_null(arena_array(arena, SIZE_MAX / 4 + 2, 4, &err)); /* 4 when it wraps */
	assert_null(arena_array(arena, SIZE_MAX, 1, &err));
	assert_non_null(arena_array(arena, 4032, 1, &err));
	assert_non_null(arena_array(arena, 63, 1, &err));
	assert_null(arena_array(arena, 1, 1, &err));
	arena_destroy(arena);
}

static void arena_hands_out_more_than_the_host_has(void **state)
{
	struct arena *arena = arena_create(SIZE_MAX, NULL);
	struct error err = { 0 };

	(void)state;
	assert_non_null(arena);
	uint8_t *array = arena_array(arena, (size_t)1 << 41, 1, NULL); /* 2 TiB */
	array[((size_t)1 << 41) - 1] = 1;
	assert_null(arena_array(arena, (size_t)1 << 62, 1, &err));
	assert_int_equal(err.kind, ERROR_RUN);
	assert_non_null(strstr(err.message, "cannot reserve 4611686018427387904 bytes"));
	arena_destroy(arena);
}

static void arena_lets_an_array_grow(void **state)
{
	struct arena *arena = arena_create((size_t)1 << 22, NULL);
	struct error err = { 0 };
	uint64_t *array;

	(void)state;
	assert_non_null(arena_array(arena, 1, 1, &err));
	array = arena_array(arena, 512, 8, &err);
	array[0] = 7;
	array[511] = 8;
	assert_ptr_equal(arena_grow(arena, array, 512, 8, &err), array);
	array = arena_grow(arena, array, 1 << 16, 8, &err);
	assert_non_null(array);
	assert_int_equal(array[0], 7);
	assert_int_equal(array[511], 8);
	assert_int_equal(array[512], 0);
	assert_int_equal(array[(1 << 16) - 1], 0);
	assert_int_equal(arena_used(arena), 64 + (8 << 16));
	assert_null(arena_grow(arena, array, 1 << 20, 8, &err));
	assert_int_equal(array[511], 8);
	assert_null(arena_grow(arena, array + 1, 1 << 20, 8, &err));
	assert_string_equal(err.message, "simulated state: no array of a page or more to grow");
	arena_destroy(arena);
}

/* Pinned: a run's results depend on them. */
static void streams_are_the_same_for_ever(void **state)
{
	static const uint32_t golden[] = { 0x2106d0ea, 0xd344722f, 0x91c27321, 0x6be75073,
					   0x2dbe1438, 0x1118b92b, 0xe7f28ff0, 0x1a3a2f0a };
	struct rng *rng = rng_create(1, "slub.freelist");

	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++)
		assert_int_equal(rng_u32(rng), golden[i]);
	rng_destroy(rng);
	rng_destroy(NULL);
}

static void streams_and_seeds_do_not_share_numbers(void **state)
{
	struct rng *rngs[] = { rng_create(1, "a"), rng_create(1, "b"), rng_create(2, "a"),
			       rng_create(1ull << 32 | 1, "a"), rng_create(1, "a") };
	unsigned equal[5] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		uint32_t first = rng_u32(rngs[0]);
		for (unsigned j = 1; j < 5; j++)
			equal[j] += rng_u32(rngs[j]) == first;
	}
	for (unsigned j = 1; j < 4; j++)
		assert_int_equal(equal[j], 0);
	assert_int_equal(equal[4], 1000);
	for (unsigned j = 0; j < 5; j++)
		rng_destroy(rngs[j]);
}

static void one_stream_does_not_move_another(void **state)
{
	struct rng *alone = rng_create(9, "page.shuffle"), *beside = rng_create(9, "page.shuffle");
	struct rng *other = rng_create(9, "slub.freelist");

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		rng_below(other, 7);
		assert_int_equal(rng_u32(alone), rng_u32(beside));
	}
	rng_destroy(alone);
	rng_destroy(beside);
	rng_destroy(other);
}

static void below_is_uniform_and_bounded(void **state)
{
	enum { BOUND = 6, DRAWS = 60000 };
	struct rng *rng = rng_create(3, "dice");
	unsigned seen[BOUND] = { 0 };
	double chi_square = 0;

	(void)state;
	for (unsigned i = 0; i < DRAWS; i++) {
		uint64_t value = rng_below(rng, BOUND);
		assert_true(value < BOUND);
		seen[value]++;
	}
	for (unsigned i = 0; i < BOUND; i++) {
		double off = (double)seen[i] - (double)DRAWS / BOUND;
		chi_square += off * off / ((double)DRAWS / BOUND);
	}
	assert_true(chi_square < 20.5); /* 5 degrees of freedom: exceeded once in 1000 seeds */
	rng_destroy(rng);
}

/* A bound of 3/4 of all draws: without rejection the lowest third would come up twice as often. */
static void below_favours_no_part(void **state)
{
	enum { DRAWS = 30000 };
	struct rng *rng = rng_create(6, "thirds");
	unsigned narrow = 0, wide = 0;

	(void)state;
	for (unsigned i = 0; i < DRAWS; i++) {
		narrow += rng_below(rng, 3ull << 30) < 1ull << 30;
		wide += rng_below(rng, 3ull << 62) < 1ull << 62;
	}
	assert_in_range(narrow, DRAWS / 3 - 400, DRAWS / 3 + 400); /* 5 standard deviations */
	assert_in_range(wide, DRAWS / 3 - 400, DRAWS / 3 + 400);
	rng_destroy(rng);
}

static void below_takes_any_bound(void **state)
{
	struct rng *rng = rng_create(4, "bounds");
	uint64_t or_of_all = 0;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(rng_below(rng, 1), 0);
		assert_true(rng_below(rng, 3ull << 40) < 3ull << 40);
		assert_true(rng_below(rng, 1ull << 32) < 1ull << 32);
		or_of_all |= rng_below(rng, UINT64_MAX);
	}
	assert_int_equal(or_of_all, UINT64_MAX);
	rng_destroy(rng);
}

static void histogram_knows_a_value_to_a_sixteenth(void **state)
{
	(void)state;
	for (unsigned shift = 0; shift < 64; shift++) {
		for (unsigned k = 0; k < 64; k++) {
			uint64_t value = (1ull << shift) + k * ((1ull << shift) / 64 + 1);
			unsigned bin = histogram_bin(value);
			uint64_t low = histogram_edge(bin), high = histogram_edge(bin + 1);
			assert_true(bin < HISTOGRAM_BINS);
			assert_true(low <= value && (value < high || high == UINT64_MAX));
			assert_true(high - low <= (low / 16 ? low / 16 : 1));
		}
	}
	for (uint64_t value = 0; value < 16; value++)
		assert_int_equal(histogram_edge(histogram_bin(value)), value);
	assert_int_equal(histogram_bin(UINT64_MAX), HISTOGRAM_BINS - 1);
	assert_int_equal(histogram_edge(HISTOGRAM_BINS), UINT64_MAX);
}

static void histogram_edges_only_rise(void **state)
{
	(void)state;
	for (unsigned bin = 0; bin < HISTOGRAM_BINS; bin++) {
		assert_true(histogram_edge(bin) < histogram_edge(bin + 1));
		assert_int_equal(histogram_bin(histogram_edge(bin)), bin);
	}
}

static void histogram_quantiles(void **state)
{
	struct histogram h;

	(void)state;
	histogram_init(&h);
	assert_int_equal(histogram_quantile(&h, 0.5), 0);
	for (uint64_t value = 1; value <= 1000; value++)
		histogram_add(&h, value);
	assert_int_equal(histogram_count(&h), 1000);
	assert_int_equal(h.sum, 500500);
	assert_int_equal(h.max, 1000);
	assert_int_equal(histogram_quantile(&h, 0), 1);
	assert_int_equal(histogram_quantile(&h, 0.01), 10);
	assert_int_equal(histogram_quantile(&h, 0.0105), 11);
	assert_int_equal(histogram_quantile(&h, 0.5), 511); /* 500 is in the bin 496..511 */
	assert_int_equal(histogram_quantile(&h, 1), 1000);
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(histogram_quantile(&h, 1), UINT64_MAX);
}

static const char *suggest(const char *word)
{
	static const char *const known[] = { "memory", "cpus", "orders", "pageblock_order", "lru" };
	struct suggestion s = { .word = word };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		suggest_consider(&s, known[i]);
	return s.best;
}

static void the_nearest_name_is_suggested(void **state)
{
	(void)state;
	assert_string_equal(suggest("memroy"), "memory");
	assert_string_equal(suggest("mem0ry"), "memory");
	assert_string_equal(suggest("cpu"), "cpus");
	assert_string_equal(suggest("order"), "orders");
	assert_string_equal(suggest("page_block_order"), "pageblock_order");
	assert_string_equal(suggest("lur"), "lru"); /* neighbours swapped are one mistake */
	assert_string_equal(suggest("pageblock"), "pageblock_order"); /* a word is missing */
	assert_null(suggest("pageb"));
	assert_null(suggest("reclaim"));
	assert_null(suggest(""));
	assert_null(
		suggest("a_name_that_is_longer_than_any_name_of_an_option_could_ever_be_and_more"));
}

static void errors_say_where_and_what(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(error_at(&err, "a.yaml", 3, 7, "machine.cpus", "must be %d", 1), -1);
	assert_string_equal(err.message, "a.yaml:3:7: machine.cpus: must be 1");
	assert_int_equal(err.kind, ERROR_INPUT);
	error_at(&err, "a.yaml", 3, 0, NULL, "bad");
	assert_string_equal(err.message, "a.yaml:3: bad");
	error_at_record(&err, "t.syt", "block", 12, "checksum is wrong");
	assert_string_equal(err.message, "t.syt: block 12: checksum is wrong");
	errno = ENOENT;
	error_errno(&err, "t.syt", "cannot open");
	assert_string_equal(err.message, "t.syt: cannot open: No such file or directory");
	assert_int_equal(err.kind, ERROR_RUN);
	assert_int_equal(error_set(NULL, ERROR_RUN, "nobody listens"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_zeroed_aligned_arrays),
		cmocka_unit_test(arena_knows_what_was_touched),
		cmocka_unit_test(arena_says_when_it_is_spent),
		cmocka_unit_test(arena_hands_out_more_than_the_host_has),
		cmocka_unit_test(arena_lets_an_array_grow),
		cmocka_unit_test(streams_are_the_same_for_ever),
		cmocka_unit_test(streams_and_seeds_do_not_share_numbers),
		cmocka_unit_test(one_stream_does_not_move_another),
		cmocka_unit_test(below_is_uniform_and_bounded),
		cmocka_unit_test(below_favours_no_part),
		cmocka_unit_test(below_takes_any_bound),
		cmocka_unit_test(histogram_knows_a_value_to_a_sixteenth),
		cmocka_unit_test(histogram_edges_only_rise),
		cmocka_unit_test(histogram_quantiles),
		cmocka_unit_test(the_nearest_name_is_suggested),
		cmocka_unit_test(errors_say_where_and_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
