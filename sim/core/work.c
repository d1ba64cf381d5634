/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/work.h"

const struct counter_info counter_table[WORK_COUNTERS] = {
#define COUNTER(name, price, help) [WORK_##name] = { #name, help, price },
#include "core/counters.def"
#undef COUNTER
};
