/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a living object costs in host memory beyond the trace's ids: at most 8 bytes, for sizes as
 * kernels ask for them. Larger objects share their page's state with fewer: what that comes to is
 * held too.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>
#include <sys/prctl.h>

#include <cmocka.h>

#include "../slab_alone.h"

enum { AT_MOST = 8 };

struct bound {
	const char *policy;
	struct slab_sizes sizes;
	uint32_t count;
	double bytes;
};

static const struct bound bounds[] = {
	{ "slub", { "mix", 0, 10 }, 65536, AT_MOST },
	{ "slub", { "mix", 0, 14 }, 65536, AT_MOST },
	{ "slub", { "64", 64, 0 }, 65536, AT_MOST },
	{ "slub", { "1024", 1024, 0 }, 65536, AT_MOST },
	{ "slab", { "mix", 0, 10 }, 65536, AT_MOST },
	{ "slab", { "mix", 0, 14 }, 65536, AT_MOST },
	{ "slab", { "64", 64, 0 }, 65536, AT_MOST },
	{ "slab", { "512", 512, 0 }, 65536, AT_MOST },
	{ "slob", { "mix", 0, 10 }, 32768, AT_MOST },
	{ "slob", { "mix", 0, 12 }, 8192, AT_MOST },
	{ "slob", { "64", 64, 0 }, 32768, AT_MOST },
	{ "slob", { "128", 128, 0 }, 16384, AT_MOST },
	{ "slob", { "192", 192, 0 }, 16384, AT_MOST },
	/* Eight, four, two objects, and one, to a page that is on a list. */
	{ "slob", { "256", 256, 0 }, 16384, 12 },
	{ "slob", { "512", 512, 0 }, 8192, 20 },
	{ "slob", { "1024", 1024, 0 }, 8192, 32 },
	{ "slob", { "2048", 2048, 0 }, 8192, 60 },
};

static void hold(const struct bound *bound, uint32_t turns)
{
	const struct policy_info *info = policy_find(&slab_policies, bound->policy);
	const double bytes = slab_alone_bytes(info, &bound->sizes, bound->count, turns);

	if (bytes <= 0 || bytes > bound->bytes)
		fail_msg("%s, %s, replaced %u times: %.2f bytes, at most %.2f are asked",
			 bound->policy, bound->sizes.name, turns, bytes, bound->bytes);
}

static void objects_cost_little_when_memory_was_just_filled(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		hold(&bounds[i], 0);
}

static void and_when_they_were_replaced(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		hold(&bounds[i], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_cost_little_when_memory_was_just_filled),
		cmocka_unit_test(and_when_they_were_replaced),
	};

	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* huge pages would count whole */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
