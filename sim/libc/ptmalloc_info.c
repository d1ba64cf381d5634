/* SPDX-License-Identifier: GPL-3.0-or-later */
/* malloc/malloc.c, __malloc_info and __malloc_stats: the same text of the same heap. */
#include <inttypes.h>

#include "libc/ptmalloc.h"

/* Chunks of one list: the least and the largest size, all bytes, how many. */
struct sizes {
	uint64_t from, to, total, count;
};

struct info_totals {
	uint64_t fast_count, fast_bytes, rest_count, rest_bytes;
	uint64_t system, system_max, aspace, aspace_mprotect;
};

static uint64_t bytes_of(const struct ptmalloc *p, uint32_t chunk)
{
	return (uint64_t)chunk_size(p, chunk) << GRANULE_SHIFT;
}

static void print_sizes(FILE *out, const char *element, const struct sizes *s)
{
	if (s->count)
		fprintf(out,
			"  <%s from=\"%" PRIu64 "\" to=\"%" PRIu64 "\" total=\"%" PRIu64
			"\" count=\"%" PRIu64 "\"/>\n",
			element, s->from, s->to, s->total, s->count);
}

static void print_fastbins(const struct ptmalloc *p, const struct malloc_arena *a,
			   struct info_totals *t, FILE *out)
{
	for (uint32_t i = 0; i < FASTBINS; i++) {
		struct sizes s = { .to = (i + MIN_GRANULES) * GRANULE_BYTES };

		s.from = s.to - (GRANULE_BYTES - 1);
		for (uint32_t c = a->fastbins[i]; c; c = chunk_word(p, c, FD))
			s.count++;
		s.total = s.count * s.to;
		t->fast_count += s.count;
		t->fast_bytes += s.total;
		print_sizes(out, "size", &s);
	}
}

/* Of chunks in bins the whole size field is told, with PREV_INUSE, which every one of them has. */
static struct sizes sizes_of_bin(const struct ptmalloc *p, const struct malloc_arena *a,
				 uint32_t index)
{
	const uint32_t head = bin_at(a, index);
	struct sizes s = { .from = UINT64_MAX };

	for (uint32_t c = chunk_word(p, head, FD); c != head; c = chunk_word(p, c, FD)) {
		const uint64_t field = bytes_of(p, c) | 1;

		s.count++;
		s.total += field;
		s.from = field < s.from ? field : s.from;
		s.to = field > s.to ? field : s.to;
	}
	return s;
}

static void print_bins(const struct ptmalloc *p, const struct malloc_arena *a,
		       struct info_totals *t, FILE *out)
{
	const struct sizes unsorted = sizes_of_bin(p, a, 1);

	t->rest_count = 1 + unsorted.count;
	t->rest_bytes = bytes_of(p, a->top) + unsorted.total;
	for (uint32_t i = 2; i < BINS; i++) {
		const struct sizes s = sizes_of_bin(p, a, i);

		t->rest_count += s.count;
		t->rest_bytes += s.total;
		print_sizes(out, "size", &s);
	}
	print_sizes(out, "unsorted", &unsorted);
}

static void print_totals(const struct info_totals *t, FILE *out)
{
	fprintf(out, "<total type=\"fast\" count=\"%" PRIu64 "\" size=\"%" PRIu64 "\"/>\n",
		t->fast_count, t->fast_bytes);
	fprintf(out, "<total type=\"rest\" count=\"%" PRIu64 "\" size=\"%" PRIu64 "\"/>\n",
		t->rest_count, t->rest_bytes);
}

static void print_memory(const struct info_totals *t, FILE *out)
{
	fprintf(out, "<system type=\"current\" size=\"%" PRIu64 "\"/>\n", t->system);
	fprintf(out, "<system type=\"max\" size=\"%" PRIu64 "\"/>\n", t->system_max);
	fprintf(out, "<aspace type=\"total\" size=\"%" PRIu64 "\"/>\n", t->aspace);
	fprintf(out, "<aspace type=\"mprotect\" size=\"%" PRIu64 "\"/>\n", t->aspace_mprotect);
}

/* Returns how many heaps the arena has. */
static uint64_t measure_heaps(const struct ptmalloc *p, const struct malloc_arena *a,
			      struct info_totals *t)
{
	uint64_t count = 0;

	for (uint32_t slot = a->heap_slot + 1; slot; slot = p->slots[slot - 1].prev) {
		t->aspace += p->slots[slot - 1].size;
		t->aspace_mprotect += p->slots[slot - 1].protected_size;
		count++;
	}
	return count;
}

static struct info_totals print_arena(const struct ptmalloc *p, const struct malloc_arena *a,
				      FILE *out)
{
	struct info_totals t = { .system = a->system_bytes, .system_max = a->system_bytes_max };
	uint64_t heaps = 0;

	fputs("<sizes>\n", out);
	print_fastbins(p, a, &t, out);
	print_bins(p, a, &t, out);
	fputs("</sizes>\n", out);
	if (is_main(p, a))
		t.aspace = t.aspace_mprotect = t.system;
	else
		heaps = measure_heaps(p, a, &t);
	print_totals(&t, out);
	print_memory(&t, out);
	if (!is_main(p, a))
		fprintf(out, "<aspace type=\"subheaps\" size=\"%" PRIu64 "\"/>\n", heaps);
	return t;
}

void ptmalloc_malloc_info(const void *state, FILE *out)
{
	const struct ptmalloc *p = state;
	struct info_totals sum = { 0 };
	int nr = 0;

	fputs("<malloc version=\"1\">\n", out);
	for (uint32_t number = 1; number; number = p->arenas[number - 1].next) {
		fprintf(out, "<heap nr=\"%d\">\n", nr++);
		const struct info_totals t = print_arena(p, &p->arenas[number - 1], out);

		fputs("</heap>\n", out);
		sum.fast_count += t.fast_count;
		sum.fast_bytes += t.fast_bytes;
		sum.rest_count += t.rest_count;
		sum.rest_bytes += t.rest_bytes;
		sum.system += t.system;
		sum.system_max += t.system_max;
		sum.aspace += t.aspace;
		sum.aspace_mprotect += t.aspace_mprotect;
	}
	print_totals(&sum, out);
	fprintf(out, "<total type=\"mmap\" count=\"%d\" size=\"%" PRIu64 "\"/>\n", p->par.n_mmaps,
		p->par.mmapped_bytes);
	print_memory(&sum, out);
	fputs("</malloc>\n", out);
}

/* Sizes are printed as unsigned int, whatever is lost. */
static void print_bytes(FILE *out, uint32_t system, uint32_t in_use)
{
	fprintf(out, "system bytes     = %10" PRIu32 "\n", system);
	fprintf(out, "in use bytes     = %10" PRIu32 "\n", in_use);
}

void ptmalloc_malloc_stats(const void *state, FILE *out)
{
	const struct ptmalloc *p = state;
	uint32_t system = (uint32_t)p->par.mmapped_bytes, in_use = system;
	int nr = 0;

	for (uint32_t number = 1; number; number = p->arenas[number - 1].next) {
		struct libc_counts counts;

		ptmalloc_counts(p, number - 1, &counts);
		fprintf(out, "Arena %d:\n", nr++);
		print_bytes(out, (uint32_t)counts.arena, (uint32_t)counts.uordblks);
		system += (uint32_t)counts.arena;
		in_use += (uint32_t)counts.uordblks;
	}
	fputs("Total (incl. mmap):\n", out);
	print_bytes(out, system, in_use);
	fprintf(out, "max mmap regions = %10d\n", p->par.n_mmaps_most);
	fprintf(out, "max mmap bytes   = %10" PRIu64 "\n", p->par.mmapped_bytes_most);
}
