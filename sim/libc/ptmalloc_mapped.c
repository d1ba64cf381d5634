/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chunks with a mapping of their own: malloc/malloc.c, sysmalloc_mmap, munmap_chunk, mremap_chunk.
 */
#include "core/host_memory.h"
#include "libc/ptmalloc.h"

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + PAGE_SIZE_BYTES - 1) & ~(uint64_t)(PAGE_SIZE_BYTES - 1);
}

static struct mapped_chunk *mapped_entry(struct ptmalloc *p)
{
	if (p->mapped_free) {
		struct mapped_chunk *m = &p->mapped[p->mapped_free - 1];

		p->mapped_free = (uint32_t)m->start;
		return m;
	}
	return p->mapped_count < MAPPED_MAX ? &p->mapped[p->mapped_count++] : NULL;
}

static void mapped_index(struct ptmalloc *p, const struct mapped_chunk *m)
{
	host_memory_check(ptrmap_put(p->mapped_of, m->block, (uint32_t)(m - p->mapped), NULL) == 0,
			  "mapped blocks");
}

static struct mapped_chunk *mapped_find(const struct ptmalloc *p, uint64_t block)
{
	const uint32_t index = ptrmap_get(p->mapped_of, block);

	return index == PTRMAP_NONE ? NULL : &p->mapped[index];
}

static uint64_t mapped_chunk_bytes(const struct mapped_chunk *m)
{
	return m->length - (m->block - HEADER_BYTES - m->start);
}

uint64_t ptmalloc_mapped_bytes(const struct ptmalloc *p, uint64_t block)
{
	const struct mapped_chunk *m = mapped_find(p, block);

	return m ? mapped_chunk_bytes(m) : 0;
}

static void note_most(struct malloc_par *par)
{
	if (par->n_mmaps > par->n_mmaps_most)
		par->n_mmaps_most = par->n_mmaps;
	if (par->mmapped_bytes > par->mmapped_bytes_most)
		par->mmapped_bytes_most = par->mmapped_bytes;
}

static void write_header(struct ptmalloc *p, uint64_t block)
{
	p->space->write(p->space->context, block - HEADER_BYTES, HEADER_BYTES);
}

uint64_t ptmalloc_mapped_alloc(struct ptmalloc *p, uint64_t nb)
{
	const uint64_t bytes = nb << GRANULE_SHIFT, length = page_up(bytes + SIZE_FIELD_BYTES);

	if (length <= bytes)
		return LIBC_NULL;
	const uint64_t start = p->space->mmap(p->space->context, 0, length, ADDRESS_READ_WRITE);

	if (start == ADDRESS_NONE)
		return LIBC_NULL;
	struct mapped_chunk *m = mapped_entry(p);

	if (!m) {
		p->space->munmap(p->space->context, start, length);
		return LIBC_NULL;
	}
	*m = (struct mapped_chunk){ start, length, start + HEADER_BYTES };
	mapped_index(p, m);
	write_header(p, m->block);
	p->par.n_mmaps++;
	p->par.mmapped_bytes += length;
	note_most(&p->par);
	return m->block;
}

static void mapped_remove(struct ptmalloc *p, struct mapped_chunk *m)
{
	p->par.n_mmaps--;
	p->par.mmapped_bytes -= m->length;
	ptrmap_take(p->mapped_of, m->block);
	p->space->munmap(p->space->context, m->start, m->length);
	*m = (struct mapped_chunk){ .start = p->mapped_free };
	p->mapped_free = (uint32_t)(m - p->mapped) + 1;
}

void ptmalloc_mapped_free(struct ptmalloc *p, uint64_t block)
{
	struct mapped_chunk *m = mapped_find(p, block);

	if (!m)
		return;
	ptmalloc_judge_unmap(p, mapped_chunk_bytes(m));
	mapped_remove(p, m);
}

uint64_t ptmalloc_mapped_resize(struct ptmalloc *p, uint64_t block, uint64_t nb)
{
	struct mapped_chunk *m = mapped_find(p, block);
	const uint64_t offset = block - HEADER_BYTES - m->start;
	const uint64_t length = page_up((nb << GRANULE_SHIFT) + offset + SIZE_FIELD_BYTES);

	if (length == m->length)
		return block;
	const uint64_t start = p->space->mremap(p->space->context, m->start, m->length, length);

	if (start == ADDRESS_NONE)
		return LIBC_NULL;
	ptrmap_take(p->mapped_of, block);
	p->par.mmapped_bytes += length - m->length;
	note_most(&p->par);
	*m = (struct mapped_chunk){ start, length, start + offset + HEADER_BYTES };
	mapped_index(p, m);
	write_header(p, m->block);
	return m->block;
}

/* The chunk begins later in its mapping; what lies before it is wasted until it is freed. */
uint64_t ptmalloc_mapped_align(struct ptmalloc *p, uint64_t block, uint64_t alignment)
{
	struct mapped_chunk *m = mapped_find(p, block);
	uint64_t aligned = (block + alignment - 1) & ~(alignment - 1);

	if (aligned == block)
		return block;
	if (aligned - block < MIN_BYTES)
		aligned += alignment;
	ptrmap_take(p->mapped_of, block);
	m->block = aligned;
	mapped_index(p, m);
	write_header(p, aligned);
	return aligned;
}
