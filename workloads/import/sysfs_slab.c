/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A copy of /sys/kernel/slab: a folder for each cache, a file for each fact (mm/slub.c). */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/definitions.h"
#include "import/import.h"

enum { PATH_BYTES = 4096, FACT_BYTES = 128 };

/* The first line of a fact's file; "" when there is no such file, as under other settings. */
static void read_fact(const char *folder, const char *name, char fact[FACT_BYTES])
{
	char path[PATH_BYTES];
	fact[0] = '\0';
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return;
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(fact, FACT_BYTES, file))
		fact[0] = '\0';
	fact[strcspn(fact, "\n")] = '\0';
	fclose(file);
}

static uint32_t number_of(const char *folder, const char *name)
{
	char fact[FACT_BYTES];
	read_fact(folder, name, fact);
	return (uint32_t)strtoul(fact, NULL, 10);
}

static uint32_t flags_of(const char *folder)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = {
		{ "hwcache_align", CACHE_HWCACHE_ALIGN },
		{ "reclaim_account", CACHE_RECLAIM_ACCOUNT },
		{ "destroy_by_rcu", CACHE_TYPESAFE_BY_RCU },
		{ "cache_dma", CACHE_CACHE_DMA },
		/* A window for copies to user space keeps a cache from being merged. */
		{ "usersize", CACHE_NO_MERGE },
	};
	uint32_t set = 0;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		set |= number_of(folder, flags[i].name) ? flags[i].flag : 0u;
	return set;
}

static int append_cache(struct slab_state *state, const char *folder, const char *name,
			struct error *err)
{
	struct cache_state *grown =
		realloc(state->caches, (state->cache_count + 1) * sizeof(*grown));
	if (!grown)
		return error_set(err, ERROR_RUN, "%s: out of memory", folder);
	state->caches = grown;
	char constructor[FACT_BYTES];
	read_fact(folder, "ctor", constructor);
	grown[state->cache_count] = (struct cache_state){
		.name = strdup(name),
		.object_size = number_of(folder, "object_size"),
		.size = number_of(folder, "slab_size"),
		.align = number_of(folder, "align"),
		.flags = flags_of(folder),
		.refcount = (int32_t)number_of(folder, "aliases") + 1,
		.constructor = constructor[0] != '\0',
	};
	if (!grown[state->cache_count].name)
		return error_set(err, ERROR_RUN, "%s: out of memory", folder);
	state->cache_count++;
	return 0;
}

static bool is_kmalloc(const char *name)
{
	return strncmp(name, "kmalloc-", 8) == 0 || strncmp(name, "dma-kmalloc-", 12) == 0;
}

/*
 * Caches that could be merged are links to one folder with a made-up name (":a-0000104"): only real
 * folders under a cache's own name tell of it alone.
 */
static int read_entry(struct slab_state *state, const char *root, const char *name,
		      struct error *err)
{
	char folder[PATH_BYTES];
	struct stat info;
	if (name[0] == '.' || name[0] == ':')
		return 0;
	if (snprintf(folder, sizeof(folder), "%s/%s", root, name) >= (int)sizeof(folder) ||
	    lstat(folder, &info) != 0 || !S_ISDIR(info.st_mode) || is_kmalloc(name) ||
	    number_of(folder, "object_size") == 0)
		return 0;
	return append_cache(state, folder, name, err);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct cache_state *)a)->name, ((const struct cache_state *)b)->name);
}

static int read_folder(const char *path, struct slab_state *state, struct error *err)
{
	DIR *root = opendir(path);
	if (!root)
		return error_errno(err, path, "cannot read the folder");
	int result = 0;
	for (struct dirent *entry; result == 0 && (entry = readdir(root));)
		result = read_entry(state, path, entry->d_name, err);
	closedir(root);
	if (result == 0 && state->cache_count == 0)
		result = error_set(err, ERROR_INPUT,
				   "%s: no copy of /sys/kernel/slab: no folder in it has a file "
				   "object_size",
				   path);
	if (result == 0)
		qsort(state->caches, state->cache_count, sizeof(*state->caches), compare_names);
	return result;
}

int slab_caches_read(const char *path, struct slab_state *state, struct error *err)
{
	struct stat info;
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return read_folder(path, state, err);
	return mmstate_read(path, NULL, state, err);
}
