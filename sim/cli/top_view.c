/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/top_view.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void jump(struct top_view *v, int64_t time_ns)
{
	if (time_ns > top_player_end(&v->player))
		v->complaint = "past the end";
	top_player_jump(&v->player, time_ns);
}

static void answer_key(struct top_view *v, int key)
{
	const size_t length = strlen(v->answer);
	int64_t time_ns;

	if (key == TOP_KEY_ESCAPE) {
		v->asks = false;
	} else if (key == TOP_KEY_ERASE && length) {
		v->answer[length - 1] = '\0';
	} else if (key == TOP_KEY_ENTER) {
		v->asks = false;
		if (top_player_parse_time(&v->player, v->answer, &time_ns))
			jump(v, time_ns);
		else if (length)
			v->complaint = "no time: as 1.5s, 20ms, 50%, start or end";
	} else if (key < TOP_KEY_LEFT && isprint(key) && length < TOP_ANSWER_MAX) {
		v->answer[length] = (char)key;
		v->answer[length + 1] = '\0';
	}
}

static void scroll(struct top_view *v, size_t rows, bool up)
{
	if (!up)
		v->first_row += rows;
	else
		v->first_row = v->first_row > rows ? v->first_row - rows : 0;
}

/* False: not one of these. */
static bool move_key(struct top_view *v, int key)
{
	switch (key) {
	case TOP_KEY_LEFT:
	case ',':
		top_player_step(&v->player, -1);
		return true;
	case TOP_KEY_RIGHT:
	case '.':
		top_player_step(&v->player, 1);
		return true;
	case TOP_KEY_HOME:
		top_player_jump(&v->player, 0);
		return true;
	case TOP_KEY_END:
		top_player_jump(&v->player, top_player_end(&v->player));
		return true;
	case TOP_KEY_UP:
	case TOP_KEY_DOWN:
		scroll(v, 1, key == TOP_KEY_UP);
		return true;
	case TOP_KEY_PAGE_UP:
	case TOP_KEY_PAGE_DOWN:
		scroll(v, v->rows_shown, key == TOP_KEY_PAGE_UP);
		return true;
	default:
		return false;
	}
}

static void command_key(struct top_view *v, int key)
{
	switch (key) {
	case 'q':
		v->quit = true;
		return;
	case ' ':
		top_player_toggle(&v->player);
		return;
	case '+':
	case '=':
		top_player_scale_speed(&v->player, 2);
		return;
	case '-':
		top_player_scale_speed(&v->player, 0.5);
		return;
	case 'g':
		v->asks = true;
		v->answer[0] = '\0';
		return;
	default:
		if (strchr(top_sort_keys, key)) {
			v->sort = (char)key;
			v->first_row = 0;
		}
	}
}

/* Letters may be either case, as slabtop takes them. */
void top_view_key(struct top_view *v, int key)
{
	v->complaint = NULL;
	if (v->asks)
		answer_key(v, key);
	else if (!move_key(v, key) && key > 0 && key < TOP_KEY_LEFT)
		command_key(v, tolower(key));
}

void top_view_fit(struct top_view *v, size_t rows, size_t shown)
{
	const size_t last = rows > shown ? rows - shown : 0;

	v->rows_shown = shown;
	if (v->first_row > last)
		v->first_row = last;
}

void top_view_title(const struct top_view *v, char *text, size_t size)
{
	const struct top_player *p = &v->player;
	const char *state = !p->paused                    ? "playing"
			    : p->sample == p->samples - 1 ? "at the end"
							  : "paused";

	snprintf(text, size, " slabyard top: %s, %s, %.3g x, sample %zu of %zu, sorted by %c",
		 v->title, state, p->speed, p->sample + 1, p->samples, v->sort);
}

void top_view_foot(const struct top_view *v, char *text, size_t size)
{
	if (v->asks)
		snprintf(text, size, " go to time: %s_", v->answer);
	else if (v->complaint)
		snprintf(text, size, " %s", v->complaint);
	else
		snprintf(text, size,
			 " space: pause  arrows: step, scroll  + -: speed  g: go to time  %s: sort "
			 " q: quit",
			 top_sort_keys);
}
