/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "import/import.h"

static void print_count(FILE *out, const char *what, uint64_t count)
{
	if (count)
		fprintf(out, "  %-44s %12" PRIu64 "\n", what, count);
}

static void print_unknown(const struct import_report *r, FILE *out)
{
	for (unsigned i = 0; i < IMPORT_UNKNOWN_TOP && r->unknown_top[i].count; i++)
		fprintf(out, "    %-42s %12" PRIu64 "\n", r->unknown_top[i].name,
			r->unknown_top[i].count);
}

void import_report_print(const struct import_report *r, FILE *out)
{
	fprintf(out, "import\n");
	print_count(out, "lines read", r->lines);
	print_count(out, "events taken", r->events);
	print_count(out, "comments and blank lines", r->comments);
	print_count(out, "events without an operation, left out", r->unknown_events);
	print_unknown(r, out);
	print_count(out, "lines that are no event, left out", r->unparsed);
	print_count(out, "  the first is line", r->unparsed_line);
	print_count(out, "events lost by the recorder", r->lost_events);
	print_count(out, "events moved up in time", r->out_of_order);
	print_count(out, "frees of null, left out", r->null_frees);
	print_count(out, "frees of allocations older than the trace", r->unknown_frees);
	print_count(out, "allocations ended by their successor", r->double_allocs);
	print_count(out, "allocations alive at the end", r->live_at_end);
	print_count(out, "page events caused by slab or by refills", r->effects);
	print_count(out, "page allocations that could be either", r->undecided);
	print_count(out, "records of the slab allocator's own", r->own_traffic);
	print_count(out, "allocations that began earlier: they slept", r->begins);
	print_count(out, "pages that look allocated by bulk calls", r->bulk_pages);
	if (r->bulk_pages_told) {
		print_count(out, "of these outside the brackets of bulk calls",
			    r->bulk_pages - r->bulk_pages_agreed);
		print_count(out, "other pages between such brackets",
			    r->bulk_pages_told - r->bulk_pages_agreed);
	}
	print_count(out, "page frees by compaction: the page has moved", r->moved_pages);
	print_count(out, "calls inside another one, left out", r->nested_calls);
	print_count(out, "calls whose end is not told, left out", r->lost_returns);
	print_count(out, "blocks whose address is not told", r->hidden_blocks);
	print_count(out, "of these, found by their free", r->hidden_found);
	print_count(out, "cache names at odds at one call site", r->cache_conflicts);
	print_count(out, "numbers cut to 32 bits", r->clipped_sizes);
	print_count(out, "gfp flags unknown to Linux 6.1", r->unknown_gfp);
	fprintf(out, "  %-44s %s\n", "causes and effects told by",
		r->effect_rule ? r->effect_rule : "none");
	if (r->cannot_tell)
		fprintf(out, "  the format cannot tell %s\n", r->cannot_tell);
	if (r->assumed)
		fprintf(out, "  assumed: %s\n", r->assumed);
	if (r->page_offset)
		fprintf(out, "  %-44s 0x%" PRIx64 "\n", "direct map begins at", r->page_offset);
}
