/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/shipped.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* From the program's folder: installed, and in build/ or build/NAME/. */
static const char *const configs[] = { SLABYARD_DATA "/configs", "../configs", "../../configs" };
static const char *const analyses[] = { SLABYARD_DATA "/analysis", "../analysis",
					"../../analysis" };
static const char *const samples[] = { SLABYARD_DATA "/samples", "../workloads/samples",
				       "../../workloads/samples" };

enum { PLACES = sizeof(configs) / sizeof(configs[0]) };

bool shipped_program(char *buffer, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", buffer, size - 1);
	if (length <= 0)
		return false;
	buffer[length] = '\0';
	return true;
}

static bool program_folder(char *buffer, size_t size)
{
	if (!shipped_program(buffer, size))
		return false;
	*strrchr(buffer, '/') = '\0';
	return true;
}

static bool is_readable(int length, const char *path, size_t size)
{
	return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}

bool shipped_config(const char *kind, const char *name, char *buffer, size_t size)
{
	char folder[PATH_MAX];
	if (!program_folder(folder, sizeof(folder)))
		return false;
	for (size_t i = 0; i < PLACES; i++) {
		int length =
			snprintf(buffer, size, "%s/%s/%s/%s.yaml", folder, configs[i], kind, name);
		if (is_readable(length, buffer, size))
			return true;
	}
	return false;
}

/* name: a file in one of the places, or "" */
static bool find_one(const char *const places[PLACES], const char *name, char *buffer, size_t size)
{
	char folder[PATH_MAX];
	if (!program_folder(folder, sizeof(folder)))
		return false;
	for (size_t i = 0; i < PLACES; i++) {
		int length = snprintf(buffer, size, "%s/%s%s", folder, places[i], name);
		if (is_readable(length, buffer, size))
			return true;
	}
	return false;
}

bool shipped_configs(const char *kind, char *buffer, size_t size)
{
	char folder[NAME_MAX], found[PATH_MAX];
	snprintf(folder, sizeof(folder), "/%s", kind);
	if (!find_one(configs, folder, found, sizeof(found)))
		return false;
	int length = snprintf(buffer, size, "%s/*.yaml", found);
	return length > 0 && (size_t)length < size;
}

bool shipped_samples(char *buffer, size_t size)
{
	return find_one(samples, "", buffer, size);
}

bool shipped_caches(char *buffer, size_t size)
{
	return find_one(samples, "/linux-6.1.caches", buffer, size);
}

bool shipped_analysis(const char *name, char *buffer, size_t size)
{
	char file[NAME_MAX];
	snprintf(file, sizeof(file), "/%s", name);
	return find_one(analyses, file, buffer, size);
}

bool shipped_library(const char *name, char *buffer, size_t size)
{
	static const char *const folders[] = { SLABYARD_LIBRARIES, "." };
	char folder[PATH_MAX];
	if (!program_folder(folder, sizeof(folder)))
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		int length = snprintf(buffer, size, "%s/%s/%s", folder, folders[i], name);
		if (is_readable(length, buffer, size))
			return true;
	}
	return false;
}
