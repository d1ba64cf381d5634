/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/histogram.h"

#include <string.h>

void histogram_init(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

uint64_t histogram_count(const struct histogram *h)
{
	uint64_t count = 0;

	for (unsigned bin = 0; bin < HISTOGRAM_BINS; bin++)
		count += h->bins[bin];
	return count;
}

void histogram_merge(struct histogram *h, const struct histogram *other)
{
	for (unsigned bin = 0; bin < HISTOGRAM_BINS; bin++)
		h->bins[bin] += other->bins[bin];
	h->sum += other->sum;
	h->max = other->max > h->max ? other->max : h->max;
}

uint64_t histogram_edge(unsigned bin)
{
	const unsigned per_octave = 1u << HISTOGRAM_BITS;

	if (bin < per_octave)
		return bin;
	if (bin >= HISTOGRAM_BINS)
		return UINT64_MAX;
	unsigned shift = (bin >> HISTOGRAM_BITS) - 1;
	return (uint64_t)(per_octave + (bin & (per_octave - 1))) << shift;
}

/* The 1-based rank of quantile q: the least rank that covers the fraction. */
static uint64_t quantile_rank(uint64_t count, double q)
{
	double exact = q * (double)count;
	uint64_t rank = (uint64_t)exact;

	if ((double)rank < exact)
		rank++;
	if (rank < 1)
		return 1;
	return rank < count ? rank : count;
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
	uint64_t count = histogram_count(h);
	if (!count)
		return 0;
	uint64_t rank = quantile_rank(count, q), seen = 0;
	unsigned bin = 0;

	while (seen + h->bins[bin] < rank)
		seen += h->bins[bin++];
	uint64_t upper = bin + 1 < HISTOGRAM_BINS ? histogram_edge(bin + 1) - 1 : UINT64_MAX;
	return upper < h->max ? upper : h->max;
}
