/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"

#include <gsl/gsl_rng.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct rng {
	gsl_rng *gsl;
};

struct rng *rng_create(uint64_t seed, const char *stream)
{
	struct rng *rng = malloc(sizeof(*rng));

	if (!rng)
		return NULL;
	rng->gsl = gsl_rng_alloc(gsl_rng_mt19937);
	if (!rng->gsl) {
		free(rng);
		return NULL;
	}
	/* The twister takes 32 bits of seed and reads 0 as another number: both halves are folded.
	 */
	uint64_t mixed = XXH3_64bits_withSeed(stream, strlen(stream), seed);
	gsl_rng_set(rng->gsl, (unsigned long)(uint32_t)(mixed ^ mixed >> 32));
	return rng;
}

void rng_destroy(struct rng *rng)
{
	if (!rng)
		return;
	gsl_rng_free(rng->gsl);
	free(rng);
}

uint32_t rng_u32(struct rng *rng)
{
	return (uint32_t)gsl_rng_get(rng->gsl);
}

static uint64_t rng_u64(struct rng *rng)
{
	uint64_t high = rng_u32(rng);
	return high << 32 | rng_u32(rng);
}

static uint64_t below_wide(struct rng *rng, uint64_t bound)
{
	uint64_t surplus = (0 - bound) % bound;
	uint64_t value;

	do
		value = rng_u64(rng);
	while (value < surplus);
	return value % bound;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	if (bound > UINT32_MAX)
		return below_wide(rng, bound);
	uint32_t narrow = (uint32_t)bound;
	/* 2^32 modulo bound: values under it would make some results likelier than others. */
	uint32_t surplus = (0u - narrow) % narrow;
	uint32_t value;

	do
		value = rng_u32(rng);
	while (value < surplus);
	return value % narrow;
}
