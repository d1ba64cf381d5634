/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Seeded random numbers: gsl's Mersenne Twister (gsl_rng_mt19937), integers only, so that the same
 * seed gives the same run on every machine. Each user of randomness takes its own stream, so that
 * one policy drawing more numbers does not change another's.
 */
#ifndef SLABYARD_BASE_RNG_H
#define SLABYARD_BASE_RNG_H

#include <stdint.h>

struct rng;

/* `stream` names the user ("slub.freelist", "page.shuffle"); it is mixed into the seed. */
struct rng *rng_create(uint64_t seed, const char *stream);
void rng_destroy(struct rng *rng);

/* Uniform in [0, bound); bound is at least 1. Unbiased (rejection). */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* Uniform 32 random bits. */
uint32_t rng_u32(struct rng *rng);

#endif
