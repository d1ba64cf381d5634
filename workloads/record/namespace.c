/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/namespace.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static uint64_t namespace_of(const char *pid)
{
	char path[64];
	struct stat info;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/pid", pid);
	return stat(path, &info) ? 0 : info.st_ino;
}

uint64_t pid_namespace(void)
{
	return namespace_of("self");
}

/* NSpid: of proc_pid_status(5): its id in each namespace that it is in, the innermost last. */
static bool has_inner_pid(const char *pid, pid_t inner)
{
	char path[64], line[256];
	pid_t last = 0;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "NSpid:", strlen("NSpid:")) != 0)
			continue;
		const char *number = strrchr(line, '\t');

		last = number ? (pid_t)atoi(number) : 0;
		break;
	}
	if (file)
		fclose(file);
	return last == inner;
}

pid_t pid_from_namespace(uint64_t pid_namespace, pid_t inner)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	while (processes && !found && (entry = readdir(processes)) != NULL) {
		const int pid = atoi(entry->d_name);

		if (pid > 0 && namespace_of(entry->d_name) == pid_namespace &&
		    has_inner_pid(entry->d_name, inner))
			found = pid;
	}
	if (processes)
		closedir(processes);
	return found;
}
