/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/top_screen.h"

#include <curses.h>
#include <stdlib.h>
#include <term.h>
#include <time.h>
#include <unistd.h>

enum {
	REFRESH_MS = 50,
	LINES_AROUND = 2, /* title and foot */
	ESCAPE = 27,
	DELETE = 127,
};

static double host_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int view_key(int key)
{
	switch (key) {
	case KEY_LEFT:
		return TOP_KEY_LEFT;
	case KEY_RIGHT:
		return TOP_KEY_RIGHT;
	case KEY_UP:
		return TOP_KEY_UP;
	case KEY_DOWN:
		return TOP_KEY_DOWN;
	case KEY_PPAGE:
		return TOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return TOP_KEY_PAGE_DOWN;
	case KEY_HOME:
		return TOP_KEY_HOME;
	case KEY_END:
		return TOP_KEY_END;
	case KEY_ENTER:
	case '\n':
	case '\r':
		return TOP_KEY_ENTER;
	case KEY_BACKSPACE:
	case '\b':
	case DELETE:
		return TOP_KEY_ERASE;
	case ESCAPE:
		return TOP_KEY_ESCAPE;
	default:
		return key < KEY_MIN ? key : 0;
	}
}

/* A whole line, as much of it as the terminal is wide. */
static void put_line(int y, attr_t attributes, const char *text)
{
	if (y < 0 || y >= LINES)
		return;
	attrset((int)attributes);
	mvaddnstr(y, 0, text, COLS);
	for (int x = getcurx(stdscr); getcury(stdscr) == y && x < COLS && attributes; x++)
		addch(' ');
	attrset(A_NORMAL);
}

static void draw(struct top_view *v, struct top_frame *f)
{
	const int room = LINES - TOP_HEADER_LINES - LINES_AROUND;
	char text[TOP_LINE_MAX];

	top_frame_fill(f, v->player.sample, v->sort);
	top_view_fit(v, f->count, room > 0 ? (size_t)room : 0);
	erase();
	for (int line = 0; line < TOP_HEADER_LINES; line++) {
		top_frame_header(f, line, text, sizeof(text));
		put_line(1 + line, line == TOP_HEADER_LINES - 1 ? A_REVERSE : A_NORMAL, text);
	}
	for (int i = 0; i < room && v->first_row + (size_t)i < f->count; i++) {
		top_frame_row(f, v->first_row + (size_t)i, text, sizeof(text));
		put_line(1 + TOP_HEADER_LINES + i, A_NORMAL, text);
	}
	top_view_title(v, text, sizeof(text));
	put_line(0, A_BOLD, text);
	top_view_foot(v, text, sizeof(text));
	if (LINES > 1)
		put_line(LINES - 1, A_BOLD, text);
	refresh();
}

static void play(struct top_view *v, struct top_frame *f, const volatile sig_atomic_t *stop)
{
	double before = host_seconds();

	while (!v->quit && !*stop) {
		draw(v, f);
		const int key = getch();
		const double now = host_seconds();

		if (key != ERR && key != KEY_RESIZE)
			top_view_key(v, view_key(key));
		/* A terminal that is gone: nobody is there to quit. */
		if (key == ERR && !isatty(STDIN_FILENO))
			return;
		if (!v->asks)
			top_player_advance(&v->player, now - before);
		before = now;
	}
}

/* newterm alone would tell as well, but loses memory where it fails. */
static bool is_known(void)
{
	int status;

	if (setupterm(NULL, STDOUT_FILENO, &status) != OK)
		return false;
	del_curterm(cur_term);
	return true;
}

int top_screen_show(struct top_view *v, struct top_frame *f, const volatile sig_atomic_t *stop,
		    struct error *err)
{
	const char *name = getenv("TERM");
	SCREEN *screen = name && *name && is_known() ? newterm(NULL, stdout, stdin) : NULL;

	if (!screen)
		return error_set(err, ERROR_INPUT,
				 "top: this terminal will not do (TERM=%s): use --once",
				 name ? name : "");
	cbreak();
	noecho();
	keypad(stdscr, true);
	set_escdelay(REFRESH_MS);
	timeout(REFRESH_MS);
	curs_set(0);
	play(v, f, stop);
	endwin();
	delscreen(screen);
	return 0;
}
