/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sidecar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/atomic_file.h"
#include "base/json.h"
#include "sweep/content_hash.h"

static void print_command(struct json *j, int argc, char **argv)
{
	json_key(j, "command");
	json_open(j, '[');
	json_next(j);
	json_string(j, "slabyard");
	for (int i = 0; i < argc; i++) {
		json_next(j);
		json_string(j, argv[i]);
	}
	json_close(j, ']');
}

/* Of the result's bytes, by which damage to it is found later; without it, it is not looked for. */
static void print_hash(struct json *j, const char *result)
{
	struct content_hash *hash = content_hash_create();
	char text[17];
	if (hash && content_hash_file(hash, result, NULL) == 0) {
		snprintf(text, sizeof(text), "%016" PRIx64, content_hash_value(hash));
		json_member(j, RESULT_HASH_KEY, text);
	}
	content_hash_destroy(hash);
}

static void print_members(FILE *out, const struct slabyard_run *run,
			  const struct slabyard_summary *summary, int argc, char **argv)
{
	struct json j = { .out = out };
	struct utsname host;
	char date[64] = "", seconds[32];
	time_t now = time(NULL);
	struct tm utc;
	if (gmtime_r(&now, &utc))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_open(&j, '{');
	json_member(&j, "version", slabyard_version());
	print_command(&j, argc, argv);
	json_member(&j, "date", date);
	if (uname(&host) == 0) {
		json_member(&j, "host", host.nodename);
		json_member(&j, "kernel", host.release);
	}
	json_member(&j, "compiler", __VERSION__);
	snprintf(seconds, sizeof(seconds), "%.6f", summary->wall_seconds);
	json_raw_member(&j, "wall_seconds", seconds);
	print_hash(&j, run->output);
	json_close(&j, '}');
	fputc('\n', out);
}

int sidecar_write(const struct slabyard_run *run, const struct slabyard_summary *summary, int argc,
		  char **argv, struct error *err)
{
	char *path;
	if (asprintf(&path, "%s.run.json", run->output) < 0)
		return error_set(err, ERROR_RUN, "%s: no memory", run->output);
	struct atomic_file *file = atomic_file_open(path, err);
	free(path);
	if (!file)
		return -1;
	print_members(atomic_file_stream(file), run, summary, argc, argv);
	return atomic_file_finish(file, err);
}
