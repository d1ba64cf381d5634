/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/launch.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "record/shared.h"

static const int passed_on[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
				 SIGUSR1, SIGUSR2, SIGALRM, SIGCONT };

enum { PASSED_ON = sizeof(passed_on) / sizeof(passed_on[0]) };

static struct sigaction before[PASSED_ON], child_before;
static volatile sig_atomic_t program; /* its pid while it runs */
static volatile sig_atomic_t interrupted;

/* A terminal's Ctrl-C reaches the program as well, which has to decide what to make of it. */
static void pass_on(int number, siginfo_t *info, void *context)
{
	const int kept_errno = errno;

	(void)context;
	if (!program)
		interrupted = 1;
	else if (info->si_code <= 0)
		kill((pid_t)program, number);
	errno = kept_errno;
}

/* That a child has ended has only to wake the recorder. */
static void wake(int number)
{
	(void)number;
}

/* What is ignored (nohup) stays so, here and in the program. */
static void take_signals(void)
{
	const struct sigaction passing = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO };
	const struct sigaction waking = { .sa_handler = wake };

	for (int i = 0; i < PASSED_ON; i++) {
		sigaction(passed_on[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(passed_on[i], &passing, NULL);
	}
	sigaction(SIGCHLD, &waking, &child_before);
}

void launch_end(void)
{
	for (int i = 0; i < PASSED_ON; i++)
		sigaction(passed_on[i], &before[i], NULL);
	sigaction(SIGCHLD, &child_before, NULL);
}

static int set_environment(const char *library, const char *memory_path, struct error *err)
{
	const char *others = getenv("LD_PRELOAD");
	char *preload;

	if (asprintf(&preload, "%s%s%s", library, others && *others ? ":" : "",
		     others ? others : "") < 0)
		return error_set(err, ERROR_RUN, "no memory for the program's environment");
	const int result =
		setenv("LD_PRELOAD", preload, 1) || setenv(SHARED_ENVIRONMENT, memory_path, 1);

	free(preload);
	return result ? error_errno(err, "environment", "cannot be set") : 0;
}

/* A signal that comes meanwhile waits until it is known whom to pass it on to. */
static int spawn(pid_t *pid, char *const *arguments)
{
	posix_spawnattr_t attributes;
	sigset_t all, kept;

	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	pthread_sigmask(SIG_BLOCK, &all, &kept);
	posix_spawnattr_setsigmask(&attributes, &kept);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	const int failed = posix_spawnp(pid, arguments[0], NULL, &attributes, arguments, environ);

	if (!failed)
		program = *pid;
	pthread_sigmask(SIG_SETMASK, &kept, NULL);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

pid_t launch(char *const *arguments, const char *library, const char *memory_path,
	     struct error *err)
{
	pid_t pid = 0;

	if (set_environment(library, memory_path, err))
		return -1;
	take_signals();
	const int failed = spawn(&pid, arguments);

	if (!failed)
		return pid;
	launch_end();
	return error_set(err, ERROR_INPUT, "%s: cannot be executed: %s", arguments[0],
			 strerror(failed));
}

int launch_poll(int *status, struct error *err)
{
	if (!program)
		return 1;
	const pid_t got = waitpid((pid_t)program, status, WNOHANG);

	if (got == 0 || (got < 0 && errno == EINTR))
		return 0;
	if (got < 0)
		return error_errno(err, "the program", "cannot be waited for");
	program = 0;
	return 1;
}

bool launch_is_interrupted(void)
{
	return interrupted;
}
