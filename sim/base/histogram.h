/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Log-linear histogram of 64-bit values: each power of two is cut into 2^HISTOGRAM_BITS equal bins,
 * so a value is known to within 1/16 of itself (values below 16 exactly), whatever its size.
 */
#ifndef SLABYARD_BASE_HISTOGRAM_H
#define SLABYARD_BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
	HISTOGRAM_BITS = 4,
	HISTOGRAM_BINS = (64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS,
};

struct histogram {
	uint64_t sum, max;
	uint64_t bins[HISTOGRAM_BINS];
};

/* Without a branch: values below 16 count in steps of 1, as those of the octave from 16 on do. */
static inline unsigned histogram_bin(uint64_t value)
{
	const unsigned top = 63u ^ (unsigned)__builtin_clzll(value | 1u << HISTOGRAM_BITS);
	const unsigned shift = top - HISTOGRAM_BITS;

	return (shift << HISTOGRAM_BITS) + (unsigned)(value >> shift);
}

void histogram_init(struct histogram *h);

static inline void histogram_add(struct histogram *h, uint64_t value)
{
	h->bins[histogram_bin(value)]++;
	h->sum += value;
	if (__builtin_expect(value > h->max, 0))
		h->max = value;
}

/* Values added so far: adding counts in the bins only, as it is done for every record. */
uint64_t histogram_count(const struct histogram *h);
/* As if the values of `other` had been added too. */
void histogram_merge(struct histogram *h, const struct histogram *other);
/* Smallest value that falls in the bin; bin HISTOGRAM_BINS gives UINT64_MAX. */
uint64_t histogram_edge(unsigned bin);
/* Upper end of the bin that holds the quantile q in 0..1, at most max; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, double q);

#endif
