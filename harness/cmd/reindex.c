/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak reindex: results/index.sqlite from nothing. */
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "store/index.h"

struct sum {
	uint64_t runs, trials;
};

static int add_run(void *arg, const struct index_run *run)
{
	struct sum *sum = arg;

	sum->runs++;
	for (int o = 0; o < OUTCOME_COUNT; o++)
		sum->trials += run->outcome[o];
	return 0;
}

int cmd_reindex(int argc, char **argv)
{
	struct index *ix = NULL;
	struct sum sum = { 0 };
	struct err err = { 0 };
	struct ask ask;
	int r;

	ask_parse(argc, argv, 0, NULL,
		  "Builds the index of all runs anew from their folders. Never needed (ls keeps it "
		  "up to date), but always possible: the index holds nothing of its own.\v"
		  "Example: kernsoak reindex --results /srv/soak",
		  &ask);
	r = index_rebuild(ask.results, &ix, &err);
	if (r == 0)
		r = index_runs(ix, add_run, &sum, &err);
	index_close(ix);
	if (r < 0)
		return cmd_fail(&err, EXIT_CANNOT_WRITE);
	printf("%s/" INDEX_FILE ": %llu runs, %llu trials\n", ask.results,
	       (unsigned long long)sum.runs, (unsigned long long)sum.trials);
	return 0;
}
