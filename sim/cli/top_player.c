/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/top_player.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"

static const double seconds_by_default = 30;
static const double speed_min = 1e-6, speed_max = 1e6;

static double bounded(double speed)
{
	return speed < speed_min ? speed_min : speed > speed_max ? speed_max : speed;
}

void top_player_init(struct top_player *p, const int64_t *time_ns, size_t samples, double speed)
{
	*p = (struct top_player){ .time_ns = time_ns, .samples = samples };
	if (speed <= 0)
		speed = (double)top_player_end(p) / TOP_SECOND_NS / seconds_by_default;
	p->speed = bounded(speed);
}

static size_t last_not_later(const struct top_player *p, double now_ns)
{
	size_t low = 0, high = p->samples;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if ((double)p->time_ns[middle] <= now_ns)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void set_time(struct top_player *p, double now_ns)
{
	const double end = (double)top_player_end(p);

	p->now_ns = now_ns < 0 ? 0 : now_ns > end ? end : now_ns;
	p->sample = last_not_later(p, p->now_ns);
}

void top_player_advance(struct top_player *p, double seconds)
{
	if (p->paused)
		return;
	set_time(p, p->now_ns + seconds * p->speed * TOP_SECOND_NS);
	p->paused = p->sample == p->samples - 1;
}

void top_player_step(struct top_player *p, int64_t samples)
{
	const int64_t to = (int64_t)p->sample + samples, last = (int64_t)p->samples - 1;

	p->paused = true;
	p->sample = (size_t)(to < 0 ? 0 : to > last ? last : to);
	p->now_ns = (double)p->time_ns[p->sample];
}

void top_player_jump(struct top_player *p, int64_t time_ns)
{
	set_time(p, (double)time_ns);
}

void top_player_scale_speed(struct top_player *p, double factor)
{
	p->speed = bounded(p->speed * factor);
}

void top_player_toggle(struct top_player *p)
{
	if (p->paused && p->sample == p->samples - 1)
		set_time(p, 0);
	p->paused = !p->paused;
}

bool top_player_parse_time(const struct top_player *p, const char *text, int64_t *time_ns)
{
	char *end;
	uint64_t ns;

	if (strcmp(text, "start") == 0 || strcmp(text, "end") == 0) {
		*time_ns = strcmp(text, "end") == 0 ? top_player_end(p) : 0;
		return true;
	}
	const double share = strtod(text, &end);

	if (end != text && strcmp(end, "%") == 0 && share >= 0 && share <= 100) {
		*time_ns = (int64_t)(share / 100 * (double)top_player_end(p));
		return true;
	}
	if (units_parse_duration(text, &ns, NULL) != 0)
		return false;
	*time_ns = ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
	return true;
}
