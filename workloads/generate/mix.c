/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "core/gfp.h"
#include "core/operation.h"
#include "core/trace_hash.h"
#include "generate/generate.h"
#include "generate/live.h"

enum {
	BATCH_RECORDS = 4096,
	CACHES = 6,
	CACHE_SIZE_MIN = 40, /* of the first cache; each next one has twice that and 8 bytes */
	MOBILITIES = 3,      /* unmovable, movable, reclaimable */
	ORDERS = 11,
	ORIGINS = 64,
};

struct mix_cursor {
	struct trace_cursor cursor; /* first: a cursor is cast to its mix */
	struct generate_params params;
	struct definition_table *table;
	struct trace_hash *hash;
	struct rng *rng;
	struct live_set live;
	bool freeing; /* mix runs: which kind the run is of */
	uint64_t run_left;
	uint64_t record_count;
	/* Origins by what the mix chooses at random: size class, cache, order and mobility. */
	uint32_t alloc_origins[ORIGINS];
	uint32_t free_origins[ORIGINS];
	struct record records[BATCH_RECORDS];
};

static int add_origin(struct mix_cursor *m, unsigned slot, const struct origin_def *alloc,
		      struct error *err)
{
	struct origin_def freed = { .call_site = "generate_free+0x10",
				    .cache = alloc->cache,
				    .node = -1,
				    .order = alloc->order };
	m->alloc_origins[slot] = definition_add_origin(m->table, alloc, err);
	m->free_origins[slot] = definition_add_origin(m->table, &freed, err);
	return m->alloc_origins[slot] == UINT32_MAX || m->free_origins[slot] == UINT32_MAX ? -1 : 0;
}

static int define_kmalloc(struct mix_cursor *m, struct error *err)
{
	struct origin_def origin = { .call_site = "generate_kmalloc+0x10",
				     .cache = CACHE_NONE,
				     .gfp = GFP_MASK_KERNEL,
				     .node = -1 };
	return add_origin(m, 0, &origin, err);
}

static uint32_t cache_size(unsigned cache)
{
	uint32_t size = CACHE_SIZE_MIN;
	while (cache--)
		size = 2 * size + 8;
	return size;
}

static int define_caches(struct mix_cursor *m, struct error *err)
{
	static const char *const names[CACHES] = { "generated-0", "generated-1", "generated-2",
						   "generated-3", "generated-4", "generated-5" };
	for (unsigned i = 0; i < CACHES; i++) {
		uint32_t size = cache_size(i);
		struct cache_def cache = { .name = names[i],
					   .object_size = size,
					   .size = size,
					   .align = 8,
					   .complete = true,
					   .named = true };
		struct origin_def origin = { .call_site = "generate_cache_alloc+0x10",
					     .gfp = GFP_MASK_KERNEL,
					     .bytes_alloc = size,
					     .node = -1 };
		origin.cache.v = definition_add_cache(m->table, &cache, err);
		if (cache_is_none(origin.cache) || add_origin(m, i, &origin, err) != 0)
			return -1;
	}
	return 0;
}

static int define_pages(struct mix_cursor *m, struct error *err)
{
	static const uint32_t gfp[MOBILITIES] = { GFP_MASK_KERNEL, GFP_MASK_HIGHUSER_MOVABLE,
						  GFP_MASK_KERNEL | GFP_BIT_RECLAIMABLE };
	for (unsigned slot = 0; slot < ORDERS * MOBILITIES; slot++) {
		unsigned order = slot / MOBILITIES;
		uint32_t flags = gfp[slot % MOBILITIES] | (order ? GFP_BIT_COMP : 0u);
		struct origin_def origin = { .call_site = "generate_pages+0x10",
					     .cache = CACHE_NONE,
					     .gfp = flags,
					     .node = -1,
					     .order = (uint8_t)order,
					     .migratetype = (uint8_t)gfp_migratetype(flags) };
		if (add_origin(m, slot, &origin, err) != 0)
			return -1;
	}
	return 0;
}

static int define(struct mix_cursor *m, struct error *err)
{
	struct task_def task = { .tid = 1, .tgid = 1, .comm = "generate" };
	if (definition_add_task(m->table, &task, err) == UINT32_MAX ||
	    definition_set_meta(m->table, "source", "generated", err) != 0)
		return -1;
	switch ((enum generate_mix)m->params.mix) {
	case GENERATE_CACHE:
		return define_caches(m, err);
	case GENERATE_PAGES:
		return define_pages(m, err);
	case GENERATE_KMALLOC:
	case GENERATE_RUNS:
		return define_kmalloc(m, err);
	}
	return -1;
}

/* Each power of two up to the limit as often as any other, and within one all sizes alike. */
static uint32_t random_size(struct mix_cursor *m)
{
	unsigned bits = 64u - (unsigned)__builtin_clzll(m->params.size_max);
	uint64_t top = UINT64_C(1) << rng_below(m->rng, bits);
	uint64_t size = top + rng_below(m->rng, top);
	return (uint32_t)(size < m->params.size_max ? size : m->params.size_max);
}

/* Order 0 half of the time, order 1 half of the rest, and so on. */
static unsigned random_order(struct mix_cursor *m)
{
	unsigned order = 0;
	while (order < m->params.order_max && (rng_u32(m->rng) & 1))
		order++;
	return order;
}

/* Chooses what is allocated: fills size and returns the origins' slot. */
static unsigned choose(struct mix_cursor *m, uint32_t *size)
{
	unsigned slot = 0;
	switch ((enum generate_mix)m->params.mix) {
	case GENERATE_KMALLOC:
		*size = random_size(m);
		break;
	case GENERATE_RUNS:
		*size = (uint32_t)m->params.size_max;
		break;
	case GENERATE_CACHE:
		slot = (unsigned)rng_below(m->rng, CACHES);
		*size = cache_size(slot);
		break;
	case GENERATE_PAGES:
		*size = random_order(m);
		slot = *size * MOBILITIES + (unsigned)rng_below(m->rng, MOBILITIES);
		break;
	}
	return slot;
}

static enum operation operation_of(const struct mix_cursor *m, bool free)
{
	switch ((enum generate_mix)m->params.mix) {
	case GENERATE_PAGES:
		return free ? OP_MM_PAGE_FREE : OP_MM_PAGE_ALLOC;
	case GENERATE_CACHE:
		return free ? OP_KMEM_CACHE_FREE : OP_KMEM_CACHE_ALLOC;
	case GENERATE_KMALLOC:
	case GENERATE_RUNS:
		break;
	}
	return free ? OP_KFREE : OP_KMALLOC;
}

static void put_alloc(struct mix_cursor *m, struct record *r)
{
	struct live_object *object = live_add(&m->live);
	unsigned slot = choose(m, &object->size);
	object->origin = m->free_origins[slot];
	r->operation = (uint8_t)operation_of(m, false);
	r->id = object->id;
	r->size = object->size;
	r->origin = m->alloc_origins[slot];
}

static void put_free(struct mix_cursor *m, struct record *r, uint32_t index)
{
	struct live_object object = live_take(&m->live, index);
	r->operation = (uint8_t)operation_of(m, true);
	r->id = object.id;
	r->size = object.size;
	r->origin = object.origin;
}

static void put_random(struct mix_cursor *m, struct record *r)
{
	uint32_t least = m->live.capacity / 2;
	bool free = m->live.count == m->live.capacity ||
		    (m->live.count > least && (rng_u32(m->rng) & 1));
	if (free)
		put_free(m, r, (uint32_t)rng_below(m->rng, m->live.count));
	else
		put_alloc(m, r);
}

/* A run of allocations, then a run of frees of the last allocated. */
static void put_run(struct mix_cursor *m, struct record *r)
{
	bool impossible = m->freeing ? m->live.count == 0 : m->live.count == m->live.capacity;
	if (m->run_left == 0 || impossible) {
		m->freeing = !m->freeing;
		m->run_left = m->params.run_length;
	}
	m->run_left--;
	if (m->freeing)
		put_free(m, r, m->live.count - 1);
	else
		put_alloc(m, r);
}

static int mix_next(struct trace_cursor *cursor, struct batch *batch, struct error *err)
{
	struct mix_cursor *m = (struct mix_cursor *)cursor;
	(void)err;
	uint64_t left = m->params.records - m->record_count;
	uint32_t count = left < BATCH_RECORDS ? (uint32_t)left : BATCH_RECORDS;
	if (count == 0)
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		struct record *r = &m->records[i];
		*r = (struct record){ .time = (uint32_t)(i * m->params.gap_ns) };
		r->cpu_detail =
			(uint16_t)(m->params.cpus > 1 ? rng_below(m->rng, m->params.cpus) : 0);
		if (m->params.mix == GENERATE_RUNS)
			put_run(m, r);
		else
			put_random(m, r);
	}
	*batch = (struct batch){ .records = m->records,
				 .count = count,
				 .base_ns = m->record_count * m->params.gap_ns,
				 .first_record = m->record_count };
	unsigned space = operation_table[operation_of(m, false)].space;
	definition_raise_id_max(m->table, space, m->live.id_next - 1);
	trace_hash_update(m->hash, batch);
	m->record_count += count;
	return 1;
}

static double mix_progress(const struct trace_cursor *cursor)
{
	const struct mix_cursor *m = (const struct mix_cursor *)cursor;
	return (double)m->record_count / (double)m->params.records;
}

static uint64_t mix_hash(const struct trace_cursor *cursor)
{
	const struct mix_cursor *m = (const struct mix_cursor *)cursor;
	return trace_hash_value(m->hash, m->cursor.definitions);
}

static void mix_close(struct trace_cursor *cursor)
{
	struct mix_cursor *m = (struct mix_cursor *)cursor;
	definition_table_destroy(m->table);
	trace_hash_destroy(m->hash);
	rng_destroy(m->rng);
	live_destroy(&m->live);
	free(m);
}

static const struct trace_cursor_ops mix_ops = {
	.next = mix_next,
	.progress = mix_progress,
	.hash = mix_hash,
	.close = mix_close,
};

static int mix_create(struct mix_cursor *m, struct error *err)
{
	m->table = definition_table_create();
	m->hash = trace_hash_create();
	m->rng = rng_create(m->params.seed, "generate");
	if (live_create(&m->live, (uint32_t)m->params.live) != 0 || !m->table || !m->hash ||
	    !m->rng)
		return error_set(err, ERROR_RUN, "generator: out of memory");
	m->freeing = true; /* so that the first run allocates */
	return define(m, err);
}

struct trace_cursor *generate_open(const struct generate_params *params, struct error *err)
{
	struct mix_cursor *m = calloc(1, sizeof(*m));
	if (!m) {
		error_set(err, ERROR_RUN, "generator: out of memory");
		return NULL;
	}
	m->params = *params;
	if (mix_create(m, err) != 0) {
		mix_close(&m->cursor);
		return NULL;
	}
	m->cursor = (struct trace_cursor){ .ops = &mix_ops,
					   .definitions = definition_table_view(m->table),
					   .name = "generated",
					   .format = "generate" };
	return &m->cursor;
}
