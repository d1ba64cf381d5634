/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/trace_files.h"

#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/paths.h"
#include "base/shipped.h"
#include "base/suggest.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 256 };

/* Endings of a trace's file that are not part of its name. */
static size_t stem_length(const char *base)
{
	static const char *const endings[] = { ".zst", ".gz", ".syt", ".txt", ".trc" };
	size_t length = strlen(base);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t size = strlen(endings[i]);
		if (length > size && memcmp(base + length - size, endings[i], size) == 0)
			length -= size;
	}
	return length;
}

char *trace_file_name(const char *path, char *name, size_t size)
{
	const char *base = path_base(path);
	int length = (int)stem_length(base);
	if (base - path >= 2 && length == 5 && memcmp(base, "trace", 5) == 0) {
		const char *end = base - 1;
		for (base = end; base > path && base[-1] != '/';)
			base--;
		length = (int)(end - base);
	}
	snprintf(name, size, "%.*s", length, base);
	return name;
}

/* The one file that matches; false when there is none or more than one. */
static bool only_match(const char *pattern, char *path, size_t size)
{
	glob_t found = { 0 };
	bool one = glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1;
	if (one)
		snprintf(path, size, "%s", found.gl_pathv[0]);
	globfree(&found);
	return one;
}

static bool find_in_folder(const char *folder, char *path, size_t size)
{
	char pattern[2 * PATH_BYTES];
	snprintf(pattern, sizeof(pattern), "%s/trace.*", folder);
	return only_match(pattern, path, size);
}

static bool find_bundled(const char *name, char *path, size_t size)
{
	/* What was recorded under several slab allocators is meant as recorded under SLUB. */
	static const char *const around[][2] = { { "", "/trace.*" },
						 { "", "-slub/trace.*" },
						 { "", "-*/trace.*" },
						 { "*/", ".trc*" },
						 { "*/", ".syt*" } };
	char folder[PATH_BYTES], pattern[3 * PATH_BYTES];
	if (strpbrk(name, "/*?[") || !shipped_samples(folder, sizeof(folder)))
		return false;
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s%.256s%s", folder, around[i][0], name,
			 around[i][1]);
		if (only_match(pattern, path, size))
			return true;
	}
	return false;
}

enum trace_file trace_file_find(const char *name, const char *at, char *path, size_t size)
{
	struct stat st;
	if (stat(at, &st) == 0 && !S_ISDIR(st.st_mode)) {
		snprintf(path, size, "%s", at);
		return TRACE_FILE_PATH;
	}
	if (find_bundled(name, path, size))
		return TRACE_FILE_BUNDLED;
	return find_in_folder(at, path, size) ? TRACE_FILE_IN_FOLDER : TRACE_FILE_NONE;
}

/* What a recording of that name can be called for short: kmix for kmix-slub. */
static const char *brief_name(const char *name, const char *path, char *brief, size_t size)
{
	char found[PATH_BYTES];
	const char *dash = strrchr(name, '-');
	if (!dash)
		return NULL;
	snprintf(brief, size, "%.*s", (int)(dash - name), name);
	bool stands_for_it = find_bundled(brief, found, sizeof(found)) && strcmp(found, path) == 0;
	return stands_for_it ? brief : NULL;
}

void trace_files_visit(void (*visit)(void *context, const char *name, const char *brief,
				     const char *path),
		       void *context)
{
	static const char *const patterns[] = { "/*/trace.*", "/*/*.trc*", "/*/*.syt*" };
	char folder[PATH_BYTES], pattern[2 * PATH_BYTES], name[NAME_BYTES], brief[NAME_BYTES];
	if (!shipped_samples(folder, sizeof(folder)))
		return;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t found = { 0 };
		snprintf(pattern, sizeof(pattern), "%s%s", folder, patterns[i]);
		glob(pattern, 0, NULL, &found);
		for (size_t k = 0; k < found.gl_pathc; k++) {
			const char *path = found.gl_pathv[k];
			trace_file_name(path, name, sizeof(name));
			visit(context, name, brief_name(name, path, brief, sizeof(brief)), path);
		}
		globfree(&found);
	}
}

/* The nearest known name so far. */
struct nearest {
	struct suggestion near;
	char name[NAME_BYTES];
};

static void consider(struct nearest *n, const char *known)
{
	size_t before = n->near.best ? n->near.distance : SIZE_MAX;
	suggest_consider(&n->near, known);
	if (n->near.best && n->near.distance < before)
		snprintf(n->name, sizeof(n->name), "%s", known);
	n->near.best = *n->name ? n->name : NULL;
}

static void consider_file(void *context, const char *name, const char *brief, const char *path)
{
	(void)path;
	consider(context, name);
	if (brief)
		consider(context, brief);
}

int trace_file_refuse(const char *name, struct error *err)
{
	struct nearest nearest = { .near.word = name };
	bool is_path = strchr(name, '/');
	if (!is_path)
		trace_files_visit(consider_file, &nearest);
	return error_set(err, ERROR_INPUT, "%.512s: no such file%s%s%s%s", name,
			 is_path ? "" : ", and no bundled trace of that name",
			 *nearest.name ? " (did you mean " : "", nearest.name,
			 *nearest.name ? "?)" : "");
}
