/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/record_report.h"

#include <inttypes.h>

enum { FILES_LISTED = 1000 };

static void print_file(FILE *out, const struct recorded_file *f)
{
	static const char *const ends[] = {
		[RECORDED_EXIT] = "",
		[RECORDED_EXEC] = ", executed another program",
		[RECORDED_LEFT] = ", still runs",
		[RECORDED_LOST] = ", cut short: the program has overwritten the recorder's memory",
	};

	fprintf(out, "  %s: %d %s, %" PRIu64 " records, %" PRIu64 " bytes", f->path, (int)f->pid,
		f->executable, f->records, f->bytes);
	if (f->parent)
		fprintf(out, ", forked from %d with %" PRIu64 " records", (int)f->parent,
			f->inherited);
	fprintf(out, "%s\n", ends[f->how]);
	if (f->malloc_unwatched)
		fprintf(out,
			"    it has a malloc of its own in %s: calls of that one are not seen\n",
			f->malloc_owner);
	else if (*f->malloc_owner)
		fprintf(out,
			"    its malloc is that of %s: addresses are not what glibc would return\n",
			f->malloc_owner);
}

static void print_overhead(FILE *out, const struct record_report *r)
{
	if (r->samples)
		fprintf(out,
			"  time added: %.3f s, %.0f ns a call (as measured on %" PRIu64
			" of them), and %.3f s waiting for the recorder %" PRIu64 " times\n",
			r->call_ns * (double)r->calls / 1e9 + (double)r->waits_ns / 1e9, r->call_ns,
			r->samples, (double)r->waits_ns / 1e9, r->waits);
}

static void print_faults(FILE *out, const struct record_report *r)
{
	fprintf(out, "  %" PRIu64 " page faults", r->faults);
	if (!r->faults_typed)
		fprintf(out, ", taken for writes: reads and writes are not told apart (that "
			     "takes the tracepoint exceptions:page_fault_user)");
	if (r->faults_user_only)
		fprintf(out, ", without those inside system calls (perf_event_paranoid)");
	if (r->faults_lost)
		fprintf(out, ", and %" PRIu64 " that were lost or of programs not recorded",
			r->faults_lost);
	fputc('\n', out);
}

static void print_missing(FILE *out, const struct record_report *r)
{
	if (r->unfollowed)
		fprintf(out,
			"  %u programs that were executed are not recorded: static, set-user-ID, "
			"of "
			"another user or of another C library\n",
			r->unfollowed);
	if (r->refused)
		fprintf(out, "  %u processes are not recorded: too many at a time\n", r->refused);
	if (r->forks_left_out)
		fprintf(out, "  %u forked processes are left out\n", r->forks_left_out);
	if (r->short_forks)
		fprintf(out,
			"  %u forked processes are left out that soon executed another program\n",
			r->short_forks);
	if (r->deep_libraries)
		fprintf(out,
			"  %" PRIu64 " times a library was opened with RTLD_DEEPBIND: what it "
			"allocates is not seen, and addresses after that are not what a replay "
			"gives\n",
			r->deep_libraries);
	if (r->early_exits)
		fprintf(out,
			"  %" PRIu64
			" ends of threads stand a little too early in the traces: they "
			"waited for others\n",
			r->early_exits);
	if (r->untold)
		fprintf(out,
			"  %" PRIu64 " calls are not recorded: of signal handlers, inside another "
			"call\n",
			r->untold);
}

void record_report_print(FILE *out, const struct recording *recording,
			 const struct record_report *r, bool faults)
{
	const size_t files = recording_file_count(recording);

	fprintf(out, "slabyard record: %zu %s, %" PRIu64 " calls, %" PRIu64 " events\n", files,
		files == 1 ? "process" : "processes", r->calls, r->events);
	for (size_t i = 0; i < files && i < FILES_LISTED; i++) {
		const struct recorded_file file = recording_file(recording, i);

		print_file(out, &file);
	}
	if (files > FILES_LISTED)
		fprintf(out, "  and %zu more\n", files - FILES_LISTED);
	print_overhead(out, r);
	if (faults)
		print_faults(out, r);
	print_missing(out, r);
}
