/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose malloc is behind this one. The C library's is called by the names that it keeps for the
 * purpose; where the program has preloaded another allocator, or is linked with one, that one goes
 * on to serve it.
 */
#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "record/preload/preload.h"

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);
extern void *__libc_valloc(size_t bytes);
extern void *__libc_pvalloc(size_t bytes);
extern void __libc_free(void *block);
extern int __libc_mallopt(int parameter, int value);

struct allocator allocator = {
	.malloc = __libc_malloc,
	.calloc = __libc_calloc,
	.realloc = __libc_realloc,
	.memalign = __libc_memalign,
	.valloc = __libc_valloc,
	.pvalloc = __libc_pvalloc,
	.free = __libc_free,
	.mallopt = __libc_mallopt,
	.aligned_alloc = __libc_memalign,
};

void *next_function(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* A function pointer out of a data pointer, as POSIX has it. */
static void set(void *function, const char *name)
{
	void *next = next_function(name);

	if (next)
		memcpy(function, &next, sizeof(next));
}

static void take_next(void)
{
	set(&allocator.malloc, "malloc");
	set(&allocator.calloc, "calloc");
	set(&allocator.realloc, "realloc");
	set(&allocator.memalign, "memalign");
	set(&allocator.valloc, "valloc");
	set(&allocator.pvalloc, "pvalloc");
	set(&allocator.free, "free");
	set(&allocator.mallopt, "mallopt");
	set(&allocator.aligned_alloc, "aligned_alloc");
}

static uint32_t owned_by(const void *function, uint32_t kind, char *owner, size_t size)
{
	Dl_info info;

	if (dladdr(function, &info) && info.dli_fname)
		strncpy(owner, info.dli_fname, size - 1);
	return kind;
}

/* The name `malloc` itself may mean the program's own here too. */
static bool is_ours(const void *function)
{
	Dl_info theirs, ours;

	return dladdr(function, &theirs) && dladdr(&recorder, &ours) &&
	       theirs.dli_fbase == ours.dli_fbase;
}

/*
 * In a program that is not position-independent the name may also mean the place in its procedure
 * linkage table that stands for our malloc wherever its address is taken.
 */
static bool is_defined_there(const void *function)
{
	Dl_info info;
	const ElfW(Sym) *symbol = NULL;

	return dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol &&
	       info.dli_saddr == function && symbol->st_shndx != SHN_UNDEF;
}

uint32_t allocator_find(char *owner, size_t size)
{
	const void *next = next_function("malloc"), *first = dlsym(RTLD_DEFAULT, "malloc");

	set(&allocator.malloc_trim, "malloc_trim");
	set(&allocator.posix_memalign, "posix_memalign");
	if (next && next != (const void *)__libc_malloc) {
		take_next();
		return owned_by(next, MALLOC_REPLACED, owner, size);
	}
	if (first && !is_ours(first) && is_defined_there(first))
		return owned_by(first, MALLOC_UNWATCHED, owner, size);
	return MALLOC_GLIBC;
}
