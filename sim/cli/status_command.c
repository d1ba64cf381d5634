/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabyard status: how far a sweep is, and what failed. */
#include <stdlib.h>

#include "cli/cli.h"
#include "sweep/folder.h"

enum { LABEL_BYTES = 512, MESSAGE_BYTES = 1024 };

static const struct cli_option options[] = { { 0 } };

static void print_counts(const struct folder *folder, const struct manifest *m,
			 const enum run_state *states)
{
	size_t counts[RUN_DONE + 1] = { 0 };
	bool busy = folder_is_busy(folder);
	for (size_t i = 0; i < m->run_count; i++)
		counts[states[i]]++;
	if (!busy) {
		counts[RUN_WAITING] += counts[RUN_STARTED];
		counts[RUN_STARTED] = 0;
	}
	counts[RUN_WAITING] += counts[RUN_DAMAGED];
	printf("%s: %zu runs, %s\n", m->name, m->run_count,
	       counts[RUN_DONE] == m->run_count ? "finished"
	       : busy                           ? "at work"
						: "nobody is at work");
	printf("  done     %zu\n  running  %zu\n  failed   %zu\n  waiting  %zu\n", counts[RUN_DONE],
	       counts[RUN_STARTED], counts[RUN_FAILED], counts[RUN_WAITING]);
	if (counts[RUN_DAMAGED])
		printf("  %zu of those that wait %s a damaged result: slabyard sweep %s runs %s "
		       "again\n",
		       counts[RUN_DAMAGED], counts[RUN_DAMAGED] == 1 ? "has" : "have", folder->name,
		       counts[RUN_DAMAGED] == 1 ? "it" : "them");
}

static void print_failures(const struct folder *folder, const struct manifest *m,
			   const enum run_state *states)
{
	char label[LABEL_BYTES], why[MESSAGE_BYTES], log[FOLDER_FILE_BYTES];
	for (size_t i = 0; i < m->run_count; i++) {
		const struct manifest_run *run = &m->runs[i];
		if (states[i] != RUN_FAILED)
			continue;
		printf("\nrun %zu  %s\n  %s\n  log: %s\n", i,
		       manifest_run_label(m, run, label, sizeof(label)),
		       folder_failure(folder, run, why, sizeof(why)),
		       folder_file(folder, "logs", run->hash, "log", log, sizeof(log)));
	}
}

static int show(const char *path)
{
	struct error err = { 0 };
	struct folder folder;
	if (folder_open(&folder, path, &err) != 0)
		return cli_fail(&err);
	struct manifest *m = folder_read_manifest(&folder, &err);
	enum run_state *states = m ? folder_states(&folder, m, &err) : NULL;
	if (states) {
		print_counts(&folder, m, states);
		print_failures(&folder, m, states);
	}
	int code = states ? cli_flush() : cli_fail(&err);
	free(states);
	manifest_destroy(m);
	return code;
}

static int status_main(const struct command *command, int argc, char **argv)
{
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	for (int letter; (letter = cli_next(&arguments)) != CLI_END;)
		return letter == CLI_HELP ? cli_flush() : EXIT_BAD_INPUT;
	if (arguments.operand + 1 != argc)
		return cli_usage(command, "takes a sweep's folder");
	return show(argv[arguments.operand]);
}

const struct command status_command = {
	.name = "status",
	.usage = "status DIR",
	.help = "says how far a sweep is, and what failed",
	.text = "  DIR   the folder of a sweep\n\n"
		"Prints how many runs are done, running, failed and waiting, and of each that "
		"failed its\n"
		"settings, its message and where its log is.\n",
	.main = status_main,
};
