/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/host_memory.h"

#include "core/assert.h"

_Thread_local struct host_memory_exit *host_memory_exit;

void host_memory_out(const char *wanted)
{
	struct host_memory_exit *out = host_memory_exit;

	SIM_ASSERT(out && "only a run needs memory that can be missing");
	out->wanted = wanted;
	longjmp(out->from, 1);
}
