/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `slabyard top` on a terminal. The only user of ncurses. */
#ifndef SLABYARD_CLI_TOP_SCREEN_H
#define SLABYARD_CLI_TOP_SCREEN_H

#include <signal.h>

#include "cli/top_view.h"

/* Shows the view until the user quits or *stop is set. -1 with *err: this terminal will not do. */
int top_screen_show(struct top_view *view, struct top_frame *frame,
		    const volatile sig_atomic_t *stop, struct error *err);

#endif
