/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/placements.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/atomic_file.h"

struct placements {
	struct atomic_file *file;
};

int placements_open(const char *path, struct placements **placements, struct error *err)
{
	*placements = NULL;
	if (!path)
		return 0;
	struct placements *p = calloc(1, sizeof(*p));
	if (!p)
		return error_set(err, ERROR_RUN, "no memory for placements");
	p->file = atomic_file_open(path, err);
	if (!p->file) {
		free(p);
		return -1;
	}
	*placements = p;
	return 0;
}

void placements_write(struct placements *placements, uint64_t record, const char *operation,
		      uint64_t recorded, bool failed, uint64_t simulated)
{
	if (!placements)
		return;
	FILE *out = atomic_file_stream(placements->file);
	fprintf(out, "%" PRIu64 "\t%s\t%" PRIx64 "\t", record, operation, recorded);
	if (failed)
		fputs("-\n", out);
	else
		fprintf(out, "%" PRIx64 "\n", simulated);
}

int placements_finish(struct placements *placements, struct error *err)
{
	if (!placements)
		return 0;
	int result = atomic_file_finish(placements->file, err);
	free(placements);
	return result;
}

void placements_abandon(struct placements *placements)
{
	if (!placements)
		return;
	atomic_file_abandon(placements->file);
	free(placements);
}
