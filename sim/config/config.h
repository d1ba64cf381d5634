/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration files (YAML, read with libyaml) and --set. What may be configured is given by a
 * schema: sections of options, and sections that choose a policy of a kind. This file knows no
 * section by name.
 *
 *     machine: {memory: 256MiB, cpus: 1}
 *     slab: {policy: slub, slub: {cpu_partial: false}}
 *     extends: [../machines/pc-256mib.yaml]
 *
 * A path is "machine.memory", "slab.policy", "slab.slub.cpu_partial".
 */
#ifndef SLABYARD_CONFIG_CONFIG_H
#define SLABYARD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "core/option.h"
#include "core/policy.h"

struct config_section {
	const char *name;
	const char *help;
	const struct option_spec *options; /* NULL when the section only chooses a policy */
	size_t params_size;
	const struct policy_kind *kind; /* NULL: no `policy` key */
};

/* Ends with a section whose name is NULL. */
struct config_schema {
	const struct config_section *sections;
};

struct config;

/* All defaults. Registries must be complete (plugins loaded) before. */
struct config *config_create(const struct config_schema *schema, struct error *err);
void config_destroy(struct config *config);

/* Reads a file and what it extends (relative to it; later entries win over earlier ones). */
int config_read_file(struct config *config, const char *path, struct error *err);

/* `from` says where the value came from; *err what is wrong with path or value, not where. */
int config_assign(struct config *config, const char *path, const char *value, const char *from,
		  struct error *err);
/* "path=value"; origin shown as "--set". */
int config_set(struct config *config, const char *assignment, struct error *err);

/* The filled parameter struct of a section's own options. */
const void *config_params(const struct config *config, const char *section);
/* The chosen policy of a section with a kind, and its filled parameters. */
const struct policy_info *config_policy(const struct config *config, const char *section,
					const void **params);

/* Something else than the default says what that path is. */
bool config_is_set(const struct config *config, const char *path);

/* The value of that path as text; -1 and *err without a place when there is none of that name. */
int config_value(struct config *config, const char *path, char *buffer, size_t size,
		 struct error *err);
/* The option of that path; NULL for the choice of a policy and for what is no value. */
const struct option_spec *config_option(struct config *config, const char *path);

/* Every value with where it came from: "default", "FILE:LINE" or "--set". For --resolved. */
void config_print_resolved(const struct config *config, FILE *out);
/* The same values without where they came from, one "path: value" line each, for /provenance. */
char *config_text(const struct config *config);
/*
 * Calls visit for every value of the sections and of the chosen policies, and for those of other
 * policies that something set: used says that the chosen policies can read it.
 */
void config_visit(const struct config *config,
		  void (*visit)(void *context, const char *path, const char *value,
				const char *from, bool used),
		  void *context);
/* JSON Schema (draft 2020-12) of what may be configured. */
void config_print_schema(const struct config_schema *schema, FILE *out);

#endif
