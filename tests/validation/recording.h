/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording of SLABYARD_SHARED_DIR/data/kernel, unpacked into a folder of its own for the test.
 */
#ifndef SLABYARD_TESTS_RECORDING_H
#define SLABYARD_TESTS_RECORDING_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECORDING_PATH_MAX = 512, RECORDING_SKIPPED = 77 };

struct recording {
	char folder[RECORDING_PATH_MAX]; /* holds trace.txt.zst, mmstate-N.txt.zst ... */
	char scratch[RECORDING_PATH_MAX];
};

static inline bool recording_exists(const char *name)
{
	char path[RECORDING_PATH_MAX];

	snprintf(path, sizeof(path), "%s/data/kernel/%s.tar.zst", SLABYARD_SHARED_DIR, name);
	return access(path, R_OK) == 0;
}

/* False when it is not there or cannot be unpacked. */
static inline bool recording_open(struct recording *r, const char *name)
{
	char command[4 * RECORDING_PATH_MAX];

	snprintf(r->scratch, sizeof(r->scratch), "/tmp/slabyard-recording-XXXXXX");
	if (!recording_exists(name) || !mkdtemp(r->scratch))
		return false;
	snprintf(r->folder, sizeof(r->folder), "%.256s/%.200s", r->scratch, name);
	snprintf(command, sizeof(command), "tar --zstd -xf '%s/data/kernel/%s.tar.zst' -C '%s'",
		 SLABYARD_SHARED_DIR, name, r->scratch);
	return system(command) == 0;
}

static inline void recording_close(struct recording *r)
{
	char command[2 * RECORDING_PATH_MAX];

	snprintf(command, sizeof(command), "rm -rf '%s'", r->scratch);
	if (system(command) != 0)
		fprintf(stderr, "could not remove %s\n", r->scratch);
}

#endif
