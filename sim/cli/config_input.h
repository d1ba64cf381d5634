/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -c FILE and --set PATH=VALUE, as several commands take them. */
#ifndef SLABYARD_CLI_CONFIG_INPUT_H
#define SLABYARD_CLI_CONFIG_INPUT_H

#include "cli/cli.h"
#include "slabyard.h"

enum { CONFIG_INPUT_MAX = 256 };

struct config_input {
	const char *files[CONFIG_INPUT_MAX], *assignments[CONFIG_INPUT_MAX];
	size_t file_count, assignment_count;
};

/* -1 after a complaint when there are too many. */
int config_input_file(struct config_input *input, const char *path, struct error *err);
int config_input_set(struct config_input *input, const char *assignment, struct error *err);

/* The option just returned by cli_next, 'c' or --set: EXIT_GOOD, or a code after a complaint. */
int config_input_take(struct config_input *input, int letter, const char *value);

/*
 * Files in their order, then assignments. A name without a slash and ending that is no file here is
 * looked for among the installed configurations.
 */
struct config *config_input_read(const struct config_input *input, struct error *err);

/* "NAME: No such file or directory (shipped ones: ...)", of configs/KIND. Returns -1. */
int config_input_refuse(const char *name, const char *kind, struct error *err);

/*
 * A line on standard error for each option that the command line set of a policy that is not the
 * chosen one. Of files nothing is said: they may serve several policies.
 */
void config_input_tell_unread(struct config *config);

#endif
