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

#include "base/ptrmap.h"
#include "base/rng.h"

enum { KEYS = 3000, STEPS = 2000000 };

/* The model: keys are drawn from a small set, so each one's value can stand in an array. */
struct model {
	uint64_t keys[KEYS];
	uint32_t values[KEYS];
	size_t count;
};

static void check_step(struct ptrmap *map, struct model *model, struct rng *rng)
{
	unsigned k = (unsigned)rng_below(rng, KEYS);
	uint64_t key = model->keys[k];

	switch (rng_below(rng, 5)) {
	case 0:
	case 1: {
		uint32_t value = rng_u32(rng) >> 1;
		assert_int_equal(ptrmap_put(map, key, value, NULL), 0);
		model->count += model->values[k] == PTRMAP_NONE;
		model->values[k] = value;
		break;
	}
	case 2:
	case 3:
		assert_int_equal(ptrmap_take(map, key), model->values[k]);
		model->count -= model->values[k] != PTRMAP_NONE;
		model->values[k] = PTRMAP_NONE;
		break;
	default:
		assert_int_equal(ptrmap_get(map, key), model->values[k]);
	}
	assert_int_equal(ptrmap_count(map), model->count);
}

static void run_model(struct model *model, const char *stream, unsigned steps)
{
	struct ptrmap *map = ptrmap_create(NULL);
	struct rng *rng = rng_create(5, stream);

	model->count = 0;
	memset(model->values, 0xff, sizeof(model->values));
	for (unsigned step = 0; step < steps; step++)
		check_step(map, model, rng);
	for (unsigned k = 0; k < KEYS; k++)
		assert_int_equal(ptrmap_get(map, model->keys[k]), model->values[k]);
	ptrmap_destroy(map);
	rng_destroy(rng);
}

static void behaves_as_the_model_for_pointers(void **state)
{
	static struct model model;

	(void)state;
	for (unsigned k = 0; k < KEYS; k++)
		model.keys[k] = 0xffff888000000000 + (uint64_t)k * 64;
	run_model(&model, "pointers", STEPS);
}

static void behaves_as_the_model_for_frames(void **state)
{
	static struct model model;

	(void)state;
	for (unsigned k = 0; k < KEYS; k++)
		model.keys[k] = k; /* 0 is a key like any other */
	run_model(&model, "frames", STEPS);
}

/* Keys with one home slot make one long cluster that wraps around the array's end. */
static void behaves_as_the_model_for_colliding_keys(void **state)
{
	static struct model model;
	uint64_t inverse = 1;

	(void)state;
	/* The inverse of the hash's factor, so that products can be chosen. */
	for (unsigned i = 0; i < 6; i++)
		inverse *= 2 - 0x9e3779b97f4a7c15u * inverse;
	for (unsigned k = 0; k < KEYS; k++)
		model.keys[k] = inverse * (UINT64_MAX - k);
	run_model(&model, "colliding", 100000);
}

static void a_missing_key_is_none(void **state)
{
	struct ptrmap *map = ptrmap_create(NULL);

	(void)state;
	assert_int_equal(ptrmap_get(map, 0), PTRMAP_NONE);
	assert_int_equal(ptrmap_take(map, 7), PTRMAP_NONE);
	assert_int_equal(ptrmap_put(map, 7, 0, NULL), 0);
	assert_int_equal(ptrmap_get(map, 7), 0);
	assert_int_equal(ptrmap_put(map, 7, 9, NULL), 0);
	assert_int_equal(ptrmap_count(map), 1);
	assert_int_equal(ptrmap_take(map, 7), 9);
	assert_int_equal(ptrmap_take(map, 7), PTRMAP_NONE);
	assert_int_equal(ptrmap_count(map), 0);
	ptrmap_destroy(map);
	ptrmap_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_key_is_none),
		cmocka_unit_test(behaves_as_the_model_for_pointers),
		cmocka_unit_test(behaves_as_the_model_for_frames),
		cmocka_unit_test(behaves_as_the_model_for_colliding_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
