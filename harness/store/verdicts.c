/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/verdicts.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "store/layout.h"

/* The arm and number of a trial whose verdict cannot be read: its spec says them too. */
static void take_from_spec(int trial_fd, struct verdict *ret)
{
	_cleanup_json_ json_t *o = NULL;

	if (json_read(trial_fd, TRIAL_SPEC, &o, NULL) < 0)
		return;
	json_get_text(o, "arm", ret->arm, sizeof(ret->arm), NULL);
	json_get_u64(o, "trial", &ret->trial, NULL);
}

static void unreadable(int trial_fd, const struct err *why, struct verdict *ret)
{
	*ret = (struct verdict){
		.outcome = OUTCOME_INFRA,
		.step = STEP_COMMIT,
		.exposure_work = NAN,
		.host_load = NAN,
		.host_steal = NAN,
	};
	ret->sighting.guest_s = NAN;
	snprintf(ret->reason, sizeof(ret->reason), "its verdict cannot be read: %.400s", why->msg);
	take_from_spec(trial_fd, ret);
}

int verdict_read_at(int trial_fd, struct verdict *ret, struct err *err)
{
	_cleanup_json_ json_t *o = NULL;
	struct err why = { 0 };
	int r;

	if (faccessat(trial_fd, TRIAL_VERDICT, F_OK, 0) < 0 && errno == ENOENT)
		return err_set(err, ENOENT, "there is no verdict");
	r = json_read(trial_fd, TRIAL_VERDICT, &o, &why);
	if (r == 0)
		r = verdict_from_json(o, ret, &why);
	if (r < 0)
		unreadable(trial_fd, &why, ret);
	return 0;
}

int verdict_read(int run_fd, uint64_t trial, struct verdict *ret, struct err *err)
{
	_cleanup_close_ int dir = trial_dir_open(run_fd, trial, err);
	int r = dir < 0 ? dir : verdict_read_at(dir, ret, err);

	if (r == -ENOENT)
		return err_set(err, ENOENT, "trial %llu has no verdict yet",
			       (unsigned long long)trial);
	if (r == 0)
		ret->trial = trial;
	return r;
}

int verdicts_read(int run_fd, verdict_fn fn, void *arg, struct err *err)
{
	_cleanup_free_
	struct verdict *v = xmalloc(sizeof(*v));
	_cleanup_free_
	uint64_t *trial = NULL;
	size_t n = 0;
	int r = trial_dir_list(run_fd, &trial, &n, err);

	for (size_t i = 0; i < n && r == 0; i++) {
		r = verdict_read(run_fd, trial[i], v, err);
		if (r == 0)
			r = fn(arg, v);
		else if (r == -ENOENT)
			r = 0;
	}
	return r;
}

int sightings_read_at(int trial_fd, trial_sighting_fn fn, void *arg)
{
	_cleanup_json_ json_t *list = NULL;
	struct sighting s;
	json_t *o;
	size_t i;
	int r = 0;

	if (json_read(trial_fd, TRIAL_SIGHTINGS, &list, NULL) < 0)
		return 0;
	json_array_foreach (list, i, o) {
		if (r == 0 && sighting_from_json(o, &s, NULL) == 0)
			r = fn(arg, &s);
	}
	return r;
}

int sightings_read(int run_fd, uint64_t trial, trial_sighting_fn fn, void *arg)
{
	_cleanup_close_ int dir = trial_dir_open(run_fd, trial, NULL);

	return dir < 0 ? 0 : sightings_read_at(dir, fn, arg);
}
