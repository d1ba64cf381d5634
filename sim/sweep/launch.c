/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text_pool.h"

/* This program, even when its file has been replaced since it was started. */
#define PROGRAM "/proc/self/exe"

enum { LOG_TAIL_BYTES = 4096, CANNOT_START = 127, FIXED_WORDS = 16 };

/* What the new process needs, made before the fork. */
struct launch {
	struct text_pool text;
	const char **words;
	size_t count;
	const char *log;
	pid_t parent;
};

static void add(struct launch *launch, const char *word)
{
	launch->words[launch->count++] = word;
}

/* "sample_every=512" is --sample-every=512. */
static const char *as_argument(struct launch *launch, const char *option)
{
	const char *kept = text_pool_format(&launch->text, "--%s", option);
	char *end = kept ? strchr(kept, '=') : NULL;
	for (char *at = end; at && at > kept; at--)
		if (*at == '_')
			*at = '-';
	return kept;
}

static const char *path_of(struct launch *launch, const struct folder *folder, const char *place,
			   const char *name, const char *ending)
{
	char path[FOLDER_FILE_BYTES];
	return text_pool_add(&launch->text,
			     folder_file(folder, place, name, ending, path, sizeof(path)));
}

static const char *trace_path(struct launch *launch, const struct folder *folder, const char *file)
{
	return file[0] == '/' ? file : text_pool_format(&launch->text, "%s/%s", folder->path, file);
}

static bool compose(struct launch *launch, const struct folder *folder, const struct manifest *m,
		    const struct manifest_run *run)
{
	launch->words =
		calloc(FIXED_WORDS + 2 * m->plugin_count + run->option_count, sizeof(char *));
	launch->log = path_of(launch, folder, "logs", run->hash, "log");
	if (!launch->words || !launch->log)
		return false;
	add(launch, "slabyard");
	for (size_t i = 0; i < m->plugin_count; i++) {
		add(launch, "--plugin");
		add(launch, m->plugins[i]);
	}
	add(launch, "run");
	add(launch, "--config");
	add(launch, path_of(launch, folder, "configs", run->config, "yaml"));
	add(launch, "--trace");
	add(launch, trace_path(launch, folder, m->traces[run->trace].file));
	for (size_t i = 0; i < run->option_count; i++)
		add(launch, as_argument(launch, run->options[i]));
	if (run->seed)
		add(launch,
		    text_pool_format(&launch->text, "--seed=%llu", (unsigned long long)run->seed));
	add(launch, "--progress=off");
	add(launch, "--output");
	add(launch, path_of(launch, folder, "runs", run->hash, "h5"));
	for (size_t i = 0; i < launch->count; i++)
		if (!launch->words[i])
			return false;
	return true;
}

/* In the new process. A message on standard error, which is the log by then, tells what failed. */
static void become(const struct launch *launch, const sigset_t *mask)
{
	int log = open(launch->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (log < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
	    dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(CANNOT_START);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != launch->parent)
		_exit(CANNOT_START);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execv(PROGRAM, (char *const *)(uintptr_t)launch->words);
	dprintf(STDERR_FILENO, "slabyard: cannot start the run: %s\n", strerror(errno));
	_exit(CANNOT_START);
}

pid_t launch_run(const struct folder *folder, const struct manifest *m,
		 const struct manifest_run *run, const sigset_t *mask, struct error *err)
{
	struct launch launch = { .parent = getpid() };
	pid_t child = -1;
	if (!compose(&launch, folder, m, run)) {
		error_set(err, ERROR_RUN, "out of memory for a run");
	} else {
		child = fork();
		if (child == 0)
			become(&launch, mask);
		if (child < 0)
			error_errno(err, folder->path, "cannot start a run");
	}
	free(launch.words);
	text_pool_free(&launch.text);
	return child;
}

/* The last line that is a message of the program, else the last that is not empty; "": none. */
static void last_words(const char *log, char *line, size_t size)
{
	char tail[LOG_TAIL_BYTES + 1];
	FILE *file = fopen(log, "r");
	line[0] = '\0';
	if (!file)
		return;
	if (fseek(file, -LOG_TAIL_BYTES, SEEK_END) != 0)
		rewind(file);
	tail[fread(tail, 1, LOG_TAIL_BYTES, file)] = '\0';
	fclose(file);
	bool message = false;
	char *rest;
	for (char *at = strtok_r(tail, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest)) {
		bool ours = strncmp(at, "slabyard", 8) == 0;
		if (ours || !message)
			snprintf(line, size, "%s", ours && at[8] == ':' ? at + 10 : at);
		message = message || ours;
	}
}

char *launch_failure(const struct folder *folder, const struct manifest_run *run, int status,
		     char *buffer, size_t size)
{
	char log[FOLDER_FILE_BYTES], words[1024];
	last_words(folder_file(folder, "logs", run->hash, "log", log, sizeof(log)), words,
		   sizeof(words));
	if (WIFSIGNALED(status))
		snprintf(buffer, size, "killed by signal %d (%s)%s%s", WTERMSIG(status),
			 strsignal(WTERMSIG(status)), *words ? ": " : "", words);
	else if (*words)
		snprintf(buffer, size, "%s", words);
	else
		snprintf(buffer, size, "exit code %d", WEXITSTATUS(status));
	return buffer;
}
