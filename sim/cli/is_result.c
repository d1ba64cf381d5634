/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "results/read.h"

bool cli_is_result(const char *path)
{
	unsigned char first[8];
	FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(path, "rb");

	if (!file)
		return false;
	const size_t length = fread(first, 1, sizeof(first), file);

	fclose(file);
	return result_recognise(first, length);
}
