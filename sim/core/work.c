/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/work.h"

const struct counter_info counter_table[WORK_COUNTERS] = {
/* Half a picosecond is added so that the cut to an integer rounds. */
#define COUNTER(name, price, help)                                                                 \
	[WORK_##name] = { #name, help, (uint32_t)(price * 1000.0 + 0.5) },
#include "core/counters.def"
#undef COUNTER
};

const struct vm_event_info vm_event_table[VM_EVENTS] = {
#define VM_EVENT(name, help) [VM_##name] = { #name, help },
#include "core/vm_events.def"
#undef VM_EVENT
};
