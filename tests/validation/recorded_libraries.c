/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opens a library that only its DT_RUNPATH finds, as record_test.py records it: in both ways. Not
 * position-independent.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static int use(int mode)
{
	void *library = dlopen("recorded_library.so", mode);
	void *found = library ? dlsym(library, "library_block") : NULL;
	void *(*block)(size_t) = NULL;

	memcpy(&block, &found, sizeof(block));
	if (!block || !block(4000))
		return 1;
	return dlclose(library);
}

int main(void)
{
	/* Its address: in this program one of the program's own. */
	void *(*volatile allocate)(size_t) = malloc;

	if (!allocate(100))
		return 1;
	return use(RTLD_NOW | RTLD_LOCAL) || use(RTLD_NOW | RTLD_DEEPBIND);
}
