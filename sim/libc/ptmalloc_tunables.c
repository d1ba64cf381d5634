/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GLIBC_TUNABLES (elf/dl-tunables.c, parse_tunables; elf/dl-tunables.list): names and values with
 * colons between. As there, a value out of range is passed over, and so are tunables of other parts
 * of glibc; a name under glibc.malloc that does not exist is a mistake and is refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "libc/ptmalloc.h"

#define PREFIX "glibc.malloc."

enum { NAME_MAX_BYTES = 64 };

static void set_top_pad(struct malloc_par *par, uint64_t value)
{
	par->top_pad = value;
	par->no_dyn_threshold = true;
}

static void set_mmap_threshold(struct malloc_par *par, uint64_t value)
{
	par->mmap_threshold = value;
	par->no_dyn_threshold = true;
}

static void set_trim_threshold(struct malloc_par *par, uint64_t value)
{
	par->trim_threshold = value;
	par->no_dyn_threshold = true;
}

static void set_mmap_max(struct malloc_par *par, uint64_t value)
{
	if (value > INT32_MAX)
		return;
	par->n_mmaps_max = (int32_t)value;
	par->no_dyn_threshold = true;
}

static void set_arena_max(struct malloc_par *par, uint64_t value)
{
	if (value)
		par->arena_max = value;
}

static void set_arena_test(struct malloc_par *par, uint64_t value)
{
	if (value)
		par->arena_test = value;
}

static void set_tcache_max(struct malloc_par *par, uint64_t value)
{
	if (value <= TCACHE_BYTES_MAX)
		par->tcache_bins = request_granules(value) - 1;
}

static void set_tcache_count(struct malloc_par *par, uint64_t value)
{
	if (value <= TCACHE_COUNT_MAX)
		par->tcache_count = value;
}

static void set_tcache_unsorted_limit(struct malloc_par *par, uint64_t value)
{
	par->tcache_unsorted_limit = value;
}

static void set_mxfast(struct malloc_par *par, uint64_t value)
{
	if (value <= MXFAST_MAX)
		par->max_fast = ptmalloc_max_fast(value);
}

/* set NULL: glibc has it, and nothing here depends on it. */
static const struct tunable {
	const char *name;
	void (*set)(struct malloc_par *par, uint64_t value);
} tunables[] = {
	{ PREFIX "top_pad", set_top_pad },
	{ PREFIX "mmap_threshold", set_mmap_threshold },
	{ PREFIX "trim_threshold", set_trim_threshold },
	{ PREFIX "mmap_max", set_mmap_max },
	{ PREFIX "arena_max", set_arena_max },
	{ PREFIX "arena_test", set_arena_test },
	{ PREFIX "tcache_max", set_tcache_max },
	{ PREFIX "tcache_count", set_tcache_count },
	{ PREFIX "tcache_unsorted_limit", set_tcache_unsorted_limit },
	{ PREFIX "mxfast", set_mxfast },
	{ PREFIX "check", NULL },
};

enum { TUNABLES = sizeof(tunables) / sizeof(tunables[0]) };

/* They decide what is written and where mappings lie, in ways that are not simulated. */
static const char *const not_simulated[] = { PREFIX "perturb", PREFIX "hugetlb" };

static const struct tunable *find(const char *name)
{
	for (size_t i = 0; i < TUNABLES; i++)
		if (strcmp(tunables[i].name, name) == 0)
			return &tunables[i];
	return NULL;
}

static bool is_simulated(const char *name)
{
	for (size_t i = 0; i < sizeof(not_simulated) / sizeof(not_simulated[0]); i++)
		if (strcmp(not_simulated[i], name) == 0)
			return false;
	return true;
}

static int refuse_name(const char *name, struct error *err)
{
	struct suggestion near = { .word = name };

	for (size_t i = 0; i < TUNABLES; i++)
		suggest_consider(&near, tunables[i].name);
	return error_set(err, ERROR_INPUT, "GLIBC_TUNABLES: '%s' is not known here%s%s%s", name,
			 near.best ? ", did you mean '" : "", near.best ? near.best : "",
			 near.best ? "'?" : "");
}

static int set_one(struct malloc_par *par, const char *name, const char *value, size_t length,
		   enum ptmalloc_tunables_reading reading, struct error *err)
{
	char *end;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	if (!is_simulated(name))
		return error_set(err, ERROR_INPUT, "GLIBC_TUNABLES: %s is not simulated", name);
	const struct tunable *tunable = find(name);

	if (!tunable)
		return reading == TUNABLES_AS_GLIBC ? 0 : refuse_name(name, err);
	errno = 0;
	const uint64_t number = strtoull(value, &end, 0);

	if (reading == TUNABLES_STRICTLY && (end == value || end != value + length || errno))
		return error_set(err, ERROR_INPUT, "GLIBC_TUNABLES: %s: '%.*s' is no number", name,
				 (int)length, value);
	if (tunable->set)
		tunable->set(par, number);
	return 0;
}

static int set_next(struct malloc_par *par, const char *text, size_t length,
		    enum ptmalloc_tunables_reading reading, struct error *err)
{
	const size_t name_length = strcspn(text, "=:");
	char name[NAME_MAX_BYTES];

	if (name_length == length || name_length >= sizeof(name))
		return reading == TUNABLES_AS_GLIBC
			       ? 0
			       : error_set(err, ERROR_INPUT,
					   "GLIBC_TUNABLES: '%.*s' is no NAME=VALUE", (int)length,
					   text);
	memcpy(name, text, name_length);
	name[name_length] = '\0';
	return set_one(par, name, text + name_length + 1, length - name_length - 1, reading, err);
}

int ptmalloc_set_tunables(struct malloc_par *par, const char *text,
			  enum ptmalloc_tunables_reading reading, struct error *err)
{
	while (*text) {
		const size_t length = strcspn(text, ":");

		if (set_next(par, text, length, reading, err) != 0)
			return -1;
		text += length + (text[length] == ':');
	}
	return 0;
}
