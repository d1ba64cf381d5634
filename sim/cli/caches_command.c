/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/atomic_file.h"
#include "base/shipped.h"
#include "cli/cli.h"
#include "import/import.h"
#include "machine/trace_input.h"
#include "machine/true_caches.h"
#include "trace/call_sites.h"
#include "trace/syt.h"

enum { OPTION_STATE = 256, STATES_MAX = 64 };

static const struct cli_option options[] = {
	{ "state", true, OPTION_STATE },
	{ "output", true, 'o' },
	{ 0 },
};

struct caches_arguments {
	const char *output;
	const char *states[STATES_MAX];
	int state_count;
	char *const *traces;
	int trace_count;
};

static int learn_from_state(struct definition_table *table, const char *path, struct error *err)
{
	struct slab_state state = { 0 };
	int result = slab_caches_read(path, &state, err);
	if (result == 0)
		result = call_sites_complete(table, &state, err);
	if (result == 0)
		result = error_set(err, ERROR_INPUT,
				   "%s: tells of no cache that nothing is merged with", path);
	slab_state_free(&state);
	return result < 0 ? -1 : 0;
}

static int learn_from_trace(struct definition_table *table, const char *path, struct error *err)
{
	char found[PATH_MAX];
	path = cli_find_trace(path, found, sizeof(found), err);
	struct trace_cursor *trace =
		path ? trace_input_open(path, NULL, SLABYARD_LEVEL_AUTO, NULL, err) : NULL;
	if (!trace)
		return -1;
	int result = call_sites_learn(table, trace, err);
	if (result == 0)
		result = error_set(err, ERROR_INPUT,
				   "%s: has no kmem_cache_alloc with a call site and a cache",
				   trace->name);
	trace->ops->close(trace);
	return result < 0 ? -1 : 0;
}

/* States first: caches then stand in the order of their creation, which merging goes by. */
static int learn(struct definition_table *table, const struct caches_arguments *a,
		 struct error *err)
{
	for (int i = 0; i < a->state_count; i++)
		if (learn_from_state(table, a->states[i], err) != 0)
			return -1;
	for (int i = 0; i < a->trace_count; i++)
		if (learn_from_trace(table, a->traces[i], err) != 0)
			return -1;
	return 0;
}

static int write_map(const struct definition_table *table, const char *path, struct error *err)
{
	struct atomic_file *file = atomic_file_open(path ? path : "-", err);
	if (!file)
		return -1;
	if (trace_dump_definitions(definition_table_view(table), atomic_file_stream(file), err) ==
	    0)
		return atomic_file_finish(file, err);
	atomic_file_abandon(file);
	return -1;
}

/* Call sites that the map of Linux 6.1 knows, and those that it knows with another cache. */
struct at_odds {
	uint32_t known, other;
	const struct site_def *first; /* of the others */
	const char *cache;            /* what the map has for it */
};

static void compare_site(const struct true_caches *linux61, const struct definitions *learned,
			 const struct site_def *site, struct at_odds *odds)
{
	const struct cache_def *recorded = &learned->caches[site->cache.v];
	const struct origin_def origin = { .call_site = site->call_site };
	enum true_cache_rule rule;
	const cache_id cache = true_caches_of(linux61, &origin, recorded, &rule);
	if (rule != TRUE_CACHE_BY_SITE && rule != TRUE_CACHE_BY_FUNCTION)
		return;
	const char *name = true_caches_at(linux61, cache.v)->name;
	odds->known++;
	if (strcmp(name, recorded->name) == 0)
		return;
	if (odds->other++ == 0) {
		odds->first = site;
		odds->cache = name;
	}
}

/*
 * A kernel that merges caches shows one of them where calls meant another, and a map of it would
 * tell nothing new. Other kernels differ from Linux 6.1 at a call site here and there.
 */
static void warn_of_merged(const struct definitions *learned)
{
	enum { ONE_IN = 10 };
	struct at_odds odds = { 0 };
	struct true_caches *linux61 = NULL;
	char path[PATH_MAX];
	if (!shipped_caches(path, sizeof(path)) ||
	    true_caches_open(&linux61, path, learned, NULL) != 0)
		return;
	for (uint32_t i = 0; i < learned->site_count; i++)
		if (learned->sites[i].call_site[0])
			compare_site(linux61, learned, &learned->sites[i], &odds);
	if (odds.other > odds.known / ONE_IN)
		fprintf(stderr,
			"slabyard caches: %" PRIu32 " of %" PRIu32 " known call sites have another "
			"cache than in Linux 6.1 (%s: %s, not %s): the kernel seems to merge "
			"caches, record one booted with slab_nomerge\n",
			odds.other, odds.known, odds.first->call_site,
			learned->caches[odds.first->cache.v].name, odds.cache);
	true_caches_close(linux61);
}

static int caches(const struct caches_arguments *a)
{
	struct error err = { 0 };
	struct definition_table *table = definition_table_create();
	if (!table)
		error_set(&err, ERROR_RUN, "no memory for the caches");
	int result = table && learn(table, a, &err) == 0 ? write_map(table, a->output, &err) : -1;
	if (result == 0)
		warn_of_merged(definition_table_view(table));
	if (table)
		definition_table_destroy(table);
	return result == 0 ? cli_flush() : cli_fail(&err);
}

static int take_option(const struct command *command, int letter, const char *value,
		       struct caches_arguments *a)
{
	if (letter == 'o') {
		a->output = value;
		return EXIT_GOOD;
	}
	if (a->state_count == STATES_MAX)
		return cli_usage(command, "takes at most %d states", STATES_MAX);
	a->states[a->state_count++] = value;
	return EXIT_GOOD;
}

static int check_arguments(const struct command *command, const struct caches_arguments *a)
{
	int code = EXIT_GOOD;
	if (a->trace_count == 0)
		return cli_usage(command, "takes at least one trace to read");
	for (int i = 0; i < a->trace_count && code == EXIT_GOOD; i++)
		code = cli_refuse_overwrite(command, "--output", a->output, a->traces[i]);
	for (int i = 0; i < a->state_count && code == EXIT_GOOD; i++)
		code = cli_refuse_overwrite(command, "--output", a->output, a->states[i]);
	return code;
}

static int caches_main(const struct command *command, int argc, char **argv)
{
	struct caches_arguments a = { 0 };
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	for (int letter; (letter = cli_next(&arguments)) != CLI_END;) {
		if (letter == CLI_HELP)
			return cli_flush();
		int code = letter == CLI_BAD ? EXIT_BAD_INPUT
					     : take_option(command, letter, arguments.value, &a);
		if (code != EXIT_GOOD)
			return code;
	}
	a.traces = argv + arguments.operand;
	a.trace_count = argc - arguments.operand;
	int code = check_arguments(command, &a);
	return code == EXIT_GOOD ? caches(&a) : code;
}

const struct command caches_command = {
	.name = "caches",
	.usage = "caches [--state STATE]... [-o MAP] TRACE...",
	.help = "learns which cache each call site allocates from, for --caches",
	.text = "  TRACE           recorded where caches are not merged: on a kernel booted with\n"
		"                  slab_nomerge (or one with SLOB), any few seconds of its life\n"
		"  --state STATE   tells alignment, flags and constructors of that kernel's "
		"caches: a\n"
		"                  copy of /sys/kernel/slab (cp -r), or an mmstate file\n"
		"  -o, --output    the map; without it on standard output\n",
	.main = caches_main,
};
