/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/verdicts.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "store/layout.h"

/* The arm of a trial whose verdict cannot be read: its spec says it too. */
static void arm_from_spec(int run_fd, const char *trial, char *dst, size_t size)
{
	_cleanup_free_
	char *name = xasprintf("%s/" TRIAL_SPEC, trial);
	_cleanup_json_ json_t *o = NULL;

	if (json_read(run_fd, name, &o, NULL) == 0)
		json_get_text(o, "arm", dst, size, NULL);
}

static void unreadable(int run_fd, const char *trial, const struct err *why, struct verdict *ret)
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
	arm_from_spec(run_fd, trial, ret->arm, sizeof(ret->arm));
}

int verdict_read(int run_fd, uint64_t trial, struct verdict *ret, struct err *err)
{
	char dir[TRIAL_NAME_LEN];
	_cleanup_free_
	char *name = NULL;
	_cleanup_json_ json_t *o = NULL;
	struct err why = { 0 };
	int r;

	trial_name(trial, dir);
	name = xasprintf("%s/" TRIAL_VERDICT, dir);
	if (faccessat(run_fd, name, F_OK, 0) < 0 && errno == ENOENT)
		return err_set(err, ENOENT, "trial %llu has no verdict yet",
			       (unsigned long long)trial);
	r = json_read(run_fd, name, &o, &why);
	if (r == 0)
		r = verdict_from_json(o, ret, &why);
	if (r < 0)
		unreadable(run_fd, dir, &why, ret);
	ret->trial = trial;
	return 0;
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

int sightings_read(int run_fd, uint64_t trial, trial_sighting_fn fn, void *arg)
{
	char dir[TRIAL_NAME_LEN];
	_cleanup_free_
	char *name = NULL;
	_cleanup_json_ json_t *list = NULL;
	struct sighting s;
	json_t *o;
	size_t i;
	int r = 0;

	trial_name(trial, dir);
	name = xasprintf("%s/" TRIAL_SIGHTINGS, dir);
	if (json_read(run_fd, name, &list, NULL) < 0)
		return 0;
	json_array_foreach (list, i, o) {
		if (r == 0 && sighting_from_json(o, &s, NULL) == 0)
			r = fn(arg, &s);
	}
	return r;
}
