/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorded_replay TRACE...: carries out recorded calls in the simulated ptmalloc and prints how
 * many addresses and movements of the break are as recorded. Exits with 1 when one is not.
 */
#include "../libc_replay.h"

#include "machine/trace_input.h"

static int begin(struct libc_replay *r, const struct trace_cursor *trace,
		 const struct record *start, struct error *err)
{
	const char *cpus = definitions_meta(trace->definitions, "cpus");
	const char *tunables = definitions_meta(trace->definitions, "GLIBC_TUNABLES");
	const struct libc_policy *policy = libc_policy_of(policy_find(&libc_policies, "ptmalloc"));

	return libc_replay_open(r, policy, start->address, cpus ? (uint32_t)atoi(cpus) : 1,
				tunables ? tunables : "", err);
}

static int replay(struct libc_replay *r, struct trace_cursor *trace, struct error *err)
{
	struct batch batch;
	int got;

	while ((got = trace->ops->next(trace, &batch, err)) > 0) {
		for (uint32_t i = 0; i < batch.count; i++) {
			const struct record *record = &batch.records[i];

			if (record->operation == OP_PROCESS_START && begin(r, trace, record, err))
				return -1;
			if (!r->state)
				return error_set(err, ERROR_INPUT,
						 "%s: begins with no "
						 "process_start",
						 trace->name);
			r->definitions = trace->definitions;
			r->record = batch.first_record + i;
			libc_replay_record(r, record);
		}
	}
	return got;
}

static bool is_exact(const char *path)
{
	struct error err = { 0 };
	struct libc_replay r = { 0 };
	struct trace_cursor *trace = trace_input_open(path, NULL, SLABYARD_LEVEL_AUTO, NULL, &err);

	if (!trace || replay(&r, trace, &err)) {
		printf("%s: %s\n", path, err.message);
		return false;
	}
	printf("%s: %" PRIu64 " of %" PRIu64 " addresses, %" PRIu64 " of %" PRIu64
	       " breaks, %" PRIu64 " foreign, %" PRIu64 " failed %s\n",
	       path, r.matched, r.compared, r.breaks_matched, r.breaks_compared, r.foreign_breaks,
	       r.failed_breaks, r.divergence);
	const bool exact = !r.divergence[0];

	trace->ops->close(trace);
	libc_replay_close(&r);
	return exact;
}

int main(int argc, char **argv)
{
	bool exact = argc > 1;

	for (int i = 1; i < argc; i++)
		exact &= is_exact(argv[i]);
	return exact ? 0 : 1;
}
