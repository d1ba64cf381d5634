/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the program itself does to its address space. What the C library does there (the heap,
 * stacks of threads, libraries) goes past these functions, so that only the program's calls are
 * told.
 */
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/preload/preload.h"

static struct {
	void *(*mmap)(void *address, size_t length, int prot, int flags, int fd, off_t offset);
	int (*munmap)(void *address, size_t length);
	void *(*mremap)(void *old, size_t old_length, size_t length, int flags, ...);
	int (*madvise)(void *address, size_t length, int advice);
	int (*mprotect)(void *address, size_t length, int prot);
	int (*mlock)(const void *address, size_t length);
	int (*mlock2)(const void *address, size_t length, unsigned flags);
	int (*mlockall)(int flags);
	int (*brk)(void *end);
	void *(*sbrk)(intptr_t increment);
} next;

EXPORT void *mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset)
{
	struct call call;

	if (!call_begin(&call))
		return NEXT(mmap)(address, length, prot, flags, fd, offset);
	void *result = NEXT(mmap)(address, length, prot, flags, fd, offset);

	call_put(&call, RAW_MMAP, length, (uint64_t)result,
		 (uint64_t)(prot & 255) | (uint64_t)(uint32_t)flags << 8);
	call_end(&call);
	return result;
}

EXPORT void *mmap64(void *address, size_t length, int prot, int flags, int fd, off64_t offset)
{
	return mmap(address, length, prot, flags, fd, offset);
}

EXPORT int munmap(void *address, size_t length)
{
	struct call call;

	if (!call_begin(&call))
		return NEXT(munmap)(address, length);
	const int result = NEXT(munmap)(address, length);

	if (result == 0)
		call_put(&call, RAW_MUNMAP, length, (uint64_t)address, 0);
	call_end(&call);
	return result;
}

EXPORT void *mremap(void *old, size_t old_length, size_t length, int flags, ...)
{
	struct call call;
	va_list arguments;

	va_start(arguments, flags);
	void *wanted = flags & MREMAP_FIXED ? va_arg(arguments, void *) : NULL;

	va_end(arguments);
	if (!call_begin(&call))
		return NEXT(mremap)(old, old_length, length, flags, wanted);
	void *result = NEXT(mremap)(old, old_length, length, flags, wanted);

	call_put(&call, RAW_MREMAP_LENGTHS, old_length, length, 0);
	call_put(&call, RAW_MREMAP, (uint64_t)old, (uint64_t)result, 0);
	call_end(&call);
	return result;
}

/* A call that succeeded, of an address and a length. */
static int end_range(const struct call *call, enum raw_operation operation, int result,
		     const void *address, size_t length, int detail)
{
	if (result == 0)
		call_put(call, operation, length, (uint64_t)address, (uint32_t)detail);
	call_end(call);
	return result;
}

EXPORT int madvise(void *address, size_t length, int advice)
{
	struct call call;

	if (!call_begin(&call))
		return NEXT(madvise)(address, length, advice);
	return end_range(&call, RAW_MADVISE, NEXT(madvise)(address, length, advice), address,
			 length, advice);
}

EXPORT int mprotect(void *address, size_t length, int prot)
{
	struct call call;

	if (!call_begin(&call))
		return NEXT(mprotect)(address, length, prot);
	return end_range(&call, RAW_MPROTECT, NEXT(mprotect)(address, length, prot), address,
			 length, prot);
}

EXPORT int mlock(const void *address, size_t length)
{
	struct call call;

	if (!call_begin(&call))
		return NEXT(mlock)(address, length);
	return end_range(&call, RAW_MLOCK, NEXT(mlock)(address, length), address, length, 0);
}

EXPORT int mlock2(const void *address, size_t length, unsigned flags)
{
	struct call call;

	if (!call_begin(&call))
		return NEXT(mlock2)(address, length, flags);
	return end_range(&call, RAW_MLOCK, NEXT(mlock2)(address, length, flags), address, length,
			 0);
}

EXPORT int mlockall(int flags)
{
	struct call call;

	if (!call_begin(&call))
		return NEXT(mlockall)(flags);
	const int result = NEXT(mlockall)(flags);

	if (result == 0)
		call_put(&call, RAW_MLOCKALL, (uint64_t)flags, 0, 0);
	call_end(&call);
	return result;
}

/* For recorded programs that want to say where in a trace they are; they declare it weak. */
EXPORT void slabyard_mark(unsigned number);

EXPORT void slabyard_mark(unsigned number)
{
	struct call call;

	if (!call_begin(&call))
		return;
	call_put(&call, RAW_MARK, number, 0, 0);
	call_end(&call);
}

/* The break itself is told by its having moved. */
EXPORT int brk(void *end)
{
	struct call call;

	if (!call_begin(&call))
		return NEXT(brk)(end);
	const int result = NEXT(brk)(end);

	break_look(call.thread, RAW_BRK_FOREIGN, call.start);
	call_end(&call);
	return result;
}

EXPORT void *sbrk(intptr_t increment)
{
	struct call call;

	if (!call_begin(&call))
		return NEXT(sbrk)(increment);
	void *result = NEXT(sbrk)(increment);

	break_look(call.thread, RAW_BRK_FOREIGN, call.start);
	call_end(&call);
	return result;
}
