/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/shrink_slab.h"

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct shrink_progress shrink_slab(const struct shrinker *shrinker, uint32_t node, uint8_t priority,
				   uint64_t *deferred)
{
	const uint64_t freeable = shrinker->freeable(shrinker->context, node);
	const uint64_t delta = (freeable >> priority) * 4 / SHRINK_SEEKS;
	struct shrink_progress progress = { 0 };

	if (!freeable)
		return progress;
	uint64_t left = least((*deferred >> priority) + delta, 2 * freeable);

	/* less than a batch is put off, unless it is all that there is */
	while (left >= SHRINK_BATCH || left >= freeable) {
		const uint64_t batch = least(left, SHRINK_BATCH);
		const uint64_t freed = shrinker->scan(shrinker->context, node, batch);

		if (freed == SHRINK_STOP)
			break;
		progress.freed += freed;
		progress.scanned += batch;
		left -= batch;
	}
	const uint64_t due = *deferred + delta;

	*deferred = due < progress.scanned ? 0 : least(due - progress.scanned, 2 * freeable);
	return progress;
}
