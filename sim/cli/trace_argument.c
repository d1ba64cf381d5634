/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "machine/trace_files.h"

const char *cli_find_trace(const char *name, char *path, size_t size, struct error *err)
{
	enum trace_file found =
		strcmp(name, "-") == 0 ? TRACE_FILE_PATH : trace_file_find(name, name, path, size);
	if (found == TRACE_FILE_BUNDLED || found == TRACE_FILE_IN_FOLDER)
		return path;
	/* Of a path that leads nowhere or to no file, opening it tells why. */
	if (found == TRACE_FILE_PATH || strchr(name, '/') || access(name, F_OK) == 0)
		return name;
	trace_file_refuse(name, err);
	return NULL;
}
