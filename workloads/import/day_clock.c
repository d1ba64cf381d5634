/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/day_clock.h"

#include <stdbool.h>

#include "import/text.h"

enum { NS_PER_S = 1000000000, S_PER_DAY = 86400 };

static const char *read_fraction(const char *p, uint64_t *ns)
{
	uint64_t unit = NS_PER_S / 10;

	*ns = 0;
	for (; text_is_digit(*p); p++, unit /= 10)
		*ns += (uint64_t)(*p - '0') * unit;
	return p;
}

const char *day_clock_read(struct day_clock *clock, const char *p, uint64_t *time_ns)
{
	uint64_t seconds = 0, part, fraction = 0;
	bool of_day = false;

	while ((p = text_decimal(p, &part)) != NULL && part <= UINT32_MAX) {
		seconds = seconds * 60 + part;
		if (*p != ':')
			break;
		of_day = true;
		p++;
	}
	if (!p || part > UINT32_MAX || seconds > UINT64_MAX / NS_PER_S / 2)
		return NULL;
	if (*p == '.')
		p = read_fraction(p + 1, &fraction);
	*time_ns = seconds * NS_PER_S + fraction + clock->day_ns;
	if (of_day && *time_ns + (uint64_t)S_PER_DAY * NS_PER_S / 2 < clock->latest_ns) {
		clock->day_ns += (uint64_t)S_PER_DAY * NS_PER_S;
		*time_ns += (uint64_t)S_PER_DAY * NS_PER_S;
	}
	clock->latest_ns = *time_ns;
	return p;
}
