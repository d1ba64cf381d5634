/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/recorded_environment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"

/* The value of an option of the C library's allocator; NULL: it has none of that name. */
static const char *option_of_libc(const struct machine *m, const char *name, char *text,
				  size_t size)
{
	const struct option_spec *option =
		m->libc->info.options ? option_find(m->libc->info.options, name) : NULL;

	return option ? option_format(option, m->libc_params, text, size) : NULL;
}

static enum cpus_from cpus_from(const struct machine *m)
{
	char text[32];
	const char *value = option_of_libc(m, "cpus", text, sizeof(text));

	if (value && strcmp(value, OPTION_UNSET_WORD) != 0)
		return CPUS_OF_LIBC;
	if (!value || !m->recorded_environment.cpus || config_is_set(m->config, "machine.cpus"))
		return CPUS_OF_MACHINE;
	return CPUS_RECORDED;
}

/* A text trace may tell of it again further on. */
static int keep_tunables(struct machine *m, struct error *err)
{
	const char *said = definitions_meta(m->trace->definitions, "GLIBC_TUNABLES");

	if (!said)
		return 0;
	char *kept = arena_array(m->arena, strlen(said) + 1, 1, err);
	if (!kept)
		return -1;
	m->recorded_environment.tunables = strcpy(kept, said);
	return 0;
}

int recorded_environment_read(struct machine *m, struct error *err)
{
	const char *cpus = definitions_meta(m->trace->definitions, "cpus");
	const unsigned long number = cpus ? strtoul(cpus, NULL, 10) : 0;
	char text[sizeof(LIBC_TUNABLES_RECORDED) + 1];
	const char *tunables = option_of_libc(m, "GLIBC_TUNABLES", text, sizeof(text));
	struct recorded_environment *recorded = &m->recorded_environment;

	recorded->cpus = number < UINT32_MAX ? (uint32_t)number : 0;
	if (keep_tunables(m, err) != 0)
		return -1;
	recorded->takes_tunables =
		recorded->tunables && tunables && strcmp(tunables, LIBC_TUNABLES_RECORDED) == 0;
	recorded->cpus_from = cpus_from(m);
	return 0;
}

void recorded_environment_fill(struct machine *m, struct libc_environment *environment)
{
	const struct recorded_environment *recorded = &m->recorded_environment;

	environment->cpus = m->cpus;
	if (recorded->cpus_from == CPUS_RECORDED && assist_use(&m->assists, ASSIST_NAMED_cpus))
		environment->cpus = recorded->cpus;
	if (recorded->takes_tunables && assist_use(&m->assists, ASSIST_NAMED_tunables))
		environment->recorded_tunables = recorded->tunables;
}

/* Nobody counts CPUs before a thread asks for an arena of its own. */
static bool has_threads(const struct machine *m)
{
	for (uint32_t i = 0; i < m->processes.count; i++)
		if (process_at(&m->processes, i)->threads > 1)
			return true;
	return false;
}

static void summarise_cpus(const struct machine *m, struct slabyard_libc_settings *s)
{
	const struct recorded_environment *recorded = &m->recorded_environment;
	char text[32];
	const char *own = option_of_libc(m, "cpus", text, sizeof(text));

	s->cpus = recorded->cpus;
	if (!own || !recorded->cpus || !has_threads(m))
		return;
	if (recorded->cpus_from == CPUS_OF_MACHINE && m->cpus != recorded->cpus)
		snprintf(s->other_cpus, sizeof(s->other_cpus), "machine.cpus %" PRIu32, m->cpus);
	if (recorded->cpus_from == CPUS_OF_LIBC && strtoul(own, NULL, 10) != recorded->cpus)
		snprintf(s->other_cpus, sizeof(s->other_cpus), "libc.%s.cpus %s",
			 m->libc->info.name, own);
}

static void summarise_tunables(const struct machine *m, struct slabyard_libc_settings *s)
{
	const struct recorded_environment *recorded = &m->recorded_environment;
	char text[sizeof(s->other_tunables)];
	const char *own = option_of_libc(m, "GLIBC_TUNABLES", text, sizeof(text));

	if (!recorded->tunables)
		return;
	snprintf(s->tunables, sizeof(s->tunables), "%s", recorded->tunables);
	if (!recorded->takes_tunables && (!own || strcmp(own, recorded->tunables) != 0))
		snprintf(s->other_tunables, sizeof(s->other_tunables), "%s", own ? own : "none");
}

void recorded_environment_summarise(struct machine *m)
{
	if (!m->libc_level)
		return;
	summarise_cpus(m, &m->summary->recorded_settings);
	summarise_tunables(m, &m->summary->recorded_settings);
}

int recorded_environment_write(struct machine *m, struct error *err)
{
	const struct recorded_environment *recorded = &m->recorded_environment;

	if (recorded->cpus && m->sink_ops->attribute_u64(m->sink, "/provenance", "recorded_cpus",
							 recorded->cpus, err) != 0)
		return -1;
	return recorded->tunables ? m->sink_ops->attribute_text(m->sink, "/provenance",
								"recorded_GLIBC_TUNABLES",
								recorded->tunables, err)
				  : 0;
}
