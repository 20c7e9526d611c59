/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak show: one trial on a page. */
#include <fcntl.h>

#include "base/fs.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/places.h"
#include "report/page.h"
#include "report/two_logs.h"

/* A trial's folder that was taken out of its run. */
static bool is_alone(const char *ref)
{
	_cleanup_free_
	char *verdict = xasprintf("%s/" TRIAL_VERDICT, ref);

	return access(verdict, F_OK) == 0;
}

static int show_log(const char *ref, bool alone, const struct run_dir *run, uint64_t trial)
{
	struct err err = { 0 };
	_cleanup_close_ int dir =
		alone ? fs_open_dir(AT_FDCWD, ref, &err) : trial_dir_open(run->fd, trial, &err);
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (dir < 0)
		return cmd_fail(&err, EXIT_BAD_USAGE);
	two_logs_text(dir, &out);
	return ask_print(&out);
}

int cmd_show(int argc, char **argv)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct text_style style = ask_style();
	struct err err = { 0 };
	struct places *places = NULL;
	uint64_t trial = 0;
	size_t said = 0;
	struct ask ask;
	bool alone;
	int r;

	ask_parse(
		argc, argv, ASK_REF | ASK_MUST_REF | ASK_PLACES | ASK_LOG, "RUN/TRIAL",
		"Shows one trial on a page: what failed and when, the console around it, the files "
		"there, and how to run it again.\v"
		"RUN is an id, the beginning of one, or 'last'; a number alone is of the last run; "
		"a "
		"path to the trial's folder does as well, wherever that lies.\n\n"
		"Example: kernsoak show last/17\n"
		"         kernsoak show --log last/17",
		&ask);
	alone = trial_ref_open(ask.results, ask.ref, &run, &trial, &err) < 0;
	if (ask.log && (!alone || is_alone(ask.ref)))
		return show_log(ask.ref, alone, &run, trial);
	if ((alone && !is_alone(ask.ref)) || cmd_places_open(&ask.symbols, &places, &err) < 0)
		return cmd_fail(&err, EXIT_BAD_USAGE);
	r = alone ? page_folder(ask.ref, &style, places, &out, &err)
		  : page_trial(&run, trial, &style, places, &out, &err);
	if (places)
		cmd_places_complain(places, ask.ref, &said);
	places_free(places);
	return r < 0 ? cmd_fail(&err, EXIT_BAD_USAGE) : ask_print(&out);
}
