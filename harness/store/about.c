/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/about.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/json.h"
#include "store/journal.h"

void about_done(struct about *a)
{
	free(a->scenario);
	free(a->going);
	strv_done(&a->arm);
	*a = (struct about){ 0 };
}

const char *run_state_name(enum run_state s)
{
	static const char *const names[] = { "open", "stopped", "done", "damaged" };

	return names[s];
}

/* "20261121-142233-fib-rebalance" -> "fib-rebalance" */
static char *scenario_of_id(const char *id)
{
	enum { STAMP = 16 };

	return xstrdup(run_id_started(id) >= 0 ? id + STAMP : id);
}

static void read_arms(const json_t *list, struct strv *ret)
{
	size_t i;
	json_t *v;

	json_array_foreach (list, i, v) {
		const json_t *name = json_is_object(v) ? json_object_get(v, "name") : v;

		if (json_is_string(name))
			strv_add(ret, json_string_value(name));
	}
}

static int read_plan(const struct run_dir *run, struct about *a, struct err *err)
{
	_cleanup_json_ json_t *o = NULL;
	const char *scenario = NULL;
	int r;

	if (faccessat(run->fd, RUN_PLAN, F_OK, 0) < 0)
		return 0;
	r = json_read(run->fd, RUN_PLAN, &o, err);
	if (r == 0)
		r = json_get_str(o, "scenario", &scenario, err);
	if (r < 0)
		return r;
	if (scenario)
		a->scenario = xstrdup(scenario);
	read_arms(json_object_get(o, "arms"), &a->arm);
	a->planned = json_array_size(json_object_get(o, "trials"));
	return 0;
}

static void spawned(struct about *a, uint64_t trial)
{
	a->going = xrealloc(a->going, (a->n_going + 1) * sizeof(*a->going));
	a->going[a->n_going++] = trial;
}

static void ended(struct about *a, uint64_t trial)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->n_going; i++)
		if (a->going[i] != trial)
			a->going[kept++] = a->going[i];
	a->n_going = kept;
}

bool about_is_going(const struct about *a, uint64_t trial)
{
	for (size_t i = 0; i < a->n_going && a->running; i++)
		if (a->going[i] == trial)
			return true;
	return false;
}

static int follow(void *arg, const struct journal_record *rec)
{
	struct about *a = arg;

	if (a->started_s < 0)
		a->started_s = rec->at_s;
	a->last_s = rec->at_s;
	switch (rec->event) {
	case JOURNAL_BEGIN:
	case JOURNAL_RESUME:
		a->state = RUN_OPEN;
		a->why[0] = 0;
		break;
	case JOURNAL_STOP:
	case JOURNAL_DONE:
		a->state = rec->event == JOURNAL_STOP ? RUN_STOPPED : RUN_DONE;
		snprintf(a->why, sizeof(a->why), "%s", rec->why);
		break;
	case JOURNAL_ADD: a->added++; break;
	case JOURNAL_DECIDED: break; /* done follows when its guests have ended */
	case JOURNAL_PLACE:
	case JOURNAL_CASCADE_END: break; /* for whoever reports cascades */
	case JOURNAL_SPAWN: spawned(a, rec->trial); break;
	case JOURNAL_END: ended(a, rec->trial); break;
	case JOURNAL_COUNT: break;
	}
	return 0;
}

void about_read(const struct run_dir *run, struct about *ret)
{
	struct about a = { .started_s = -1, .last_s = -1 };
	struct err err = { 0 };
	int r = read_plan(run, &a, &err);

	if (r == 0)
		r = journal_read(run->fd, follow, &a, &err);
	if (r < 0) {
		a.state = RUN_DAMAGED;
		snprintf(a.why, sizeof(a.why), "%.*s", (int)sizeof(a.why) - 1, err.msg);
	}
	if (!a.scenario)
		a.scenario = scenario_of_id(run->id);
	if (a.started_s < 0)
		a.started_s = run_id_started(run->id);
	a.running = journal_holder(run->fd, &a.pid) == 1;
	*ret = a;
}
