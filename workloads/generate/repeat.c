/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "core/operation.h"
#include "core/trace_hash.h"
#include "generate/generate.h"

enum { FREES_PER_BATCH = 4096, GAP_NS = 1000 };

/* The allocation that each id of a space stands for; operation OP_EXTENSION: not alive. */
struct owners {
	struct record *records;
	uint32_t capacity;
	uint32_t alive;
	uint32_t next; /* where the search for what is still alive stands */
};

struct repeat_cursor {
	struct trace_cursor cursor; /* first: a cursor is cast to its repeat */
	struct trace_source source;
	struct trace_cursor *first; /* keeps the definitions, which are those of all passes */
	struct trace_cursor *inner; /* the pass being read; NULL: its end is being cleaned up */
	struct trace_hash *hash;
	uint64_t times, pass;
	uint64_t shift_ns; /* of this pass */
	uint64_t last_ns;
	uint64_t record_count;
	struct owners owners[SPACE_COUNT];
	struct record frees[FREES_PER_BATCH];
};

/* What ends an allocation by that operation. */
static enum operation free_of(enum operation alloc)
{
	switch (alloc) {
	case OP_KMALLOC:
		return OP_KFREE;
	case OP_KMEM_CACHE_ALLOC:
		return OP_KMEM_CACHE_FREE;
	case OP_MM_PAGE_ALLOC:
		return OP_MM_PAGE_FREE;
	case OP_VMALLOC:
		return OP_VFREE;
	case OP_VMAP:
		return OP_VUNMAP;
	case OP_IOREMAP:
		return OP_IOUNMAP;
	case OP_VA_ALLOC:
		return OP_VA_LAZYFREE;
	case OP_MMAP:
		return OP_MUNMAP;
	default:
		return OP_FREE;
	}
}

static int owners_reserve(struct owners *o, uint32_t id, struct error *err)
{
	if (id < o->capacity)
		return 0;
	size_t capacity = (size_t)id + id / 2 + 64;
	struct record *records = realloc(o->records, capacity * sizeof(*records));
	if (!records)
		return error_set(err, ERROR_RUN, "repeated trace: out of memory");
	memset(records + o->capacity, 0, (capacity - o->capacity) * sizeof(*records));
	o->records = records;
	o->capacity = (uint32_t)(capacity < UINT32_MAX ? capacity : UINT32_MAX);
	return 0;
}

static int follow_record(struct repeat_cursor *c, const struct record *r, struct error *err)
{
	const struct operation_info *info = &operation_table[r->operation];
	struct owners *o = &c->owners[info->space];
	if (r->id == 0 || (r->flags & (RECORD_FAILED | RECORD_NESTED)) || record_leaves_part(r))
		return 0;
	if (info->ids == ID_ALLOC) {
		if (owners_reserve(o, r->id, err) != 0)
			return -1;
		o->alive += o->records[r->id].operation == OP_EXTENSION;
		o->records[r->id] = *r;
	} else if (info->ids == ID_FREE && r->id < o->capacity) {
		o->alive -= o->records[r->id].operation != OP_EXTENSION;
		o->records[r->id].operation = OP_EXTENSION;
	}
	return 0;
}

static int follow(struct repeat_cursor *c, const struct batch *batch, struct error *err)
{
	for (uint32_t i = 0; i < batch->count; i++)
		if (follow_record(c, &batch->records[i], err) != 0)
			return -1;
	c->last_ns = batch->base_ns + batch->records[batch->count - 1].time;
	return 0;
}

/* Closes the pass, but for the first one, whose definitions are needed until the end. */
static void end_pass(struct repeat_cursor *c)
{
	if (c->inner && c->inner != c->first)
		c->inner->ops->close(c->inner);
	c->inner = NULL;
	for (unsigned space = 0; space < SPACE_COUNT; space++)
		c->owners[space].next = 0;
}

static int begin_pass(struct repeat_cursor *c, struct error *err)
{
	c->inner = c->source.open(c->source.context, err);
	c->shift_ns = c->last_ns + GAP_NS;
	c->pass++;
	return c->inner ? 0 : -1;
}

static uint32_t collect(struct owners *o, struct record *to, uint32_t room)
{
	uint32_t count = 0;
	for (; o->alive && count < room; o->next++) {
		struct record *owner = &o->records[o->next];
		if (owner->operation == OP_EXTENSION)
			continue;
		struct record *r = &to[count++];
		*r = *owner;
		r->operation = (uint8_t)free_of((enum operation)owner->operation);
		r->flags = owner->flags & RECORD_EFFECT;
		r->time = 0;
		owner->operation = OP_EXTENSION;
		o->alive--;
	}
	return count;
}

/* The next frees of what the pass left alive; a count of 0: nothing is. */
static void clean_up(struct repeat_cursor *c, struct batch *batch)
{
	uint32_t count = 0;
	for (unsigned space = 0; space < SPACE_COUNT; space++)
		count += collect(&c->owners[space], c->frees + count, FREES_PER_BATCH - count);
	*batch = (struct batch){ .records = c->frees, .count = count, .base_ns = c->last_ns };
}

static int next_of_pass(struct repeat_cursor *c, struct batch *batch, struct error *err)
{
	int result = c->inner->ops->next(c->inner, batch, err);
	if (result != 1)
		return result;
	batch->base_ns += c->shift_ns;
	batch->lines = NULL;
	return follow(c, batch, err) == 0 ? 1 : -1;
}

static int deliver(struct repeat_cursor *c, struct batch *batch)
{
	batch->first_record = c->record_count;
	c->record_count += batch->count;
	trace_hash_update(c->hash, batch);
	return 1;
}

static int repeat_next(struct trace_cursor *cursor, struct batch *batch, struct error *err)
{
	struct repeat_cursor *c = (struct repeat_cursor *)cursor;
	for (;;) {
		if (c->inner) {
			int result = next_of_pass(c, batch, err);
			if (result < 0)
				return -1;
			if (result == 1)
				return deliver(c, batch);
			end_pass(c);
		}
		clean_up(c, batch);
		if (batch->count)
			return deliver(c, batch);
		if (c->pass == c->times)
			return 0;
		if (begin_pass(c, err) != 0)
			return -1;
	}
}

static double repeat_progress(const struct trace_cursor *cursor)
{
	const struct repeat_cursor *c = (const struct repeat_cursor *)cursor;
	double part = c->inner ? c->inner->ops->progress(c->inner) : 1;
	return part < 0 ? -1 : ((double)(c->pass - 1) + part) / (double)c->times;
}

static uint64_t repeat_hash(const struct trace_cursor *cursor)
{
	const struct repeat_cursor *c = (const struct repeat_cursor *)cursor;
	return trace_hash_value(c->hash, c->cursor.definitions);
}

static void repeat_close(struct trace_cursor *cursor)
{
	struct repeat_cursor *c = (struct repeat_cursor *)cursor;
	end_pass(c);
	if (c->first)
		c->first->ops->close(c->first);
	for (unsigned space = 0; space < SPACE_COUNT; space++)
		free(c->owners[space].records);
	trace_hash_destroy(c->hash);
	free(c);
}

static const struct trace_cursor_ops repeat_ops = {
	.next = repeat_next,
	.progress = repeat_progress,
	.hash = repeat_hash,
	.close = repeat_close,
};

struct trace_cursor *generate_repeat(const struct trace_source *source, uint64_t times,
				     struct error *err)
{
	struct repeat_cursor *c = calloc(1, sizeof(*c));
	if (c)
		c->hash = trace_hash_create();
	if (!c || !c->hash) {
		free(c);
		error_set(err, ERROR_RUN, "repeated trace: out of memory");
		return NULL;
	}
	c->source = *source;
	c->times = times;
	c->first = c->inner = source->open(source->context, err);
	c->pass = 1;
	if (!c->first) {
		repeat_close(&c->cursor);
		return NULL;
	}
	c->cursor = (struct trace_cursor){ .ops = &repeat_ops,
					   .definitions = c->first->definitions,
					   .name = c->first->name,
					   .format = c->first->format };
	return &c->cursor;
}
