/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sweep_progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/progress_bar.h"

enum { LABEL_BYTES = 512, LEFT_BYTES = 32, WIDTH = 80, HEIGHT = 24, TENTHS = 10 };

/* Seconds from one plain line to the next, when no tenth of the runs has ended meanwhile. */
static const double plain_pause = 30;

static char *time_left(const struct sweep_progress *p, char *buffer, size_t size)
{
	if (p->left < 0)
		snprintf(buffer, size, "time left not known yet");
	else if (p->left < 90)
		snprintf(buffer, size, "%.0f s left", p->left);
	else if (p->left < 5400)
		snprintf(buffer, size, "%.0f min left", p->left / 60);
	else
		snprintf(buffer, size, "%.1f h left", p->left / 3600);
	return buffer;
}

static void print_counts(const struct sweep_progress *p)
{
	char left[LEFT_BYTES];
	fprintf(stderr, "%zu of %zu runs done, %zu running, %zu failed, %s", p->done, p->total,
		p->running_count, p->failed, time_left(p, left, sizeof(left)));
}

static struct winsize terminal_size(void)
{
	struct winsize size = { 0 };
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_col || !size.ws_row)
		size = (struct winsize){ .ws_col = WIDTH, .ws_row = HEIGHT };
	return size;
}

void sweep_display_clear(struct sweep_display *display)
{
	for (; display->lines; display->lines--)
		fputs("\033[A\r\033[K", stderr);
}

/* A line a running run, as many as the terminal has room for. */
static void show_table(struct sweep_display *display, const struct sweep_progress *p)
{
	char label[LABEL_BYTES];
	struct winsize size = terminal_size();
	size_t room = size.ws_row > 3u ? size.ws_row - 3u : 1;
	sweep_display_clear(display);
	progress_bar_print((double)(p->done + p->failed) / (double)(p->total ? p->total : 1));
	fputc(' ', stderr);
	print_counts(p);
	fputc('\n', stderr);
	display->lines = 1;
	for (size_t i = 0; i < p->running_count && i < room; i++) {
		const struct sweep_running *r = &p->running[i];
		manifest_run_label(p->manifest, r->run, label, sizeof(label));
		fprintf(stderr, "  %6zu  %6.1f s  %.*s\n", (size_t)(r->run - p->manifest->runs),
			r->seconds, size.ws_col > 24 ? size.ws_col - 24 : 0, label);
		display->lines++;
	}
	fflush(stderr);
}

/* Each tenth of the runs, and at least every so often. */
static void show_plain(struct sweep_display *display, const struct sweep_progress *p)
{
	size_t ended = p->done + p->failed;
	bool tenth = ended * TENTHS / (p->total ? p->total : 1) !=
		     display->told_ended * TENTHS / (p->total ? p->total : 1);
	if (!tenth && p->seconds - display->told < plain_pause)
		return;
	display->told = p->seconds;
	display->told_ended = ended;
	print_counts(p);
	fputc('\n', stderr);
}

static void progress(void *context, const struct sweep_progress *p)
{
	struct sweep_display *display = context;
	if (display->live)
		show_table(display, p);
	else
		show_plain(display, p);
}

static void ended(void *context, const struct manifest_run *run, const char *why)
{
	struct sweep_display *display = context;
	char label[LABEL_BYTES];
	if (!why)
		return;
	sweep_display_clear(display);
	fprintf(stderr, "run %zu (%s) failed: %s\n", (size_t)(run - display->manifest->runs),
		manifest_run_label(display->manifest, run, label, sizeof(label)), why);
}

struct sweep_observer sweep_display_observer(struct sweep_display *display,
					     const struct manifest *manifest)
{
	*display = (struct sweep_display){ .manifest = manifest, .live = isatty(STDERR_FILENO) };
	return (struct sweep_observer){ display, progress, ended };
}
