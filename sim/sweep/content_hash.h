/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XXH3 of what names mean: by these hashes a changed run is told from a finished one. */
#ifndef SLABYARD_SWEEP_CONTENT_HASH_H
#define SLABYARD_SWEEP_CONTENT_HASH_H

#include <stdint.h>

#include "base/error.h"

struct content_hash;

/* NULL when memory is out. */
struct content_hash *content_hash_create(void);
void content_hash_destroy(struct content_hash *hash);
/* Texts do not run into each other: "ab", "c" is not "a", "bc". */
void content_hash_text(struct content_hash *hash, const char *text);
void content_hash_number(struct content_hash *hash, uint64_t number);
/* A file's bytes; a folder's files by name, with their names. */
int content_hash_file(struct content_hash *hash, const char *path, struct error *err);
/* Under it OUT.run.json has the hash of the result beside it, as 16 hexadecimal digits. */
#define RESULT_HASH_KEY "result_hash"
uint64_t content_hash_value(const struct content_hash *hash);

#endif
