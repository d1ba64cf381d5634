/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/trace_files.h"

#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

bool trace_file_in_folder(const char *folder, char *path, size_t size)
{
	char pattern[2 * PATH_BYTES];
	snprintf(pattern, sizeof(pattern), "%s/trace.*", folder);
	return only_match(pattern, path, size);
}

bool trace_file_bundled(const char *name, char *path, size_t size)
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

/* Its whole name, and what it can be called for short. */
static void consider_file(struct nearest *n, const char *path)
{
	char known[NAME_BYTES];
	trace_file_name(path, known, sizeof(known));
	consider(n, known);
	char *dash = strrchr(known, '-');
	if (!dash)
		return;
	*dash = '\0';
	if (trace_file_bundled(known, (char[PATH_BYTES]){ 0 }, PATH_BYTES))
		consider(n, known);
}

static void find_nearest(struct nearest *n)
{
	static const char *const patterns[] = { "/*/trace.*", "/*/*.trc*", "/*/*.syt*" };
	char folder[PATH_BYTES], pattern[2 * PATH_BYTES];
	if (!shipped_samples(folder, sizeof(folder)))
		return;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t found = { 0 };
		snprintf(pattern, sizeof(pattern), "%s%s", folder, patterns[i]);
		glob(pattern, 0, NULL, &found);
		for (size_t k = 0; k < found.gl_pathc; k++)
			consider_file(n, found.gl_pathv[k]);
		globfree(&found);
	}
}

int trace_file_refuse(const char *name, struct error *err)
{
	struct nearest nearest = { .near.word = name };
	bool is_path = strchr(name, '/');
	if (!is_path)
		find_nearest(&nearest);
	return error_set(err, ERROR_INPUT, "%.512s: no such file%s%s%s%s", name,
			 is_path ? "" : ", and no bundled trace of that name",
			 *nearest.name ? " (did you mean " : "", nearest.name,
			 *nearest.name ? "?)" : "");
}
