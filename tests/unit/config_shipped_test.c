/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shipped policies and price lists state every option there is, at its default: they are where
 * users look first, and are to be copied and changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "cost/cost.h"
#include "libc/libc.h"
#include "page/page.h"
#include "slab/slab.h"

static const struct config_section sections[] = {
	{ "page", "page allocator", NULL, 0, &page_policies },
	{ "slab", "slab allocator", NULL, 0, &slab_policies },
	{ "libc", "C library allocator", NULL, 0, &libc_policies },
	{ "trim", "when the C library gives memory back", NULL, 0, &trim_policies },
	{ "cost", "cost model", NULL, 0, &cost_policies },
	{ 0 },
};

static const struct config_schema schema = { sections };

struct shipped {
	const char *file, *section, *policy;
};

static const struct shipped shipped[] = {
	{ "policies/buddy.yaml", "page", "buddy" },
	{ "policies/buddy-nogroup.yaml", "page", "buddy-nogroup" },
	{ "policies/bitmap-firstfit.yaml", "page", "bitmap-firstfit" },
	{ "policies/page-null.yaml", "page", "null" },
	{ "policies/slub.yaml", "slab", "slub" },
	{ "policies/slob.yaml", "slab", "slob" },
	{ "policies/slab-null.yaml", "slab", "null" },
	{ "policies/ptmalloc.yaml", "libc", "ptmalloc" },
	{ "policies/bump.yaml", "libc", "bump" },
	{ "policies/libc-null.yaml", "libc", "null" },
	{ "policies/trim-glibc.yaml", "trim", "glibc" },
	{ "policies/trim-never.yaml", "trim", "never" },
	{ "policies/trim-periodic.yaml", "trim", "periodic" },
	{ "policies/trim-rss_target.yaml", "trim", "rss_target" },
	{ "policies/trim-decay.yaml", "trim", "decay" },
	{ "costs/default.yaml", "cost", "constant" },
};

static void assert_stated(void *context, const char *path, const char *value, const char *from,
			  bool used)
{
	const struct shipped *file = *(const struct shipped *const *)context;
	size_t length = strlen(file->section);
	(void)value;
	(void)used;
	bool its_own = strncmp(path, file->section, length) == 0 && path[length] == '.';
	bool stated = strcmp(from, "default") != 0;
	if (stated != its_own)
		fail_msg("configs/%s: %s is %s", file->file, path,
			 stated ? "not its own matter" : "not stated");
}

static void assert_complete(const struct shipped *file)
{
	struct error err = { 0 };
	char path[512], choice[128];
	struct config *expected = config_create(&schema, &err);
	struct config *config = config_create(&schema, &err);
	assert_non_null(expected);
	assert_non_null(config);
	snprintf(path, sizeof(path), SLABYARD_SOURCE_DIR "/configs/%s", file->file);
	snprintf(choice, sizeof(choice), "%s.policy=%s", file->section, file->policy);
	if (config_read_file(config, path, &err) || config_set(expected, choice, &err))
		fail_msg("%s", err.message);
	config_visit(config, assert_stated, &file);
	char *expected_text = config_text(expected), *text = config_text(config);
	assert_string_equal(text, expected_text);
	free(expected_text);
	free(text);
	config_destroy(expected);
	config_destroy(config);
}

static void shipped_files_state_every_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++)
		assert_complete(&shipped[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shipped_files_state_every_option) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
