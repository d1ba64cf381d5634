/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dlopen(3). A library that is opened with RTLD_DEEPBIND looks for malloc in what it is linked with
 * before it looks here: its calls pass by unseen, and change the heap. That is told.
 */
#include <dlfcn.h>

#include "record/preload/preload.h"

static struct {
	void *(*dlopen)(const char *file, int mode);
} next;

/*
 * Where a library is looked for depends on who asks (DT_RUNPATH, $ORIGIN), and that is told by the
 * return address: the call has to be a jump, as it is from -O2 on, with which this is always built.
 */
EXPORT void *dlopen(const char *file, int mode)
{
	if (mode & RTLD_DEEPBIND && *recorder.alive)
		__atomic_add_fetch(&recorder.slot->deep_libraries, 1, __ATOMIC_RELAXED);
	return NEXT(dlopen)(file, mode);
}
