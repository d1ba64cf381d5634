/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a run that is played in simulated time stands: pause, step, speed, jump. */
#ifndef SLABYARD_CLI_TOP_PLAYER_H
#define SLABYARD_CLI_TOP_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOP_SECOND_NS = 1000000000 };

struct top_player {
	const int64_t *time_ns; /* of the samples, from 0 on, never falling */
	size_t samples;         /* at least one */
	size_t sample;          /* the one that is shown */
	double now_ns;
	double speed; /* simulated time for each of the host's */
	bool paused;
};

/* At the first sample, playing. Speed 0: one at which the whole run takes half a minute. */
void top_player_init(struct top_player *player, const int64_t *time_ns, size_t samples,
		     double speed);

/* So many seconds of the host's have passed. It pauses at the end. */
void top_player_advance(struct top_player *player, double seconds);
/* Pauses, so many samples further on, or back. */
void top_player_step(struct top_player *player, int64_t samples);
/* To the last sample that is not later. */
void top_player_jump(struct top_player *player, int64_t time_ns);
/* Multiplies the speed, between a millionth and a million. */
void top_player_scale_speed(struct top_player *player, double factor);
/* Pauses or goes on; at the end, from the start. */
void top_player_toggle(struct top_player *player);

static inline int64_t top_player_end(const struct top_player *player)
{
	return player->time_ns[player->samples - 1];
}

/* "1.5s", "50%", "start" or "end" as a time. False: it is none. */
bool top_player_parse_time(const struct top_player *player, const char *text, int64_t *time_ns);

#endif
