/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What keys do in `slabyard top`, and what its first and last lines say; knows of no terminal. */
#ifndef SLABYARD_CLI_TOP_VIEW_H
#define SLABYARD_CLI_TOP_VIEW_H

#include "cli/top_frame.h"
#include "cli/top_player.h"

/* Keys that are no characters. */
enum top_key {
	TOP_KEY_LEFT = 256,
	TOP_KEY_RIGHT,
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ENTER,
	TOP_KEY_ERASE,
	TOP_KEY_ESCAPE,
};

enum { TOP_ANSWER_MAX = 24 };

struct top_view {
	const char *title;
	struct top_player player;
	char sort;
	size_t first_row;  /* that is shown */
	size_t rows_shown; /* that there is room for */
	bool asks;         /* for a time to jump to */
	char answer[TOP_ANSWER_MAX + 1];
	const char *complaint; /* NULL: none */
	bool quit;
};

void top_view_key(struct top_view *view, int key);
/* Keeps what is shown within `rows` caches, of which `shown` have room. */
void top_view_fit(struct top_view *view, size_t rows, size_t shown);
/* The line above the frame, and the one below. */
void top_view_title(const struct top_view *view, char *text, size_t size);
void top_view_foot(const struct top_view *view, char *text, size_t size);

#endif
