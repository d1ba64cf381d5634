/* SPDX-License-Identifier: GPL-3.0-or-later */
/* malloc(3) and its like, mallopt(3), malloc_trim(3): each is carried out and told. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "record/preload/preload.h"

/* The low bits of the chunk's size field; other allocators have no such thing. */
static uint64_t chunk_bits(const void *block)
{
	if (!block || !recorder.is_glibc)
		return 0;
	return ((const uint64_t *)block)[-1] & 7;
}

/* Now and then what recording costs is measured: all of a call but the call itself. */
static void measure(const struct call *call, uint64_t done)
{
	const uint64_t spent = call->start - call->before + (ticks() - done);

	recorder.next_sample = recorder.next + SAMPLE_EVERY;
	if (spent > recorder.control->outlier_ticks)
		return;
	recorder.slot->samples++;
	recorder.slot->sampled_ticks += spent > recorder.tick_cost ? spent - recorder.tick_cost : 0;
}

/* Tells a call that was carried out, and if it has moved the break. */
static inline void end_call(const struct call *call, enum raw_operation operation, uint64_t in,
			    uint64_t out, uint64_t size)
{
	const uint64_t done = UNLIKELY(call->before) ? ticks() : 0;

	break_look(call->thread, RAW_BRK, call->start);
	call_put(call, operation, in, out, size);
	call_end(call);
	if (UNLIKELY(call->before))
		measure(call, done);
}

/* The block's chunk bits stand above the 40 bits of a size. */
static inline void end_block(const struct call *call, enum raw_operation operation, uint64_t in,
			     const void *block, uint64_t bytes)
{
	end_call(call, operation, in, (uint64_t)block,
		 raw_clip_size(bytes) | chunk_bits(block) << RAW_CHUNK_SHIFT);
}

EXPORT void *malloc(size_t bytes)
{
	struct call call;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.malloc(bytes);
	void *block = allocator.malloc(bytes);

	end_block(&call, RAW_MALLOC, bytes, block, 0);
	return block;
}

EXPORT void free(void *block)
{
	struct call call;

	if (!block)
		return;
	if (UNLIKELY(!call_begin(&call))) {
		allocator.free(block);
		return;
	}
	const uint64_t bits = chunk_bits(block);

	allocator.free(block);
	end_call(&call, RAW_FREE, (uint64_t)block, 0, bits << RAW_CHUNK_SHIFT);
}

EXPORT void *calloc(size_t count, size_t bytes)
{
	struct call call;
	size_t all;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.calloc(count, bytes);
	void *block = allocator.calloc(count, bytes);

	if (__builtin_mul_overflow(count, bytes, &all))
		all = SIZE_MAX;
	end_block(&call, RAW_CALLOC, all, block, 0);
	return block;
}

EXPORT void *realloc(void *old, size_t bytes)
{
	struct call call;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.realloc(old, bytes);
	void *block = allocator.realloc(old, bytes);

	end_block(&call, RAW_REALLOC, (uint64_t)old, block, bytes);
	return block;
}

EXPORT void *memalign(size_t alignment, size_t bytes)
{
	struct call call;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.memalign(alignment, bytes);
	void *block = allocator.memalign(alignment, bytes);

	end_block(&call, RAW_MEMALIGN, alignment, block, bytes);
	return block;
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
	struct call call;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.aligned_alloc(alignment, bytes);
	void *block = allocator.aligned_alloc(alignment, bytes);

	end_block(&call, RAW_MEMALIGN, alignment, block, bytes);
	return block;
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes)
{
	struct call call;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.posix_memalign(block, alignment, bytes);
	const int result = allocator.posix_memalign(block, alignment, bytes);

	/* An alignment that is refused never reaches the allocator. */
	if (result == EINVAL)
		call_end(&call);
	else
		end_block(&call, RAW_MEMALIGN, alignment, result ? NULL : *block, bytes);
	return result;
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

EXPORT void *valloc(size_t bytes)
{
	struct call call;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.valloc(bytes);
	void *block = allocator.valloc(bytes);

	end_block(&call, RAW_MEMALIGN, page_size(), block, bytes);
	return block;
}

/* Whole pages. */
EXPORT void *pvalloc(size_t bytes)
{
	struct call call;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.pvalloc(bytes);
	void *block = allocator.pvalloc(bytes);
	const size_t page = page_size(), whole = (bytes + page - 1) / page * page;

	end_block(&call, RAW_MEMALIGN, page, block, whole < bytes ? bytes : whole);
	return block;
}

EXPORT int mallopt(int parameter, int value)
{
	struct call call;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.mallopt(parameter, value);
	const int result = allocator.mallopt(parameter, value);

	end_call(&call, RAW_MALLOPT, (uint64_t)parameter, (uint64_t)value, 0);
	return result;
}

EXPORT int malloc_trim(size_t pad)
{
	struct call call;

	if (UNLIKELY(!call_begin(&call)))
		return allocator.malloc_trim(pad);
	const int result = allocator.malloc_trim(pad);

	end_call(&call, RAW_MALLOC_TRIM, pad, 0, 0);
	return result;
}
