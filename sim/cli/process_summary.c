/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/process_summary.h"

#include <inttypes.h>

#include "base/units.h"

void process_summary_placements(FILE *out, const struct slabyard_summary *s)
{
	const struct slabyard_processes *p = &s->processes;

	if (p->mapped_compared)
		fprintf(out, "mapped blocks  %" PRIu64 " of %" PRIu64 " mapped on both sides\n",
			p->mapped_matched, p->mapped_compared);
	if (p->breaks_compared)
		fprintf(out, "breaks         %" PRIu64 " of %" PRIu64 " matched\n",
			p->breaks_matched, p->breaks_compared);
}

static const char *size(uint64_t bytes, char *text, size_t length)
{
	return units_human_size((double)bytes, text, length);
}

static void print_settings(FILE *out, const struct slabyard_libc_settings *s)
{
	if (s->tunables[0])
		fprintf(out, "recorded with  GLIBC_TUNABLES=%s%s\n", s->tunables,
			s->other_tunables[0] ? "" : ", replayed with it");
	if (s->other_tunables[0])
		fprintf(out, "unlike it      GLIBC_TUNABLES=%s here: addresses can differ\n",
			s->other_tunables);
	if (s->other_cpus[0])
		fprintf(out,
			"unlike it      %s limits arenas, recorded on %" PRIu64
			" CPUs: addresses can differ\n",
			s->other_cpus, s->cpus);
}

void process_summary_print(FILE *out, const struct slabyard_summary *s)
{
	const struct slabyard_processes *p = &s->processes;
	char a[32], b[32], c[32], d[32];

	if (!s->libc_policy)
		return;
	print_settings(out, &s->recorded_settings);
	fprintf(out, "processes      %" PRIu64, p->count);
	if (p->killed)
		fprintf(out, ", %" PRIu64 " killed for want of memory", p->killed);
	fprintf(out, "\nheaps          %s live, RSS %s (at most %s), VSS %s; mean RSS/live %.3f\n",
		size(p->live_bytes, a, sizeof(a)), size(p->rss_bytes, b, sizeof(b)),
		size(p->rss_bytes_max, c, sizeof(c)), size(p->total_vm_bytes, d, sizeof(d)),
		p->rss_over_live);
	fprintf(out, "system calls   %" PRIu64 ", minor faults %" PRIu64 "\n", p->system_calls,
		p->minor_faults);
	fprintf(out,
		"trims          %" PRIu64 " verdicts gave back %s in %" PRIu64
		" system calls, %" PRIu64 " refaults\n",
		p->trims, size(p->trim_released_bytes, a, sizeof(a)), p->trim_system_calls,
		p->refaults);
}
