/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fork(2) and exec(2). That a child was forked is known by pthread_atfork(); here its id is told.
 * Programs are followed that are executed with an environment of their own: what the recorder had
 * put into it is put there again.
 */
#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/preload/preload.h"

static struct {
	pid_t (*fork)(void);
	int (*execve)(const char *path, char *const argv[], char *const envp[]);
	int (*execvpe)(const char *file, char *const argv[], char *const envp[]);
	int (*fexecve)(int fd, char *const argv[], char *const envp[]);
	int (*posix_spawn)(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
			   const posix_spawnattr_t *attributes, char *const argv[],
			   char *const envp[]);
	int (*posix_spawnp)(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			    const posix_spawnattr_t *attributes, char *const argv[],
			    char *const envp[]);
} next;

EXPORT pid_t fork(void)
{
	const pid_t child = NEXT(fork)();
	struct call call;

	if (child < 0 && *recorder.alive)
		fork_is_settled();
	if (child <= 0 || !*recorder.alive || !call_begin(&call))
		return child;
	call_put(&call, RAW_FORKED, call.thread->fork_serial, (uint64_t)child, 0);
	call_end(&call);
	return child;
}

#define PRELOAD_VARIABLE  "LD_PRELOAD="
#define RECORDER_VARIABLE SHARED_ENVIRONMENT "="

enum { VARIABLE_BYTES = 2 * SHARED_NAME, ARGUMENTS_ADDED = 3 };

/* Kept from the time of attaching: the program may have changed its environment since. */
static char library[SHARED_NAME];
static char recorder_variable[SHARED_NAME];

void processes_begin(const char *recorder_path)
{
	Dl_info info;

	snprintf(recorder_variable, sizeof(recorder_variable), RECORDER_VARIABLE "%s",
		 recorder_path);
	if (dladdr(&recorder, &info) && info.dli_fname)
		snprintf(library, sizeof(library), "%s", info.dli_fname);
}

static bool is_variable(const char *entry, const char *variable)
{
	return strncmp(entry, variable, strlen(variable)) == 0;
}

static size_t count(char *const list[])
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/*
 * Fills `to`, which has room for two entries more than envp, with envp and what the recorder needs;
 * `preload` has VARIABLE_BYTES and becomes one of the entries.
 */
static char *const *follow(char **to, char *preload, char *const envp[])
{
	size_t n = 0;

	if (!*recorder.alive || !*library)
		return envp;
	snprintf(preload, VARIABLE_BYTES, PRELOAD_VARIABLE "%s", library);
	for (; envp && *envp; envp++) {
		if (is_variable(*envp, RECORDER_VARIABLE))
			continue;
		if (!is_variable(*envp, PRELOAD_VARIABLE))
			to[n++] = *envp;
		else if (strstr(*envp, library))
			snprintf(preload, VARIABLE_BYTES, "%s", *envp);
		else
			snprintf(preload, VARIABLE_BYTES, PRELOAD_VARIABLE "%s:%s", library,
				 *envp + strlen(PRELOAD_VARIABLE));
	}
	to[n++] = preload;
	to[n++] = recorder_variable;
	to[n] = NULL;
	return to;
}

/* A child of vfork() runs on its parent's memory, and what it executes is not its parent's end. */
static void tell_exec(void)
{
	const int kept_errno = errno;
	struct call call;

	if (!*recorder.alive || getpid() != recorder.pid || !call_begin(&call))
		return;
	call_put(&call, RAW_EXEC, 0, 0, 0);
	call_end(&call);
	errno = kept_errno;
}

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	char *entries[count(envp) + ARGUMENTS_ADDED], preload[VARIABLE_BYTES];

	tell_exec();
	return NEXT(execve)(path, argv, follow(entries, preload, envp));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	char *entries[count(envp) + ARGUMENTS_ADDED], preload[VARIABLE_BYTES];

	tell_exec();
	return NEXT(execvpe)(file, argv, follow(entries, preload, envp));
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	char *entries[count(envp) + ARGUMENTS_ADDED], preload[VARIABLE_BYTES];

	tell_exec();
	return NEXT(fexecve)(fd, argv, follow(entries, preload, envp));
}

EXPORT int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

EXPORT int execvp(const char *file, char *const argv[])
{
	return execvpe(file, argv, environ);
}

/* The arguments of a call from `first` on, to the NULL that ends them. */
static size_t count_arguments(const char *first, va_list rest)
{
	size_t n = first != NULL;

	while (first && va_arg(rest, char *))
		n++;
	return n;
}

static void take_arguments(char **to, size_t n, const char *first, va_list *rest)
{
	to[0] = (char *)(uintptr_t)first;
	for (size_t i = 1; i <= n; i++)
		to[i] = va_arg(*rest, char *);
	if (!first)
		to[0] = NULL;
}

#define ARGUMENTS(argv, first)                                                                     \
	va_list rest, counted;                                                                     \
	va_start(rest, first);                                                                     \
	va_copy(counted, rest);                                                                    \
	const size_t argument_count = count_arguments(first, counted);                             \
	va_end(counted);                                                                           \
	char *argv[argument_count + 1];                                                            \
	take_arguments(argv, argument_count, first, &rest)

EXPORT int execl(const char *path, const char *first, ...)
{
	ARGUMENTS(argv, first);
	va_end(rest);
	return execve(path, argv, environ);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
	ARGUMENTS(argv, first);
	va_end(rest);
	return execvpe(file, argv, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	ARGUMENTS(argv, first);
	char *const *envp = va_arg(rest, char *const *);

	va_end(rest);
	return execve(path, argv, envp);
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	char *entries[count(envp) + ARGUMENTS_ADDED], preload[VARIABLE_BYTES];

	return NEXT(posix_spawn)(pid, path, actions, attributes, argv,
				 follow(entries, preload, envp));
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	char *entries[count(envp) + ARGUMENTS_ADDED], preload[VARIABLE_BYTES];

	return NEXT(posix_spawnp)(pid, file, actions, attributes, argv,
				  follow(entries, preload, envp));
}
