/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/cmd.h"

static const struct cmd table[] = {
	{ "init", "NAME", "write a scenario to begin with, commented", cmd_init },
	{ "check", "SCENARIO...", "say whether scenarios are right, and what they may say",
	  cmd_check },
	{ "run", "SCENARIO", "run a scenario: guests, trials, time to failure", cmd_run, false },
	{ "resume", "[RUN]", "go on with a run that was interrupted", cmd_resume, false },
	{ "rerun", "TRIAL", "run one trial again, beside its evidence", cmd_rerun, false },
	{ "trial", "DIR", "the process of one trial (what `run` starts)", cmd_trial, true },
	{ "prepare", "RUN ARM", "the process that makes an arm ready", cmd_prepare, true },
	{ "bisect", "SCENARIO --over AXIS | simulate | log [RUN] | replay [RUN|FILE]",
	  "since which version does it crash?", cmd_bisect },
	{ "report", "[RUN]", "say what a run found: who failed, after how long", cmd_report },
	{ "compare", "[[LABEL=]RUN[:ARM]]...",
	  "say whether arms, or runs, differ in how long they live", cmd_compare },
	{ "plan", "[SCENARIO] --mttf TIME | --from RUN[:ARM]",
	  "say what a question will take: trials, hours, soak", cmd_plan },
	{ "ls", "[RUN]", "list the runs, or the trials of one", cmd_ls },
	{ "watch", "[RUN]", "look on while a run runs: its guests' consoles and figures",
	  cmd_watch },
	{ "show", "RUN/TRIAL", "show one trial on a page, with its console", cmd_show },
	{ "debug", "RUN/TRIAL", "run one trial again, with gdb at its guest", cmd_debug },
	{ "crash", "RUN/TRIAL [-- ARGUMENT...]", "open a failed guest's memory in crash(8)",
	  cmd_crash },
	{ "export", "[RUN] --format NAME | RUN/TRIAL --mail",
	  "a run for other tools, or a crash as a mail", cmd_export },
	{ "night", "CONFIG", "run scenarios night after night: what is new?", cmd_night },
	{ "gc", "--age TIME | --size SIZE", "thin the raw evidence of old runs", cmd_gc },
	{ "reindex", "", "build the index of all runs anew", cmd_reindex },
	{ "doctor", "", "say what this host lacks to run guests", cmd_doctor },
	{ "image", "list | build NAME [LOAD]... | shell [SCENARIO]",
	  "what guests boot from, and a shell in one", cmd_image },
	{ "kernels", "list | fetch NAME... | path NAME... | show NAME...",
	  "the kernels that this host can have", cmd_kernels },
	{ "explain", "[SIGNATURE|CLASS|TEXT|RUN/TRIAL]",
	  "what a crash means, where to look, what makes it fatal", cmd_explain },
	{ "stats", "[--json] FILE.csv...", "time-to-failure statistics of any table of lifetimes",
	  cmd_stats },
	{ "completion", "bash | zsh", "what a shell needs to complete verbs and options",
	  cmd_completion },
	{ "scan", "[OPTION]... [FILE|-]...", "name the crashes in console logs", cmd_scan },
};

const struct cmd *cmd_nth(size_t i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}

const struct cmd *cmd_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_eq(table[i].name, name))
			return &table[i];
	return NULL;
}

int cmd_fail(const struct err *err, int fallback)
{
	fprintf(stderr, "kernsoak: %s\n", err->msg);
	return err->exit_code ? err->exit_code : fallback;
}
