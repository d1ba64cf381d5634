/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plugin: the default prices, but a run that uses it first takes a file of the folder that
 * $SLABYARD_GATE names, and waits for one as long as there is none, with a file .PID that says so.
 * So a test can hold a sweep where it wants it. A file `open` lets all pass; so does the variable
 * when it is not set.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cost/cost.h"

static bool may_pass(DIR *gate)
{
	rewinddir(gate);
	for (const struct dirent *entry; (entry = readdir(gate));) {
		if (strcmp(entry->d_name, "open") == 0)
			return true;
		if (entry->d_name[0] != '.' && unlinkat(dirfd(gate), entry->d_name, 0) == 0)
			return true;
	}
	return false;
}

/* Signals are waited for as well: none can come between a look at the gate and the wait. */
static int wait_at(DIR *gate, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
	char name[32];
	sigset_t stop;

	if (may_pass(gate))
		return 0;
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	snprintf(name, sizeof(name), ".%d", (int)getpid());
	int fd = openat(dirfd(gate), name, O_WRONLY | O_CREAT, 0666);
	if (fd < 0)
		return error_errno(err, name, "gate");
	close(fd);
	while (!may_pass(gate))
		if (sigtimedwait(&stop, NULL, &pause) > 0)
			return error_set(err, ERROR_RUN, "gate: stopped");
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	return 0;
}

static int gate_prices(const void *params, struct work *work, struct error *err)
{
	const char *path = getenv("SLABYARD_GATE");
	DIR *gate = path ? opendir(path) : NULL;
	int status = gate ? wait_at(gate, err) : 0;

	(void)params;
	if (gate)
		closedir(gate);
	for (unsigned i = 0; i < WORK_COUNTERS; i++)
		work->price_ps[i] = counter_table[i].default_price_ps;
	return status;
}

static const struct option_spec no_options[] = { OPTION_END };

static const struct cost_policy gate_cost_policy = {
	.info = { .abi = POLICY_ABI,
		  .name = "gate",
		  .help = "the default prices, once it may pass",
		  .options = no_options },
	.prices = gate_prices,
};

const struct slabyard_plugin slabyard_plugin = { "cost", &gate_cost_policy.info };
