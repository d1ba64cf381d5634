/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/top_run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/temporary.h"

/* So many records apart at first, until thinning keeps the samples below sample.keep. */
enum { RECORDS_APART = 64 };

static int simulate(const struct slabyard_run *run, const struct config_input *input,
		    struct error *err)
{
	struct config *config = config_input_read(input, err);
	if (!config)
		return -1;
	config_input_tell_unread(config);
	struct slabyard_summary *summary = slabyard_run(config, run, err);
	int result = summary ? 0 : -1;

	if (summary && !summary->has_result)
		result = error_set(err, ERROR_INPUT, "top: results.policy must be hdf5");
	slabyard_summary_free(summary);
	config_destroy(config);
	return result;
}

int top_run(struct slabyard_run *run, const struct config_input *input, struct top_data *data,
	    struct error *err)
{
	char folder[4000], path[4096];

	*data = (struct top_data){ 0 };
	if (temporary_folder(folder, sizeof(folder), err) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/run.h5", folder);
	run->output = path;
	if (!run->sample_every)
		run->sample_every = RECORDS_APART;
	int result = simulate(run, input, err);

	if (result == 0)
		result = top_data_read(data, path, run->trace, err);
	run->output = NULL;
	unlink(path);
	rmdir(folder);
	return result;
}
