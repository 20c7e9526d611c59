/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/cascade_collect.h"

#include "model/controls.h"
#include "model/units.h"
#include "store/journal.h"
#include "store/verdicts.h"

/* One host of a cascade, as far as it is known. */
struct member {
	uint64_t trial;
	int64_t begin_ms, found_ms; /* found_ms 0: its containers were not given up */
	bool told;                  /* there is a verdict */
	enum outcome outcome;
	double died_s; /* after its begin, from which lives are counted; NaN: not known when */
	double work;
	char arm[128];
};

struct place {
	size_t member;
	int64_t at_ms;
	double containers;
	bool begin;
};

struct group {
	uint64_t id;
	struct member *member;
	size_t n_members;
	struct place *place;
	size_t n_places;
	bool ended;
	int64_t end_ms;
	char why[512];
};

struct collect {
	struct group *group;
	size_t n;
};

static void collect_done(struct collect *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->group[i].member);
		free(c->group[i].place);
	}
	free(c->group);
}

/* --- the journal --- */

/* The latest first: records of one cascade stand close together. */
static struct group *group_of(struct collect *c, uint64_t id)
{
	for (size_t i = c->n; i-- > 0;)
		if (c->group[i].id == id)
			return &c->group[i];
	c->group = xrealloc(c->group, (c->n + 1) * sizeof(*c->group));
	c->group[c->n] = (struct group){ .id = id };
	return &c->group[c->n++];
}

static size_t member_of(struct group *g, const struct journal_record *rec)
{
	for (size_t i = 0; i < g->n_members; i++)
		if (g->member[i].trial == rec->trial)
			return i;
	g->member = xrealloc(g->member, (g->n_members + 1) * sizeof(*g->member));
	g->member[g->n_members] = (struct member){
		.trial = rec->trial,
		.begin_ms = rec->at_ms,
		.died_s = NAN,
		.work = NAN,
	};
	return g->n_members++;
}

static void take_place(struct group *g, const struct journal_record *rec)
{
	const size_t m = member_of(g, rec);

	if (str_eq(rec->why, "died") && !g->member[m].found_ms)
		g->member[m].found_ms = rec->at_ms;
	g->place = xrealloc(g->place, (g->n_places + 1) * sizeof(*g->place));
	g->place[g->n_places++] = (struct place){
		.member = m,
		.at_ms = rec->at_ms,
		.containers = (double)rec->containers,
		.begin = str_eq(rec->why, "begin"),
	};
}

static int take_record(void *arg, const struct journal_record *rec)
{
	struct group *g;

	if (rec->event != JOURNAL_PLACE && rec->event != JOURNAL_CASCADE_END)
		return 0;
	g = group_of(arg, rec->cascade);
	if (rec->event == JOURNAL_PLACE) {
		take_place(g, rec);
		return 0;
	}
	g->ended = true;
	g->end_ms = rec->at_ms;
	snprintf(g->why, sizeof(g->why), "%s", rec->why);
	return 0;
}

/* --- the verdicts --- */

static struct member *member_named(struct collect *c, uint64_t trial)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->group[i].n_members; k++)
			if (c->group[i].member[k].trial == trial)
				return &c->group[i].member[k];
	return NULL;
}

static int take_verdict(void *arg, const struct verdict *v)
{
	struct member *m = member_named(arg, v->trial);

	if (!m)
		return 0;
	m->told = v->final;
	m->outcome = v->outcome;
	m->died_s = v->exposure_ns == TIME_NEVER || v->before_exposure
			    ? NAN
			    : (double)v->exposure_ns / 1e9;
	m->work = v->exposure_work >= 0 ? v->exposure_work : NAN;
	snprintf(m->arm, sizeof(m->arm), "%s", v->arm);
	return 0;
}

/* --- both together --- */

static int64_t begin_of(const struct group *g)
{
	int64_t first = g->n_members ? g->member[0].begin_ms : 0;

	for (size_t i = 1; i < g->n_members; i++)
		first = MIN(first, g->member[i].begin_ms);
	return first;
}

static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

/* A host whose containers were given up without a crash of its own was lost otherwise, then. A
 * crash that was recognised only after the end had begun before it. */
static struct cascade_host host_of(const struct member *m, int64_t begin_ms, double end_s)
{
	const bool crashed =
		m->told && (m->outcome == OUTCOME_FAILED || m->outcome == OUTCOME_OTHER);
	struct cascade_host h = {
		.dead_s = NAN,
		.target = m->told && m->outcome == OUTCOME_FAILED,
		.found_s = m->found_ms ? seconds(m->found_ms - begin_ms) : NAN,
		.deletions = m->told ? m->work : NAN,
	};

	if (crashed) /* fmin and fmax pass over a NaN */
		h.dead_s = fmin(seconds(m->begin_ms - begin_ms) + m->died_s, end_s);
	if (crashed || m->found_ms)
		h.dead_s = fmax(fmin(h.dead_s, h.found_s), 0);
	return h;
}

/* "none", "free", or a rate; a minute. */
static double moves_of(const json_t *cascade)
{
	const char *word = json_string_value(json_object_get(cascade, "moves"));
	double per_s;

	if (word && str_eq(word, "none"))
		return 0;
	if (word && str_eq(word, "free"))
		return MOVES_FREE;
	return word && rate_parse(word, &per_s, NULL) == 0 ? 60 * per_s : NAN;
}

static const json_t *settings_of(const struct view *v, const char *arm)
{
	const size_t i = view_arm_named(v, arm);

	return i == SIZE_MAX ? NULL : json_object_get(v->arm[i].settings, "cascade");
}

static void build(struct view *v, const struct group *g, const char *name)
{
	const json_t *settings = settings_of(v, name);
	const json_t *rate = json_object_get(settings, "rate");
	struct cascades_arm *arm = cascades_arm(&v->cascades, name, view_arm_named(v, name));
	const int64_t begin_ms = begin_of(g);
	struct cascade c = {
		.arm = (size_t)(arm - v->cascades.arm),
		.n_hosts = g->n_members,
		.rate = json_is_number(rate) ? json_number_value(rate) : NAN,
		.end_s = fmax(seconds(g->end_ms - begin_ms), 0),
	};
	double last = 0;

	arm->moves = moves_of(settings);
	arm->hosts = MAX(arm->hosts, g->n_members);
	c.host = xcalloc(g->n_members, sizeof(*c.host));
	for (size_t i = 0; i < g->n_members; i++)
		c.host[i] = host_of(&g->member[i], begin_ms, c.end_s);
	for (size_t i = 0; i < g->n_places; i++) {
		const struct place *p = &g->place[i];

		c.containers += p->begin ? p->containers : 0;
		last = fmax(last, seconds(p->at_ms - begin_ms)); /* a clock may be set back */
		cascade_add_step(&c, last, p->member, p->containers);
	}
	cascades_add(&v->cascades, &c);
}

static const char *arm_of(const struct group *g)
{
	for (size_t i = 0; i < g->n_members; i++)
		if (*g->member[i].arm)
			return g->member[i].arm;
	return NULL;
}

/* Of its arm; n_arms: of none that is known. */
static size_t index_of(const struct view *v, const struct group *g)
{
	const char *arm = arm_of(g);

	return arm ? MIN(view_arm_named(v, arm), v->n_arms) : v->n_arms;
}

static void take_group(struct view *v, const struct group *g)
{
	const char *arm = arm_of(g), *why = str_after(g->why, "void");

	if (arm && control_of(arm) != CONTROL_NONE) /* nothing is compared with those */
		return;
	if (!g->ended) {
		v->cascades.open++;
	} else if (why || !arm || view_arm_named(v, arm) == SIZE_MAX) {
		why = why && str_after(why, ": ") ? str_after(why, ": ") : "void";
		v->cascades.unusable++;
		if (!strv_has(&v->cascades.why, why))
			strv_add(&v->cascades.why, why);
	} else {
		build(v, g, arm);
	}
}

int cascades_read(const struct run_dir *run, struct view *v, struct err *err)
{
	struct collect c = { 0 };
	int r = 0;

	journal_read(run->fd, take_record, &c, NULL);
	if (c.n)
		r = verdicts_read(run->fd, take_verdict, &c, err);
	for (size_t i = 0; i <= v->n_arms && r == 0; i++) /* in the scenario's order */
		for (size_t k = 0; k < c.n; k++)
			if (index_of(v, &c.group[k]) == i)
				take_group(v, &c.group[k]);
	if (c.n && r == 0)
		cascades_reckon(&v->cascades);
	collect_done(&c);
	return r;
}
