/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cli/frag_report.h"

/* RFC 4180; what members of a group do not have in common is empty. */
static void print_text(FILE *out, const char *text)
{
	if (!text)
		return;
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void print_group(FILE *out, const struct frag_group *g, size_t rank)
{
	fprintf(out, "%zu,%.6f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", rank,
		g->share, g->alone, g->shared, g->together, g->allocations, g->bytes);
	if (g->oldest_ns != UINT64_MAX)
		fprintf(out, "%" PRIu64, g->oldest_ns);
	const char *const texts[] = { g->kind, g->call_site, g->cache, g->task };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		fputc(',', out);
		print_text(out, texts[i]);
	}
	fputc('\n', out);
}

void frag_print_csv(FILE *out, const struct frag_report *r)
{
	fputs("rank,share,alone,shared,together,allocations,bytes,oldest_ns,kind,call_site,cache,"
	      "task\n",
	      out);
	for (size_t i = 0; i < r->ranking->ranked_count; i++)
		print_group(out, &r->ranking->ranked[i], i + 1);
}
