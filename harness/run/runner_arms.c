/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/runner_arms.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/exit.h"

void runner_arms_begin(struct runner *r)
{
	const size_t n = r->campaign.scenario.n_arms;

	if (!r->strategy->ops->lazy)
		return;
	r->arm = xcalloc(n, sizeof(*r->arm));
	for (size_t i = 0; i < n; i++) {
		struct settings s = { 0 };
		struct err why = { 0 };

		if (version_read(r->dir.fd, i, &s, &why) == -ENOEXEC) {
			r->arm[i] = ARM_UNABLE;
			strategy_unable(r->strategy, &r->campaign, i, why.msg);
		}
		settings_done(&s);
	}
}

static void note_unable(struct runner *r, uint64_t arm, double took_s, const char *why)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	str_sanitise(&clean, why, strlen(why), false);
	progress_say(r->progress, "%s cannot be run and is passed over: %s",
		     r->campaign.scenario.arm[arm].name, buf_str(&clean));
	r->arm[arm] = ARM_UNABLE;
	events_ready(r->events, r->campaign.scenario.arm[arm].name, took_s, why);
	strategy_unable(r->strategy, &r->campaign, arm, why);
}

static void note_ready(struct runner *r, uint64_t arm, double took_s, int exit_status)
{
	struct settings *old = &r->campaign.scenario.arm[arm].settings, s = { 0 };
	struct err err = { 0 };

	if (version_read(r->dir.fd, arm, &s, &err) == 0) {
		settings_done(old);
		*old = s;
		r->arm[arm] = ARM_READY;
		events_ready(r->events, r->campaign.scenario.arm[arm].name, took_s, NULL);
		strategy_ready(r->strategy, &r->campaign, arm, took_s);
		return;
	}
	if (err.code != ENOEXEC)
		err_set(&err, EIO,
			"making it ready ended with %d (" RUN_VERSIONS "/%06" PRIu64 ".log)",
			exit_status, arm);
	note_unable(r, arm, took_s, err.msg);
}

static void on_ready(void *arg, uint64_t arm, double took_s, int exit_status)
{
	struct runner *r = arg;
	struct err err = { 0 };

	r->job = NULL;
	if (exit_status == EXIT_CANNOT_WRITE) {
		err_set(&err, ENOSPC,
			"%s could not be made ready: no room (" RUN_VERSIONS "/%06" PRIu64 ".log)",
			r->campaign.scenario.arm[arm].name, arm);
		err_exit(&err, EXIT_CANNOT_WRITE);
		runner_give_up(r, &err);
	} else if (!runner_stopping(r)) { /* else it was us who ended it */
		note_ready(r, arm, took_s, exit_status);
	}
	runner_go_on(r);
}

bool runner_arm_ready(struct runner *r, uint64_t arm)
{
	struct err err = { 0 };

	if (!r->arm || r->arm[arm] == ARM_READY)
		return true;
	if (r->arm[arm] == ARM_UNABLE || r->job)
		return false;
	if (version_start(r->loop, r->dir.path, arm, r->opt->uri ? r->opt->uri : "", on_ready, r,
			  &r->job, &err) < 0)
		runner_give_up(r, &err);
	return false;
}
