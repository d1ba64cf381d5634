/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Freeing: a block goes back between its page's other free blocks, the page's last one takes the
 * page with it. Reference: mm/slob.c (slob_free, kfree, kmem_cache_free, kmem_rcu_free).
 */
#include "slab/slob.h"

static void pages_free(struct slob *slob, const struct request *request, object_t object,
		       uint32_t order)
{
	const pfn_t pfn = { (uint32_t)(object >> PAGE_SHIFT) };
	const struct request back = page_request(request, request->gfp, order);

	slob->frames.owner[pfn.v] = SLOB_NONE;
	page_source_free(slob->source, &back, pfn);
}

/* Takes a page off everything that knows it. */
static void page_forget(struct slob *slob, uint32_t id)
{
	if (slob->pages[id].list != SLOB_FULL)
		slob_list_remove(slob, id);
	slob->caches[SLOB_KMALLOC].objects -= slob->pages[id].older;
	slob_page_recycle(slob, id);
	slob->held--;
	work_count(slob->work, WORK_slab_discard);
}

/* A block of that many bytes, of any cache or of a kmalloc with what is in front of it. */
static void block_free(struct slob *slob, const struct request *request, object_t block,
		       uint32_t bytes)
{
	const uint32_t id = frame_map_owner(&slob->frames, block);
	const uint16_t size = (uint16_t)slob_units_for(bytes);
	const uint16_t at = (uint16_t)((block & (PAGE_SIZE_BYTES - 1)) >> SLOB_UNIT_SHIFT);
	struct slob_page *page = &slob->pages[id];
	uint64_t steps = 0;

	work_count(slob->work, WORK_slab_slowpath);
	work_count(slob->work, WORK_partial_list_lock);
	op_lock(slob->services->clock, slob->lock);
	const bool last = page->units + size == SLOB_PAGE_UNITS;

	bool good = true;

	if (last) {
		page_forget(slob, id);
	} else if (page->units == 0) {
		page->units = size;
		page->first = at;
		slob_block_set(slob_units(slob, id), at, size, SLOB_END);
		slob_list_add_head(slob, id, slob_list_for(bytes));
	} else {
		good = slob_page_put(page, slob_units(slob, id), at, size, &steps);
	}
	slob->used_units -= good ? size : 0;
	/* A bad free is counted and changes nothing. */
	work_count_n(slob->work, WORK_bad_page, !good);
	work_count_n(slob->work, WORK_list_step, steps);
	op_unlock(slob->services->clock, slob->lock);
	if (last)
		pages_free(slob, request, block, 0);
}

/* The caller holds it no more; `bytes` were asked for. */
static void object_taken_back(struct slob *slob, uint32_t id, uint32_t cache, uint64_t bytes)
{
	slob->pages[id].objects--;
	slob->caches[cache].objects--;
	slob->caches[cache].requested -= bytes;
	slob->caches[cache].allocated -= slob_whole_units(bytes);
}

/* One that was loaded; of these more may come back than could be counted. */
static void older_taken_back(struct slob *slob, uint32_t id, uint64_t bytes)
{
	struct slob_cache *owner = &slob->caches[SLOB_KMALLOC];

	/* What was asked for is not known of them: they count with all that they took up. */
	owner->requested -= slob_whole_units(bytes);
	owner->allocated -= slob_whole_units(bytes);
	if (!slob->pages[id].older)
		return;
	slob->pages[id].older--;
	owner->objects--;
}

static void cache_object_free(struct slob *slob, const struct request *request, cache_id cache,
			      object_t object)
{
	const uint32_t size = slob->caches[cache.v].size;

	if (!(cache_at(&slob->table, cache)->flags & CACHE_TYPESAFE_BY_RCU)) {
		block_free(slob, request, object, size);
		return;
	}
	slob->deferred += size;
	services_defer(slob->services, DEFER_SLAB_RCU, request->time_ns + slob->params.rcu_delay_ns,
		       slob_rcu_token(object, request->cpu, size));
}

/* What the object's first unit says decides; `cache` is for those that it does not know. */
static void object_free(struct slob *slob, const struct request *request, cache_id cache,
			object_t object, uint32_t id)
{
	const uint32_t mark = *slob_mark_of(slob, id, object);

	if (mark >= SLOB_MARK_CACHE) {
		const cache_id own = { mark - SLOB_MARK_CACHE };
		const uint32_t bytes = cache_at(&slob->table, own)->object_size;

		object_taken_back(slob, id, own.v, request->bytes ? request->bytes : bytes);
		cache_object_free(slob, request, own, object);
	} else if (mark != SLOB_MARK_OLDER) {
		object_taken_back(slob, id, SLOB_KMALLOC, mark);
		block_free(slob, request, object - SLOB_HEAD_BYTES, mark + SLOB_HEAD_BYTES);
	} else if (!cache_is_none(cache)) {
		older_taken_back(slob, id, slob->caches[cache.v].size);
		cache_object_free(slob, request, cache, object);
	} else {
		slob->unsized = object;
	}
}

/* True when the object is in pages that objects share; else its pages go back, if there are any. */
static bool is_shared(struct slob *slob, const struct request *request, object_t object,
		      uint32_t id)
{
	if (id & FRAME_LARGE)
		pages_free(slob, request, object, id & ~FRAME_LARGE);
	return slob_is_page(id);
}

void slob_free(void *state, const struct request *request, cache_id cache, object_t object)
{
	struct slob *slob = state;
	const uint32_t id = frame_map_owner(&slob->frames, object);

	if (is_shared(slob, request, object, id))
		object_free(slob, request, cache, object, id);
}

void slob_kfree(void *state, const struct request *request, object_t object)
{
	slob_free(state, request, CACHE_NONE, object);
}

/* Frees without a request: RCU's own. */
static struct request late_request(uint64_t now_ns, uint32_t cpu)
{
	return (struct request){ .time_ns = now_ns, .cpu = cpu, .zone_hint = -1, .node = -1 };
}

void slob_expire(void *state, uint64_t token, uint64_t now_ns)
{
	struct slob *slob = state;
	const uint32_t bytes = (uint32_t)token & ((1u << SLOB_TOKEN_BYTE_BITS) - 1);
	const uint64_t queued = token >> SLOB_TOKEN_BYTE_BITS;
	const uint32_t cpu = (uint32_t)queued & ((1u << SLOB_TOKEN_CPU_BITS) - 1);
	const object_t object = queued >> SLOB_TOKEN_CPU_BITS;
	const struct request request = late_request(now_ns, cpu);

	slob->deferred -= bytes;
	block_free(slob, &request, object, bytes);
}

bool slob_assist(void *state, const struct slab_assist *fact)
{
	struct slob *slob = state;
	const struct request request = late_request(fact->time_ns, fact->cpu);
	const uint32_t id = frame_map_owner(&slob->frames, fact->object);
	const bool headed = fact->kind == SLAB_ASSIST_KFREE_BYTES;
	const uint32_t head = headed ? SLOB_HEAD_BYTES : 0;

	if (!slob_is_page(id) || *slob_mark_of(slob, id, fact->object) != SLOB_MARK_OLDER)
		return false;
	if (headed && slob->unsized != fact->object)
		return false;
	slob->unsized = OBJECT_NONE;
	older_taken_back(slob, id, fact->bytes + head);
	block_free(slob, &request, fact->object - head, fact->bytes + head);
	return true;
}
