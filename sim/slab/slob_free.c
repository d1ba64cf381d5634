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
	slob_row_close(slob, id);
	slob->caches[SLOB_KMALLOC].objects -= slob->pages[id].older;
	slob_page_recycle(slob, id);
	slob->held--;
	work_count(slob->work, WORK_slab_discard);
}

/* A block that a request gives back: of any cache, or a kmalloc with what is in front of it. */
struct returned_block {
	uint32_t page, at; /* the stretch of the page that it is or lies in */
	object_t address;
	uint32_t bytes;
};

/* True: it was the page's last. */
static bool block_put(struct slob *slob, const struct returned_block *block)
{
	const uint32_t id = block->page, at = block->at, bytes = block->bytes;
	struct slob_page *page = &slob->pages[id];
	const uint32_t size = slob_units_for(bytes);

	slob->used_units -= size;
	if (page->units + size == SLOB_PAGE_UNITS) {
		page_forget(slob, id);
		return true;
	}
	if (page->units == 0) {
		page->largest = 0;
		slob_list_add_head(slob, id, slob_list_for(bytes));
	}
	/* The kernel walks the free blocks up to this one. */
	work_count_n(slob->work, WORK_list_step, slob_row_count(slob_row(slob, id), at, SLOB_FREE));
	slob_page_put(slob, id, at, slob_unit(block->address), size);
	return false;
}

static void block_free(struct slob *slob, const struct request *request,
		       const struct returned_block *block)
{
	const uint32_t size = slob_units_for(block->bytes);

	work_count(slob->work, WORK_slab_slowpath);
	work_count(slob->work, WORK_partial_list_lock);
	op_lock(slob->services->clock, slob->lock);
	/* A bad free is counted and changes nothing. */
	const bool good =
		slob_page_holds(slob, block->page, block->at, slob_unit(block->address), size);
	const bool last = good && block_put(slob, block);

	work_count_n(slob->work, WORK_bad_page, !good);
	op_unlock(slob->services->clock, slob->lock);
	if (last)
		pages_free(slob, request, block->address, 0);
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
			      struct returned_block *object)
{
	object->bytes = slob->caches[cache.v].size;
	if (!(cache_at(&slob->table, cache)->flags & CACHE_TYPESAFE_BY_RCU)) {
		block_free(slob, request, object);
		return;
	}
	slob->deferred += object->bytes;
	services_defer(slob->services, DEFER_SLAB_RCU, request->time_ns + slob->params.rcu_delay_ns,
		       slob_rcu_token(object->address, request->cpu, object->bytes));
}

uint32_t slob_kmalloc_bytes(const uint16_t *stretch, object_t object)
{
	const uint32_t kind = slob_kind(*stretch);
	const uint32_t head = SLOB_HEAD_BYTES >> SLOB_UNIT_SHIFT;

	if ((kind != SLOB_EVEN && kind != SLOB_ODD) ||
	    slob_unit(object) != slob_begin(*stretch) + head)
		return 0;
	return ((slob_length(stretch) - head) << SLOB_UNIT_SHIFT) - (kind == SLOB_ODD);
}

static void own_object_free(struct slob *slob, const struct request *request,
			    struct returned_block *object)
{
	const cache_id own = { slob_row_cache(slob, object->page, object->at) };
	const uint32_t bytes = cache_at(&slob->table, own)->object_size;

	object_taken_back(slob, object->page, own.v, request->bytes ? request->bytes : bytes);
	cache_object_free(slob, request, own, object);
}

static void kmalloc_free(struct slob *slob, const struct request *request,
			 struct returned_block *object, uint32_t bytes)
{
	object_taken_back(slob, object->page, SLOB_KMALLOC, bytes);
	object->address -= SLOB_HEAD_BYTES;
	object->bytes = bytes + SLOB_HEAD_BYTES;
	block_free(slob, request, object);
}

static struct returned_block returned(const struct slob *slob, object_t object, uint32_t id)
{
	return (struct returned_block){ .page = id,
					.at = slob_row_find(slob, id, slob_unit(object)),
					.address = object };
}

/* What the object's stretch says decides; `cache` is for those that it does not know. */
static void object_free(struct slob *slob, const struct request *request, cache_id cache,
			object_t address, uint32_t id)
{
	struct returned_block object = returned(slob, address, id);
	const uint16_t *stretch = slob_row(slob, id) + object.at;
	const uint32_t bytes = slob_kmalloc_bytes(stretch, address);

	if (bytes) {
		kmalloc_free(slob, request, &object, bytes);
	} else if (slob_kind(*stretch) == SLOB_CACHE &&
		   slob_begin(*stretch) == slob_unit(address)) {
		own_object_free(slob, request, &object);
	} else if (slob_kind(*stretch) != SLOB_OLDER) {
		work_count(slob->work, WORK_bad_page);
	} else if (!cache_is_none(cache)) {
		older_taken_back(slob, id, slob->caches[cache.v].size);
		cache_object_free(slob, request, cache, &object);
	} else {
		slob->unsized = address;
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
	const uint32_t id = frame_map_owner(&slob->frames, object);

	slob->deferred -= bytes;
	if (!slob_is_page(id)) { /* it was freed twice, and its page is gone */
		work_count(slob->work, WORK_bad_page);
		return;
	}
	struct returned_block block = returned(slob, object, id);

	block.bytes = bytes;
	block_free(slob, &request, &block);
}

bool slob_assist(void *state, const struct slab_assist *fact)
{
	struct slob *slob = state;
	const struct request request = late_request(fact->time_ns, fact->cpu);
	const uint32_t id = frame_map_owner(&slob->frames, fact->object);
	const bool headed = fact->kind == SLAB_ASSIST_KFREE_BYTES;
	const uint32_t head = headed ? SLOB_HEAD_BYTES : 0;

	if (!slob_is_page(id) || (headed && slob->unsized != fact->object))
		return false;
	struct returned_block block = returned(slob, fact->object, id);

	if (slob_kind(slob_row(slob, id)[block.at]) != SLOB_OLDER)
		return false;
	block.address -= head;
	block.bytes = fact->bytes + head;
	slob->unsized = OBJECT_NONE;
	older_taken_back(slob, id, block.bytes);
	block_free(slob, &request, &block);
	return true;
}
