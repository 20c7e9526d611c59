/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the figures of a comparison rest on and the data contradict, in sentences. */
#include <math.h>

#include "report/contrast_parts.h"
#include "report/differ.h"
#include "report/figure.h"

#define DOUBT 0.05

static void note(struct strv *to, struct buf *sentence)
{
	strv_add(to, buf_str(sentence));
}

static const char *name_of(const struct contrast *c, size_t arm)
{
	return c->arm[arm].said;
}

/* --- one arm --- */

static void doubt_constant(const struct contrast_arm *a, struct strv *to)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (!(a->constant.p < DOUBT))
		return;
	buf_printf(&b, "%s: its hazard %s with age (Weibull shape ", a->said,
		   a->law.shape < 1 ? "falls" : "rises");
	figure_interval(&b, a->law.shape, a->shape, scale_of_counts());
	buf_printf(&b,
		   ", p = %.2g%s): its MTTF and the rate ratio depend on how long was soaked; "
		   "believe the curve, the median and the hazard ratio",
		   a->constant.p, a->law.n_event < 15 ? ", approximate" : "");
	note(to, &b);
}

static void doubt_hosts(const struct contrast_arm *a, struct strv *to)
{
	if (a->hosts_agree.p < DOUBT)
		strv_take(to, xasprintf("%s: its hosts or runs disagree (log-rank p = %.2g): an "
					"interval over all of them is too narrow",
					a->said, a->hosts_agree.p));
}

static void doubt_going(const struct contrast_arm *a, struct strv *to)
{
	if (a->all.going)
		strv_take(to, xasprintf("%s: %zu of its trials %s still at work and not counted: "
					"early deaths are seen before long lives",
					a->said, a->all.going, a->all.going == 1 ? "is" : "are"));
}

static void doubt_arms(struct contrast *c, uint64_t cpus)
{
	const struct view_arm **arm = xcalloc(c->n_arms + 1, sizeof(*arm));

	for (size_t i = 0; i < c->n_arms; i++) {
		arm[i] = &c->arm[i].all;
		doubt_constant(&c->arm[i], &c->warnings);
		doubt_hosts(&c->arm[i], &c->warnings);
		doubt_going(&c->arm[i], &c->warnings);
	}
	view_doubts(arm, c->n_arms, cpus, &c->warnings);
	free(arm);
}

/* --- a pair --- */

static void note_few(const struct contrast *c, struct contrast_pair *p)
{
	const struct contrast_clock *k = &p->time;
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (!k->exact)
		return;
	buf_printf(&b,
		   "few failures (%s %zu, %s %zu): the exact rate ratio decides; it takes the "
		   "hazards as constant%s",
		   name_of(c, p->base), k->rate.d[0], name_of(c, p->other), k->rate.d[1],
		   k->stratified ? " and the hosts or runs as alike" : "");
	if (c->arm[p->base].constant.p < DOUBT || c->arm[p->other].constant.p < DOUBT)
		buf_puts(&b, ", which these data contradict");
	note(&p->notes, &b);
}

static void note_proportional(const struct contrast *c, struct contrast_pair *p)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct scale scale = scale_of_seconds(fabs(p->rmst_diff));

	if (!(p->time.proportional.p < DOUBT))
		return;
	buf_printf(&b,
		   "the hazards are not proportional (Grambsch-Therneau p = %.2g): one ratio does "
		   "not say it all; within ",
		   p->time.proportional.p);
	figure_scaled(&b, p->tau_s, scale_of_seconds(p->tau_s));
	buf_printf(&b, " the mean life of %s is longer by ", name_of(c, p->other));
	figure_interval(&b, p->rmst_diff, p->rmst_ci, scale);
	note(&p->notes, &b);
}

static void put_names(struct buf *b, const struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		buf_printf(b, "%s%s", i ? ", " : "", v->item[i]);
}

static void note_hosts(const struct contrast *c, struct contrast_pair *p)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (p->time.stratified)
		buf_puts(&b, "compared within hosts or runs, of which there are several");
	if (p->confounded) {
		buf_printf(&b, "%s ran on ", name_of(c, p->base));
		put_names(&b, &c->arm[p->base].hosts);
		buf_printf(&b, ", %s on ", name_of(c, p->other));
		put_names(&b, &c->arm[p->other].hosts);
		buf_puts(&b, ": what differs may be the hosts");
	}
	if (b.len)
		note(&p->notes, &b);
}

/* Arms of one run are interleaved, trial by trial; those of two met the host on two days. */
static void note_days(const struct contrast *c, struct contrast_pair *p)
{
	const struct strv *a = &c->arm[p->base].runs, *b = &c->arm[p->other].runs;

	for (size_t i = 0; i < a->n; i++)
		if (strv_has(b, a->item[i]))
			return;
	if (!p->confounded)
		strv_add(&p->notes, "they ran one after the other, not interleaved: what changed "
				    "on the host in between counts as theirs");
}

/* Failures that are counted by other rules are other failures. */
static void note_target(const struct contrast *c, struct contrast_pair *p)
{
	const json_t *a = json_at(c->arm[p->base].all.settings, "fail"),
		     *b = json_at(c->arm[p->other].all.settings, "fail");
	_cleanup_strv_ struct strv differing = { 0 };

	differ_settings(a, b, &differing);
	if (differing.n)
		strv_take(&p->notes,
			  xasprintf("other crashes count as the target's (fail.%s): they are "
				    "lives until different deaths",
				    differing.item[0]));
}

static void note_units(const struct contrast *c, struct contrast_pair *p)
{
	const char *a = c->arm[p->base].all.unit, *b = c->arm[p->other].all.unit;

	if (*a && *b && !str_eq(a, b))
		strv_take(&p->notes, xasprintf("they count different work (%s, %s): no rate per "
					       "unit is compared",
					       a, b));
}

static uint64_t common_cpus(const struct contrast *c, const struct contrast_side *side)
{
	uint64_t cpus = side[0].n_parts ? side[0].part[0].view->host_cpus : 0;

	for (size_t i = 0; i < c->n_arms; i++)
		for (size_t k = 0; k < side[i].n_parts; k++)
			if (side[i].part[k].view->host_cpus != cpus)
				return 0;
	return cpus;
}

void contrast_note(struct contrast *c, const struct contrast_side *side)
{
	doubt_arms(c, common_cpus(c, side));
	for (size_t i = 0; i < c->n_pairs; i++) {
		struct contrast_pair *p = &c->pair[i];

		note_few(c, p);
		note_proportional(c, p);
		note_hosts(c, p);
		note_days(c, p);
		note_target(c, p);
		note_units(c, p);
	}
}
