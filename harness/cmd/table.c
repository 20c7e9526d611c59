/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cmd/cmd.h"

static const struct cmd table[] = {
	{ "init", "NAME", "write a commented scenario", cmd_init },
	{ "check", "SCENARIO...", "are scenarios right?",
	  cmd_check },
	{ "run", "SCENARIO", "soak guests, time failures", cmd_run, false },
	{ "resume", "[RUN]", "go on with a run cut short", cmd_resume, false },
	{ "rerun", "TRIAL", "run one trial again", cmd_rerun, false },
	{ "trial", "DIR", "the process of one trial (what `run` starts)", cmd_trial, true },
	{ "prepare", "RUN ARM", "the process that makes an arm ready", cmd_prepare, true },
	{ "bisect", "SCENARIO --over AXIS | simulate | log [RUN] | replay [RUN|FILE]",
	  "since when does it crash?", cmd_bisect },
	{ "report", "[RUN]", "what a run found", cmd_report },
	{ "compare", "[[LABEL=]RUN[:ARM]]...",
	  "do arms, or runs, differ?", cmd_compare },
	{ "plan", "[SCENARIO] --mttf TIME | --from RUN[:ARM]",
	  "what a question will take", cmd_plan },
	{ "ls", "[RUN]", "list runs, or one's trials", cmd_ls },
	{ "watch", "[RUN]", "look on while a run runs",
	  cmd_watch },
	{ "show", "RUN/TRIAL", "one trial and its console", cmd_show },
	{ "debug", "RUN/TRIAL", "one trial again, under gdb", cmd_debug },
	{ "crash", "RUN/TRIAL [-- ARGUMENT...]", "a guest's memory in crash(8)",
	  cmd_crash },
	{ "export", "[RUN] --format NAME | RUN/TRIAL --mail",
	  "for other tools, or a mail", cmd_export },
	{ "night", "CONFIG", "every night: what is new?", cmd_night },
	{ "gc", "--age TIME | --size SIZE", "thin old runs' raw evidence", cmd_gc },
	{ "reindex", "", "build the index anew", cmd_reindex },
	{ "doctor", "", "what this host lacks", cmd_doctor },
	{ "image", "list | build NAME [LOAD]... | shell [SCENARIO]",
	  "what guests boot; a shell", cmd_image },
	{ "kernels", "list | fetch NAME... | path NAME... | show NAME...",
	  "kernels this host can have", cmd_kernels },
	{ "explain", "[SIGNATURE|CLASS|TEXT|RUN/TRIAL]",
	  "what a crash means", cmd_explain },
	{ "stats", "[--json] FILE.csv...", "of any table of lifetimes",
	  cmd_stats },
	{ "completion", "bash | zsh", "for bash and zsh",
	  cmd_completion },
	{ "scan", "[OPTION]... [FILE|-]...", "name crashes in console logs", cmd_scan },
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
