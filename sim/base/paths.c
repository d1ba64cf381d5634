/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/paths.h"

#include <stdio.h>
#include <string.h>

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *path_beside(const char *file, const char *name, char *buffer, size_t size)
{
	int folder = name[0] == '/' ? 0 : (int)(path_base(file) - file);
	snprintf(buffer, size, "%.*s%s", folder, file, name);
	return buffer;
}
