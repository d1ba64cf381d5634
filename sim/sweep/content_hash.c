/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/content_hash.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "base/paths.h"

enum { READ_BYTES = 1 << 16, PATH_BYTES = 4096 };

struct content_hash {
	XXH3_state_t *state;
};

struct content_hash *content_hash_create(void)
{
	struct content_hash *hash = malloc(sizeof(*hash));
	if (!hash)
		return NULL;
	hash->state = XXH3_createState();
	if (hash->state && XXH3_64bits_reset(hash->state) == XXH_OK)
		return hash;
	content_hash_destroy(hash);
	return NULL;
}

void content_hash_destroy(struct content_hash *hash)
{
	if (!hash)
		return;
	XXH3_freeState(hash->state);
	free(hash);
}

void content_hash_text(struct content_hash *hash, const char *text)
{
	XXH3_64bits_update(hash->state, text, strlen(text) + 1);
}

void content_hash_number(struct content_hash *hash, uint64_t number)
{
	char text[32];
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	content_hash_text(hash, text);
}

uint64_t content_hash_value(const struct content_hash *hash)
{
	return XXH3_64bits_digest(hash->state);
}

static int refuse(const char *path, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%.512s: %s", path, strerror(errno));
}

static int hash_stream(struct content_hash *hash, const char *path, FILE *file, struct error *err)
{
	static char bytes[READ_BYTES];
	uint64_t length = 0;
	for (size_t got; (got = fread(bytes, 1, sizeof(bytes), file)) > 0; length += got)
		XXH3_64bits_update(hash->state, bytes, got);
	if (ferror(file))
		return refuse(path, err);
	content_hash_number(hash, length);
	return 0;
}

static int hash_file(struct content_hash *hash, const char *path, struct error *err)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return refuse(path, err);
	int status = hash_stream(hash, path, file, err);
	fclose(file);
	return status;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int hash_folder(struct content_hash *hash, const char *path, struct error *err)
{
	struct dirent **entries;
	char file[PATH_BYTES];
	int count = scandir(path, &entries, is_visible, alphasort), status = 0;
	if (count < 0)
		return refuse(path, err);
	for (int i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		content_hash_text(hash, entries[i]->d_name);
		if (status == 0)
			status = hash_file(hash, file, err);
		free(entries[i]);
	}
	free(entries);
	return status;
}

int content_hash_file(struct content_hash *hash, const char *path, struct error *err)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return refuse(path, err);
	return S_ISDIR(st.st_mode) ? hash_folder(hash, path, err) : hash_file(hash, path, err);
}
