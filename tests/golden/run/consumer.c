/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smallest user of the installed library: replays argv[1] on the default machine. */
#include <slabyard.h>

int main(int argc, char **argv)
{
	struct error err;
	struct config *config = config_create(slabyard_config_schema(), &err);
	struct slabyard_run run = { .trace = argc > 1 ? argv[1] : "-" };
	struct slabyard_summary *summary = config ? slabyard_run(config, &run, &err) : NULL;

	if (!summary) {
		fprintf(stderr, "consumer: %s\n", err.message);
		return 1;
	}
	printf("%llu\n", (unsigned long long)summary->records);
	slabyard_summary_free(summary);
	config_destroy(config);
	return 0;
}
