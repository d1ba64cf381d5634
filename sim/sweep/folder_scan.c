/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in a sweep's runs/, told by the names there. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/result_file.h"
#include "sweep/content_hash.h"
#include "sweep/folder.h"

enum { HASH_LENGTH = 16 };

/* Runs by hash. */
struct lookup {
	struct lookup_entry {
		const char *hash;
		size_t run;
	} * entries;
	size_t count;
};

static int compare_entries(const void *a, const void *b)
{
	const struct lookup_entry *x = a, *y = b;
	return strncmp(x->hash, y->hash, HASH_LENGTH);
}

static int lookup_create(struct lookup *lookup, const struct manifest *m, struct error *err)
{
	lookup->count = m->run_count;
	lookup->entries = calloc(m->run_count + 1, sizeof(*lookup->entries));
	if (!lookup->entries)
		return error_set(err, ERROR_RUN, "out of memory for the runs");
	for (size_t i = 0; i < m->run_count; i++)
		lookup->entries[i] = (struct lookup_entry){ m->runs[i].hash, i };
	qsort(lookup->entries, lookup->count, sizeof(*lookup->entries), compare_entries);
	return 0;
}

/* The run whose file has that name; -1 when it is none's. */
static long lookup_run(const struct lookup *lookup, const char *name)
{
	struct lookup_entry key = { .hash = name };
	if (strlen(name) < HASH_LENGTH)
		return -1;
	const struct lookup_entry *found = bsearch(&key, lookup->entries, lookup->count,
						   sizeof(*lookup->entries), compare_entries);
	return found ? (long)found->run : -1;
}

static enum run_state state_told(const char *name)
{
	const char *ending = name + HASH_LENGTH;
	if (strcmp(ending, ".h5") == 0)
		return RUN_DONE;
	if (strcmp(ending, ".failed") == 0)
		return RUN_FAILED;
	return strncmp(ending, ".h5.partial-", 12) == 0 ? RUN_STARTED : RUN_WAITING;
}

/* Calls visit for each file in runs/ that is a run's. */
static int visit_files(const struct folder *folder, const struct manifest *m,
		       void (*visit)(void *context, int at, const char *name, size_t run),
		       void *context, struct error *err)
{
	char path[FOLDER_FILE_BYTES];
	struct lookup lookup;
	if (lookup_create(&lookup, m, err) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/runs", folder->path);
	DIR *place = opendir(path);
	if (!place) {
		free(lookup.entries);
		return error_set(err, ERROR_INPUT, "%.512s: %s", path, strerror(errno));
	}
	for (const struct dirent *entry; (entry = readdir(place));) {
		long run = lookup_run(&lookup, entry->d_name);
		if (run >= 0)
			visit(context, dirfd(place), entry->d_name, (size_t)run);
	}
	closedir(place);
	free(lookup.entries);
	return 0;
}

struct scan {
	const struct folder *folder;
	enum run_state *states;
};

/* What stands beside a result of its hash; false: nothing. */
static bool read_hash(const char *result, uint64_t *value)
{
	char path[FOLDER_FILE_BYTES + 512], line[4096];
	bool found = false;
	snprintf(path, sizeof(path), "%s.run.json", result);
	FILE *file = fopen(path, "r");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, " \"" RESULT_HASH_KEY "\": \"%16" SCNx64 "\"", value) == 1;
	if (file)
		fclose(file);
	return found;
}

static bool has_its_hash(const char *result)
{
	struct error ignored = { 0 };
	uint64_t value;
	if (!read_hash(result, &value))
		return true;
	struct content_hash *hash = content_hash_create();
	bool same = !hash || (content_hash_file(hash, result, &ignored) == 0 &&
			      content_hash_value(hash) == value);
	content_hash_destroy(hash);
	return same;
}

static bool is_whole(const struct folder *folder, const char *name)
{
	char path[FOLDER_FILE_BYTES + 256];
	struct error ignored = { 0 };
	snprintf(path, sizeof(path), "%s/runs/%s", folder->path, name);
	struct result_file *file = result_file_open(path, &ignored);
	result_file_close(file);
	return file && has_its_hash(path);
}

/* Of several files the one that says most counts: a result more than a failure before it. */
static void note_state(void *context, int at, const char *name, size_t run)
{
	const struct scan *scan = context;
	enum run_state told = state_told(name);
	(void)at;
	if (told == RUN_DONE && !is_whole(scan->folder, name))
		told = RUN_DAMAGED;
	if (told > scan->states[run])
		scan->states[run] = told;
}

enum run_state *folder_states(const struct folder *folder, const struct manifest *m,
			      struct error *err)
{
	enum run_state *states = calloc(m->run_count + 1, sizeof(*states));
	if (!states) {
		error_set(err, ERROR_RUN, "out of memory for the runs");
		return NULL;
	}
	struct scan scan = { folder, states };
	if (visit_files(folder, m, note_state, &scan, err) == 0)
		return states;
	free(states);
	return NULL;
}

struct range {
	size_t first, last;
};

static bool is_final(const char *name)
{
	const char *ending = name + HASH_LENGTH;
	return strcmp(ending, ".h5") == 0 || strcmp(ending, ".h5.run.json") == 0 ||
	       strcmp(ending, ".failed") == 0;
}

static void remove_leftover(void *context, int at, const char *name, size_t run)
{
	const struct range *range = context;
	if (run >= range->first && run <= range->last && !is_final(name))
		unlinkat(at, name, 0);
}

int folder_sweep_out(const struct folder *folder, const struct manifest *m, size_t first,
		     size_t last, struct error *err)
{
	struct range range = { first, last };
	return visit_files(folder, m, remove_leftover, &range, err);
}
