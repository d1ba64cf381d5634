/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/dentries.h"

#include <stdlib.h>

#include "base/grow.h"
#include "core/gfp.h"
#include "core/reclaim_source.h"
#include "machine/execute.h"
#include "machine/frame_nodes.h"
#include "machine/machine.h"
#include "machine/shrink_slab.h"

enum {
	DENTRY_BYTES = 192,
	/* As dentries are asked for, but that nobody is to reclaim for them. */
	DENTRY_GFP = (GFP_MASK_KERNEL & ~GFP_MASK_RECLAIM) | GFP_BIT_NOWARN,
};

static const struct cache_spec dentry_spec = {
	.name = "dentry",
	.object_size = DENTRY_BYTES,
	.align = 8,
	.flags = CACHE_RECLAIM_ACCOUNT | CACHE_PANIC | CACHE_MEM_SPREAD | CACHE_ACCOUNT,
	.no_merge = true, /* part of it is copied to user space (usersize) */
};

/* What a node has of them. */
struct object_queue {
	object_t *objects; /* oldest first */
	size_t begin, end, capacity;
	uint64_t deferred;
};

struct dentries {
	struct machine *m;
	struct reclaim_source source;
	const struct reclaim_source *lists; /* NULL: the machine has nothing else to give back */
	const struct reclaim_pass *pass;    /* in hand */
	cache_id cache;
	struct object_queue nodes[NODES_MAX];
};

/* --- reclaim --- */

static uint64_t freeable(void *context, uint32_t node)
{
	const struct dentries *d = context;
	const struct object_queue *queue = &d->nodes[node];

	return queue->end - queue->begin;
}

static uint64_t scan(void *context, uint32_t node, uint64_t objects)
{
	struct dentries *d = context;
	struct object_queue *queue = &d->nodes[node];
	const struct request *who = &d->pass->request;
	const struct request request = { .bytes = DENTRY_BYTES,
					 .zone_hint = -1,
					 .node = -1,
					 .time_ns = who->time_ns,
					 .cpu = who->cpu,
					 .task = who->task };
	uint64_t freed = 0;

	/* who may be inside a file system must not enter one; kswapd never is */
	if (!d->pass->kswapd && !(who->gfp & GFP_BIT_FS))
		return SHRINK_STOP;
	for (; freed < objects && queue->begin < queue->end; freed++)
		d->m->slab->free(d->m->slab_state, &request, d->cache,
				 queue->objects[queue->begin++]);
	return freed;
}

static struct reclaim_progress shrink_node(void *context, const struct reclaim_pass *pass)
{
	struct dentries *d = context;
	const struct shrinker shrinker = { freeable, scan, d };
	struct reclaim_progress progress = { 0 };

	if (d->lists)
		progress = d->lists->shrink_node(d->lists->context, pass);
	const int64_t pages = d->m->slab_pages.now;

	d->pass = pass;
	const struct shrink_progress shrunk =
		shrink_slab(&shrinker, pass->node, pass->priority, &d->nodes[pass->node].deferred);

	d->pass = NULL;
	vm_event_count(&d->m->work, VM_slabs_scanned, shrunk.scanned);
	progress.slab += (uint64_t)(pages - d->m->slab_pages.now);
	return progress;
}

static uint64_t reclaimable(void *context, uint32_t node, uint32_t zone_type)
{
	const struct reclaim_source *lists = ((const struct dentries *)context)->lists;

	return lists ? lists->reclaimable(lists->context, node, zone_type) : 0;
}

static uint64_t inactive(void *context, uint32_t node)
{
	const struct reclaim_source *lists = ((const struct dentries *)context)->lists;

	return lists ? lists->inactive(lists->context, node) : 0;
}

/* --- the start --- */

static int no_memory(struct error *err)
{
	return error_set(err, ERROR_RUN, "no memory for machine.slab_cache");
}

static int keep(struct dentries *d, object_t object, struct error *err)
{
	const uint32_t node = frame_nodes_of(d->m, (uint32_t)(object >> PAGE_SHIFT));
	struct object_queue *queue = &d->nodes[node];
	object_t *objects =
		grow_array(queue->objects, queue->end, &queue->capacity, sizeof(*objects));

	if (!objects)
		return no_memory(err);
	queue->objects = objects;
	objects[queue->end++] = object;
	return 0;
}

/* CPU after CPU in turn, as processes that look up files run here and there. */
static int make_objects(struct dentries *d, uint64_t wanted, struct error *err)
{
	struct machine *m = d->m;
	struct request request = { .gfp = DENTRY_GFP,
				   .bytes = DENTRY_BYTES,
				   .zone_hint = -1,
				   .node = -1,
				   .time_ns = m->time_ns };

	d->cache = m->slab->cache_find(m->slab_state, dentry_spec.name);
	if (cache_is_none(d->cache))
		d->cache = m->slab->cache_create(m->slab_state, &request, &dentry_spec, err);
	if (cache_is_none(d->cache))
		return -1;
	for (uint64_t i = 0; i < wanted; i++) {
		request.cpu = (uint32_t)(i % m->cpus);
		const object_t object = m->slab->alloc(m->slab_state, &request, d->cache);

		if (object == OBJECT_NONE)
			return 0;
		if (keep(d, object, err) != 0)
			return -1;
	}
	return 0;
}

/* What was before the start is no work of the run. */
static int fill(struct dentries *d, uint64_t wanted, struct error *err)
{
	struct machine *m = d->m;
	const struct work work = m->work;
	struct lock_table *locks = m->clock.locks;
	const struct page_source pages = m->pages;

	m->clock.locks = NULL;
	m->pages = machine_user_pages(m); /* which counts no requests of slab */
	const int result = make_objects(d, wanted, err);

	m->pages = pages;
	m->clock.locks = locks;
	m->work = work;
	return result;
}

static int check(const struct machine *m, struct error *err)
{
	if (m->page_level)
		return error_set(err, ERROR_INPUT,
				 "machine.slab_cache: there is no slab allocator at page level, "
				 "use --level slab or libc");
	if (m->params->slab_cache_bytes > m->memory_bytes)
		return error_set(err, ERROR_INPUT,
				 "machine.slab_cache: must be at most machine.memory");
	if (m->assists.allowed[ASSIST_NAMED_slab_page] && m->run->start)
		return error_set(err, ERROR_INPUT,
				 "machine.slab_cache: with --assist slab_page no page allocator "
				 "is asked that it could give pages back to");
	return 0;
}

int dentries_fill(struct machine *m, struct dentries **out, struct error *err)
{
	const uint64_t wanted = m->params->slab_cache_bytes / DENTRY_BYTES;

	*out = NULL;
	if (!m->params->slab_cache_bytes)
		return 0;
	if (check(m, err) != 0)
		return -1;
	struct dentries *d = calloc(1, sizeof(*d));

	if (!d)
		return no_memory(err);
	*out = d;
	d->m = m;
	d->lists = m->services.reclaim;
	d->source = (struct reclaim_source){ .shrink_node = shrink_node,
					     .reclaimable = reclaimable,
					     .inactive = inactive,
					     .context = d };
	if (fill(d, wanted, err) != 0)
		return -1;
	m->services.reclaim = &d->source;
	return 0;
}

void dentries_destroy(struct dentries *d)
{
	if (!d)
		return;
	for (uint32_t node = 0; node < NODES_MAX; node++)
		free(d->nodes[node].objects);
	free(d);
}
