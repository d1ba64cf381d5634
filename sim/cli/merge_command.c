/* SPDX-License-Identifier: GPL-3.0-or-later */
/* slabyard merge: the results of a sweep as one file. */
#include "cli/cli.h"
#include "sweep/merging.h"

enum { OPTION_LINK = 256, OPTION_ALL };

static const struct cli_option options[] = {
	{ "link", false, OPTION_LINK },
	{ "all", false, OPTION_ALL },
	{ "output", true, 'o' },
	{ 0 },
};

static void print_merged(const struct merged *merged)
{
	printf("%zu run%s in %s\n", merged->runs, merged->runs == 1 ? "" : "s", merged->output);
	if (merged->failed)
		printf("%zu failed: see /sweep/failed\n", merged->failed);
	if (merged->missing)
		printf("%zu not done yet and left out\n", merged->missing);
}

static int merge(const char *path, const struct merging *merging)
{
	struct error err = { 0 };
	struct folder folder;
	struct merged merged;
	if (folder_open(&folder, path, &err) != 0)
		return cli_fail(&err);
	struct manifest *m = folder_read_manifest(&folder, &err);
	int status = m ? sweep_merge(&folder, m, merging, &merged, &err) : -1;
	manifest_destroy(m);
	if (status != 0)
		return cli_fail(&err);
	print_merged(&merged);
	return cli_flush();
}

static int merge_main(const struct command *command, int argc, char **argv)
{
	struct cli_arguments arguments = {
		.command = command, .options = options, .argc = argc, .argv = argv
	};
	struct merging merging = { 0 };
	for (int letter; (letter = cli_next(&arguments)) != CLI_END;) {
		if (letter == CLI_HELP)
			return cli_flush();
		if (letter == CLI_BAD)
			return EXIT_BAD_INPUT;
		merging.link = merging.link || letter == OPTION_LINK;
		merging.all = merging.all || letter == OPTION_ALL;
		if (letter == 'o')
			merging.output = arguments.value;
	}
	if (arguments.operand + 1 != argc)
		return cli_usage(command, "takes a sweep's folder");
	if (merging.link && merging.all)
		return cli_usage(command, "'--link' shows all of a result: '--all' is for copies");
	const char *path = argv[arguments.operand];
	int code = cli_refuse_overwrite(command, "--output", merging.output, path);
	return code == EXIT_GOOD ? merge(path, &merging) : code;
}

const struct command merge_command = {
	.name = "merge",
	.usage = "merge DIR [--link] [--all] [-o FILE.h5]",
	.help = "makes one file of a sweep's results",
	.text = "  DIR                the folder of a sweep\n"
		"  -o, --output FILE  what to write (default: DIR/merged.h5)\n"
		"  --link             links to the results in place of copies\n"
		"  --all              copies everything, not time series and latencies alone\n\n"
		"The file has a table /runs, a row for each run that is done, with a column for "
		"each "
		"setting\n"
		"that was swept and each figure of its result; /run/NUMBER holds the run's time "
		"series.\n",
	.main = merge_main,
};
