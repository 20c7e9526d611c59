/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/campaign.h"

#include <errno.h>

enum { LOST_AT_FIRST = 3, LOST_PER_PLANNED = 2 };

/* The plan has one trial more. */
static void fit(struct campaign *c)
{
	c->state = xrealloc(c->state, c->plan.n * sizeof(*c->state));
	c->soak = xrealloc(c->soak, c->plan.n * sizeof(*c->soak));
	c->state[c->plan.n - 1] = TRIAL_WAITING;
	c->soak[c->plan.n - 1] = (struct soak){ 0 };
}

static void start(struct campaign *c)
{
	c->state = xcalloc(MAX(c->plan.n, (size_t)1), sizeof(*c->state));
	c->soak = xcalloc(MAX(c->plan.n, (size_t)1), sizeof(*c->soak));
	c->tally = xcalloc(c->scenario.n_arms, sizeof(*c->tally));
	for (size_t i = 0; i < c->plan.n; i++)
		c->tally[c->plan.trial[i].arm].planned++;
}

void campaign_init(struct campaign *c, struct scenario *s, uint64_t seed, bool laid_out)
{
	*c = (struct campaign){ .scenario = TAKE(*s, (struct scenario){ 0 }) };
	plan_make(&c->scenario, laid_out ? c->scenario.stop.trials : 0, seed, &c->plan);
	start(c);
}

void campaign_done(struct campaign *c)
{
	plan_done(&c->plan);
	scenario_done(&c->scenario);
	free(c->state);
	free(c->soak);
	free(c->tally);
	*c = (struct campaign){ 0 };
}

const struct planned *campaign_next(const struct campaign *c)
{
	for (size_t i = 0; i < c->plan.n; i++)
		if (c->state[i] == TRIAL_WAITING)
			return &c->plan.trial[i];
	return NULL;
}

const struct planned *campaign_trial(const struct campaign *c, uint64_t trial)
{
	return trial >= 1 && trial <= c->plan.n ? &c->plan.trial[trial - 1] : NULL;
}

void campaign_ended(struct campaign *c, uint64_t trial, const struct verdict *v)
{
	struct tally *t = &c->tally[c->plan.trial[trial - 1].arm];
	bool lost = v->outcome == OUTCOME_INFRA || (v->outcome == OUTCOME_STOPPED && !v->enough);

	c->state[trial - 1] = TRIAL_ENDED;
	t->outcome[v->outcome]++;
	t->since[v->outcome]++;
	t->lost += lost;
	t->lost_since += lost;
	/* a soak without progress has a length, but tested nothing */
	if (v->outcome != OUTCOME_INFRA)
		t->exposure_s += (double)v->exposure_ns / (double)NS_PER_S;
}

uint64_t campaign_owed(const struct campaign *c, uint64_t arm)
{
	const struct tally *t = &c->tally[arm];

	return t->lost > t->added ? t->lost - t->added : 0;
}

const struct planned *campaign_add(struct campaign *c, uint64_t arm, uint64_t soak_ns)
{
	const struct planned *p = plan_add(&c->plan, arm, soak_ns);

	fit(c);
	c->tally[arm].added++;
	return p;
}

uint64_t campaign_age_ns(const struct campaign *c, uint64_t trial, uint64_t now_ns)
{
	const struct soak *s = &c->soak[trial - 1];
	uint64_t until = s->over_ns ? s->over_ns : now_ns;

	if (c->state[trial - 1] != TRIAL_RUNNING || !s->from_ns || until < s->from_ns)
		return 0;
	return until - s->from_ns;
}

bool campaign_in_limbo(const struct campaign *c)
{
	for (size_t i = 0; i < c->plan.n; i++)
		if (c->state[i] == TRIAL_RUNNING && c->soak[i].over_ns)
			return true;
	return false;
}

void campaign_taken_up(struct campaign *c)
{
	for (size_t i = 0; i < c->scenario.n_arms; i++) {
		memset(c->tally[i].since, 0, sizeof(c->tally[i].since));
		c->tally[i].lost_since = 0;
	}
}

static uint64_t told_since(const struct tally *t)
{
	return t->since[OUTCOME_FAILED] + t->since[OUTCOME_OTHER] + t->since[OUTCOME_SURVIVED];
}

int campaign_hopeless(const struct campaign *c)
{
	for (size_t i = 0; i < c->scenario.n_arms; i++) {
		const struct tally *t = &c->tally[i];
		uint64_t infra = t->since[OUTCOME_INFRA], told = told_since(t),
			 wanted = MAX(MAX(t->planned, told), (uint64_t)LOST_AT_FIRST);

		if ((told + t->since[OUTCOME_STOPPED] == 0 && infra >= LOST_AT_FIRST) ||
		    t->lost_since > LOST_PER_PLANNED * wanted)
			return (int)i;
	}
	return -1;
}

/* ---- plan.json ---- */

static json_t *settings_of_arms(const struct scenario *s)
{
	json_t *a = json_array();

	for (size_t i = 0; i < s->n_arms; i++)
		json_array_append_new(a, settings_to_json(&s->arm[i].settings));
	return a;
}

json_t *campaign_to_json(const struct campaign *c)
{
	json_t *j = plan_to_json(&c->plan, &c->scenario), *stop = json_object();

	json_set_u64(stop, "trials", c->scenario.stop.trials);
	json_set_u64(stop, "budget_ns", c->scenario.stop.budget_ns);
	json_set_str(j, "story", c->scenario.story);
	json_object_set_new(j, "stop", stop);
	json_object_set_new(j, "settings", settings_of_arms(&c->scenario));
	return j;
}

static int arms_from_json(const json_t *names, const json_t *settings, struct scenario *s,
			  struct err *err)
{
	size_t n = json_array_size(names);

	if (n == 0 || json_array_size(settings) != n)
		return err_set(err, EINVAL, "it has no arms, or not the settings of each");
	s->arm = xcalloc(n, sizeof(*s->arm));
	for (; s->n_arms < n; s->n_arms++) {
		const char *name = json_string_value(json_array_get(names, s->n_arms));
		struct arm *arm = &s->arm[s->n_arms];

		if (settings_from_json(json_array_get(settings, s->n_arms), &arm->settings, err) <
		    0)
			return -EINVAL;
		arm->name = xstrdup(name ? name : "");
	}
	return 0;
}

static int scenario_from_json(const json_t *j, struct scenario *s, struct err *err)
{
	const json_t *stop = json_object_get(j, "stop");
	const char *name = NULL, *story = NULL;

	s->stop = (struct stop){ .budget_ns = TIME_NEVER };
	if (json_get_str(j, "scenario", &name, err) < 0 ||
	    json_get_str(j, "story", &story, err) < 0 ||
	    json_get_u64(stop, "trials", &s->stop.trials, err) < 0 ||
	    json_get_u64(stop, "budget_ns", &s->stop.budget_ns, err) < 0)
		return -EINVAL;
	s->name = xstrdup(name ? name : "");
	s->story = xstrdup(story ? story : "");
	return arms_from_json(json_object_get(j, "arms"), json_object_get(j, "settings"), s, err);
}

int campaign_from_json(const json_t *j, struct campaign *ret, struct err *err)
{
	struct campaign c = { 0 };
	int r = scenario_from_json(j, &c.scenario, err);

	if (r == 0)
		r = plan_from_json(j, &c.plan, err);
	for (size_t i = 0; i < c.plan.n && r == 0; i++)
		if (c.plan.trial[i].arm >= c.scenario.n_arms)
			r = err_set(err, EINVAL, "trial %zu names an arm that does not exist",
				    i + 1);
	if (r < 0) {
		campaign_done(&c);
		return err_wrap(err, "plan.json");
	}
	start(&c);
	*ret = c;
	return 0;
}
