/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/temporary.h"

#include <stdio.h>
#include <stdlib.h>

int temporary_folder(char *path, size_t size, struct error *err)
{
	const char *where = getenv("TMPDIR");
	int length = snprintf(path, size, "%s/slabyard-XXXXXX", where && *where ? where : "/tmp");

	if (length < 0 || (size_t)length >= size)
		return error_set(err, ERROR_RUN, "TMPDIR: the name is too long");
	if (!mkdtemp(path))
		return error_errno(err, path, "cannot make a temporary folder");
	return 0;
}
