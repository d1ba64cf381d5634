/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/local.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sweep/launch.h"

enum { MESSAGE_BYTES = 1024, TICK_NS = 200 * 1000 * 1000 };

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };

struct slot {
	pid_t pid;
	const struct manifest_run *run;
	double since;
};

struct local {
	const struct sweep_work *work;
	enum run_state *states;
	struct slot *slots;
	struct sweep_running *running; /* for the observer */
	size_t active, next;
	double begin;
	sigset_t awaited, before;
	struct sweep_progress progress;
	struct sweep_outcome *outcome;
	struct error *err;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool sweep_is_wanted(enum sweep_which which, enum run_state state)
{
	switch (which) {
	case SWEEP_ONLY_FAILED:
		return state == RUN_FAILED;
	case SWEEP_UNFINISHED:
		return state != RUN_DONE && state != RUN_FAILED;
	default:
		return state != RUN_DONE;
	}
}

/* Time left by the mean of this time's runs, as all of them so far had it. */
static void show_progress(struct local *l)
{
	struct sweep_progress *p = &l->progress;
	double at = now();
	size_t ended = p->done + p->failed;
	p->seconds = at - l->begin;
	p->left = ended ? p->seconds * (double)(p->total - ended) / (double)ended : -1;
	p->running_count = 0;
	for (size_t i = 0; i < l->active; i++)
		l->running[p->running_count++] =
			(struct sweep_running){ l->slots[i].run, at - l->slots[i].since };
	if (l->work->observer.progress)
		l->work->observer.progress(l->work->observer.context, p);
}

static void tell_ended(struct local *l, const struct manifest_run *run, const char *why)
{
	if (l->work->observer.ended)
		l->work->observer.ended(l->work->observer.context, run, why);
}

static int start_runs(struct local *l)
{
	const struct sweep_work *work = l->work;
	for (; l->active < work->at_once && l->next <= work->last; l->next++) {
		if (!sweep_is_wanted(work->which, l->states[l->next]))
			continue;
		const struct manifest_run *run = &work->manifest->runs[l->next];
		pid_t pid = launch_run(work->folder, work->manifest, run, &l->before, l->err);
		if (pid < 0)
			return -1;
		l->slots[l->active++] = (struct slot){ pid, run, now() };
	}
	return 0;
}

/* What counts is the result: a run that was killed after it had written it is done. */
static bool has_result(const struct local *l, const struct manifest_run *run)
{
	char path[FOLDER_FILE_BYTES];
	folder_file(l->work->folder, "runs", run->hash, "h5", path, sizeof(path));
	return access(path, F_OK) == 0;
}

/* A run that was told to stop is as if it had never begun. */
static int note_end(struct local *l, const struct manifest_run *run, int status)
{
	char why[MESSAGE_BYTES];
	struct sweep_progress *p = &l->progress;
	if (has_result(l, run)) {
		p->done++;
		folder_forget_failure(l->work->folder, run);
		tell_ended(l, run, NULL);
		return 0;
	}
	if (l->outcome->stopped_by) {
		p->interrupted++;
		return 0;
	}
	p->failed++;
	launch_failure(l->work->folder, run, status, why, sizeof(why));
	tell_ended(l, run, why);
	return folder_note_failure(l->work->folder, run, why, l->err);
}

static int reap(struct local *l)
{
	int status, result = 0;
	for (size_t i = 0; i < l->active;) {
		pid_t pid = waitpid(l->slots[i].pid, &status, WNOHANG);
		if (pid == 0 || (pid < 0 && errno == EINTR)) {
			i++;
			continue;
		}
		const struct manifest_run *run = l->slots[i].run;
		l->slots[i] = l->slots[--l->active];
		if (note_end(l, run, pid < 0 ? 1 << 8 : status) != 0)
			result = -1;
	}
	return result;
}

static void signal_runs(const struct local *l, int number)
{
	for (size_t i = 0; i < l->active; i++)
		kill(l->slots[i].pid, number);
}

/* The first signal asks the runs to stop, which takes their temporary files; the next ends them. */
static void stop(struct local *l, int number)
{
	signal_runs(l, l->outcome->stopped_by ? SIGKILL : SIGTERM);
	l->outcome->stopped_by = number;
}

static int wait_and_reap(struct local *l)
{
	const struct timespec tick = { .tv_nsec = TICK_NS };
	siginfo_t info;
	int number = sigtimedwait(&l->awaited, &info, &tick);
	if (number > 0 && number != SIGCHLD)
		stop(l, number);
	int status = reap(l);
	show_progress(l);
	return status;
}

static int carry_out(struct local *l)
{
	int status = 0;
	for (;;) {
		if (status == 0 && !l->outcome->stopped_by)
			status = start_runs(l);
		if (!l->active)
			return status;
		if (wait_and_reap(l) != 0 && status == 0) {
			status = -1;
			signal_runs(l, SIGTERM);
		}
	}
}

static void count_runs(struct local *l)
{
	const struct sweep_work *work = l->work;
	for (size_t i = work->first; i <= work->last; i++) {
		l->progress.total += sweep_is_wanted(work->which, l->states[i]);
		l->progress.earlier += l->states[i] == RUN_DONE;
	}
}

static void hold_signals(struct local *l)
{
	sigemptyset(&l->awaited);
	sigaddset(&l->awaited, SIGCHLD);
	for (size_t i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++)
		sigaddset(&l->awaited, stop_signals[i]);
	sigprocmask(SIG_BLOCK, &l->awaited, &l->before);
}

static int run_all(struct local *l)
{
	const struct sweep_work *work = l->work;
	if (folder_sweep_out(work->folder, work->manifest, work->first, work->last, l->err) != 0)
		return -1;
	l->slots = calloc(work->at_once, sizeof(*l->slots));
	l->running = calloc(work->at_once, sizeof(*l->running));
	if (!l->slots || !l->running)
		return error_set(l->err, ERROR_RUN, "out of memory for the runs");
	l->progress.running = l->running;
	count_runs(l);
	hold_signals(l);
	int status = carry_out(l);
	sigprocmask(SIG_SETMASK, &l->before, NULL);
	return status;
}

int sweep_run_local(const struct sweep_work *work, struct sweep_outcome *outcome, struct error *err)
{
	struct local l = { .work = work,
			   .next = work->first,
			   .begin = now(),
			   .progress.manifest = work->manifest,
			   .outcome = outcome,
			   .err = err };
	*outcome = (struct sweep_outcome){ 0 };
	l.states = folder_states(work->folder, work->manifest, err);
	int status = l.states ? run_all(&l) : -1;
	const struct sweep_progress *p = &l.progress;
	outcome->earlier = p->earlier;
	outcome->done = p->done;
	outcome->failed = p->failed;
	outcome->interrupted = p->interrupted;
	outcome->left = p->total - p->done - p->failed;
	free(l.states);
	free(l.slots);
	free(l.running);
	return status;
}
