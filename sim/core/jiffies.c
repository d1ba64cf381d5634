/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/jiffies.h"

enum {
	WHEEL_SLOTS = 63, /* jiffies that the wheel's lowest level reaches */
	WHEEL_SHIFT = 3,  /* each level is eight times as coarse as the one below */
};

uint64_t jiffies_timer(uint64_t now, uint64_t expires)
{
	uint32_t shift = 0;

	for (uint64_t reach = WHEEL_SLOTS; expires - now >= reach; reach <<= WHEEL_SHIFT)
		shift += WHEEL_SHIFT;
	return ((expires >> shift) + 1) << shift;
}
