/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of a sweep:
 *
 *     manifest.jsonl          its runs
 *     configs/CONFIG.yaml     what they are run on
 *     traces/HASH.syt         text traces, imported once
 *     runs/HASH.h5            results; HASH.failed says why there is none
 *     logs/HASH.log           what the run printed
 *     lock                    held while somebody works here
 *
 * A file under its final name is whole: all of them are renamed there.
 */
#ifndef SLABYARD_SWEEP_FOLDER_H
#define SLABYARD_SWEEP_FOLDER_H

#include <stdbool.h>

#include "sweep/manifest.h"

enum { FOLDER_PATH_BYTES = 4096, FOLDER_FILE_BYTES = FOLDER_PATH_BYTES + 128 };

struct folder {
	const char *name;             /* as it was given, for messages */
	char path[FOLDER_PATH_BYTES]; /* absolute */
	int lock;
};

/* Makes it where it is missing. */
int folder_create(struct folder *folder, const char *path, struct error *err);
/* -1 with *err when it is not there. */
int folder_open(struct folder *folder, const char *path, struct error *err);
/* As folder_create would leave it, and nothing is made. */
int folder_imagine(struct folder *folder, const char *path, struct error *err);
void folder_close(struct folder *folder);

/* The file, which is there, is one that the folder at `path` stands for: see above. */
bool folder_owns(const char *path, const char *file);

/*
 * Until the folder is closed, and by whatever process has the lock's descriptor. Shared: several
 * that work on runs of their own. Refused when somebody is at work.
 */
int folder_lock(struct folder *folder, bool shared, struct error *err);
/* Somebody else holds it. */
bool folder_is_busy(const struct folder *folder);

/* "FOLDER/PLACE/NAME.ENDING", as folder_file(f, "runs", hash, "h5", ...). */
char *folder_file(const struct folder *folder, const char *place, const char *name,
		  const char *ending, char *buffer, size_t size);

bool folder_has_manifest(const struct folder *folder);
struct manifest *folder_read_manifest(const struct folder *folder, struct error *err);
/* What stands there already is kept as manifest-HASH.jsonl when it is another. */
int folder_write_manifest(const struct folder *folder, const struct manifest *manifest,
			  bool *changed, struct error *err);

/* RUN_STARTED: somebody is at it, or was when he was killed. RUN_DAMAGED: a result that cannot be
 * opened, which is to be had again. */
enum run_state { RUN_WAITING, RUN_DAMAGED, RUN_STARTED, RUN_FAILED, RUN_DONE };

/* Of every run, as the folder shows it now; malloc'ed. NULL with *err. */
enum run_state *folder_states(const struct folder *folder, const struct manifest *manifest,
			      struct error *err);

/* Why a run failed, one line; "" when that cannot be read. */
char *folder_failure(const struct folder *folder, const struct manifest_run *run, char *buffer,
		     size_t size);
int folder_note_failure(const struct folder *folder, const struct manifest_run *run,
			const char *why, struct error *err);
void folder_forget_failure(const struct folder *folder, const struct manifest_run *run);

/* Removes what killed runs `first` to `last` left under temporary names. Nobody is at them. */
int folder_sweep_out(const struct folder *folder, const struct manifest *manifest, size_t first,
		     size_t last, struct error *err);

#endif
