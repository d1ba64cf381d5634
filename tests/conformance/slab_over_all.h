/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a test over all entries of the slab table and over the template that newcomers copy. */
#ifndef SLABYARD_TESTS_SLAB_OVER_ALL_H
#define SLABYARD_TESTS_SLAB_OVER_ALL_H

#include <stdio.h>

#include "slab_fixture.h"

#include "slab/template.c"

/* Of the policy under test, as fixture_create takes them. */
static const char *const *settings;

/* Setup of the group: the template becomes an entry like the others. */
static int add_template(void **state)
{
	struct error err = { 0 };

	(void)state;
	if (policy_add(&slab_policies, &template_slab_policy.info, &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.message);
	return -1;
}

/* Calls body once for each policy in the table, and again with random free lists if it has them. */
static void over_all(void (*body)(const struct slab_policy *policy))
{
	static const char *const random[] = { "freelist_random=true", NULL };

	for (size_t i = 0; i < policy_count(&slab_policies); i++) {
		const struct policy_info *info = policy_at(&slab_policies, i);

		print_message("policy %s\n", info->name);
		body(slab_policy_of(info));
		if (!info->options || !option_find(info->options, "freelist_random"))
			continue;
		print_message("policy %s %s\n", info->name, random[0]);
		settings = random;
		body(slab_policy_of(info));
		settings = NULL;
	}
}

#define OVER_ALL(name)                                                                             \
	static void test_##name(void **unused)                                                     \
	{                                                                                          \
		(void)unused;                                                                      \
		over_all(name);                                                                    \
	}

#endif
