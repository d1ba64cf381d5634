/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small schema with every type of option, and configuration files made for one test. */
#ifndef SLABYARD_TESTS_CONFIG_EXAMPLE_H
#define SLABYARD_TESTS_CONFIG_EXAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

struct machine_params {
	uint64_t memory, cpus, poll_ns;
	int64_t bias, limit;
	double share;
	bool thp;
	int timing;
	uint32_t price_ps;
	const char *label;
};

struct slub_params {
	uint64_t min_partial;
	bool merge;
};

static const char *const timings[] = { "recorded", "closed", NULL };

static const struct option_spec machine_options[] = {
	{ "memory", offsetof(struct machine_params, memory), OPTION_SIZE, "256MiB", 1 << 20, 0x1p50,
	  "bytes", "physical memory", NULL },
	{ "cpus", offsetof(struct machine_params, cpus), OPTION_UINT, "1", 1, 64, "", "processors",
	  NULL },
	{ "poll", offsetof(struct machine_params, poll_ns), OPTION_DURATION, "100ms", 0, 0, "ns",
	  "time between polls", NULL },
	{ "bias", offsetof(struct machine_params, bias), OPTION_INT, "0", -1000, 1000, "",
	  "added to a score", NULL },
	{ "limit", offsetof(struct machine_params, limit), OPTION_INT, "unset", 0, 9, "",
	  "at most so many", NULL },
	{ "share", offsetof(struct machine_params, share), OPTION_REAL, "0.5", 0, 1, "",
	  "part of the whole", NULL },
	{ "thp", offsetof(struct machine_params, thp), OPTION_BOOL, "true", 0, 0, "",
	  "huge pages are on", NULL },
	{ "timing", offsetof(struct machine_params, timing), OPTION_CHOICE, "recorded", 0, 0, "",
	  "open or closed loop", timings },
	{ "price", offsetof(struct machine_params, price_ps), OPTION_PRICE, "1.5", 0, 4000, "ns",
	  "price of a step", NULL },
	{ "label", offsetof(struct machine_params, label), OPTION_TEXT, "", 0, 0, "",
	  "shown in figures", NULL },
	OPTION_END
};

static const struct option_spec slub_options[] = {
	{ "min_partial", offsetof(struct slub_params, min_partial), OPTION_UINT, "5", 0, 100, "",
	  "slabs kept", NULL },
	{ "merge", offsetof(struct slub_params, merge), OPTION_BOOL, "on", 0, 0, "",
	  "caches are merged", NULL },
	OPTION_END
};

static const struct policy_info slub_info = {
	.abi = POLICY_ABI,
	.name = "slub",
	.help = "slabs without queues",
	.options = slub_options,
	.params_size = sizeof(struct slub_params),
};

static const struct policy_info null_info = {
	.abi = POLICY_ABI,
	.name = "null",
	.help = "places nothing",
};

static const struct policy_info *const slab_tables[] = { &slub_info, &null_info };
static struct policy_plugins slab_plugins;

static const struct policy_kind slab_kind = {
	.name = "slab",
	.help = "slab allocators",
	.default_policy = "slub",
	.tables = slab_tables,
	.table_count = 2,
	.plugins = &slab_plugins,
};

static const struct config_section example_sections[] = {
	{ "machine", "the simulated machine", machine_options, sizeof(struct machine_params),
	  NULL },
	{ "slab", "the slab allocator", NULL, 0, &slab_kind },
	{ 0 },
};

static const struct config_schema example_schema = { example_sections };

static char *example_folder;

/* Tests stand in a folder of their own, so that messages hold short relative names. */
static inline int enter_folder(void **state)
{
	static char folder[] = "/tmp/slabyard-config-XXXXXX";
	(void)state;
	example_folder = mkdtemp(folder);
	return example_folder ? chdir(example_folder) : -1;
}

static inline int leave_folder(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", example_folder);
	return chdir("/") || system(command) ? -1 : 0;
}

static inline void write_bytes(const char *name, const char *bytes, size_t length)
{
	FILE *file = fopen(name, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static inline void write_text(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static inline struct config *example_create(void)
{
	struct error err = { 0 };
	struct config *config = config_create(&example_schema, &err);
	if (!config)
		fail_msg("%s", err.message);
	return config;
}

#endif
