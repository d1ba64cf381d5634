/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress_bar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"

static bool shown;

bool progress_bar_wanted(const char *when, bool *wanted)
{
	*wanted = strcmp(when, "on") == 0;
	if (strcmp(when, "auto") == 0)
		*wanted = isatty(STDERR_FILENO);
	return *wanted || strcmp(when, "off") == 0 || strcmp(when, "auto") == 0;
}

void progress_bar_print(double fraction)
{
	enum { CELLS = 30 };
	char cells[CELLS + 1];
	int full = (int)(fraction * CELLS);
	for (int i = 0; i < CELLS; i++)
		cells[i] = i < full ? '#' : '.';
	cells[CELLS] = '\0';
	fprintf(stderr, "[%s] %3.0f%%", cells, 100 * fraction);
}

void progress_bar_show(void *context, const struct slabyard_progress *p)
{
	(void)context;
	char records[32], rate[32];
	shown = true;
	units_human_count((double)p->records, records, sizeof(records));
	units_human_count(p->seconds > 0 ? (double)p->records / p->seconds : 0, rate, sizeof(rate));
	fprintf(stderr, "\r%s records, %s/s", records, rate);
	if (p->fraction >= 0) {
		fputc(' ', stderr);
		progress_bar_print(p->fraction);
		if (p->fraction > 0)
			fprintf(stderr, ", %.0f s left",
				p->seconds * (1 - p->fraction) / p->fraction);
	}
	fputs("\033[K", stderr);
	fflush(stderr);
}

void progress_bar_clear(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}
