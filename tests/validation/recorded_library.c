/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What recorded_program opens: a library in a folder that only its DT_RUNPATH names. */
#include <stdlib.h>

void *library_block(size_t bytes);

void *library_block(size_t bytes)
{
	return malloc(bytes);
}
